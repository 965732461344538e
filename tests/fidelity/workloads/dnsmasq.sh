#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# dnsmasq as another user before a second one: names of its own, forwarded and cached ones, services, texts, a reverse
# zone, over UDP and TCP; files of hosts that are read anew, statistics, files by TFTP.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	cat >"$dir/upper.conf" <<-'CONF'
		port=5355
		listen-address=127.0.0.1
		bind-interfaces
		no-resolv
		no-hosts
		address=/far.example/192.0.2.7
		txt-record=text.far.example,"a text"
		host-record=both.far.example,192.0.2.8,2001:db8::8
	CONF
	cat >"$dir/dnsmasq.conf" <<-CONF
		port=5354
		listen-address=127.0.0.1
		bind-interfaces
		user=nobody
		group=nogroup
		no-resolv
		no-hosts
		no-poll
		server=127.0.0.1#5355
		addn-hosts=$dir/run/hosts
		local=/near.example/
		domain=near.example
		expand-hosts
		cname=alias.near.example,one.near.example
		srv-host=_http._tcp.near.example,one.near.example,80,1,2
		mx-host=near.example,one.near.example,10
		log-queries
		log-facility=$dir/run/log
		pid-file=$dir/run/pid
		enable-tftp
		tftp-root=$dir/boot
		tftp-port-range=40000,40100
	CONF
	mkdir "$dir/boot"
	seq 1 3000 >"$dir/boot/kernel"
	chmod -R a+rX "$dir"
}

ask() { # ask NAME [TYPE [WORDS]]
	dig -r @127.0.0.1 -p 5354 +short +tries=10 +time=10 "$@" | sort | paste -sd,
}

answers() { [ "$(ask one.near.example)" = 198.51.100.1 ]; }

run() {
	chmod 755 run
	: >run/log
	chown nobody run/log
	printf '198.51.100.1 one\n198.51.100.2 two\n' >run/hosts
	dnsmasq -k -C upper.conf --pid-file="$dir/run/upper" --log-facility="$dir/run/upper.log" --user=nobody &
	upper=$!
	dnsmasq -k -C dnsmasq.conf &
	server=$!
	wait_for answers
	obey
	brief || use
	kill -TERM "$server" "$upper"
	wait "$server"
	check 'ended with status' $? 0
	wait "$upper"
	check 'the other with' $? 0
}

reread() { [ "$(ask three.near.example)" = 198.51.100.3 ]; }

counted() { grep -q 'queries forwarded' run/log; }

use() {
	check 'alias' "$(ask alias.near.example)" 198.51.100.1,one.near.example.
	check 'forwarded' "$(ask www.far.example):$(ask www.far.example)" 192.0.2.7:192.0.2.7
	check 'both' "$(ask both.far.example A):$(ask both.far.example AAAA)" 192.0.2.8:2001:db8::8
	check 'text' "$(ask text.far.example TXT +tcp)" '"a text"'
	check 'services' "$(ask _http._tcp.near.example SRV):$(ask near.example MX)" '1 2 80 one.near.example.:10 one.near.example.'
	check 'reverse' "$(ask -x 198.51.100.2)" two.near.example.
	check 'none' "$(ask none.near.example)" ''
	for number in {1..30}; do echo "host$number.far.example A"; done >run/names
	check 'many' "$(dig -r @127.0.0.1 -p 5354 +short +tries=10 -f run/names | sort -u)" 192.0.2.7
	printf '198.51.100.3 three\n' >>run/hosts
	kill -HUP "$server"
	wait_for reread
	kill -USR1 "$server"
	wait_for counted
	check 'counted' "$(grep -c 'cache size' run/log)" 1
	check 'boot' "$(get tftp://127.0.0.1/kernel | md5sum)" "$(md5sum <boot/kernel)"
}

main "$@"
