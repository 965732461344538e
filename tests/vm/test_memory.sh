#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What tsem says of the memory that it takes, beside what the kernel charges for
# it; the bounds of docs/limits.md; and nothing left of many namespaces (MANY=1000).

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
groups=$scratch/groups
many=${MANY:-200}
MIB=1048576

# Memory that this command's group has used, and that stays charged to it when it has ended.
charged() { # charged GROUP CMD...
	local group=$groups/$1

	shift
	mkdir "$group"
	(echo "$BASHPID" >"$group/cgroup.procs" && exec "$@" >/dev/null) || echo "$*: status $?" >&2
	sleep 3
	sed -n 's/^kernel //p' "$group/memory.stat"
}

memory() { # memory FILTER: of what doctor says
	tsem doctor --json
	jq "$1" <"$scratch/out"
}

at_most() { # at_most NAME GOT BOUND
	[ -n "$2" ] && [ "$2" -gt 0 ] && [ "$2" -le "$3" ]
	report $? "$1" "got: $2
at most: $3"
}

# The machine code is in pages of 2 MiB that are charged to nobody.
test_loaded() { # test_loaded SET
	local kernel said

	kernel=$(charged "load-$1" "$T" load --events "$1")
	said=$(memory '.memory | .total')
	echo "# events $1: charged $kernel, said $said: $(memory '.memory | tostring')"
	[ "$said" -gt $((kernel * 3 / 4)) ] && [ "$said" -lt $((kernel * 5 / 4 + 4 * MIB)) ]
	report $? "events $1: what doctor says is what the kernel charges, and the machine code" "charged: $kernel
said: $said"
}

test_core() {
	is "doctor: nothing is loaded, nothing is used" "$(memory .memory)" null
	test_loaded default
	at_most "the programs and maps take at most 20 MiB" "$(memory .memory.total)" $((20 * MIB))
	is "no namespace, no memory of one" "$(memory '.memory | .namespaces, (.sessions | length)' | tr '\n' ' ')" "0 0 "
}

test_namespace() {
	local ps

	tsem learn -o small.model --name learned -- sleep 1 </dev/null
	/usr/bin/python3 "$tests/../bench/grow.py" small.model 10000 >big.model
	(charged namespace "$T" run --model big.model --enforce --name big -- sleep 20 </dev/null >charged) &
	wait_until eval '"$T" ps --quiet | grep -qx big'
	ps=$("$T" ps --json | jq '.[] | select(.name == "big") | .memory')
	at_most "a namespace with 10,000 coefficients takes at most 8 MiB" "$ps" $((8 * MIB))
	is "doctor says the same of it" "$(memory '.memory.sessions[] | select(.name == "big") | .bytes')" "$ps"
	is "... and in all" "$(memory .memory.namespaces)" "$ps"
	tsem doctor </dev/null
	like "doctor says so in words" "$output" "*Memory of the kernel that tsem uses now:*programs*namespaces*big: *MiB*in all*"
	grep -H . "$groups/namespace/memory.stat" | grep ':kernel ' >now
	echo "# said $ps, charged with its orchestrator $(cut -d ' ' -f 2 now)"
	wait
	is "it has ended, and takes nothing" "$("$T" ps --all --json | jq -c '[.[] | select(.name == "big") | .memory]'):$(memory .memory.namespaces)" "[0]:0"
}

bpf_maps() {
	bpftool map show | grep -c '^[0-9]'
}

# What a group has used stays charged to it until it is free: one namespace that stays would be 3 MiB, eight bytes for
# each of a thousand 8 kB. What is left over is of the files of the last session.
test_many() {
	local maps left start=$SECONDS

	tsem learn -o true.model --name learned -- true </dev/null
	maps=$(bpf_maps)
	left=$(charged many "$(dirname "$T")/namespaces" turn "$many" true.model 2>turned)
	is "$many namespaces come and go" "$(<turned)" ""
	WITHIN=40 wait_until eval '[ "$(bpf_maps)" = '"$maps"' ]'
	is "no map is left of them" "$(bpf_maps)" "$maps"
	left=$(sed -n 's/^kernel //p' "$groups/many/memory.stat")
	echo "# $many took $((SECONDS - start)) s; left over: $left bytes"
	at_most "no memory is left of them" "$left" 65536
	is "no namespace is left of them" "$("$T" ps --quiet):$(memory .memory.namespaces)" ":0"
	is "one session is left of them" "$(ls /run/tsem/sessions | grep -c beside)" 1
}

test_all() {
	need "unload" "$T" unload
	test_loaded all
}

need "memory is counted for groups" eval 'mkdir "$groups" && mount -t cgroup2 groups "$groups" &&
	echo +memory >"$groups/cgroup.subtree_control"'
for each in ${TESTS:-core namespace many all}; do
	"test_$each"
done
finish
