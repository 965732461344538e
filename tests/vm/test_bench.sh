#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tsem bench: every operation in every column, nothing refused, nothing left. What the numbers are is not judged here.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

bench() { # bench WORDS...: it takes longer than others
	timeout -k 5 400 "$T" bench "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	output=$(<"$scratch/out")
	errors=$(<"$scratch/err")
}

test_unloaded() {
	bench --rounds 1 --json
	is "it succeeds" "$status:$errors" 0:
	is "every operation has every column" "$(jq -c '[.results | group_by(.op)[] | map(.column) | sort] | unique' <<<"$output")" \
		'[["enforcing","free","none","outside","sealed"]]'
	is "there are enough operations" "$(jq '[.results[].op] | unique | length >= 15' <<<"$output")" true
	is "every number is one" "$(jq '[.results[] | .nanoseconds > 0 and .ratio > 0] | all' <<<"$output")" true
	is "the ratio of none is 1" "$(jq -c '[.results[] | select(.column == "none") | .ratio] | unique' <<<"$output")" '[1]'
	is "one round says nothing of noise" "$(jq -c '[.results[].noise] | unique' <<<"$output")" '[null]'
	is "the start of a workload is measured, and tsem run adds something" \
		"$(jq -c '.start | [.true > 0, .unshare > .true, .run > .true, .added == .run - .true]' <<<"$output")" '[true,true,true,true]'
	is "the kernel is named" "$(jq -r .kernel <<<"$output")" "$(uname -r)"
	is "nothing was outside of the model" "$("$T" ps --all --json | jq -c 'map([.name, .violations, .lost])')" '[["tsem-bench",0,0]]'
	is "nothing is left" "$(ls -d /tmp/tsem-bench-* 2>/dev/null):$(ls /sys/fs/bpf 2>/dev/null)" ":"
}

test_loaded() {
	need "load" "$T" load
	bench --rounds 1
	like "where the programs are loaded there is no column none" "$status:$output" "0:OPERATION * OUTSIDE * ENFORCING *x*NOISE*unknown*The start of a workload*tsem run -- true *?tsem unload?*"
	"$T" run --name tsem-bench -- sleep 100 >/dev/null 2>&1 </dev/null &
	wait_until eval '"$T" ps --quiet | grep -qx tsem-bench'
	bench --rounds 1
	like "a name that is taken: one sentence" "$status:$output:$(wc -l <"$scratch/err"):$errors" \
		"1::1:tsem: column free could not be measured (status 125): *tsem-bench is living already*"
	none "... and nothing is left either" find /tmp -maxdepth 1 -name 'tsem-bench-*'
	kill $!
	wait
}

for each in ${TESTS:-unloaded loaded}; do
	"test_$each"
done
finish
