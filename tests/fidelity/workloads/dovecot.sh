#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# dovecot: mail that is stored, searched, flagged, moved, deleted over IMAP, in maildirs of another user; a wrong password,
# sieve-less delivery by its own program, a reload, commands of doveadm.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
url=imap://127.0.0.1:1143

setup() {
	cat >"$dir/dovecot.conf" <<-CONF
		base_dir = $dir/run/base
		state_dir = $dir/run/state
		instance_name = fidelity
		protocols = imap
		listen = 127.0.0.1
		log_path = $dir/run/log
		ssl = no
		disable_plaintext_auth = no
		auth_mechanisms = plain login
		first_valid_uid = 1
		mail_location = maildir:$dir/run/mail/%u
		passdb {
		  driver = passwd-file
		  args = scheme=PLAIN username_format=%u $dir/users
		}
		userdb {
		  driver = static
		  args = uid=mail gid=mail home=$dir/run/mail/%u
		}
		namespace inbox {
		  inbox = yes
		  mailbox Trash {
		    special_use = \\Trash
		    auto = subscribe
		  }
		}
		service imap-login {
		  inet_listener imap {
		    port = 1143
		  }
		  inet_listener imaps {
		    port = 0
		  }
		}
		service stats {
		  unix_listener stats-writer {
		    mode = 0666
		  }
		}
	CONF
	printf 'alice:{PLAIN}secret\nbob:{PLAIN}other\n' >"$dir/users"
	for number in 1 2 3; do
		printf 'From: bob@example.org\r\nTo: alice@example.org\r\nSubject: letter %d\r\nDate: Mon, 01 Jan 2024 00:00:0%d +0000\r\n\r\nText %d.\r\n' \
			"$number" "$number" "$number" >"$dir/letter$number"
	done
	seq 1 20000 | sed 's/$/\r/' >>"$dir/letter3"
}

imap() { get -u alice:secret "$@" | tr -d '\r'; }

run() {
	chmod 755 run
	install -o mail -g mail -d run/mail
	dovecot -F -c "$dir/dovecot.conf" &
	server=$!
	check 'folders' "$(await -u alice:secret "$url/" | tr -d '\r' | sort | paste -sd,)" '* LIST (\HasNoChildren \Trash) "." Trash,* LIST (\HasNoChildren) "." INBOX'
	obey
	brief || use
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	local number

	for number in 1 2 3; do
		imap -T "letter$number" "$url/INBOX"
	done
	check 'fetched' "$(imap "$url/INBOX;UID=1" | tail -n 1)" 'Text 1.'
	check 'large' "$(imap "$url/INBOX;UID=3" | wc -l)" 20006
	check 'search' "$(imap -X 'SEARCH SUBJECT "letter 2"' "$url/INBOX")" '* SEARCH 2'
	imap -X 'CREATE Work' "$url/" >run/answer
	imap -X 'STORE 1 +FLAGS (\Flagged)' "$url/INBOX" >run/answer
	imap -X 'MOVE 2 Work' "$url/INBOX" >run/answer
	check 'moved' "$(imap "$url/Work;UID=1" | grep ^Subject)" 'Subject: letter 2'
	imap -X 'STORE 2 +FLAGS (\Deleted)' "$url/INBOX" >run/answer
	imap -X 'EXPUNGE' "$url/INBOX" >run/answer
	check 'status' "$(imap -X 'STATUS INBOX (MESSAGES UNSEEN)' "$url/")" '* STATUS INBOX (MESSAGES 1 UNSEEN 0)'
	get -u alice:wrong "$url/" >run/answer
	check 'wrong password' $? 67
	get -u bob:other "$url/INBOX" >run/answer
	/usr/lib/dovecot/dovecot-lda -c "$dir/dovecot.conf" -d bob -f alice@example.org <letter1
	check 'delivered' "$?:$(get -u bob:other "$url/INBOX;UID=1" | tr -d '\r' | tail -n 1)" '0:Text 1.'
	doveadm -c "$dir/dovecot.conf" reload
	check 'after the reload' "$(imap -X 'SEARCH FLAGGED' "$url/INBOX")" '* SEARCH 1'
	check 'doveadm' "$(doveadm -c "$dir/dovecot.conf" mailbox list -u alice | sort | paste -sd,)" INBOX,Trash,Work
}

main "$@"
