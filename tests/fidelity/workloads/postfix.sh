#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# postfix with a queue of its own: letters over SMTP and from the command line, to mailboxes of two users and an alias, one
# that is rejected, one that waits and is sent when the queue is flushed; filters of headers; a reload.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	mkdir "$dir/etc"
	cat >"$dir/etc/main.cf" <<-CONF
		compatibility_level = 3.6
		queue_directory = $dir/run/queue
		data_directory = $dir/run/data
		maillog_file = $dir/run/maillog
		maillog_file_prefixes = $dir/run
		daemon_directory = /usr/lib/postfix/sbin
		command_directory = /usr/sbin
		mail_owner = postfix
		setgid_group = postdrop
		myhostname = mail.example.org
		mydestination =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		alternate_config_directories =
		virtual_mailbox_domains = example.org
		virtual_mailbox_base = $dir/run/mail
		virtual_mailbox_maps = texthash:$dir/etc/boxes
		virtual_alias_maps = texthash:$dir/etc/aliases
		virtual_minimum_uid = 1
		virtual_uid_maps = static:$(id -u uucp)
		virtual_gid_maps = static:$(id -u uucp)
		transport_maps = texthash:$dir/etc/transport
		header_checks = regexp:$dir/etc/headers
		smtpd_recipient_restrictions = reject_unauth_destination
		relay_domains = far.example
		smtp_dns_support_level = disabled
		minimal_backoff_time = 1s
		queue_run_delay = 1000s
		alias_maps =
		alias_database =
		biff = no
		debugger_command =
	CONF
	sed -E 's/^smtp( +inet)/2526\1/' /usr/share/postfix/master.cf.dist >"$dir/etc/master.cf"
	sed -i -E 's/^([a-z0-9]+ +[a-z-]+ +[a-z-]+ +[a-z-]+ +)y( .*)/\1n\2/' "$dir/etc/master.cf"
	printf 'alice@example.org alice/\nbob@example.org bob\n' >"$dir/etc/boxes"
	printf 'both@example.org alice@example.org, bob@example.org\n' >"$dir/etc/aliases"
	printf 'far.example smtp:[127.0.0.1]:2527\n' >"$dir/etc/transport"
	printf '/^Subject: spam/ REJECT no spam\n' >"$dir/etc/headers"
	for number in 1 2; do
		printf 'From: carol@example.net\r\nSubject: letter %d\r\n\r\nText %d.\r\n' "$number" "$number" >"$dir/letter$number"
	done
	printf 'From: carol@example.net\r\nSubject: spam\r\n\r\nBuy.\r\n' >"$dir/spam"
	seq 1 20000 >>"$dir/letter2"
}

command() { # command PROGRAM WORDS...
	local program=$1

	shift
	"/usr/sbin/$program" -c "$dir/etc" "$@"
}

send() { # send FILE TO: the worst that the server says
	await -v --url smtp://127.0.0.1:2526/host --mail-from carol@example.net --mail-rcpt "$2" -T "$1" 2>&1 | tr -d '\r' |
		sed -n 's/^< \([25][0-9][0-9]\) .*/\1/p' | sort -n | tail -n 1
}

run() {
	chmod 755 run
	mkdir run/queue
	install -o postfix -d run/data
	install -o uucp -g uucp -d run/mail
	command postfix start-fg >run/log 2>&1 &
	server=$!
	check 'sent' "$(send letter1 alice@example.org)" 250
	obey
	brief || use
	command postfix stop >run/stopped 2>&1
	wait "$server"
	check 'ended by signal' $(($? - 128)) 15
}

arrived() { # arrived USER COUNT
	[ "$(grep -rhs '^Subject' "run/mail/$1" | wc -l)" = "$2" ]
}

waiting() { [ "$(command postqueue -j | wc -l)" = "$1" ]; }

use() {
	wait_for arrived alice 1
	check 'to both' "$(send letter2 both@example.org)" 250
	wait_for arrived alice 2
	wait_for arrived bob 1
	check 'arrived' "$(grep -c '^[0-9]*$' run/mail/bob)" 20003
	check 'unknown' "$(send letter1 nobody@example.org)" 550
	check 'relay' "$(send letter1 someone@else.example)" 554
	check 'spam' "$(send spam alice@example.org)" 550
	printf 'Subject: local\n\nFrom the command line.\n' | /usr/sbin/sendmail -C "$dir/etc" -f carol@example.net bob@example.org
	wait_for arrived bob 2
	check 'far' "$(send letter1 dave@far.example)" 250
	wait_for waiting 1
	check 'waits' "$(command postqueue -j | jq -r '.recipients[0].address')" dave@far.example
	command postsuper -d ALL deferred >run/deleted 2>&1
	command postfix reload >run/reloaded 2>&1
	check 'empty' "$(command postqueue -p)" 'Mail queue is empty'
}

main "$@"
