#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Agents: they are told what happens, and asked before it does; scopes, mutes, deadlines; agents that are slow, wrong,
# stopped, killed; many at once; the examples, against real programs.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(dirname "$T")
links=/sys/fs/bpf/tsem/agent/links

agent() { # agent FILE WORDS...: a probe whose lines are in FILE; its process is in $agent
	local file=$1

	shift
	rm -f "$file"
	"$here/agent-probe" "$@" >"$file" 2>"$file.err" &
	agent=$!
	wait_until contains "$file" ready
}

example() { # example FILE NAME WORDS...: the same of an example
	local file=$1 name=$2

	shift 2
	rm -f "$file.err"
	"$here/agent-$name" "$@" >"$file" 2>"$file.err" &
	agent=$!
	wait_until contains "$file.err" ing
}

ends() { # ends [PROCESS]
	kill -TERM "${1-$agent}"
	wait "${1-$agent}"
}

ends_at_once() { # of an example, which has no end of its own
	kill -KILL "$agent"
	wait "$agent" 2>/dev/null
}

stat_of() { # stat_of FILE COUNTER
	sed -n "s/^stats .*\b$2 \([0-9]*\).*/\1/p" "$1"
}

listed() { # listed NAME FIELD
	"$T" agents ls --json | jq -r --arg name "$1" ".[] | select(.name == \$name) | .$2"
}

milliseconds() { # milliseconds CMD...: how long it takes; its status is in $status
	local begin=${EPOCHREALTIME/./}

	"$@" >/dev/null 2>&1
	status=$?
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

test_watch() {
	agent watch.out notify=inode_unlink notify=inode_rename notify=socket_connect notify=exec mute=process:$$
	: >one
	mv one two
	rm two
	python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 99))'
	wait_until contains watch.out socket_connect
	ends
	like "a rename is told, with who and what" "$(grep rename watch.out)" "notify inode_rename * /usr/bin/mv $scratch/one"
	like "so is a deletion" "$(grep unlink watch.out)" "notify inode_unlink * /usr/bin/rm $scratch/two"
	like "a connection of python" "$(grep connect watch.out)" "notify socket_connect * */python3* "
	is "an exec has the new program" "$(grep -c ' exec .* /usr/bin/rm ' watch.out)" 1
	is "nothing is lost, and all are delivered" "$(stat_of watch.out lost):$(($(stat_of watch.out produced) - $(stat_of watch.out delivered)))" 0:0
	check "without an agent no program is attached" [ ! -e $links/inode_unlink ]
}

test_life() {
	agent life.out notify=fork notify=exec notify=exit scope=descendants run='(true; exit 3); /bin/true; exit 5'
	wait_until eval '[ "$(grep -c exit life.out)" -ge 3 ]'
	ends
	is "forks and ends of the agent's own children" "$(grep -c 'notify fork' life.out):$(grep -c 'notify exit' life.out)" 2:3
	is "and what they execute" "$(grep 'notify exec' life.out | awk '{print $4}' | paste -sd' ')" "/usr/bin/dash /usr/bin/true"
}

# What began as a child of the agent is heard of whatever it becomes; what did not is not.
test_descendants() {
	cat >tree.sh <<-'END'
		setsid sh -c 'sleep 0.2; rm from-setsid' &
		(exec >/dev/null; (sleep 0.2; rm from-daemon) & ) &
		python3 -c 'import os, threading
		t = threading.Thread(target=lambda: os.unlink("from-thread"))
		t.start(); t.join()
		if not os.fork(): os.setsid(); os.unlink("from-fork"); os._exit(0)
		os.wait()'
		rm from-child
		wait
	END
	touch from-{setsid,daemon,thread,fork,child,outside,outside-daemon}
	agent tree.out scope=descendants notify=inode_unlink run='sh tree.sh'
	(setsid sh -c 'rm from-outside-daemon') &
	rm from-outside
	wait_until eval '[ "$(ls from-* 2>/dev/null | wc -l)" = 0 ]'
	ends
	is "the descendants of an agent, and nobody else" "$(awk '/unlink/ {sub(".*/from-", "", $5); print $5}' tree.out | sort | paste -sd' ')" \
		"child daemon fork setsid thread"
}

