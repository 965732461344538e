#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# External namespaces: an agent outside the kernel decides, and every way in which
# it, its line, its orchestrator or somebody else in its place can fail.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

sock=$scratch/sock
waiters=$(dirname "$T")/waiters
[ -x "$waiters" ] || gcc -std=gnu11 -D_GNU_SOURCE -static -o "${waiters:=waiters}" "$tests/deeds/waiters.c"
cp "$waiters" waiters
export EVIL=
agent=

agent() { # agent: tsem tma, anew
	[ -z "$agent" ] || { kill -CONT "$agent"; kill "$agent"; wait "$agent"; } 2>/dev/null
	agent_starts "unix:$sock"
}

turning() { # turning FAULT: an agent that turns evil when told so
	rm -f "$sock"
	/usr/bin/python3 "$tests/tma/turning_tma.py" "$sock" "$1" &
	turning=$!
	wait_until test -S "$sock"
}

# The waiters under an agent, in the background: `waiting` is their tsem, its output in waiting.out.
waiting() { # waiting NAME N WORDS...
	local name=$1 n=$2

	shift 2
	rm -f go waiting.out
	"$T" run --name "$name" --tma "unix:$sock" --no-journal "$@" -- ./waiters "$n" /etc/hostname go \
		>waiting.out 2>waiting.err </dev/null &
	waiting=$!
	wait_until grep -q begin waiting.out
}

waited() { # waited: what came of them; ends 20 s later at the latest
	wait_until grep -q slowest waiting.out
	tail -n 1 waiting.out
}

slowest() {
	sed -n 's/.*slowest \([0-9]*\) ms/\1/p' waiting.out
}

within() { # within NAME MS
	[ -n "$(slowest)" ] && [ "$(slowest)" -le "$2" ]
	report $? "$1" "$(slowest) ms, not more than $2"
}

# All N wait in the kernel, for the answer of the file system.
all_wait() { # all_wait N
	[ "$(cat /proc/[0-9]*/wchan 2>/dev/null | grep -o request_wait_answer | wc -l)" -ge "$1" ]
}

state() { "$T" show "$1" state; }

work='grep root /etc/passwd; : >made; mv made moved; rm moved; kill -0 $$
[ -z "$EVIL" ] || read -r l </etc/shadow; [ -z "$EVIL" ] || echo went on; ls / >/dev/null'
late_work='kill -0 $$; [ -z "$EVIL" ] || { kill -0 1; }; while [ -n "$EVIL" ]; do :; done; echo ended'

test_shell() {
	tsem learn -o work.model --name learned -- sh -c "$work" </dev/null
	is 'learning: status' "$status" 0
	tsem run --name inside --model work.model --enforce -- sh -c "$work" </dev/null
	is 'enforced in the kernel: no violation' "$status:$errors" 0:
	agent
	tsem run --name outside --tma "unix:$sock" --model work.model --enforce -- sh -c "$work" </dev/null
	is 'enforced by an agent: status and output' "$status:$output" "0:$(grep root /etc/passwd)"
	like 'the agent has the state of the model in the kernel' "$errors" \
		"tsem: the agent's state is $(state inside)"$'\n'"tsem: the agent's measurement is $(tsem show outside measurement </dev/null; echo "$output")"
	is 'so has the session' "$(state outside)" "$(state inside)"
	why outside
	is 'no violation' "$status" 0
	tsem run --name itself --tma self:engine --model work.model --enforce -- sh -c "$work" </dev/null
	like 'enforced by the engine in tsem run: the same state' "$status:$output:$errors" \
		"0:$(grep root /etc/passwd):tsem: the agent's state is $(state inside)*"
	EVIL=1 tsem run --name itself-evil --tma self:engine --model work.model --enforce -- sh -c "$work" </dev/null
	like 'and an attack is refused' "$status:$output:$errors" "[!0]*:$(grep root /etc/passwd)*opens /etc/shadow*refused*because it is not in the model*"
	tsem run --name free --tma "unix:$sock" -o free.model -- sh -c "$work" </dev/null
	is 'learned by an agent: the same model' "$status $(state ./free.model)" "0 $(state ./work.model)"
	EVIL=1 tsem run --name evil --tma "unix:$sock" --model work.model --enforce -- sh -c "$work" </dev/null
	like 'an attack is refused' "$status:$output:$errors" "[!0]*:$(grep root /etc/passwd)*opens /etc/shadow*refused*because it is not in the model*"
	unlike 'and the shell that tried can do nothing any more' "$output" '*went on*bin*'
	EVIL=1 tsem run --name sealed --tma "unix:$sock" --model work.model -- sh -c "$work" </dev/null
	like 'sealed: nothing is refused' "$status:$output" '0:*went on'
	why sealed
	like 'sealed: but it is a violation' "$status:$output" '3:*opens /etc/shadow*'
	tsem run --name sm3 --hash sm3 --tma "unix:$sock" --model work.model --enforce -- sh -c "$work" </dev/null
	like 'another digest function: no violation, another state' "$status:$errors" "0:tsem: the agent's state is [0-9a-f]*"
	unlike 'it is another' "$errors" "*$(state inside)*"
	is 'the kernel mirrors its own' "$(state sm3)" "$(state inside)"
}

