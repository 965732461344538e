#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# bind9 as another user: a primary with a zone that is changed by nsupdate with a key, a secondary that transfers it, a
# signed zone, views of the zone over TCP, rndc: status, freeze, reload, statistics, a dump of the cache.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

options() { # options NAME PORT
	cat <<-CONF
		options {
			directory "$dir/run/$1";
			listen-on port $2 { 127.0.0.1; };
			listen-on-v6 { none; };
			pid-file "$dir/run/$1/pid";
			session-keyfile "$dir/run/$1/session.key";
			lock-file none;
			recursion no;
			dnssec-validation no;
			allow-new-zones yes;
			notify yes;
		};
		include "$dir/key";
		controls { inet 127.0.0.1 port $(($2 + 100)) allow { 127.0.0.1; } keys { work; }; };
		logging { channel file { file "$dir/run/$1/log"; severity info; }; category default { file; }; };
	CONF
}

setup() {
	tsig-keygen work >"$dir/key"
	{
		options primary 5400
		echo "zone near.example { type primary; file \"zone\"; allow-update { key work; }; allow-transfer { key work; }; also-notify { 127.0.0.1 port 5401; }; };"
		echo "zone signed.example { type primary; file \"signed\"; dnssec-policy default; inline-signing yes; };"
	} >"$dir/primary.conf"
	{
		options secondary 5401
		echo "zone near.example { type secondary; file \"copy\"; primaries { 127.0.0.1 port 5400 key work; }; };"
	} >"$dir/secondary.conf"
	cat >"$dir/zone" <<-'ZONE'
		$TTL 300
		@ IN SOA ns hostmaster 1 3600 600 86400 60
		@ IN NS ns
		ns IN A 127.0.0.1
		one IN A 198.51.100.1
		alias IN CNAME one
		@ IN MX 10 one
		text IN TXT "a text"
	ZONE
	chmod a+r "$dir/key"
}

ask() { # ask PORT NAME [WORDS]
	local port=$1

	shift
	dig -r @127.0.0.1 -p "$port" +short +tries=10 +time=10 "$@" | sort | paste -sd,
}

control() { rndc -s 127.0.0.1 -p 5500 -k "$dir/key" "$@"; }

answers() { [ "$(ask 5400 one.near.example)" = 198.51.100.1 ]; }

copied() { [ "$(ask 5401 "$1")" = "$2" ]; }

start() { # start NAME
	named -f -4 -n 1 -u bind -c "$dir/$1.conf" &
}

run() {
	chmod 755 run
	mkdir run/primary run/secondary
	cp zone run/primary/zone
	cp zone run/primary/signed
	chown -R bind:bind run/primary run/secondary
	start primary
	server=$!
	start secondary
	second=$!
	wait_for answers
	wait_for copied one.near.example 198.51.100.1
	obey
	brief || use
	kill -TERM "$server" "$second"
	wait "$server"
	check 'ended with status' $? 0
	wait "$second"
	check 'the other with' $? 0
}

signed() { [ "$(ask 5400 signed.example DNSKEY | grep -c 257)" = 1 ]; }

use() {
	check 'alias' "$(ask 5400 alias.near.example)" 198.51.100.1,one.near.example.
	check 'text' "$(ask 5400 text.near.example TXT +tcp)" '"a text"'
	printf 'server 127.0.0.1 5400\nzone near.example\nupdate add two.near.example 300 A 198.51.100.2\nupdate delete text.near.example\nsend\n' >run/update
	check 'updated' "$(nsupdate -k "$dir/key" run/update; ask 5400 two.near.example)" 198.51.100.2
	wait_for copied two.near.example 198.51.100.2
	check 'copied' "$(ask 5401 two.near.example)" 198.51.100.2
	check 'transfer' "$(dig -r @127.0.0.1 -p 5400 -k "$dir/key" near.example AXFR +noall +answer | wc -l)" 8
	wait_for signed
	check 'status' "$(control status | grep -c '^server is up')" 1
	control freeze near.example >run/frozen 2>&1
	check 'in the file' "$(grep -c 198.51.100.2 run/primary/zone)" 1
	control thaw near.example >run/frozen 2>&1
	control reload >run/reloaded
	wait_for answers
	control stats
	check 'counted' "$(grep -c '++ Zone Maintenance Statistics' run/primary/named.stats)" 1
	check 'checked' "$(named-checkzone -q near.example run/primary/zone; echo $?)" 0
}

main "$@"