test_scopes() {
	mkdir -p /sys/fs/cgroup/agents/below
	mkfifo go
	"$T" learn -o scope.model --name scope -- sh -c 'read -r line <go; rm in-namespace; read -r line <go' >/dev/null 2>&1 &
	learner=$!
	touch in-namespace in-group outside
	wait_until eval '"$T" ps --quiet | grep -q scope'
	agent scope.out scope=namespace:scope notify=inode_unlink
	space=$agent
	agent group.out scope=cgroup:/sys/fs/cgroup/agents notify=inode_unlink
	group=$agent
	(echo "$BASHPID" >/sys/fs/cgroup/agents/below/cgroup.procs && rm in-group)
	rm outside
	echo >go
	wait_until [ ! -e in-namespace ]
	echo >go
	wait $learner
	ends $space
	ends $group
	is "of a namespace" "$(grep -c unlink scope.out):$(grep -c in-namespace scope.out)" 1:1
	is "of a control group and those below it" "$(grep -c unlink group.out):$(grep -c in-group group.out)" 1:1
	is "no namespace of that name" "$("$here/agent-probe" scope=namespace:nobody 2>&1)" \
		"probe: 2 there is no living namespace named nobody (\`tsem ps\`)"
	like "no such control group" "$("$here/agent-probe" scope=cgroup:/sys/fs/cgroup/nobody 2>&1)" "probe: 2 there is no control group *"
	rmdir /sys/fs/cgroup/agents/below /sys/fs/cgroup/agents
	rm go
}

# Without its orchestrator nobody gives its slot back, and an agent that takes it for a namespace hears nothing.
test_ended() {
	local orchestrator

	mkfifo last
	"$T" learn -o ended.model --name ended -- sh -c 'read -r line <last' >/dev/null 2>&1 &
	learner=$!
	wait_until eval '"$T" ps --quiet | grep -q ended'
	orchestrator=$("$T" ps --json | jq '.[] | select(.name == "ended") | .orchestrator')
	kill -STOP "$orchestrator"
	echo >last
	wait_until eval '! "$T" ps --quiet | grep -q ended'
	is "a namespace has ended, and its orchestrator lives" \
		"$("$T" ps --all --json | jq -c '.[] | select(.name == "ended") | [.live, .orchestrated]')" '[false,true]'
	is "no agent is bound to it" "$(timeout 20 "$here/agent-probe" scope=namespace:ended notify=inode_unlink 2>&1)" \
		"probe: 2 there is no living namespace named ended (\`tsem ps\`)"
	kill -CONT "$orchestrator"
	wait $learner
	is "the model is written when the orchestrator goes on" "$?:$(head -c 4 ended.model)" 0:tsem
	rm last ended.model
}

test_answers() {
	touch keep drop
	agent answers.out auth=inode_unlink answer=path:keep
	rm keep 2>rm.err
	rm drop
	ends
	is "what is denied does not happen" "$(ls keep drop 2>/dev/null):$(grep -c 'Operation not permitted' rm.err)" keep:1
	is "the counters say so" "$(stat_of answers.out denied)" 1
	agent creates.out auth=inode_create auth=inode_mkdir auth=file_open auth=socket_connect auth=inode_setattr answer=path:refused
	touch $scratch/refused 2>/dev/null
	mkdir refused-directory 2>/dev/null
	chmod 600 keep && touch allowed
	ends
	is "creating is refused before it happens, and other things are not" "$(ls -d refused* 2>/dev/null):$(ls allowed)" :allowed
	rm -f keep allowed
}