# What a hook that cannot sleep has seen has happened already: the workload ends.
test_late() {
	[ -n "$agent" ] || agent
	tsem learn -o late.model --name late-learned -- sh -c "$late_work" </dev/null
	EVIL=1 tsem run --name late --tma "unix:$sock" --model late.model --enforce -- sh -c "$late_work" </dev/null
	is 'an event that did not wait, and should not have been: everything is killed' "$status:$output" 137:
	why late
	like 'it is explained' "$status:$output" '3:*signal 0*'
	EVIL=1 tsem run --name family --tma "unix:$sock" --model late.model --enforce -- \
		sh -c "(while :; do :; done) & (while :; do :; done) & $late_work" </dev/null
	is 'also who did nothing' "$status:$(field family tasks)" 137:0
	like 'and why is said' "$("$T" why family)" '*signal 0*'
}

# Names that the kernel does not have in its cache: whether an open will make a file is known only when it has looked.
# On a file system that remembers what is not there, and on one that does not.
create_work='for d in files /dev/shm; do
	echo more >>"$d/old"; echo more >"$d/made"; rm "$d/made"
	[ -z "$EVIL" ] || echo more >"$d/new" || echo more >"$d/new" || echo refused
done'
test_creation() {
	[ -n "$agent" ] || agent
	mkdir files
	: >files/old
	: >/dev/shm/old
	uncached() { sync && echo 2 >/proc/sys/vm/drop_caches; }
	uncached
	tsem learn -o create.model --name create-learned -- sh -c "$create_work" </dev/null
	is 'creation: learned' "$status:$output" 0:
	for each in inside outside; do
		words=()
		[ $each = inside ] || words=(--tma "unix:$sock")
		uncached
		tsem run --name create-$each "${words[@]}" --model create.model --enforce -- sh -c "$create_work" </dev/null
		is "creation, $each: no violation" "$status:$(field create-$each violations)" 0:0
		uncached
		EVIL=1 tsem run --name create-evil-$each "${words[@]}" --model create.model --enforce --on-violation deny -- \
			sh -c "$create_work" </dev/null
		is "creation, $each: another is refused" "$status:$output" $'0:refused\nrefused'
		is "creation, $each: and no file is there" "$(ls files /dev/shm | sort | uniq -c | tr -s ' \n' ' ')" ' 1 1 /dev/shm: 1 files: 2 old '
		is "creation, $each: four times what was not in the model" "$(field create-evil-$each violations):$(field create-evil-$each refused)" 4:4
		why create-evil-$each
		like "creation, $each: why names them" "$status:$output" '3:*creates*files/new*/dev/shm/new*'
		unlike "creation, $each: no record is lost" "$output" '*lost*'
	done
	is 'creation: the same state' "$(state create-outside)" "$(state create-inside)"
}

test_nginx() {
	[ -n "$agent" ] || agent
	local site=$scratch/nginx script=$tests/workloads/nginx-test.sh

	"$tests/workloads/nginx-site.sh" "$site"
	FIDELITY_BRIEF=1 tsem learn -o nginx.model --name nginx-learned -- "$script" "$site" </dev/null
	is 'nginx is learned' "$status" 0
	FIDELITY_BRIEF=1 tsem run --name nginx-inside --model nginx.model --enforce -- "$script" "$site" </dev/null
	is 'nginx in the kernel: no violation' "$status:$errors" 0:
	FIDELITY_BRIEF=1 tsem run --name nginx-outside --tma "unix:$sock" --model nginx.model --enforce -- "$script" "$site" </dev/null
	like 'nginx under an agent: no violation, the same state' "$status:$errors" \
		"0:tsem: the agent's state is $(state nginx-inside)*"
	is 'nginx under an agent: nothing refused' "$(field nginx-outside violations):$(field nginx-outside refused)" 0:0
}

