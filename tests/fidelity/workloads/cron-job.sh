#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A nightly job, three nights: temporary files and directories under random names, a report, archives that rotate.
#
# Names that it makes up, with DIR for its directory:
# pattern: DIR/run/tmp/tmp.{alnum 10}
# pattern: DIR/run/report.{alnum 6}

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	mkdir "$dir/data"
	seq 1 500 | awk '{ print "user" $1 % 7, $1 * 37 % 1000 }' >"$dir/data/access"
	cat >"$dir/job" <<-'JOB'
		#!/bin/sh
		# job DIR NIGHT
		set -e
		list=$(mktemp)
		work=$(mktemp -d)
		trap 'rm -rf "$list" "$work"' EXIT
		sort "$1/data/access" >"$list"
		awk '{ sum[$1] += $2 } END { for (user in sum) print user, sum[user] }' "$list" | sort >"$work/report"
		new=$(mktemp "$1/run/report.XXXXXX")
		{ echo "night $2"; cat "$work/report"; } >"$new"
		mv "$new" "$1/run/report"
		cp "$list" "$work/access"
		tar -C "$work" -czf "$1/run/archive.new" access report
		[ ! -e "$1/run/archive.1" ] || mv "$1/run/archive.1" "$1/run/archive.2"
		mv "$1/run/archive.new" "$1/run/archive.1"
		. "$1/orders"
	JOB
	chmod 755 "$dir/job"
}

run() {
	local night

	export TMPDIR=$dir/run/tmp
	mkdir run/tmp
	for night in 1 2 3; do
		./job "$dir" $night
		check "night $night" "$?:$(head -n 1 run/report)" "0:night $night"
		brief && return
	done
	check 'report' "$(grep -c '^user' run/report)" 7
	check 'archive' "$(tar -xzOf run/archive.2 access | wc -l)" 500
	check 'nothing is left' "$(ls run/tmp)" ''
}

main "$@"