test_outcomes() {
	local plain

	touch strict lenient plain
	milliseconds rm plain
	plain=$took # the machine is emulated, and others may use the processor
	agent strict.out auth=inode_unlink,100 answer=never
	milliseconds rm strict
	is "no answer: refused" "$status:$(ls strict)" 1:strict
	check "not before the deadline" [ "$took" -ge 95 ]
	report $((took > 150 + 10 * plain)) "and at most a quarter of it later" "$took ms; to delete a file takes $plain ms"
	ends
	is "it is counted as late" "$(stat_of strict.out late)" 1
	agent lenient.out auth=inode_unlink,allow,100 answer=never
	milliseconds rm lenient
	ends
	is "no answer, and the subscription allows: it happens" "$status:$(stat_of lenient.out late)" 0:1
	agent late.out auth=inode_unlink,50 answer=late:200
	milliseconds rm strict
	wait_until contains late.out late
	ends
	is "an answer that is too late is told so, and changes nothing" "$(grep ^late late.out):$(ls strict)" "late -62:strict"
	is "a deadline below the floor" "$("$here/agent-probe" auth=inode_unlink,9 2>&1 | cut -d, -f1)" \
		"probe: 22 a deadline is from 10 to 60000 milliseconds"
	like "an event whose hook may not wait" "$("$here/agent-probe" auth=task_kill 2>&1)" \
		"probe: 95 nobody can be asked about the event task_kill, because*"
}

test_wrong() {
	touch victim
	agent twice.out auth=inode_unlink answer=twice
	rm victim 2>/dev/null
	ends
	is "the second answer does not count" "$(sed -n 2,4p twice.out | grep -v auth | paste -sd' '):$(ls victim)" "first 0 second -114:victim"
	agent garbage.out auth=inode_unlink notify=inode_rename answer=garbage
	rm victim && : >victim && mv victim other
	wait_until contains garbage.out 'notify -'
	ends
	is "no verdict, no such flag, nobody waits" "$(grep -E '^(verdict|notify -)' garbage.out | paste -sd' ')" "verdict -22 flags -95 notify -22"
	touch a b
	agent other.out auth=inode_unlink,200 answer=other
	rm a 2>/dev/null
	rm b 2>/dev/null
	ends
	is "an answer to an earlier question is none to this one" "$(ls a b | paste -sd' '):$(grep -c '^other -62' other.out)" "a b:1"
	mkdir first last # who is asked about a deletion holds the directory
	touch {first,last}/file
	agent hold.out auth=inode_unlink,30000 hold
	rm first/file & rm last/file &
	wait_until eval '[ "$(grep -c ^auth hold.out)" = 2 ]'
	ends
	wait
	is "answered last first" "$(ls {first,last}/file 2>/dev/null):$(stat_of hold.out answered)" :2
	rm -rf a b first last
}

# The death of an agent, and an agent that does not run.
test_dead() {
	local plain

	touch victim
	milliseconds rm victim
	plain=$took # the machine is emulated, and others may use the processor
	touch victim
	agent dead.out auth=inode_unlink,20000 answer=never
	rm victim 2>/dev/null &
	waiting=$!
	wait_until contains dead.out unlink
	begin=${EPOCHREALTIME/./}
	kill -KILL $agent
	wait $waiting
	status=$? took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	is "an agent is killed: who waited is refused" "$status:$(ls victim)" 1:victim
	report $((took > 50 + 5 * plain)) "within 50 ms" "$took ms; to delete a file takes $plain ms"
	wait $agent 2>/dev/null
	rm victim
	is "and nobody is asked any more" "$(ls victim 2>/dev/null):$("$T" agents ls --json)" ":[]"
	check "nor is anything attached" [ ! -e $links/inode_unlink ]
	touch victim second
	agent stopped.out auth=inode_unlink,200
	kill -STOP $agent
	milliseconds rm victim
	is "an agent is stopped: refused" "$status" 1
	check "soon after the deadline" [ "$took" -lt 700 ]
	milliseconds rm second
	is "again" "$status:$(ls second)" 1:second
	kill -CONT $agent
	wait_until rm victim
	check "it runs again: it is asked again" rm second
	ends
	agent lenient.out auth=inode_unlink,allow,20000 answer=never
	touch victim
	rm victim & waiting=$!
	wait_until contains lenient.out unlink
	kill -KILL $agent
	wait $waiting
	is "the subscription of a killed agent allows" "$?:$(ls victim 2>/dev/null)" 0:
	wait $agent 2>/dev/null
}

