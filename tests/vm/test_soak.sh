#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A long life: a server's requests make and remove objects of every kind, and everything stays as large as it was
# (TSEM_REQUESTS, 1500 by default). Readers come and go, files are rotated, the clock is set.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
requests=${TSEM_REQUESTS:-1500}
warm=100
pattern=(--pattern "$scratch/made/{alnum}" --pattern './made/{alnum}' --pattern '/dev/mqueue/request-{alnum}' --pattern '/request-{alnum}')
trap '' PIPE # a server that has ended is a failure, and not the end of the test

# A server under its model, which reads how many requests come next.
serve() { # serve NAME [WORDS OF request...]
	local name=$1

	shift
	mkdir -p made
	[ -e request.model ] ||
		tsem learn -n 2 -o request.model --name request "${pattern[@]}" -- "$(dirname "$T")/request" <<<$'3\n4'
	rm -f orders
	mkfifo orders
	"$T" run -m request.model -e --on-violation deny --name "$name" -- "$(dirname "$T")/request" "$@" <orders >served 2>told &
	server=$!
	exec 8>orders
}

ask() { # ask COUNT: so many requests
	local before

	before=$(grep -c done served)
	echo "$1" >&8
	WITHIN=900 wait_until eval '[ "$(grep -c done served)" -gt '"$before"' ] || ! kill -0 $server'
}

hang_up() {
	exec 8>&-
	wait $server
}

# What a session has: bytes in the kernel, in the files that it keeps, and pages and descriptors of its orchestrator.
size_of() { # size_of NAME
	local pid

	pid=$(field "$1" orchestrator)
	echo "$(field "$1" memory) $(du -sb "/run/tsem/sessions/$1" | cut -f 1) $(ls "/proc/$pid/fd" | wc -l)"
}

resident() { # resident NAME: KiB of its orchestrator
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(field "$1" orchestrator)/status"
}

entries() { # entries MAP: of one that all namespaces share
	bpftool -j map dump name "$1" 2>/dev/null | jq length
}

shared() {
	echo "ipc $(entries tsem_ipc) overlays $(entries tsem_overlays) guarded $(entries tsem_guarded)"
}

test_requests() {
	local before small of_all events after

	serve soak
	ask "$warm"
	before=$(size_of soak) small=$(resident soak) of_all=$(shared) events=$(field soak events)
	ask "$warm"
	events=$((($(field soak events) - events) / warm))
	after=$(field soak events)
	ask "$requests"
	is "requests: all of $requests were served" "$(tail -n 1 served):$(<told)" "done $requests:"
	is "requests: each has as many events as before" "$((($(field soak events) - after) / requests))" "$events"
	is "requests: memory, files and descriptors of the session are what they were" "$(size_of soak)" "$before"
	is "requests: the maps that all share have what they had" "$(shared)" "$of_all"
	[ "$(resident soak)" -le $((small + 1024)) ]
	report $? "requests: so is its orchestrator" "$small KiB before, $(resident soak) after"
	is "requests: no violation, nothing lost" "$(field soak violations):$(field soak lost)" 0:0
	lacks "requests: nothing failed" "$("$T" show soak </dev/null)" failed
	echo "# $requests requests, $events events each, in $SECONDS s"
	hang_up
}

# What is kept is seen: the measure is not one that is always the same.
test_kept() {
	local before

	serve kept keep
	ask 10
	before=$(shared)
	ask 40
	unlike "kept: System V objects that stay are in the map that all share" "$(shared)" "$before"
	hang_up
	ipcrm --all
	is "kept: and out of it when they are removed" "$(shared)" "$(sed 's/ipc [0-9]*/ipc 0/' <<<"$before")"
}

# Somebody looks all the time, each for a moment.
test_readers() {
	local before small turn watcher exporter

	serve looked-at
	ask "$warm"
	for turn in 1 2 3; do "$T" why looked-at </dev/null >/dev/null; done
	before=$(size_of looked-at) small=$(resident looked-at)
	for ((turn = 0; turn < 25; turn++)); do
		"$T" watch looked-at </dev/null >watched 2>&1 &
		watcher=$!
		"$T" export looked-at --follow -o exported </dev/null >/dev/null 2>&1 &
		exporter=$!
		"$T" why looked-at --json </dev/null >/dev/null
		[ $((turn % 5)) -gt 0 ] || "$T" show looked-at trajectory </dev/null >/dev/null
		[ $((turn % 2)) -gt 0 ] || kill -KILL $watcher $exporter
		kill $watcher $exporter 2>/dev/null
		wait $watcher $exporter
	done 2>/dev/null
	ask "$warm"
	is "readers: all was served" "$(tail -n 1 served):$(<told)" "done $warm:"
	is "readers: memory, files and descriptors of the session are what they were" "$(size_of looked-at)" "$before"
	[ "$(resident looked-at)" -le $((small + 1024)) ]
	report $? "readers: so is its orchestrator" "$small KiB before, $(resident looked-at) after"
	none "readers: they leave nothing" find /run/tsem -newer served ! -path '*/sessions/looked-at*' -type f
	hang_up
}

