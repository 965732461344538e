#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The mail of somebody else is read by a command of the server.
# workload: dovecot
# orders: orders
# program: /usr/bin/doveadm
# deed: file_open
# object: /tmp/tsem-attack/mail

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	mkdir -p $own/mail/{new,cur,tmp}
	printf 'Subject: secret\n\nhijacked\n' >$own/mail/new/1.host
	chmod -R a+rwX $own
}
orders() { echo 'doveadm -c "$dir/dovecot.conf" -o mail_location=maildir:/tmp/tsem-attack/mail fetch -u alice text all'; }
proof() { printed hijacked; }
clean() { away; }
main "$@"