# A child that has the agent's descriptors keeps nobody waiting.
test_child() {
	touch victim
	agent child.out auth=inode_unlink,20000 answer=never run='sleep 5'
	rm victim 2>/dev/null & waiting=$!
	wait_until contains child.out unlink
	kill -KILL $agent
	milliseconds wait $waiting
	check "a child of the agent lives: who waited goes on" [ "$took" -lt 100 ]
	wait $agent 2>/dev/null
}

test_many() {
	local i agents=()

	touch victim allowed
	for i in {1..8}; do
		if [ "$i" = 8 ]; then
			agent many.$i name=many$i auth=inode_unlink,5000 answer=path:victim
		else
			agent many.$i name=many$i auth=inode_unlink,5000
		fi
		agents+=("$agent")
	done
	is "eight agents are listed" "$("$T" agents ls --quiet 2>/dev/null | wc -l):$(listed many3 asked)" 8:1
	like "and no more are taken" "$("$here/agent-probe" notify=fork 2>&1)" "probe: 87 there are 8 agents already*"
	rm victim 2>/dev/null
	is "one of eight denies" "$?:$(ls victim)" 1:victim
	rm allowed
	is "none of eight denies" "$?" 0
	for i in {0..6}; do kill -STOP "${agents[i]}"; done
	milliseconds rm victim
	is "seven are stopped: refused" "$status" 1
	check "all were asked at one time: one deadline, not seven" [ "$took" -lt 8000 ]
	for i in {0..6}; do kill -CONT "${agents[i]}"; done
	for i in {0..7}; do ends "${agents[i]}"; done
	is "each was asked about all" "$(for i in {1..8}; do stat_of many.$i produced; done | sort -u)" 3
	rm -f victim
}

# Tasks whose numbers have the same remainder, and many that wait at once: each has its own place, and its own answer.
test_numbers() {
	local slow judge

	mkdir -p place
	touch forbidden place/harmless
	agent slow.out name=slow auth=inode_unlink,allow,4000 answer=late:1500
	slow=$agent
	agent judge.out name=judge auth=inode_unlink,allow,4000 answer=path:forbidden
	judge=$agent
	python3 - <<-'END'
		import os, time
		def task(number, path):
		    with open("/proc/sys/kernel/ns_last_pid", "w") as last: last.write(str(number - 1))
		    child = os.fork()
		    if child: return child
		    try: os.unlink(path)
		    except OSError: pass
		    os._exit(0)
		first = task(20000, "forbidden")
		time.sleep(0.5)
		second = task(20000 + 4096, "place/harmless")
		open("numbers", "w").write(f"{first} {second}")
		os.wait(), os.wait()
	END
	ends $slow
	ends $judge
	is "the numbers of two tasks differ by 4096" "$(<numbers)" "20000 24096"
	is "what was denied in time does not happen, whoever else is asked meanwhile" "$(ls forbidden place/harmless 2>/dev/null)" forbidden
	is "... and each was answered, none late" "$(stat_of judge.out answered):$(stat_of judge.out denied):$(stat_of judge.out late)" 2:1:0
	rm -rf forbidden place
	mkdir places
	agent places.out auth=inode_unlink,60000 hold
	timeout 60 python3 - <<-'END' &
		import os
		def task(number):
		    os.mkdir(f"places/{number}") # who is asked holds the directory
		    path = f"places/{number}/file"
		    open(path, "w").close()
		    with open("/proc/sys/kernel/ns_last_pid", "w") as last: last.write(str(number - 1))
		    child = os.fork()
		    if not child:
		        try: os.unlink(path)
		        except OSError: pass
		        os._exit(0)
		for base in 12000, 12000 + 4096, 12000 + 2 * 4096:
		    for i in range(20): task(base + i)
		while True:
		    try: os.wait()
		    except ChildProcessError: break
	END
	wait_until eval '[ "$(grep -c ^auth places.out)" = 60 ]'
	ends
	wait $!
	is "sixty tasks with twenty remainders wait at one time, and have their answers" \
		"$(find places -type f | wc -l):$(stat_of places.out answered):$(stat_of places.out late)" 0:60:0
	rm -rf places
}

