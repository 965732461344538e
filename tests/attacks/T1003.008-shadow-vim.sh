#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes by a script of the editor.
# workload: tmux-vim
# orders: orders.vim
# program: /usr/bin/vim.basic
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; }
orders() { echo 'call writefile(readfile("/etc/shadow"), "/tmp/tsem-attack/x")'; }
proof() { grep -qsF "$secret" $own/x; }
clean() { away; }
main "$@"
