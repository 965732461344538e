#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The server answers for another zone, whose file somebody else has made.
# workload: bind9
# orders: orders
# program: /usr/sbin/named
# deed: file_open
# object: /tmp/tsem-attack/zone

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	mkdir -p $own
	printf '$TTL 300\n@ IN SOA ns h 1 1 1 1 1\n@ IN NS ns\nns IN A 192.0.2.66\n' >$own/zone
	chmod -R a+rX $own
}
orders() { echo "control addzone evil.example '{ type primary; file \"/tmp/tsem-attack/zone\"; };'; ask 5400 ns.evil.example"; }
proof() { printed 192.0.2.66; }
clean() { away; }
main "$@"