# Two agents that do what the other one is asked about.
test_mutual() {
	cat >busy.sh <<-'END'
		for i in 1 2 3 4 5; do : >busy.$$; rm busy.$$; done
		touch done.$$
	END
	agent first.out name=first auth=inode_unlink auth=file_open quiet
	first=$agent
	agent second.out name=second auth=inode_unlink auth=file_open quiet
	second=$agent
	milliseconds sh busy.sh
	is "two agents on the same events: none waits for the other" "$status:$(ls done.* | wc -l)" 0:1
	ends $first
	ends $second
	is "nothing was late" "$(stat_of first.out late):$(stat_of second.out late)" 0:0
}

test_mute() {

	touch m{1..9}
	mkdir -p muted/below
	touch muted/below/{1,2}
	agent mute.out notify=inode_unlink notify=inode_rename mute=path:/usr/bin/mv:inode_rename mute=target-prefix:$scratch/muted/
	rm m1 muted/below/1
	mv m2 m3
	python3 -c 'import os; os.rename("m4", "m5")'
	mv muted/below/2 m6
	ends
	is "muted: a path of an executable for an event, and a prefix of the target" "$(awk '/^notify/ {print $2, $5}' mute.out | paste -sd,)" \
		"inode_unlink $scratch/m1,inode_rename $scratch/m4"
	is "it is counted" "$(stat_of mute.out muted)" 3
	agent file.out auth=inode_unlink,100 answer=never mute=file:/usr/bin/rm
	rm m1 m3 2>/dev/null
	milliseconds rm m5
	is "muted by file: it is not asked about" "$status" 0
	cp /usr/bin/rm other-rm
	./other-rm m6 2>/dev/null
	is "a copy is another file" "$?:$(ls m6)" 1:m6
	ends
	agent invert.out notify=inode_unlink mute=target:$scratch/m7 invert=8
	rm m6 m7
	ends
	is "inverted: this target only" "$(awk '/^notify/ {print $5}' invert.out)" "$scratch/m7"
	mkfifo go
	(exec python3 -c 'import os; open("go").read(); os.unlink("m8"); os.fork() and os.wait() or os.unlink("m9")') &
	muted=$!
	agent process.out notify=inode_unlink mute=process:$muted
	echo >go
	wait $muted
	ends
	is "muted is the process, not its children" "$(awk '/^notify/ {print $5}' process.out)" "$scratch/m9"
	rm go
	rm -rf muted m[0-9] other-rm
}

# Whoever makes another program its executable stays who it is: what it has executed, and its children after it.
test_pretended() {
	cp "$here/pretend" pretend
	touch p{1..9}
	agent pretended.out auth=inode_unlink answer=deny mute=file:/usr/bin/true
	is "who is not muted is asked about" "$(./pretend - p1)" "$scratch/pretend EPERM"
	is "so it is when it pretends to be who is muted" "$(./pretend /usr/bin/true p2)" "/usr/bin/true EPERM"
	ends
	is "and no path is told that it has made up" "$(awk '/p2$/ {print $4}' pretended.out)" -
	agent path.out auth=inode_unlink answer=deny mute=path:/usr/bin/true
	is "the same by path" "$(./pretend /usr/bin/true p3)" "/usr/bin/true EPERM"
	ends
	agent itself.out auth=inode_unlink answer=deny mute=file:$scratch/pretend
	is "a muted program stays muted" "$(./pretend /usr/bin/true p4)" "/usr/bin/true done"
	ends
	agent inverted.out auth=inode_unlink answer=deny mute=path:$scratch/pretend invert=4
	is "inverted: what only this program is asked about" "$(./pretend - p5):$(rm p6 && echo done)" "$scratch/pretend EPERM:done"
	is "it is asked about when it pretends to be another one" "$(./pretend /usr/bin/true p7)" "/usr/bin/true EPERM"
	ends
	rm -f p[0-9]
}

