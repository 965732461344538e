#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# logrotate alone, five days: logs that are moved, copied and cut, dated, compressed late, of another user; scripts before
# and after; mail to nobody; old ones are removed.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	cat >"$dir/rotate.conf" <<-CONF
		compress
		missingok
		$dir/run/moved/*.log {
			rotate 3
			delaycompress
			create 0640 nobody nogroup
			sharedscripts
			prerotate
				echo before >>$dir/run/told
			endscript
			postrotate
				. $dir/orders
			endscript
		}
		$dir/run/copied.log {
			rotate 2
			copytruncate
			size 100
		}
		$dir/run/dated.log {
			rotate 2
			dateext
			dateformat -%Y%m%d
			olddir $dir/run/old
			nocompress
		}
		include $dir/more
	CONF
	mkdir "$dir/more"
	cat >"$dir/more/other" <<-CONF
		$dir/run/other.log {
			su nobody nogroup
			rotate 1
			ifempty
			shred
			nomail
		}
	CONF
	chmod -R go-w "$dir/more" "$dir/rotate.conf"
}

fill() { # fill DAY
	local file

	for file in moved/a.log moved/b.log copied.log; do
		seq 1 200 | sed "s/^/day $1 /" >>"run/$file"
	done
}

run() {
	local day

	chmod 755 run
	mkdir run/moved run/old
	seq 1 200 >run/dated.log
	install -o nobody -g nogroup -d run/place
	install -o nobody -g nogroup -m 644 /dev/null run/other.log
	chown nobody:nogroup run
	for day in 1 2 3 4 5; do
		fill $day
		logrotate -f -s "$dir/run/state" "$dir/rotate.conf"
		check "day $day" $? 0
		brief && return
	done
	check 'moved' "$(echo "$(set +f; echo run/moved/*)")" 'run/moved/a.log run/moved/a.log.1 run/moved/a.log.2.gz run/moved/a.log.3.gz run/moved/b.log run/moved/b.log.1 run/moved/b.log.2.gz run/moved/b.log.3.gz'
	check 'packed late' "$(zcat run/moved/a.log.2.gz | head -n 1)" 'day 4 1'
	check 'copied' "$(zcat run/copied.log.1.gz | head -n 1):$(wc -c <run/copied.log)" 'day 5 1:0'
	check 'dated' "$(find run/old -name 'dated.log-*' | wc -l)" 1
	check 'told' "$(wc -l <run/told)" 5
}

main "$@"