test_rule() {
	rm -f "$sock"
	/usr/bin/python3 "$tests/tma/simple_tma.py" "$sock" 60 &
	local simple=$!
	wait_until test -S "$sock"
	cp /bin/ls new
	# shellcheck disable=SC2016
	tsem run --name rule --tma "unix:$sock" --enforce --on-violation deny -- \
		bash -c 'ls / >/dev/null && echo one; for i in {1..60}; do : </etc/hostname; done; ls / >/dev/null && echo two; ./new / || echo refused' </dev/null
	is "an agent with a rule of its own: no new program" "$status:$output" $'0:one\ntwo\nrefused'
	like 'and its reason' "$errors" '*because a rule of the agent says so*'
	kill "$simple"
	wait "$simple" 2>/dev/null
	agent=
}

# A program above 16 MiB: with a model it has to have one of its sizes, without one the agent alone decides.
test_large() {
	cp /bin/true large
	truncate -s 17M large
	tsem learn -o large.model --name large-learned -- sh -c ./large </dev/null
	tsem run --name large --tma self:engine --model large.model --enforce -- sh -c ./large </dev/null
	is 'a large program under an agent: allowed' "$status:$(field large violations):$(field large refused)" 0:0:0
	truncate -s 18M large
	tsem run --name large --tma self:engine --model large.model --enforce -- sh -c ./large </dev/null
	like 'with a size that the model does not have: refused' "$status:$("$T" why large </dev/null)" \
		'12[67]:*The reason: it is larger than 16 MiB and the model does not have its size*'
	rm -f "$sock"
	/usr/bin/python3 "$tests/tma/simple_tma.py" "$sock" 1000 &
	local simple=$!
	wait_until test -S "$sock"
	tsem run --name large --tma "unix:$sock" --enforce --on-violation deny -- sh -c ./large </dev/null
	is 'without a model, by an agent that allows it: allowed' "$status:$(field large refused)" 0:0
	kill "$simple"
	wait "$simple" 2>/dev/null
	agent=
}

# learned once: what the waiters do.
test_waiters() {
	agent
	tsem learn -o waiters.model --name waiters-learned -- sh -c 'touch go; ./waiters 2 /etc/hostname go' </dev/null
	touch go
	tsem learn -o waiters.model --name waiters-learned -- ./waiters 2 /etc/hostname go </dev/null
	is 'learning the waiters' "$status" 0
}

test_dead() {
	agent
	waiting killed 20 --model waiters.model --enforce --deadline 15000
	kill -STOP "$agent"
	touch go
	comes_true all_wait 20
	report $? 'twenty wait for an agent that is stopped'
	kill -9 "$agent"
	like 'the agent is killed: all refused' "$(waited)" '0 opened, 20 refused, 0 killed*'
	wait "$waiting"
	like 'its end is told' "$(<waiting.err)" '*20 events untrusted, because the agent is gone*'
	agent=
	agent
	waiting stopped 20 --model waiters.model --enforce --deadline 1000
	kill -STOP "$agent"
	touch go
	like 'the agent is stopped: all refused' "$(waited)" '0 opened, 20 refused, 0 killed*'
	within 'within the deadline' 2500
	wait "$waiting"
	kill -CONT "$agent"
}

test_faults() {
	local fault

	for fault in late:late earlier:garbled sequence:late garbage:late half:dead error:refused; do
		turning "${fault%:*}"
		waiting "fault" 2 --enforce --on-violation deny --deadline 300
		kill -USR1 "$turning"
		touch go
		like "agent: ${fault%:*}: refused" "$(waited)" '0 opened, 2 refused, 0 killed*'
		wait "$waiting"
		like "agent: ${fault%:*}: why" "$(<waiting.err)" "*untrusted, because $(reason "${fault#*:}")*"
		kill -9 "$turning" 2>/dev/null
		wait "$turning" 2>/dev/null
	done
	turning honest
	waiting honest 2 --enforce --deadline 3000
	kill -USR1 "$turning"
	touch go
	like 'agent: honest: allowed' "$(waited)" '2 opened, 0 refused, 0 killed*'
	wait "$waiting"
	kill -9 "$turning" 2>/dev/null
	wait "$turning" 2>/dev/null
}

reason() {
	case $1 in
	late) echo 'the agent did not answer in time' ;;
	dead) echo 'the agent is gone' ;;
	garbled) echo "the agent's answer was invalid" ;;
	refused) echo 'the agent answered with an error' ;;
	esac
}

