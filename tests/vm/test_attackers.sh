#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# boots: openings,connections,names numbers,memory,descriptors helpers,terminals,guards trust,bounds,powers objects,fuse,layers routes,mounts,groups moments,devices spaces,others,land
# boots are independent
#
# Ideas of who wants around a model, or around what is guarded: tests/attackers/, one row each, some kinds in each
# machine, since booting and loading is half of the time of one. Each idea is tried without tsem, where it must have its effect; then, for uid 1000 and for root, its harmless
# half is learned with the default set of events and must be clean when it is enforced; then it is attacked, and there
# must be no effect, and `tsem why` must name an event that concerns it. Where the kernel's names have no description
# ("never"), the harmless half is refused under its own model, too.
#
# ATTACKERS="NAME ..." tries these only.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

A=${TSEM_ATTACKERS_FROM-$(dirname "$T")}/attackers
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
	4) echo 'not begun' ;;
	*) echo "status $status" ;;
	esac
}

named() { # named SESSION EVENT: does tsem why have one that concerns it? What it has is in why.out
	"$T" why "$1" --json </dev/null 2>/dev/null | jq -r '.events[] | "\(.record.event.type) \(.action)"' >"$scratch/why.out" 2>&1
	grep -qE -e "$2" "$scratch/why.out"
}

# Each run has a session of its own, or tsem why would name what the one before has done.
learned() { # learned NAME WHO HOWS EVENT: whether its harmless half is clean; never: whether it is refused all the same
	local name=$1 who=$2 hows=$3 event=$4 words=() session=$1-$2-harmless

	[ "$name" != trunc_all ] || words=(--digest all)
	try "$name" "$who" benign "$T" learn "${words[@]}" -o "$scratch/model" --name "$name-$who-learned" --
	[ $status = 0 ] || { not_ok "$name ($who): the harmless half is learned" "$(told)" && return 1; }
	try "$name" "$who" benign "$T" run -q --model "$scratch/model" --enforce --on-violation deny --name "$session" --
	if [[ $hows = *,never ]]; then
		named "$session" "$event"
		report $? "$name ($who): the harmless half is refused under its own model, too" "$(head -n 8 "$scratch/why.out")"
		return
	fi
	"$T" why "$session" </dev/null >"$scratch/why.out" 2>&1
	is "$name ($who): the harmless half is clean" "$status:$?:$(<"$scratch/why.out")" "0:0:$(<"$scratch/why.out")"
}

