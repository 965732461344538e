#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# celery: workers and a scheduler take tasks from redis: results, retries, a chain, a group, a task that fails, one that
# runs a program; the pool grows and shrinks while they work.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)

setup() {
	cp "$here/celery.py" "$dir/jobs.py"
	/usr/bin/python3 -m compileall -q "$dir/jobs.py"
	empty_orders orders.py
	cat >"$dir/redis.conf" <<-'CONF'
		bind 127.0.0.1
		port 6390
		dir run
		save ""
		logfile redis.log
	CONF
}

answers() { [ "$(redis-cli -p 6390 ping 2>run/errors)" = PONG ]; }

more=()
use() {
	more=(used)
	wanted=' chain 20 group 285 failed ValueError retried 3 file 5000 child Linux ticked'
}

run() {
	export HOME=$dir
	: >run/errors
	redis-server redis.conf &
	broker=$!
	wait_for answers
	/usr/bin/python3 /usr/bin/celery -A jobs worker --concurrency 2 -n w@local -l WARNING -B -s run/schedule --pidfile run/worker.pid >run/log 2>&1 &
	worker=$!
	brief || use
	check 'work' "$(/usr/bin/python3 jobs.py first obeyed "${more[@]}")" "first 3${wanted-}"
	obey
	kill -TERM "$worker"
	wait "$worker"
	check 'ended with status' $? 0
	redis-cli -p 6390 shutdown nosave
	wait "$broker"
	check 'the broker with' $? 0
}

main "$@"