# Under namespaces of its own rules: what the model refuses is refused, whatever an agent says; an agent can only deny.
test_model() {
	echo data >allowed
	"$T" learn -o agents.model -- cat allowed >/dev/null 2>&1
	agent model.out auth=file_open auth=bprm_committed_creds
	is "allowed by both" "$("$T" run -m agents.model --enforce -- cat allowed 2>/dev/null)" data
	tsem run -m agents.model --enforce --name lacks -- cat /etc/hostname </dev/null
	is "what the model does not have is refused, though the agent allows" "$status:$output" "1:"
	like "... by the model" "$("$T" why lacks)" "*/usr/bin/cat*opens /etc/hostname for reading: refused*"
	ends
	agent denies.out auth=file_open answer=path:$scratch/allowed
	tsem run -m agents.model --enforce --name denied -- cat allowed </dev/null
	is "what the model has is refused, if the agent denies" "$status:$output" "1:"
	like "... by the agent, and not by the model" "$errors:$("$T" why denied)" "*allowed: Operation not permitted*:*No violations.*"
	is "... which was asked" "$(grep -c "file_open .*$scratch/allowed" denies.out)" 1
	ends
}

# Whether it is root, only watched, or has learned the very program: there is none inside.
test_inside() {
	timeout 20 "$here/agent-probe" notify=fork >outside.out 2>outside.err &
	wait_until contains outside.out ready
	kill -TERM $!
	wait $!
	is "outside an agent can be made" "$?" 0
	tsem run --export-only --name inside -- timeout 20 "$here/agent-probe" notify=fork </dev/null
	like "an agent is nobody inside" "$status:$output:$errors" "1::*probe: *"
	tsem learn -o probe.model --name learned -- timeout 20 "$here/agent-probe" notify=fork </dev/null
	tsem run -m probe.model --enforce --name enforced -- timeout 20 "$here/agent-probe" notify=fork </dev/null
	like "... nor under a model that has the program" "$status:$output:$errors" "1::*probe: *"
}

# What programs say themselves, whoever they are, and the marks in a stream.
test_emit() {
	agent emit.out notify=emit sync=77
	"$T" emit app.login.accepted user=root --note session=4711
	setpriv --reuid 1000 --clear-groups /usr/bin/python3 - <<-'END'
		import ctypes, struct
		name, fields = b"from.python", b"key=value\0"
		event = struct.pack("<HHHH", 1, len(name), len(fields), 0) + name + fields
		ctypes.CDLL(None).prctl(0x7473656d, ctypes.c_ulong(1), event, ctypes.c_ulong(len(event)), ctypes.c_ulong(0))
		ctypes.CDLL(None).prctl(0x7473656d, ctypes.c_ulong(1), event, ctypes.c_ulong(len(event) - 1), ctypes.c_ulong(0))
		ctypes.CDLL(None).prctl(0x7473656d, ctypes.c_ulong(1), ctypes.c_void_p(8), ctypes.c_ulong(len(event)), ctypes.c_ulong(0))
	END
	wait_until contains emit.out from.python
	ends
	is "a program event of the shell, with what differs apart" "$(grep -c 'notify emit [0-9]* .* app.login.accepted user=root; session=4711;' emit.out)" 1
	is "one of an unprivileged python; what is malformed is none" "$(grep -c 'from.python key=value;' emit.out):$(stat_of emit.out delivered)" 1:3
	is "what is nowhere in memory is lost, and counted" "$(stat_of emit.out produced):$(stat_of emit.out lost)" 4:1
	is "a mark comes back" "$(grep -c '^notify sync .* 77$' emit.out)" 1
	agent flood.out notify=emit quiet
	python3 -c '
import ctypes, struct
name = b"flood"
event = struct.pack("<HHHH", 1, len(name), 0, 0) + name
prctl = ctypes.CDLL(None).prctl
for i in range(20000): prctl(0x7473656d, ctypes.c_ulong(1), event, ctypes.c_ulong(len(event)), ctypes.c_ulong(0))'
	ends
	is "a flood has its numbers" "$(stat_of flood.out produced)" 20000
	check "and is limited" [ "$(stat_of flood.out lost)" -gt 1000 ]
	is "all are counted" "$(($(stat_of flood.out delivered) + $(stat_of flood.out lost)))" 20000
	like "a field without a value" "$("$T" emit name field 2>&1; echo $?)" "tsem: *2"
}

