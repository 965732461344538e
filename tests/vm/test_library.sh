#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program that calls libtsem.so.1 itself: what belongs to its process is as it was, while a namespace lives and behind it.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

caller=$(dirname "$TSEM_UNDER_TEST")/caller
is 'a namespace of the kernel: nothing is printed, nothing of the process is another' "$("$caller" kernel 2>&1 </dev/null)" ''
tsem load </dev/null # each of the next would load it anew
agent_starts "unix:$scratch/sock"
is 'a namespace with an agent: the same' "$("$caller" agent "unix:$scratch/sock" 2>&1 </dev/null)" ''
lasts=0
for _ in $(seq 20); do
	timeout 20 "$caller" agent "unix:$scratch/sock" >/dev/null 2>&1 </dev/null || lasts=$((lasts + 1))
done
is 'twenty that end as soon as they have begun do end' "$lasts" 0
like 'memory that is locked, which a caller has to ask for, would be seen' "$("$caller" locked "unix:$scratch/sock" 2>&1 </dev/null)" \
	'within: VmLck:*'
kill "$agent"
finish
