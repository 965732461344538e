#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Passwords that somebody typed: the history of a shell.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: /root/.bash_history

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	[ ! -e /root/.bash_history ] || mv /root/.bash_history /root/.bash_history.kept
	echo 'mysql -u root -psecret-in-history' >/root/.bash_history
}
orders() { echo 'while read -r line; do echo "$line"; done </root/.bash_history'; }
proof() { printed secret-in-history; }
clean() {
	rm -f /root/.bash_history
	[ ! -e /root/.bash_history.kept ] || mv /root/.bash_history.kept /root/.bash_history
}
main "$@"
