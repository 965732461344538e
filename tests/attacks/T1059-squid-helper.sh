#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A helper of the proxy is another program.
# workload: squid
# orders: orders
# program: /usr/sbin/squid
# deed: file_open
# object: /tmp/tsem-attack/helper for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	mkdir -p $own
	chmod 777 $own
	printf '#!/bin/sh\necho hijacked >/tmp/tsem-attack/x\n' >$own/helper
	chmod 755 $own/helper
}
orders() {
	cat <<-'ORDERS'
		echo 'url_rewrite_program /tmp/tsem-attack/helper' >run/more.conf
		squid -k reconfigure -f "$dir/squid.conf"
		sleep 3
		through -o run/page "$site/page"
		sleep 3
	ORDERS
}
proof() { grep -qs hijacked $own/x; }
clean() { away; }
main "$@"
