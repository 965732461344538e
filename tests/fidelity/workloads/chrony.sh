#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# chrony: a server of the time and one that follows it, which leave the clock alone; as another user; commands over its
# socket and over UDP, keys, a measurement history that is written and read again.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	echo '1 SHA256 HEX:0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF' >"$dir/keys"
	chown _chrony "$dir/keys"
	chmod 600 "$dir/keys"
	cat >"$dir/upper.conf" <<-CONF
		port 1123
		bindaddress 127.0.0.1
		allow 127.0.0.1
		local stratum 5
		cmdport 1124
		bindcmdaddress 127.0.0.1
		bindcmdaddress /
		keyfile $dir/keys
		pidfile $dir/run/upper/pid
	CONF
	cat >"$dir/chrony.conf" <<-CONF
		server 127.0.0.1 port 1123 iburst minpoll -2 maxpoll -1 key 1
		port 1125
		bindaddress 127.0.0.1
		cmdport 1126
		bindcmdaddress 127.0.0.1
		bindcmdaddress $dir/run/own/chronyd.sock
		keyfile $dir/keys
		driftfile $dir/run/state/drift
		dumpdir $dir/run/state
		logdir $dir/run/state
		log measurements tracking
		pidfile $dir/run/own/pid
	CONF
}

ask() { chronyc -h 127.0.0.1 -p 1126 "$@"; }
tell() { chronyc -h "$dir/run/own/chronyd.sock" "$@"; }

follows() { [ "$(ask -c tracking 2>run/errors | cut -d, -f3)" = 6 ]; }

start() {
	chronyd -x -d -u _chrony -f "$dir/chrony.conf" "$@" 2>>run/log &
	server=$!
	wait_for follows
}

stop() {
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

run() {
	chmod 755 run
	install -o _chrony -g _chrony -m 750 -d run/upper run/own run/state
	: >run/errors >run/log
	chronyd -x -d -u _chrony -f "$dir/upper.conf" 2>run/upper.log &
	upper=$!
	start
	check 'source' "$(ask -c -n sources | cut -d, -f1-4)" '^,*,127.0.0.1,5'
	obey
	brief || use
	stop
	kill -TERM "$upper"
	wait "$upper"
	check 'the other with' $? 0
}

use() {
	check 'authenticated' "$(tell -c authdata | cut -d, -f2)" SK
	check 'activity' "$(ask -c activity)" 1,0,0,0,0
	check 'burst' "$(tell burst 2/2)" '200 OK'
	check 'offline' "$(tell offline)" '200 OK'
	check 'online' "$(tell online)" '200 OK'
	check 'log' "$(tell cyclelogs)" '200 OK'
	check 'dump' "$(tell dump)" '200 OK'
	stop
	start -r
	check 'measured' "$([ "$(grep -c 127.0.0.1 run/state/measurements.log)" -gt 4 ] && echo many)" many
}

main "$@"
