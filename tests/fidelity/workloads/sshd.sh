#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# sshd: logins with a key over loopback, commands, a copy there and back, a refused login.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

# Once for all: a key is no part of an event, but to make it takes time.
setup() {
	ssh-keygen -q -t ed25519 -N '' -C host -f "$dir/host"
	ssh-keygen -q -t ed25519 -N '' -C user -f "$dir/user"
	ssh-keygen -q -t ed25519 -N '' -C stranger -f "$dir/stranger"
	cp "$dir/user.pub" "$dir/authorized"
	echo "[127.0.0.1]:2222 $(cut -d' ' -f1,2 "$dir/host.pub")" >"$dir/known"
	echo 'a letter' >"$dir/letter"
	cat >"$dir/sshd.conf" <<-CONF
		ListenAddress 127.0.0.1:2222
		HostKey $dir/host
		AuthorizedKeysFile $dir/authorized
		PidFile none
		UsePAM no
		StrictModes no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		PrintLastLog no
		Subsystem sftp internal-sftp
	CONF
	cat >"$dir/ssh.conf" <<-CONF
		Host *
		UserKnownHostsFile $dir/known
		GlobalKnownHostsFile none
		StrictHostKeyChecking yes
		IdentitiesOnly yes
		BatchMode yes
		LogLevel ERROR
		KexAlgorithms curve25519-sha256
		Ciphers aes128-ctr
		ConnectionAttempts 60
	CONF
	cat >"$dir/session" <<-SESSION
		echo "hello from \$USER"
		. $dir/orders
	SESSION
	chmod 600 "$dir"/authorized
	mkdir -p /run/sshd
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
