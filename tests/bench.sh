#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What compares costs with committed tables: names what is worse, and nothing else; small files, no measuring.
# usage: tests/bench.sh BUILD
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

judge() { # judge WORDS...: output, status
	output=$("$@" 2>&1)
	status=$?
}

row() { # row OP COLUMN INSTRUCTIONS RATIO
	printf '{"op": "%s", "column": "%s", "instructions": %s, "ratio": %s, "sustained": 1}' "$@"
}

table() { # table FILE ROW...
	local IFS=,

	printf '[%s]\n' "${*:2}" >"$work/$1"
}

verifier() { # verifier FILE LINE...
	printf '%s\n' "${@:2}" >"$work/$1"
}

idle=$(row open idle 5000 1.0)
table old "$idle" "$(row open outside 10000 2.0)" "$(row open floor 5100 1.02)"

test_bench() {
	judge bench/check.py "$work/old" "$work/old"
	is "bench: the same is no worse" "$status:$output" "0:bench: 3 rows hold, 0 do not"
	table new "$idle" "$(row open outside 10100 2.02)" "$(row open floor 5100 1.02)"
	judge bench/check.py "$work/new" "$work/old"
	is "bench: one per cent is allowed" "$status" 0
	table new "$idle" "$(row open outside 10101 2.0202)" "$(row open floor 9000 1.8)"
	judge bench/check.py "$work/new" "$work/old"
	is "bench: more is not; row, column, old and new are named, and nothing else" "$status:$output" \
		"1:worse: open [outside]: 10000 -> 10101 instructions (+1.0 %), ratio 2.000 -> 2.020
bench: 2 rows hold, 1 do not"
	table new "$(row open idle 6000 1.0)" "$(row open outside 11900 1.98)" "$(row open floor 5100 0.85)"
	judge bench/check.py "$work/new" "$work/old"
	is "bench: another kernel, on which all is dearer, is no change of ours" "$status" 0
	table null "$(row open outside 10000 null)"
	table new "$(row open outside 10200 null)"
	judge bench/check.py "$work/new" "$work/null"
	like "bench: without a ratio the instructions count" "$status:$output" "1:worse: open \[outside\]: 10000 -> 10200 *"
	table new "$idle" "$(row open floor 5100 1.02)"
	judge bench/check.py "$work/new" "$work/old"
	like "bench: a row that is not measured is named" "$status:$output" "1:worse: open \[outside\]: was not measured*"
	judge bench/check.py --quick "$work/new" "$work/old"
	is "bench: but not with --quick" "$status" 0
	table new "$idle" "$(row open outside 10000 2.0)" "$(row open floor 5100 1.02)" "$(row stat outside 7 1.4)"
	judge bench/check.py "$work/new" "$work/old"
	like "bench: a row that the table does not have is told" "$status:$output" "0:new: stat \[outside\]: 7 instructions*"
}

test_bench_accept() {
	cp "$work/old" "$work/table.json"
	table new "$idle" "$(row open outside 20000 4.0)" "$(row open floor 5100 1.02)"
	echo 'the text' >"$work/new.txt"
	mv "$work/new" "$work/new.json"
	judge bench/check.py --accept 'paths are exact now' "$work/new.json" "$work/table.json"
	is "bench: a change can be accepted" "$status:$output:$(cat "$work/table.txt")" "0::the text"
	is "bench: the reason stands beside the number" "$(jq -c '.[] | select(.reason) | [.op, .column, .instructions, .reason]' "$work/table.json")" \
		'["open","outside",20000,"paths are exact now"]'
	judge bench/check.py "$work/new.json" "$work/table.json"
	is "bench: what was accepted holds" "$status" 0
	judge bench/check.py --accept 'another one' "$work/new.json" "$work/table.json"
	is "bench: the reason stays as long as the number does" "$(jq -r '.[].reason // empty' "$work/table.json")" "paths are exact now"
	judge bench/check.py --accept 'it is cheaper' "$work/old" "$work/table.json"
	is "bench: ... and no longer" "$(jq -c '[.[].reason // empty]' "$work/table.json")" "[]"
	judge bench/check.py "$work/new.json" "$work/none"
	like "bench: no table" "$status:$output" "1:bench: there is no committed table *"
	judge bench/check.py "$work/none" "$work/old"
	is "bench: no measurement" "$status:$output" "1:bench: $work/none: No such file or directory"
	echo '{' >"$work/broken"
	judge bench/check.py "$work/broken" "$work/old"
	like "bench: no JSON" "$status:$output" "1:bench: $work/broken is no measurement: *"
	judge bench/check.py
	is "bench: wrong usage" "$status" 2
}

