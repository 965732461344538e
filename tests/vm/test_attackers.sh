#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# boots: openings connections names numbers memory descriptors helpers terminals guards trust bounds powers objects land
#
# Ideas of who wants around a model, or around what is guarded: tests/attackers/, one row each, one machine for each
# kind. Each idea is tried without tsem, where it must have its effect; then, for uid 1000 and for root, its harmless
# half is learned with the default set of events and must be clean when it is enforced; then it is attacked, and there
# must be no effect, and `tsem why` must name an event that concerns it.
#
# ATTACKERS="NAME ..." tries these only.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

A=$(dirname "$T")/attackers
land=$tests/attackers/land.py

try() { # try NAME WHO HOW [WORDS...]: status is what came of it
	timeout -k 5 90 "$A" try "$1" "$2" "$3" -- "${@:4}" </dev/null >"$scratch/out" 2>"$scratch/err"
	status=$?
}

told() { # what it said, for a failure
	tail -n 12 "$scratch/out" "$scratch/err" 2>/dev/null
}

had() { # had STATUS: what came of a try, as a word
	case $status in
	0) echo effect ;;
	1) echo none ;;
	3) echo 'effect before' ;;
	*) echo "status $status" ;;
	esac
}

named() { # named SESSION EVENT: does tsem why have one that concerns it? What it has is in why.out
	"$T" why "$1" --json </dev/null 2>/dev/null | jq -r '.events[] | "\(.record.event.type) \(.action)"' >"$scratch/why.out" 2>&1
	grep -qE -e "$2" "$scratch/why.out"
}

learned() { # learned NAME WHO: whether its harmless half is clean
	local name=$1 who=$2

	try "$name" "$who" benign "$T" learn -o "$scratch/model" --name "$name" --
	[ $status = 0 ] || { not_ok "$name ($who): the harmless half is learned" "$(told)" && return 1; }
	try "$name" "$who" benign "$T" run -q --model "$scratch/model" --enforce --on-violation deny --name "$name" --
	"$T" why "$name" </dev/null >"$scratch/why.out" 2>&1
	is "$name ($who): the harmless half is clean" "$status:$?:$(<"$scratch/why.out")" "0:0:$(<"$scratch/why.out")"
}

attack() { # attack NAME WHO HOW EVENT WORDS...
	local name=$1 who=$2 way=$3 event=$4

	try "$name" "$who" "$way" "${@:5}"
	is "$name ($who): no effect ($way)" "$(had)" none
	[ "$status" = 1 ] || told | sed 's/^/# /'
	named "$name" "$event"
	report $? "$name ($who): tsem why names it ($way)" "$(head -n 8 "$scratch/why.out")"
}

# In a PID namespace who orchestrates has another number there.
within() { # within NAME: sets before
	before=()
	[[ $1 != *_inner ]] || before=(unshare --pid --fork sh -c '"$@"; exit $?' sh)
}

idea() { # idea NAME WHO HOWS EVENT
	local name=$1 who=$2 hows=$3 event=$4 way before

	try "$name" "$who" plain
	if [ $status = 77 ]; then
		skip "$name ($who)" "$(<"$scratch/out")"
		return
	fi
	is "$name ($who): has its effect without tsem" "$(had)" effect
	[ "$status" = 0 ] || { told | sed 's/^/# /' && return; }
	within "$name"
	[ "$hows" = free ] || learned "$name" "$who" || return
	for way in ${hows//,/ }; do
		if [ "$way" = free ]; then
			attack "$name" "$who" free "$event" "${before[@]}" "$T" run -q --name "$name" --
		else
			attack "$name" "$who" "$way" "$event" "$T" run -q --model "$scratch/model" --enforce --on-violation "$way" --name "$name" --
		fi
	done
}

wanted() { # wanted NAME
	[ -z "${TSEM_ATTACKERS-}" ] || [[ " $TSEM_ATTACKERS " == *" $1 "* ]]
}

ideas() { # ideas KIND
	local name who hows event each

	while read -r _ name who hows event; do
		wanted "$name" || continue
		for each in ${who//,/ }; do
			idea "$name" "$each" "$hows" "$event"
		done
	done < <("$A" list "$1")
}

if [ "$boot" != land ]; then
	is "no two ideas of all kinds have one name" "$("$A" list | cut -d ' ' -f 2 | sort | uniq -d)" ""
	need "load" "$T" load
	ideas "$boot"
fi
finish