# What is emitted lies where somebody else answers for the memory, and does not. Nobody waits for that but who emits, and
# nobody is without memory for events meanwhile.
test_emit_unanswered() {
	agent unanswered.out notify=emit
	timeout 60 python3 - >unanswered <<-'END'
		import ctypes, fcntl, mmap, os, struct, threading
		libc = ctypes.CDLL(None)
		faults = libc.syscall(323, os.O_CLOEXEC)
		fcntl.ioctl(faults, 0xc018aa3f, bytearray(struct.pack("QQQ", 0xaa, 0, 0)))
		memory = mmap.mmap(-1, 100 * 4096)
		start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
		fcntl.ioctl(faults, 0xc020aa00, bytearray(struct.pack("QQQQ", start, 100 * 4096, 1, 0)))
		def emit(place):
		    libc.prctl(0x7473656d, ctypes.c_ulong(1), ctypes.c_void_p(place), ctypes.c_ulong(16), ctypes.c_ulong(0))
		threads = [threading.Thread(target=emit, args=(start + i * 4096,), daemon=True) for i in range(80)]
		[thread.start() for thread in threads]
		[thread.join(1) for thread in threads]
		print(sum(thread.is_alive() for thread in threads), flush=True)
		os._exit(0)
	END
	ends
	is "emitted from memory that nobody answers for: who emits does not wait" "$(cat unanswered)" 0
	is "... and it is lost, and counted" "$(stat_of unanswered.out lost)" 80
}