test_orchestrator() {
	agent
	waiting orphans 200 --model waiters.model --enforce --deadline 15000
	kill -STOP "$agent"
	touch go
	comes_true all_wait 200
	report $? '200 wait'
	kill_orchestrator orphans
	like 'the orchestrator is killed: all refused' "$(waited)" '0 opened, 200 refused, 0 killed*'
	within 'none waits for the deadline' 14000
	comes_true eval '! pgrep waiters'
	report $? 'none hangs' "$(ps ax | grep waiters)"
	kill -CONT "$agent"

	waiting frozen 20 --model waiters.model --enforce --deadline 1000
	kill -STOP "$(field frozen orchestrator)"
	touch go
	like 'the orchestrator is stopped: all refused' "$(waited)" '0 opened, 20 refused, 0 killed*'
	within 'the helper has ended it' 4000
	wait "$waiting" 2>/dev/null
	is 'by SIGKILL, which is told' "$?:$(grep -c 'the orchestrator ended before' waiting.err)" 125:1
}

# With the helper stopped too nobody ends the orchestrator: what cannot wait is refused by the kernel side alone.
test_silence() {
	local helper

	tsem learn -o signals.model --name signals-learned -- sh -c 'touch go; exec ./waiters 3 signals go' </dev/null
	rm -f go
	tsem learn -o signals.model --name signals-learned -- ./waiters 3 signals /etc/hostname </dev/null
	agent
	rm -f go waiting.out
	"$T" run --name silence --tma "unix:$sock" --no-journal --model signals.model --enforce --deadline 1000 -- \
		./waiters 3 signals go >waiting.out 2>waiting.err </dev/null &
	waiting=$!
	wait_until grep -q begin waiting.out
	wait_until helped silence
	read -r _ helper <<<"$(slot_of silence)"
	kill -STOP "$helper" "$(field silence orchestrator)"
	sleep 2 # longer than an answer may take and two signs of life
	touch go
	wait_until grep -q sent waiting.out
	is 'orchestrator and helper are stopped: what cannot wait is refused' "$(tail -n 1 waiting.out)" '0 sent, 3 refused'
	kill -CONT "$helper" "$(field silence orchestrator)"
	comes_true eval '! pgrep waiters'
	report $? 'and it comes to its end' "$(ps ax | grep waiters)"
	wait "$waiting" 2>/dev/null
}

test_many() {
	local n=2000

	agent
	waiting many "$n" --model waiters.model --enforce --deadline 60000
	kill -STOP "$agent"
	touch go
	WITHIN=40 comes_true all_wait "$n"
	report $? "$n wait at one time"
	kill -CONT "$agent"
	like "$n waiters: all allowed" "$(waited)" "$n opened, 0 refused, 0 killed*"
	wait "$waiting"
	is 'no violation' "$(field many violations)" 0
}

# One of the waiters that wait in the kernel now; nothing when there is none.
a_waiter() {
	local pid

	for pid in $(pgrep -x waiters); do
		grep -q request_wait_answer "/proc/$pid/wchan" 2>/dev/null && echo "$pid" && return
	done
}

# killed NAME: one that waits now; how long it takes until it is gone
killed() {
	local pid from=${EPOCHREALTIME/./}

	pid=$(a_waiter)
	need "$1: one waits" test -n "$pid"
	kill -9 "$pid"
	wait_until eval "! grep -q 'State:.[^Z]' /proc/$pid/status"
	took=$((${EPOCHREALTIME/./} / 1000 - from / 1000))
	[ $took -lt 3000 ]
	report $? "$1" "$took ms"
}

# signalled: one that waits now gets SIGUSR1, for which it has a handler, and waits on
signalled() {
	local pid

	pid=$(a_waiter)
	need "one waits that gets a signal" test -n "$pid"
	kill -USR1 "$pid"
	sleep 0.5
	is "... and waits on" "$(cat "/proc/$pid/wchan")" request_wait_answer
}

test_sigkill() {
	agent
	waiting sigkill 2 --model waiters.model --enforce --deadline 20000
	kill -STOP "$agent"
	touch go
	wait_until all_wait 2
	killed 'a task that waits and is killed is gone at once'
	signalled
	killed 'also after another signal'
	like 'who gets any other signal waits on' "$(waited)" '0 opened, 0 refused, 2 killed*'
	wait "$waiting"
	kill -CONT "$agent"
	waiting sigusr 1 --model waiters.model --enforce --deadline 20000
	kill -STOP "$agent"
	touch go
	wait_until all_wait 1
	signalled
	kill -CONT "$agent"
	like 'a signal with a handler does not refuse anything' "$(waited)" '1 opened, 0 refused, 0 killed*'
	wait "$waiting"
}

