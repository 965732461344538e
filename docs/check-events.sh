#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fails when the table of docs/events.md and the rows of abi/events.def differ: in the events, their numbers, their
# classes, or what happens when they cannot be decided.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
code() {
	sed -n 's/^TSEM_EVENT(\([0-9]*\), *\([a-z_0-9]*\), *\([A-Z]*\), *\([A-Z]*\),.*/\1 \2 \L\3\E \4/p' abi/events.def | sort -n
}
table() {
	sed -n '/^| number | event /,/^$/s/^| \([0-9]*\) | `\([a-z_0-9]*\)` | \([a-z]*\) |.* | \([A-Z]*\) |$/\1 \2 \3 \4/p' \
		docs/events.md | sort -n
}
[ "$(code | wc -l)" = "$(grep -c '^TSEM_EVENT(' abi/events.def)" ] || {
	echo "docs/check-events.sh: cannot read every row of abi/events.def" >&2
	exit 1
}
if ! diff -u --label 'abi/events.def' --label 'docs/events.md' <(code) <(table); then
	echo "docs/events.md and abi/events.def do not list the same events" >&2
	exit 1
fi
echo "docs/events.md lists all $(code | wc -l) events"
