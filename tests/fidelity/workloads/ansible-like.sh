#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What ansible does: a play on two hosts over one ssh connection each that stays open, with modules in Python that are
# sent, run there in directories under random names and removed; templates, a handler, facts, a second play that changes
# nothing.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)

setup() {
	empty_orders orders.py
	cp "$here/ansible-like.py" "$dir/play.py"
	ssh_keys 2224
	sshd_conf 2224 "SetEnv HOME=$dir/run/home" 'Subsystem sftp internal-sftp'
	ssh_conf 'Host one two' 'HostName 127.0.0.1' 'Port 2224' 'User root' 'HostKeyAlias [127.0.0.1]:2224' \
		"IdentityFile $dir/user" 'ControlMaster auto' 'ControlPersist 120' "ControlPath $dir/run/%n.mux"
}

run() {
	mkdir run/home
	/usr/sbin/sshd -D -e -f "$dir/sshd.conf" 2>run/log &
	server=$!
	check 'play' "$(/usr/bin/python3 -I play.py run one two)" 'one: 4 changed, two: 4 changed'
	obey
	brief || use
	for host in one two; do
		ssh -F ssh.conf -O exit "$host" 2>run/ended
	done
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'written' "$(cat run/etc-one/motd run/etc-two/motd | paste -sd,)" 'welcome to one,welcome to two'
	check 'handled' "$(cat run/etc-one/restarted)" 'restarted once'
	check 'again' "$(/usr/bin/python3 -I play.py run one two)" 'one: 0 changed, two: 0 changed'
	check 'nothing is left' "$(find run/home -mindepth 2 -name 'play-*')" ''
}

main "$@"