# A workload, even one of root that is only watched, cannot touch an agent. The kernel side stays while agents live.
test_guarded() {
	local keeper

	touch victim
	agent guarded.out auth=inode_unlink answer=path:victim
	keeper=$(pgrep -P $agent)
	cat >attack.sh <<-END
		kill -STOP $agent && echo stopped the agent
		kill -KILL $agent && echo killed the agent
		kill -KILL $keeper && echo killed the keeper
		cat /proc/$keeper/exe >/dev/null && echo read the file system
		cat /proc/$agent/mem >/dev/null && echo read the agent
		rm -rf /sys/fs/bpf/tsem/agent/links/* 2>/dev/null && [ ! -e $links/inode_unlink ] && echo detached the programs
		echo end
	END
	tsem run --export-only --name attack -- sh attack.sh </dev/null
	is "nothing of an agent can be touched from inside" "$status:$output" 0:end
	rm victim 2>/dev/null
	is "it still answers" "$?:$(ls victim)" 1:victim
	tsem unload
	like "while agents live, nothing is unloaded" "$status:$errors" "1:*agents still live*"
	ends
	rm -f victim
}

# Whoever can look at the keeper's executable asks as a task does that waits, and takes the places of those: nobody can.
test_doors() {
	local keeper begin window

	touch victim
	agent doors.out auth=inode_unlink,20000 answer=path:victim
	keeper=$(pgrep -P $agent)
	is "nobody gets at the file system through which tasks ask, outside neither" "$(python3 "$vm/doors.py" $keeper)" "21 tried"
	is "nor in a namespace" "$("$T" run --export-only --name doors -- python3 "$vm/doors.py" $keeper 2>/dev/null)" "21 tried"
	is "nor without privileges" "$(setpriv --reuid 1000 --clear-groups /usr/bin/python3 "$vm/doors.py" $keeper)" "21 tried"
	"$T" learn -o doors.model -- python3 "$vm/doors.py" $keeper >/dev/null 2>&1
	"$T" run -q -m doors.model --enforce --name enforced -- python3 "$vm/doors.py" $keeper >doors 2>/dev/null
	is "nor under a model that has such looks, and none is a violation" "$(cat doors):$("$T" why enforced </dev/null)" "21 tried:No violations."
	rm victim 2>/dev/null
	is "it still answers" "$?:$(ls victim)" 1:victim
	ends
	# While it is made: the keeper is held before it executes what is on it.
	strace -f -o strace.out -e trace=execveat -e inject=execveat:delay_enter=4000000 \
		"$here/agent-probe" notify=inode_unlink >window.out 2>window.err &
	window=$!
	wait_until eval 'agent=$(pgrep -P $window) && pgrep -P $agent'
	keeper=$(pgrep -P "$agent")
	is "while it is made nobody sees the descriptors of the agent and of its child" \
		"$(stat -L /proc/{"$agent","$keeper"}/fd/3 2>&1 | grep -c 'Permission denied')" 2
	wait_until contains window.out ready
	check "then the agent's are seen again" stat -L "/proc/$agent/fd/3"
	kill -TERM "$agent"
	wait $window
	rm -f victim
}

test_lost() {
	agent lost.out ring=65536 notify=file_open answer=never quiet
	kill -STOP $agent
	for i in {1..40}; do cat /etc/{hostname,passwd,group} >/dev/null; done
	kill -CONT $agent
	ends
	check "a full ring loses messages" [ "$(stat_of lost.out lost)" -gt 0 ]
	is "which are counted: produced is delivered and lost" "$(($(stat_of lost.out produced) - $(stat_of lost.out delivered) - $(stat_of lost.out lost)))" 0
	touch victim
	agent full.out ring=65536 auth=inode_unlink,300 notify=file_open quiet
	kill -STOP $agent
	for i in {1..40}; do cat /etc/{hostname,passwd,group} >/dev/null; done
	rm victim 2>/dev/null
	is "a question that finds the ring full is refused" "$?:$(ls victim)" 1:victim
	kill -CONT $agent
	ends
	rm -f victim
}

test_examples() {
	example watch.out watch inode_rename bprm_committed_creds
	git init -q repository >/dev/null 2>&1
	echo text >repository/file
	(cd repository && git add file && git -c user.name=a -c user.email=a@b commit -qm one) >/dev/null 2>&1
	wait_until contains watch.out renames
	ends_at_once
	like "watch.c sees git" "$(cat watch.out)" "*/usr/bin/git renames $scratch/repository/.git/*"
	mkdir -p fresh
	cp /usr/bin/true fresh/program
	example gate.out gate $scratch/fresh/
	fresh/program 2>/dev/null
	is "gate.c refuses what lies there" "$?:$(grep -c "may not execute $scratch/fresh/program" gate.out)" 126:1
	printf 'int main(void) { return 0; }\n' >job.c
	check "and lets a compiler work" cc -c job.c -o job.o
	ends_at_once
	mkdir -p /srv/documents
	touch /srv/documents/{1..60}
	example ransom.out ransom 20
	python3 -c '
import os
for i in range(1, 61):
    os.rename(f"/srv/documents/{i}", f"/srv/documents/{i}.locked")' 2>/dev/null &
	attacker=$!
	wait_until contains ransom.out stopped
	check "ransom.c stops who renames many" grep -q 'T (stopped)' /proc/$attacker/status
	check "before many are lost" [ "$(ls /srv/documents | grep -c locked)" -le 21 ]
	kill -KILL $attacker
	wait $attacker 2>/dev/null
	(for i in /srv/documents/*; do mv "$i" "$scratch" & done; wait) 2>/dev/null
	is "but not many who rename one each" "$(grep -c stopped ransom.out)" 1
	ends_at_once
}

need 'the kernel side loads' "$T" load
for each in ${TESTS:-watch life descendants scopes ended answers outcomes wrong dead child many numbers mutual mute pretended model inside guarded doors emit emit_unanswered lost examples}; do
	"test_$each"
done
finish