attack() { # attack NAME WHO HOW EVENT WORDS...: of tsem run, but for the session's name
	local name=$1 who=$2 way=$3 event=$4 session=$1-$2-$3

	try "$name" "$who" "$way" "${@:5}" --name "$session" --
	is "$name ($who): no effect ($way)" "$(had)" none
	[ "$status" = 1 ] || told | sed 's/^/# /'
	named "$session" "$event"
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
	# In the time of `make test` what is denied is not tried as untrusted too, but where that is what it is about.
	[ -n "${TSEM_LONG-}" ] || [ "$kind" = trust ] || hows=${hows/deny,untrust/deny}
	[ "$hows" = free ] || learned "$name" "$who" "$hows" "$event" || return
	for way in ${hows//,/ }; do
		[ "$way" != never ] || continue
		if [ "$way" = free ]; then
			attack "$name" "$who" free "$event" "${before[@]}" "$T" run -q
		else
			attack "$name" "$who" "$way" "$event" "$T" run -q --model "$scratch/model" --enforce --on-violation "$way"
		fi
	done
}

wanted() { # wanted NAME
	[ -z "${TSEM_ATTACKERS-}" ] || [[ " $TSEM_ATTACKERS " == *" $1 "* ]]
}

# But in its long form an idea that two may have is tried by one of them, in turn; TSEM_USERS=others tries the others.
share_of() { # share_of WHO NUMBER: who of them is tried now
	local turn=$(($2 % 2))

	[ -z "${TSEM_LONG-}" ] || { echo "${1//,/ }" && return; }
	[ "${TSEM_USERS-}" != others ] || turn=$((1 - turn))
	if [[ $1 != *,* ]]; then
		[ "${TSEM_USERS-}" = others ] || echo "$1"
	elif [ $turn = 0 ]; then
		echo "${1%%,*}"
	else
		echo "${1##*,}"
	fi
}

ideas() { # ideas KIND
	local name who hows event each nth=0

	while read -r _ name who hows event; do
		wanted "$name" || continue
		for each in $(share_of "$who" $((nth++))); do
			idea "$name" "$each" "$hows" "$event"
		done
	done < <("$A" list "$1")
}

# ---- who has landed in an interpreter ----

land_prepare() { # land_prepare UID: what is there to be attacked; victim is a process, servers others
	rm -rf "$place" /dev/shm/tsem-land
	mkdir -p "$place"/{there,mounted,directory}
	touch "$place"/file{,1,2,3,4,5}
	echo secret >"$place/secret"
	echo secret >/dev/shm/tsem-land
	setfattr -n trusted.there -v 1 /dev/shm/tsem-land 2>/dev/null ||
		python3 -c 'import os; os.setxattr("/dev/shm/tsem-land", "trusted.there", b"1")'
	touch /dev/mqueue/tsem-there
	mount -t tmpfs none "$place/mounted"
	chown -R "$1:$1" "$place" /dev/shm/tsem-land /dev/mqueue/tsem-there
	setpriv --reuid "$1" --regid "$1" --clear-groups sh -c "trap '' USR1; exec sleep 600" &
	victim=$!
	wait_until grep -q sleep "/proc/$victim/comm"
}

land_away() {
	kill -KILL "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
	umount -q -l "$place/mounted"
	umount -q -l "$place/there"
	rm -f /dev/shm/tsem-land /dev/mqueue/tsem-there /dev/mqueue/tsem-land
	ipcrm --all
}

landed() { # landed UID MODE [WORDS...]: what it reports is in land.out
	local id=$1 do=$2

	land_prepare "$id"
	timeout -k 5 120 "${@:3}" setpriv --reuid "$id" --regid "$id" --clear-groups \
		/usr/bin/python3 /tmp/land.py "$do" "$place" 7001 7002 "$victim" </dev/null >land.out 2>land.err
	status=$?
	land_away
}

land_as() { # land_as UID
	local id=$1 way

	landed "$id" attack
	is "land ($id): every try has its effect without tsem" "$status:$(grep -v -e ': effect$' -e ': absent$' land.out)" "0:"
	is "land ($id): there are many" "$(($(grep -c ': effect$' land.out) >= (id == 0 ? 100 : 60)))" 1
	landed "$id" benign "$T" learn -o land.model --name "land-$id-learned" --
	is "land ($id): a connection is learned" "$status" 0
	landed "$id" benign "$T" run -q --model land.model --enforce --name "land-$id" --
	is "land ($id): ... and clean" "$status:$("$T" why "land-$id" </dev/null 2>&1 | head -n 5)" "0:No violations."
	for way in deny ${TSEM_LONG:+untrust}; do
		landed "$id" attack "$T" run -q --model land.model --enforce --on-violation "$way" --name "land-$id-$way" --
		lacks "land ($id): nothing has an effect ($way)" "$(<land.out)" ': effect$'
		is "land ($id): all was tried ($way)" "$((status == 0 && $(wc -l <land.out) >= 60))" 1
	done
}

land() {
	local servers uid

	place=/tmp/tsem-attackers/land
	cp "$land" /tmp/land.py
	echo 1 >/proc/sys/kernel/perf_event_paranoid # what another machine has
	python3 - <<-'SERVERS' &
		import socket, time
		listening = [socket.create_server(("127.0.0.1", port)) for port in (7001, 7002)]
		time.sleep(600)
	SERVERS
	servers=$!
	wait_until grep -q ':1B5A' /proc/net/tcp
	for uid in $(share_of 0,1000 0); do
		land_as "$uid"
	done
	kill "$servers"
}

names=$("$A" list | cut -d ' ' -f 2 | sort)
is "no two ideas of all kinds have one name" "$names" "$(uniq <<<"$names")"
check "there are ideas" test "$(wc -l <<<"$names")" -gt 100
need "load" "$T" load
for kind in ${boot//,/ }; do
	[ "$kind" != devices ] || modules tun || echo "# tun is no module"
	if [ "$kind" = land ] && [ -x /usr/bin/python3 ]; then
		! wanted land || land
	elif [ "$kind" = land ]; then
		skip "land" "there is no /usr/bin/python3"
	else
		ideas "$kind"
	fi
done
finish
