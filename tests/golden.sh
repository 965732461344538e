#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The second implementation agrees with the published events, and notices when something is changed. Every event has
# its vectors there, and its deed.
# usage: tests/golden.sh BUILD
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=tests/golden/events.model
second=tests/golden/coefficient.py
build=$1
events=$(sed -n 's/^TSEM_EVENT([0-9]*, \([a-z_]*\),.*/\1/p' abi/events.def)

check "the second implementation recomputes every published coefficient" python3 $second $model
change() { # change NAME SED-EXPRESSION: a changed event must not pass
	sed -E "$2" $model >"$work/changed"
	if cmp -s $model "$work/changed"; then
		not_ok "$1" "the expression changed nothing"
	elif python3 $second "$work/changed" >"$work/out" 2>&1; then
		not_ok "$1" "$(tail -n 3 "$work/out")"
	else
		ok "$1"
	fi
}
change "a changed uid is noticed" '0,/"uid":"[0-9]+"/s//"uid":"4711"/'
change "a changed TASK_ID is noticed" '0,/"task_id":"[0-9a-f]{4}/s//"task_id":"0123/'
change "a changed port is noticed" '0,/"port":"[0-9]+"/s//"port":"4712"/'
sed '/^contents /a pattern /tmp/x.{alnum 8}\ntree /srv/{a}/{"b"}:rwx' $model >"$work/head"
is "the second implementation takes names in the head of a model for no events" \
	"$(python3 $second "$work/head" | sed "s|^$work/head|$model|")" "$(python3 $second $model)"
# Three different ones or more: distinct coefficients.
few=$(comm -23 <(sort <<<"$events") \
	<(sed -nE 's/.*"type":"([a-z_]+)","ttd".*"coefficient":"([0-9a-f]{64})".*/\1 \2/p' $model | sort -u |
		awk '{ n[$1]++ } END { for (event in n) if (n[event] >= 3) print event }' | sort))
is "every event has three vectors or more" "$few" ""
is "every event has a deed, and every deed an event" \
	"$({ "$build/deed" list && "$build/deed_all" list && "$build/calls" list; } | cut -d ' ' -f 2 | sort -u)" "$(sort <<<"$events")"
is "the events are all read" "$(wc -l <<<"$events")" "$(grep -c '^TSEM_EVENT(' abi/events.def)"
check "the second implementation is at most 100 lines" test "$(wc -l <$second)" -le 100
finish
