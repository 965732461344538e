#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# rsyslogd with a socket of its own, logger, and logrotate, which compresses and has the daemon open its file anew.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	cat >"$dir/rsyslog.conf" <<-CONF
		global(workDirectory="$dir/run")
		module(load="imuxsock" SysSock.Use="off")
		input(type="imuxsock" Socket="$dir/run/socket" CreatePath="off" RateLimit.Interval="0")
		template(name="short" type="string" string="%programname%:%msg%\n")
		user.* action(type="omfile" file="$dir/run/user.log" template="short")
		local0.* action(type="omfile" file="$dir/run/local.log" template="short")
	CONF
	cat >"$dir/logrotate.conf" <<-CONF
		$dir/run/*.log {
			rotate 2
			compress
			missingok
			nodateext
			create 0640 root root
			sharedscripts
			postrotate
				kill -HUP \$(cat $dir/run/pid)
			endscript
		}
	CONF
	chmod 644 "$dir/logrotate.conf"
}

say() { logger -u "$dir/run/socket" -t job "$@"; }

answers() { [ -S run/socket ]; }

arrived() { # arrived FILE TEXT
	grep -q "$2" "run/$1" 2>/dev/null
}

run() {
	chmod 755 run
	rsyslogd -n -f "$dir/rsyslog.conf" -i "$dir/run/pid" </dev/null &
	server=$!
	wait_for answers
	say -p user.info 'first'
	say -p local0.warning 'second'
	wait_for arrived local.log second
	check 'written' "$(cat run/user.log run/local.log)" $'job: first\njob: second'
	obey
	brief || rotate
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

rotate() {
	local turn

	for turn in 1 2 3; do
		logrotate -f -s "$dir/run/state" "$dir/logrotate.conf"
		check "rotated $turn" $? 0
		say -p user.info "after $turn"
		wait_for arrived user.log "after $turn"
	done
	check 'old' "$(zcat run/user.log.2.gz):$(find run -name 'user.log*' | wc -l)" 'job: after 1:3'
}

main "$@"
