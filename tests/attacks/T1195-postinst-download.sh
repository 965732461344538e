#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A script of a package runs what packages do not bring.
# workload: apt
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo '[ "$(id -u)" != 0 ] || mkdir /opt/hijacked'; }
proof() { [ -d /opt/hijacked ]; }
clean() { rm -rf /opt/hijacked; }
main "$@"
