#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Detections: each fires on its deed and not on its near misses, every action does what it says, on the host and in a
# namespace; attaching, changing and removing while they run; what is wrong with an object is said in one sentence.
#
# boots: fires acts bad
# boots are independent

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build=$(dirname "$T")
# Not below /tmp, where to execute anything is a signal.
place=/opt/tsem-vm-test
mkdir -p "$place"
cp "$build/deed_detect" "$place/"
D=$place/deed_detect

signals() { # signals: DETECTION PID PPID OUTCOME TECHNIQUE PATH of each
	"$T" detect watch --past --json |
		jq -r '"\(.detection) \(.process.pid) \(.process.ppid) \(.outcome) \(.technique) \(.evidence.path // "-") \(.evidence.string // "-") \(.evidence.value // "-")"'
}

attached() { # attached NAME FIELD
	"$T" detect ls --json | jq -r --arg name "$1" ".detections[] | select(.name == \$name) | .$2"
}

try() { # try DETECTION fires|silent|logged DEED [ARGUMENT]: by a process of its own, whose signals are looked for later
	local detection=$1 expected=$2 pid

	shift 2
	"$D" "$@" >"$scratch/deed" 2>&1 &
	pid=$!
	wait "$pid"
	echo "$detection $expected $pid $(<"$scratch/deed") $*" >>tried
}

judge_tried() { # judge_tried OUTCOME: of all that were tried
	local detection expected pid result deed found

	signals >seen
	while read -r detection expected pid result deed; do
		found=$(awk -v d="$detection" -v p="$pid" '$1 == d && ($2 == p || $3 == p) { print $4; exit }' seen)
		case $expected in
		fires) is "$detection fires on ${deed%% *}" "$found $result" "$1 done" ;;
		logged) is "$detection only logs ${deed%% *}" "$found $result" "logged done" ;;
		silent) is "$detection is silent on ${deed%% *}" "$found $result" " done" ;;
		esac
	done <tried
}

copy() { # copy NAME: an executable of that name
	cp "$build/deed_detect" "$place/$1"
}

all_attached() {
	need "all detections can be attached" "$T" detect add --all --action log
	is "as many are attached as come with tsem" "$("$T" detect ls --json | jq '.detections | length')" \
		"$("$T" detect ls --all | grep -vc '^NAME')"
}

try_executables() {
	copy self
	D=$place/self try self-unlink fires self-unlink
	copy self
	copy other
	D=$place/self try self-unlink fires self-rename "$place/other"
	copy other
	try self-unlink silent unlink "$place/other"
	copy parent
	copy child
	# The parent is the shell, of which a copy is started.
	cp /bin/bash "$place/shell"
	"$place/shell" -c "$place/child parent-unlink >out; echo \$\$ >pid"
	echo "parent-unlink fires $(<pid) $(<out) parent-unlink" >>tried
	copy other
	try parent-unlink silent unlink "$place/other"
	cp /bin/sleep "$place/runs"
	ln "$place/runs" "$place/runs-too"
	"$place/runs" 100 &
	running=$!
	wait_until eval '[ "$(readlink /proc/'"$running"'/exe)" = '"$place"'/runs ]'
	try running-unlink fires unlink "$place/runs-too"
	try running-unlink fires unlink "$place/runs"
	kill $running
	wait $running 2>/dev/null
	cp /bin/sleep "$place/ran"
	"$place/ran" 0
	try running-unlink silent unlink "$place/ran"
}

try_environment() {
	local name

	for name in preload preload-audit preload-path preload-twice preload-many preload-long; do
		try preload fires $name
	done
	cp /bin/true "$place/privileged"
	chown 1000 "$place/privileged"
	chmod 4755 "$place/privileged"
	try preload fires preload-privileged "$place/privileged"
	try preload silent preload-near
	try preload silent preload-near-argument
	try environment fires environment
	try environment fires environment-begin
	try environment silent environment-near
	try environment silent environment-other
}

