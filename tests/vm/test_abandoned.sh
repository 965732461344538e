#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An external namespace whose orchestrator has died, whose tasks can ask nobody any more, or whose workload does very many
# different things that it may not: what came is told, and nothing that a workload chooses is without a bound.
. "$(dirname "$0")/lib.sh"

# Opens what it is told to, and says what came of it.
reader='while read -r f; do : <"$f" && echo opened || echo refused; done'

starts() { # starts NAME WORDS...: the reader under an engine in tsem itself; what it shall open is written to descriptor 7
	local name=$1

	shift
	rm -f in
	mkfifo in
	"$T" run --name "$name" --tma self:engine --model reader.model --enforce --no-journal "$@" -- bash -c "$reader" <in >said 2>errors &
	running=$!
	exec 7>in
	wait_until listed "$name"
	opens /etc/hostname opened 1
}

opens() { # opens FILE WANTED COUNT: the reader opens FILE, which is its COUNTth, or does not
	echo "$1" >&7
	wait_until eval "[ \$(wc -l <said) -ge $3 ]"
	is "$1" "$(tail -n 1 said)" "$2"
}

ends() {
	exec 7>&-
	wait "$running"
}

test_killed() {
	starts killed --on-violation deny
	kill_orchestrator killed
	opens /etc/shadow refused 2
	why killed
	like "the last record is there: what could not be asked was refused" "$status:$output" "3:*opens /etc/shadow for reading: refused*"
	opens /etc/gshadow refused 3
	opens /etc/hosts refused 4
	why killed
	like "... and those after it, also what would have been allowed" "$status:$output" "3:*opens /etc/shadow for reading: refused*/etc/gshadow*3 distinct violations*3 refused*"
	tsem show killed forensics --json
	is "... show has them" "$status:$(jq -r '.file_open.file.path.pathname // empty' <<<"$output" | sort | tr '\n' ' ')" "0:/etc/gshadow /etc/hosts /etc/shadow "
	tsem export killed -o killed.json
	is "... export too" "$status:$(grep -c gshadow killed.json)" 0:1
	ends
	is "the process that was started ends with CMD, and says so" "$?:$(grep -c 'the orchestrator ended before bash' errors)" 125:1
	why killed
	like "all is known when the namespace has ended" "$status:$output" "3:*opens /etc/shadow for reading: refused*/etc/gshadow*3 distinct violations*"
}

ticks() { # ticks PID: processor time of all its threads
	awk '{ sum += $14 + $15 } END { print sum }' "/proc/$1/stat"
}

test_cut() {
	local before new orchestrator

	mountpoint -q /sys/fs/fuse/connections || mount -t fusectl fusectl /sys/fs/fuse/connections
	before=$(ls /sys/fs/fuse/connections)
	starts cut --on-violation deny
	new=$(ls /sys/fs/fuse/connections | grep -vxF "${before:-none}")
	is "there is one connection more" "$(wc -w <<<"$new")" 1
	echo 1 >"/sys/fs/fuse/connections/$new/abort"
	opens /etc/shells refused 2
	orchestrator=$(field cut orchestrator)
	before=$(ticks "$orchestrator")
	sleep 3
	new=$(($(ticks "$orchestrator") - before))
	[ $new -lt 60 ]
	report $? "who cannot be asked any more does not turn in circles" "$new ticks in 3 seconds"
	opens /etc/group refused 3
	ends
	like "its end says so" "$?:$(<errors)" "0:*the file system through which the workload asks was aborted*"
	like "what was refused is counted" "$(field cut refused)" "[2-9]*"
}

test_many() {
	local n=6000 before orchestrator

	starts many --on-violation deny
	orchestrator=$(field many orchestrator)
	before=$(awk '/VmRSS/ { print $2 }' "/proc/$orchestrator/status")
	for ((i = 1; i <= n; i++)); do echo "/proc/sys/kernel/../../../etc/shadow$i"; done >many
	touch $(sed 's|.*/etc|/etc|' many)
	cat many >&7
	WITHIN=120 wait_until eval "[ \$(wc -l <said) -gt $n ]"
	is "$n different violations are refused" "$(grep -c refused said)" "$n"
	[ $(($(awk '/VmRSS/ { print $2 }' "/proc/$orchestrator/status") - before)) -lt 24576 ]
	report $? "... memory has a bound" "$before KiB, then $(grep VmRSS "/proc/$orchestrator/status")"
	ends
	rm -f /etc/shadow[0-9]*
	tsem show many --json
	is "... the record of violations has one, and what found no room is counted" \
		"$(jq '[.violations >= 6000, .failed_forensics_full >= 1900] | all' <<<"$output"):$(field many lost)" true:0
	is "... the records that are kept too" "$("$T" export many 2>/dev/null | grep -c '/etc/shadow')" 4096
}

need "tsem load" "$T" load
need "the reader is learned" "$T" learn -o reader.model --name learned -- bash -c "$reader" <<<$'/etc/hostname\n/etc/hosts'
for each in ${TESTS:-killed cut many}; do
	"test_$each" </dev/null
done
finish