test_verifier() {
	verifier measured 'open 1000 100 50' 'stat 200 20 20'
	judge bench/verifier.py --accept first "$work/measured" "$work/verifier.txt"
	is "verifier: a table can be made" "$status:$output" 0:
	judge bench/verifier.py "$work/measured" "$work/verifier.txt"
	is "verifier: the same is no dearer" "$status:$output" \
		"0:verifier: 2 programs, 0 findings; the dearest is open with 1000 of 1000000 instructions"
	verifier more 'open 1050 105 500' 'stat 200 20 20'
	judge bench/verifier.py "$work/more" "$work/verifier.txt"
	is "verifier: five per cent are allowed" "$status" 0
	verifier more 'open 1051 100 50' 'stat 200 22 20'
	judge bench/verifier.py "$work/more" "$work/verifier.txt"
	like "verifier: more are not, and are named" "$status:$output" \
		"1:dearer: open: instructions 1000 -> 1051 (+5.1 %)
dearer: stat: states 20 -> 22 (+10.0 %)
*2 findings*"
	verifier less 'open 499 50 25' 'stat 200 20 20'
	judge bench/verifier.py "$work/less" "$work/verifier.txt"
	like "verifier: what became much cheaper may have lost its purpose" "$status:$output" \
		"1:cheaper: open: instructions 1000 -> 499: is some of it unreachable[?]
*1 findings*"
	judge bench/verifier.py --accept 'a path more' "$work/more" "$work/verifier.txt"
	like "verifier: accepted, with the reason beside the number" "$(grep '^open' "$work/verifier.txt")" "open * 1051 * 100 * 50  a path more"
	judge bench/verifier.py "$work/more" "$work/verifier.txt"
	is "verifier: what was accepted holds" "$status" 0
	verifier other 'open 1051 100 50' 'kill 1 1 1'
	judge bench/verifier.py "$work/other" "$work/verifier.txt"
	like "verifier: programs that come and go are findings" "$status:$output" \
		"1:dearer: kill: is not in the table
dearer: stat: is in the table and was not measured
*"
	: >"$work/empty"
	judge bench/verifier.py "$work/empty" "$work/verifier.txt"
	is "verifier: nothing measured" "$status:$output" "1:verifier: $work/empty has no program"
	judge bench/verifier.py --accept '' "$work/more"
	is "verifier: accepting needs a reason" "$status" 2
	judge bench/verifier.py "$work/more" "$work/none"
	is "verifier: no table" "$status:$output" "1:verifier: $work/none: No such file or directory"
}

test_committed() {
	judge bench/check.py bench/table.json
	is "the committed table of costs can be compared with itself" "$status" 0
	judge bench/verifier.py bench/verifier.txt
	is "the committed table of the verifier too" "$status" 0
	is "... and has the programs that are built (make accept-verifier)" \
		"$(sed -nE 's/^([a-z_0-9]+) +[0-9].*/\1/p' bench/verifier.txt | grep -vx all | sort)" \
		"$(sed -nE '/^\tstruct \{/,/^\t\}/s/^\t\tstruct bpf_program \*([a-z_0-9]+);/\1/p' "$build/tsem.skel.h" | sort)"
}

test_bench
test_bench_accept
test_verifier
test_committed
finish