try_others() {
	sleep 100 &
	other=$!
	try proc-mem fires proc-mem $other
	try proc-mem silent proc-mem-near $other
	try proc-mem logged proc-mem-own
	try proc-mem fires proc-mem-writev
	try proc-mem silent proc-mem-near-readv
	try ptrace-other fires ptrace-other $other
	try ptrace-other silent ptrace-other-near
	kill $other
}

try_places() {
	local directory

	for directory in /tmp /dev/shm /var/tmp; do
		cp /bin/true $directory/program
		try fileless fires run $directory/program
	done
	mkdir -p "$place/tmp" "$(printf "/tmp/%0100d/%0100d/%0100d" 0 0 0)"
	cp /bin/true "$(printf "/tmp/%0100d/%0100d/%0100d" 0 0 0)/program"
	try fileless fires run "$(printf "/tmp/%0100d/%0100d/%0100d" 0 0 0)/program"
	try fileless fires fileless
	cp /bin/true "$place/tmp/program"
	try fileless silent run "$place/tmp/program"
}

try_rights() {
	local each

	for each in setuid-new setuid-new-group; do
		cp /bin/true "$place/file"
		try setuid-new fires $each "$place/file"
	done
	try setuid-new silent setuid-new "$place/file" # it is one already
	try setuid-new silent setuid-new-near "$place/file"
	mkdir -p "$place/directory"
	try setuid-new silent setuid-new-near-directory "$place/directory"
	for each in made capability; do
		try setuid-new fires setuid-new-$each
	done
	try setuid-new silent setuid-new-near-made
	try uid-zero fires uid-zero
	try uid-zero silent uid-zero-near
}

try_machine() {
	try reverse-shell fires reverse-shell
	try reverse-shell silent reverse-shell-near
	try reverse-shell silent reverse-shell-near-output
	try kernel-config fires kernel-config
	try kernel-config fires kernel-config-sysrq
	try kernel-config silent kernel-config-near
	try kernel-config silent kernel-config-near-other
	try bpf-load fires bpf-load
	try bpf-load silent bpf-load-near
	try mass-rename fires mass-rename
	try mass-rename silent mass-rename-near
}

test_fires() {
	all_attached
	: >tried
	try_executables
	try_environment
	try_others
	try_places
	try_rights
	try_machine
	judge_tried logged
	is "which was set twice is told" "$(grep -c '^preload .* LD_PRELOAD=/harmless.so 2$' seen)" 1
	is "... and that the program has more rights than its caller" "$(grep -c '^preload .*/privileged LD_PRELOAD=/nothing.so 1001$' seen)" 1
	is "... and that there was more than can be read" "$(grep -c '^preload .* more arguments and variables than can be read' seen)" 1
	is "each signal has the technique of its detection" "$(awk '{ print $1, $5 }' seen | sort -u | awk '{ print $1 }' | uniq -d)" ""
	is "no signal was lost" "$("$T" detect ls --json | jq .lost)" 0
	sent=$("$T" detect ls --json | jq .signals)
	is "they are numbered without a gap" "$("$T" detect watch --past --json | jq -s 'map(.number) | [min, max, length] | @csv' -r)" "1,$sent,$sent"
}

# A list of digests, changed while it runs; modules.
test_digests() {
	cp /bin/true "$place/listed"
	cp /bin/true "$place/unlisted"
	echo padding >>"$place/listed"
	: >tried
	try deny-digest silent run "$place/listed"
	{
		sha256sum "$place/listed"
		seq 100000 | awk '{ printf "%064x\n", $1 }'
	} >digests
	need "a list of 100,000 digests is taken" "$T" detect set deny-digest --digests digests
	is "... all of it" "$(attached deny-digest digests)" 100001
	try deny-digest fires run "$place/listed"
	try deny-digest silent run "$place/unlisted"
	cp "$place/listed" "$place/moved"
	try deny-digest fires run "$place/moved"
	echo more >>"$place/moved"
	try deny-digest silent run "$place/moved"
	judge_tried logged
}

finish_boot() {
	local each

	for each in "$@"; do
		[ -n "$TESTS" ] && [[ " $TESTS " != *" $each "* ]] || "test_$each"
	done
}

case $boot in
fires) finish_boot fires digests ;;
esac
finish
