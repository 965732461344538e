#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# squid as another user: pages from a server behind it, from the cache in memory and on disk, what is denied, a tunnel, a
# configuration that is read anew, logs that are rotated, and a second start that finds what was stored.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
site=http://127.0.0.1:8391

setup() {
	mkdir -p "$dir/site"
	echo page >"$dir/site/page"
	seq 1 30000 >"$dir/site/large"
	echo secret >"$dir/site/denied"
	touch -d '1 year ago' "$dir/site/large"
	cat >"$dir/squid.conf" <<-CONF
		http_port 127.0.0.1:3130
		acl forbidden urlpath_regex ^/denied
		include $dir/run/more.conf
		http_access deny forbidden
		http_access allow all
		cache_effective_user proxy
		cache_dir ufs $dir/run/cache 16 4 16
		cache_mem 8 MB
		maximum_object_size_in_memory 16 KB
		access_log stdio:$dir/run/logs/access
		cache_log $dir/run/logs/cache
		pid_filename $dir/run/logs/pid
		coredump_dir none
		visible_hostname proxy.example
		pinger_enable off
		shutdown_lifetime 0 seconds
		logfile_rotate 2
		netdb_filename none
	CONF
}

through() { get --noproxy '' -x http://127.0.0.1:3130 "$@"; }

hit() { # hit PATH: where from?
	through -o run/page -D - "$site/$1" | tr -d '\r' | sed -n 's/^X-Cache: \([A-Z]*\) .*/\1/p'
}

start() {
	squid -N -f "$dir/squid.conf" 2>run/errors &
	server=$!
	check 'page' "$(await --noproxy '' -x http://127.0.0.1:3130 "$site/page")" page
}

stop() {
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

run() {
	chmod 755 run
	install -o proxy -g proxy -d run/logs run/cache
	echo '# nothing more' >run/more.conf
	busybox httpd -f -p 127.0.0.1:8391 -h site &
	behind=$!
	squid -N -z -f "$dir/squid.conf" 2>run/errors
	check 'prepared' $? 0
	start
	obey
	brief || use
	stop
	kill "$behind"
	wait "$behind"
}

denied() { [ "$(through -o run/page -w '%{http_code}' $site/page)" = 403 ]; }

use() {
	check 'first' "$(hit large)" MISS
	check 'again' "$(hit large):$(md5sum <run/page)" "HIT:$(md5sum <site/large)"
	check 'denied' "$(through -o run/page -w '%{http_code}' $site/denied)" 403
	check 'nobody there' "$(through -o run/page -w '%{http_code}' http://127.0.0.1:8399/)" 503
	check 'tunnel' "$(through -p $site/page)" page
	squid -k rotate -f "$dir/squid.conf"
	wait_for test -e run/logs/access.0
	echo 'acl forbidden urlpath_regex ^/page' >run/more.conf
	squid -k reconfigure -f "$dir/squid.conf"
	wait_for denied
	check 'denied now' "$(through -o run/page -w '%{http_code}' $site/page)" 403
	echo '# nothing more' >run/more.conf
	stop
	start
	check 'stored' "$(hit large):$(md5sum <run/page)" "HIT:$(md5sum <site/large)"
	check 'files' "$(find run/cache -type f -size +100k | wc -l)" 1
}

main "$@"
