#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# sshd: logins with a key over loopback, commands, a copy there and back, a refused login.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

# Once for all: a key is no part of an event, but to make it takes time.
setup() {
	ssh_keys 2222
	ssh-keygen -q -t ed25519 -N '' -C stranger -f "$dir/stranger"
	echo 'a letter' >"$dir/letter"
	sshd_conf 2222 'Subsystem sftp internal-sftp'
	ssh_conf 'Host *'
	cat >"$dir/session" <<-SESSION
		echo "hello from \$USER"
		. $dir/orders
	SESSION
}

login() { # login KEY WORDS...
	local key=$1
	shift
	ssh -F ssh.conf -i "$key" -p 2222 root@127.0.0.1 "$@"
}

run() {
	/usr/sbin/sshd -D -e -f "$dir/sshd.conf" 2>run/log &
	server=$!
	brief || use
	answer=$(login user sh "$dir/session" 2>&1)
	echo "$answer"
	check 'session' "${answer%%$'\n'*}" 'hello from root'
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'login' "$(login user echo in)" in
	check 'command' "$(login user cat "$dir/letter")" 'a letter'
	check 'input' "$(echo one two | login user wc -w)" 2
	check 'stranger' "$(login stranger echo in 2>&1 | tr -d '\r')" 'root@127.0.0.1: Permission denied (publickey).'
	scp -q -F ssh.conf -i user -P 2222 letter "root@127.0.0.1:$dir/run/there"
	scp -q -F ssh.conf -i user -P 2222 "root@127.0.0.1:$dir/run/there" run/back
	check 'copy there and back' "$(cat run/back)" 'a letter'
}

main "$@"
