#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# redis: values, lists, saving in the foreground and in the background, a restart that finds them again.
#
# Names that it makes up, with DIR for its directory:
# pattern: DIR/run/temp-{digit}.rdb

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	empty_orders orders.redis
	cat >"$dir/redis.conf" <<-'CONF'
		bind 127.0.0.1
		port 6380
		dir run
		save ""
		dbfilename notes.rdb
		logfile redis.log
		enable-debug-command local
		enable-protected-configs local
	CONF
}

cli() { redis-cli -p 6380 "$@"; }

answers() { [ "$(cli ping 2>/dev/null)" = PONG ]; }

saved() { [[ $(cli info persistence) == *rdb_bgsave_in_progress:0* ]]; }

start() {
	redis-server redis.conf &
	server=$!
	wait_for answers
}

stop() {
	cli shutdown "$1"
	wait "$server"
	check 'ended with status' $? 0
}

run() {
	start
	brief || use
	cli <orders.redis
	obey
	stop nosave
	brief && return
	start
	check 'get after restart' "$(cli get color):$(cli get count)" green:42
	stop save
}

use() {
	check 'set' "$(cli set color green)" OK
	check 'get' "$(cli get color)" green
	check 'push' "$(cli rpush list one two three)" 3
	check 'range' "$(cli lrange list 0 -1 | paste -sd,)" one,two,three
	check 'count' "$(cli incrby count 41):$(cli incr count)" 41:42
	check 'script' "$(cli eval 'return redis.call("get", KEYS[1])' 1 color)" green
	check 'save' "$(cli save)" OK
	check 'background' "$(cli bgsave)" 'Background saving started'
	wait_for saved # or the end would kill who saves
}

main "$@"
