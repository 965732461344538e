#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fails when the table of docs/events.md differs from the rows of abi/events.def: in the events, their numbers, their
# classes, or what happens when they cannot be decided; or from the programs of bpf/ in what is modeled only on request.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
# Events whose program is named all_EVENT, by itself or by a macro.
requested() {
	cat bpf/*.bpf.c | tr '\n' ' ' |
		grep -oE '(TSEM_HOOK_ALL\("[^"]*",[[:space:]]*|BPF_PROG\(all_)[a-z_0-9]+' |
		sed -E 's/.*[(,[:space:]](all_)?//'
}
code() {
	sed -n 's/^TSEM_EVENT(\([0-9]*\), *\([a-z_0-9]*\), *\([A-Z]*\), *\([A-Z]*\),.*/\1 \2 \L\3\E \4/p' abi/events.def |
		awk 'NR == FNR { all[$1] = 1; next } { print $1, $2, $3, $2 in all ? "all" : "default", $4 }' <(requested) - | sort -n
}
table() {
	sed -n '/^| number | event /,/^$/s/^| \([0-9]*\) | `\([a-z_0-9]*\)` | \([a-z]*\) | \([a-z]*\) |.* | \([A-Z]*\) |$/\1 \2 \3 \4 \5/p' \
		docs/events.md | sort -n
}
[ "$(code | wc -l)" = "$(grep -c '^TSEM_EVENT(' abi/events.def)" ] || {
	echo "docs/check-events.sh: cannot read every row of abi/events.def" >&2
	exit 1
}
if ! diff -u --label 'abi/events.def and bpf/' --label 'docs/events.md' <(code) <(table); then
	echo "docs/events.md does not list the same events as abi/events.def and bpf/" >&2
	exit 1
fi
echo "docs/events.md lists all $(code | wc -l) events"