# A session that reads the files that it is told, of which its model has none.
observe() { # observe NAME
	[ -e reads.model ] || tsem learn -o reads.model --name reads -- bash -c 'while read -r f; do read -r l <$f; done; exit 0' </dev/null
	rm -f go
	mkfifo go
	"$T" run -m reads.model -e --on-violation deny --name "$1" -- bash -c 'while read -r f; do read -r l <$f; done; exit 0' <go >/dev/null 2>"told-$1" &
	exec 7>go
	wait_until listed "$1"
}

reads() { # reads FILE OUTPUT: until that has it
	echo "$1" >&7
	wait_until grep -q "$1" "$2"
}

# What logrotate does to a file that is written to: copied and cut, or moved away.
test_rotation() {
	local exporter file

	observe rotated
	"$T" export rotated --follow -o exported </dev/null >/dev/null 2>&1 7>&- &
	exporter=$!
	reads /etc/hostname exported
	cp exported exported.1
	: >exported
	reads /etc/group exported
	is "rotation: behind the cut the file begins anew, with a whole line" "$(jq -r '.file_open.file.path.pathname' <exported | tr '\n' ' ')$(wc -l <exported)" "/etc/group 1"
	mv exported exported.2
	reads /etc/passwd exported.2
	report $? "rotation: what was moved away is written on by who holds it open"
	kill $exporter
	wait $exporter 2>/dev/null
	"$T" export rotated --follow --to "file:$scratch/turning?size=8K&keep=20" </dev/null >/dev/null 2>&1 7>&- & # or the workload would wait for its words
	exporter=$!
	mkdir -p many
	for file in {1..20}; do
		echo x >"many/$file"
		echo "$scratch/many/$file" >&7
	done
	wait_until eval 'cat turning* 2>/dev/null | grep -q many/20'
	is "rotation: by itself, no line is lost or cut" "$(cat turning* | jq -r '.file_open.file.path.pathname' | grep -c many/):$(find . -maxdepth 1 -name 'turning*' | grep -c .)" \
		"20:$(find . -maxdepth 1 -name 'turning*' | wc -l)"
	[ "$(find . -maxdepth 1 -name 'turning*' | wc -l)" -gt 1 ]
	report $? "rotation: into several files"
	exec 7>&-
	wait
}

# Whoever sets the clock, by a day and back: what is waited for is waited for as long as it was.
test_clock() {
	local now began

	now=$(date +%s)
	observe clocks
	reads /etc/hostname told-clocks
	date -s "@$((now + 86400))" >/dev/null
	reads /etc/group told-clocks
	report $? "clock: a violation is told when the clock was set forward"
	date -s "@$((now - 86400))" >/dev/null
	reads /etc/shadow told-clocks
	report $? "clock: and when it was set back"
	tsem why clocks --verbose </dev/null
	is "clock: why has them all" "$status:$(grep -c 'opens /etc/[a-z]* for reading: refused' <<<"$output")" 3:3
	exec 7>&-
	"$T" run --name stubborn -- sh -c 'trap "" TERM; while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 &
	wait_until listed stubborn
	(sleep 3; date -s "@$((now + 86400))" >/dev/null; sleep 1; date -s "@$now" >/dev/null) &
	began=$(cut -d . -f 1 /proc/uptime)
	tsem stop stubborn --timeout 8 </dev/null
	began=$(($(cut -d . -f 1 /proc/uptime) - began))
	like "clock: what does not end is killed" "$status:$errors" "0:*did not end within 8 seconds and is killed*"
	[ $began -ge 8 ] && [ $began -lt 60 ]
	report $? "clock: no time limit is shortened or made longer" "$began s"
	wait
}

need 'the kernel side loads' "$T" load
for each in ${TESTS:-requests kept readers rotation clock}; do
	echo "# $each"
	"test_$each"
done
finish