# More events that do not wait than the ring holds, while nobody takes them: what does not fit is refused.
flood='import os, resource, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print("begin", flush=True)
signal.sigwait([signal.SIGUSR1])
done = refused = 0
for i in range(30000):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (i, 1 << 40))
        done += 1
    except (PermissionError, ValueError):
        refused += 1
os.write(1, b"end %d %d\n" % (done, refused))
signal.sigwait([signal.SIGUSR1])'

test_ring() {
	local flooder end done refused

	# Its limits may be changed as often as one likes; that is of the other events. So it is the last test.
	tsem unload </dev/null
	tsem load --events all </dev/null
	is 'a full ring: all events are loaded' "$status" 0
	turning honest
	"$T" run --name ring --tma "unix:$sock" --no-journal --events all --enforce --on-violation deny --deadline 60000 -- \
		/usr/bin/python3 -c "$flood" >flood.out 2>flood.err </dev/null &
	waiting=$!
	wait_until grep -q begin flood.out
	flooder=$(pgrep -f 'resource.setrlimit' -n)
	kill -STOP "$waiting"
	kill -USR1 "$flooder"
	wait_until grep -q end flood.out
	kill -CONT "$waiting"
	kill -USR1 "$flooder"
	wait "$waiting"
	is 'a full ring: the workload comes to its end' $? 0
	read -r end done refused <<<"$(grep end flood.out)"
	[ "${done:-0}" -gt 1000 ] && [ "${refused:-0}" -gt 1000 ] && [ $((done + refused)) = 30000 ]
	report $? 'a full ring: what did not fit is refused' "$end $done $refused $(<flood.err)"
	is 'a full ring: all refused are counted' "$(field ring refused)" "$refused"
	kill -9 "$turning" 2>/dev/null
	wait "$turning" 2>/dev/null
}

slot_of() { # slot_of NAME: the slot, and the process id of the helper
	/usr/bin/python3 - "$1" "$(sed -n 's/^TSEM_LAYOUT(tsem_namespace, name, \(.*\));/\1/p' "$tests/../abi/namespace.h")" <<'PYTHON'
import json, subprocess, sys

def lookup(name, slot):
    out = subprocess.run(["bpftool", "-j", "map", "lookup", "pinned", "/sys/fs/bpf/tsem/" + name, "key", str(slot), "0", "0", "0"],
                         capture_output=True).stdout
    return bytes(int(b, 16) for b in json.loads(out)["value"])

name, at = sys.argv[1].encode(), int(sys.argv[2])
for slot in range(4):
    external = lookup("tsem_externals", slot)
    if any(external[32:40]) and lookup("tsem_namespaces", slot)[at:].rstrip(b"\0") == name:
        print(slot, int.from_bytes(external[48:52], "little"))
PYTHON
}

test_key() {
	local slot helper other each cause

	agent
	# The event that is asked for is never the same, because what is trusted once is not asked for again.
	# shellcheck disable=SC2016
	tsem learn -o key.model --name key-learned -- bash -c 'while read -r f; do : <"$f" && echo opened || echo refused; done' <<<'/etc/hostname
/etc/passwd
/etc/group
/etc/hosts
/etc/fstab
/etc/shells
/etc/services'
	mkfifo in other.in
	# shellcheck disable=SC2016
	"$T" run --name key --tma "unix:$sock" --model key.model --enforce --on-violation deny -- \
		bash -c 'while read -r f; do : <"$f" && echo opened || echo refused; done' <in >key.out 2>key.err &
	exec 7>in
	"$T" run --name other --tma "unix:$sock" --model key.model -- \
		bash -c 'read -r f' <other.in >/dev/null 2>&1 &
	exec 8>other.in
	need 'both namespaces are there' comes_true eval '[ -n "$(slot_of other)" ] && [ -n "$(slot_of key)" ]'
	read -r slot helper <<<"$(slot_of key)"
	read -r other _ <<<"$(slot_of other)"
	opens 'its own orchestrator' /etc/passwd opened
	for each in recycled:/etc/group:refused "other $other:/etc/hosts:refused" nokey:/etc/fstab:refused replay:/etc/shells:refused \
		right:/etc/services:opened; do
		IFS=: read -r cause file wanted <<<"$each"
		coproc rogue { /usr/bin/python3 "$tests/tma/rogue.py" "$scratch/rogue" "$slot" $cause 2>&1; }
		read -r line <&"${rogue[0]}"
		is "$cause: in place" "$line" ready
		opens "$cause" "$file" "$wanted"
		cause=$rogue_PID
		exec {rogue[1]}>&-
		wait "$cause"
		umount -l rogue 2>/dev/null
	done
	opens 'its own again' /etc/hostname opened
	exec 7>&- 8>&-
	like 'the refusals are counted' "$("$T" show key | grep 'failed')" '*agent*4*'
}

