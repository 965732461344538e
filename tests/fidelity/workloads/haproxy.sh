#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# haproxy before two web servers: requests are spread, one server goes away, the configuration is changed and reloaded
# without an interruption, statistics are asked over its socket.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
url=http://127.0.0.1:8190

configure() { # configure WORD: the name of its answers' header
	cat <<-CONF
		global
			stats socket $dir/run/admin mode 600 level admin expose-fd listeners
			nbthread 2
			maxconn 200
		defaults
			mode http
			timeout connect 60s
			timeout client 60s
			timeout server 60s
			retries 3
			option redispatch
		frontend web
			bind 127.0.0.1:8190
			http-response set-header X-Proxy $1
			default_backend pages
		backend pages
			balance roundrobin
			server a 127.0.0.1:8191
			server b 127.0.0.1:8192
	CONF
}

setup() {
	mkdir -p "$dir/a" "$dir/b"
	echo a >"$dir/a/name"
	echo b >"$dir/b/name"
}

names() { # names COUNT: who has answered
	local number

	for ((number = 0; number < $1; number++)); do
		get "$url/name"
	done | sort | uniq -c | awk '{ printf "%s%s,", $2, $1 }'
}

run() {
	configure first >run/haproxy.cfg
	busybox httpd -f -p 127.0.0.1:8191 -h a &
	a=$!
	busybox httpd -f -p 127.0.0.1:8192 -h b &
	b=$!
	haproxy -W -db -f run/haproxy.cfg -p run/haproxy.pid 2>run/log &
	server=$!
	await "$url/name" >run/first
	check 'spread' "$(names 6)" a3,b3,
	obey
	brief || use
	kill -USR1 "$server"
	wait "$server"
	check 'ended with status' $? 0
	kill "$a" "$b"
	wait "$a" "$b"
}

reloaded() { [ "$(get -o run/page -D - "$url/name" | tr -d '\r' | sed -n 's/^x-proxy: //p')" = second ]; }

use() {
	configure second >run/haproxy.cfg
	kill -USR2 "$server"
	wait_for reloaded
	check 'after the reload' "$(names 6)" a3,b3,
	kill "$b"
	wait "$b"
	check 'one is gone' "$(names 4)" a4,
	check 'statistics' "$(echo 'show stat' | socat - UNIX-CONNECT:run/admin 2>run/errors | grep -c '^pages,')" 3
	busybox httpd -f -p 127.0.0.1:8192 -h b &
	b=$!
}

main "$@"
