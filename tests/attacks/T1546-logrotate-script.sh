#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What rotates the log runs a script that is not the log's.
# workload: rsyslog
# orders: orders
# program: /usr/sbin/logrotate
# deed: file_open
# object: /tmp/tsem-attack/rotate.conf

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	mkdir -p $own
	printf '%s {\n\tprerotate\n\t\techo hija""cked >&2\n\tendscript\n}\n' $own/log >$own/rotate.conf
	echo x >$own/log
}
orders() { echo 'logrotate -f -s run/state /tmp/tsem-attack/rotate.conf 2>&1'; }
proof() { printed hijacked; }
clean() { away; }
main "$@"
