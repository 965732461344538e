#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from the server of tmux, told so over its socket.
# workload: tmux-vim
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'mux run-shell "/usr/bin/id -u -n >run/who"; [ "$(cat run/who)" != root ] || echo hija"cked"'; }
proof() { printed hijacked; }
main "$@"