opens() { # opens NAME FILE WANTED
	local before

	before=$(wc -l <key.out)
	echo "$2" >&7
	wait_until bash -c "[ \$(wc -l <key.out) -gt $before ]"
	is "answer of: $1" "$(tail -n 1 key.out)" "$3"
}

helped() { # helped NAME: it has its helper
	local helper

	read -r _ helper <<<"$(slot_of "$1")"
	[ "$(tr '\0' ' ' <"/proc/$helper/cmdline" | cut -d ' ' -f 1)" = tsem-helper ]
}

guarded=() deeds=
guarded() { # guarded NAME SHELL: one more that a workload cannot do
	guarded+=("$1")
	deeds+="{ $2; } 2>/dev/null && echo $(printf %q "done: $1")"$'\n'
}

test_guard() {
	local helper victim running each

	agent
	rm -f go
	"$T" run --name victim --tma "unix:$sock" -- sh -c 'until test -e go; do sleep 0.5; done' >/dev/null 2>&1 </dev/null &
	running=$!
	wait_until helped victim
	victim=$(field victim orchestrator)
	read -r _ helper <<<"$(slot_of victim)"
	is 'outside, nobody gets at the file of the rendezvous' "$(python3 "$vm/doors.py" "$helper")" '21 tried'
	guarded 'look at the file of the rendezvous' "python3 '$vm/doors.py' $helper | grep -v tried"
	guarded 'open the file of the rendezvous' "head -c 4 /proc/$helper/exe"
	guarded 'run it' "/proc/$helper/exe 1 1 </dev/null; [ \$? -ne 126 ]"
	guarded 'kill the helper' "kill -9 $helper"
	guarded 'stop the helper' "kill -STOP $helper"
	guarded "read the helper's memory" "head -c 1 /proc/$helper/mem"
	guarded 'kill the orchestrator' "kill -9 $victim"
	guarded "open the orchestrator's memory" ": </proc/$victim/mem"
	guarded 'trace the orchestrator' "timeout 2 strace -p $victim -o /dev/null -e none"
	guarded 'read the keys' 'bpftool map dump pinned /sys/fs/bpf/tsem/tsem_externals'
	guarded 'nothing of this, which is not so' 'true'
	tsem run --name guarded --quiet --tma "unix:$sock" --on-violation deny -- bash -c "$deeds" </dev/null
	for each in "${guarded[@]::${#guarded[@]}-1}"; do
		unlike "a workload cannot $each" "$output" "*done: $each*"
	done
	like 'what is not guarded, it can' "$output" '*done: nothing of this*'
	touch go
	wait "$running"
	is 'the victim came to its end' "$(field victim tasks):$(field victim refused)" 0:0
}

# Not an agent, but a sink: events while they happen.
test_to() {
	tsem run --export-only --to "file:$scratch/sent.json" --name sent -- sh -c "$work" </dev/null
	is 'to a sink: status' "$status" 0
	like 'to a sink: all are delivered' "$errors" "*$(field sent records) events produced, $(field sent records) delivered, 0 lost*"
	is 'to a sink: all are there' "$(jq -c 'select(.export.type == "event")' sent.json | wc -l)" "$(field sent records)"
}

# Loaded once: it takes longest.
tsem load </dev/null
is "the programs are loaded" "$status" 0
# `make test` has time for the first; `make test-long` asks for all.
groups="to shell large late creation waiters dead silence"
[ -z "${TSEM_LONG-}" ] || groups="$groups orchestrator key nginx rule faults many sigkill guard ring"
for each in ${TESTS:-$groups}; do
	from=$SECONDS
	"test_$each"
	echo "# $each: $((SECONDS - from)) s"
done
[ -z "${agent-}" ] || kill "$agent"
finish
