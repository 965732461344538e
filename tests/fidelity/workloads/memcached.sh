#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memcached as another user, with a pid file: values are set, counted, compared and swapped; on a local socket as well.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() { :; }

# Lines of its protocol, and what it answers.
ask() { # ask LINE...
	local line

	exec 5<>/dev/tcp/127.0.0.1/11311
	printf '%s\r\n' "$@" quit >&5
	while read -r -t "$patience" line <&5; do
		printf '%s,' "${line%$'\r'}"
	done
	exec 5>&-
}

answers() { (exec 5<>/dev/tcp/127.0.0.1/11311) 2>/dev/null; }

run() {
	chmod 777 run
	memcached -u nobody -l 127.0.0.1 -p 11311 -P run/memcached.pid -m 16 -t 2 2>run/log &
	server=$!
	wait_for answers
	check 'set' "$(ask 'set color 0 0 5' green 'get color')" 'STORED,VALUE color 0 5,green,END,'
	obey
	brief || use
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'count' "$(ask 'set n 0 0 2' 41 'incr n 1')" STORED,42,
	check 'again' "$(ask 'add color 0 0 3' red 'get color')" 'NOT_STORED,VALUE color 0 5,green,END,'
	check 'swap' "$(ask 'gets none' 'delete color' 'get color')" END,DELETED,END,
	check 'large' "$(ask 'set big 0 0 100000' "$(head -c 100000 /dev/zero | tr '\0' x)")" STORED,
	check 'all gone' "$(ask flush_all 'get big')" OK,END,
	check 'its own file' "$(cat run/memcached.pid)" "$server"
}

main "$@"
