#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A user without a password, from a script of a package.
# workload: apt-upgrade
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /etc/passwd for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; cp -p /etc/passwd $own/passwd; }
orders() { echo 'echo tsem-attack::0:0::/:/bin/sh >>/etc/passwd'; }
proof() { grep -q ^tsem-attack: /etc/passwd; }
clean() { [ ! -e $own/passwd ] || cp -p $own/passwd /etc/passwd; away; }
main "$@"
