#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The second wall: system calls that were not used while the model was learned
# are refused and named; real programs notice nothing of it.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
calls=$(dirname "$T")/calls
# What tsem run --syscalls refuses, each with its name in the sentence. All of them work here without it, or fail otherwise.
refused=(
	"fanotify_init:fanotify_init" "userfaultfd:userfaultfd" "iopl:iopl" "mount_setattr:mount_setattr" "request_key:request_key"
	"io_uring_setup:io_uring_setup" "inotify:inotify_init1" "ptrace:ptrace" "family:socket 38 (AF_ALG)" "ioctl:ioctl 0x80045430"
	"prctl:prctl 4 (PR_SET_DUMPABLE)" "x32:of a 32-bit program (number 1073741863)" "32bit:of a 32-bit program (number 20)"
)
names=("${refused[@]%%:*}")
learner=
trap '[ -z "$learner" ] || kill -9 "$learner"' EXIT

learned() { # the model of what the program does by itself
	[ -e calls.model ] || tsem learn -o calls.model --name learned -- "$calls" </dev/null
}

behind() { # behind NAME WORDS... -- DEED...: under the model, behind its system calls
	local name=$1

	shift
	learned
	tsem run --model calls.model -q --name "$name" "$@" </dev/null
}

test_learned() {
	learned
	like "learn: says how many" "$status:$errors" "0:*run 1: 7 new system calls, 7 in all*"
	is "the model has them" "$(sed -n '/^syscalls/,/^coefficients/p' calls.model | head -n -1 | tr '\n' ' ')" \
		"syscalls 7 clone kill prctl 3 readlink socket 1 stat wait "
	tsem show --syscalls ./calls.model --json
	is "show --json" "$(jq -c . <<<"$output")" '["clone","kill","prctl 3","readlink","socket 1","stat","wait"]'
	tsem learn -o again.model --name again -n 2 -- "$calls" </dev/null
	like "a second run: none is new" "$errors" "*run 1: 7 new system calls*"
	is "..., which is not said" "$(grep -c 'run 2: .*system calls' "$scratch/err")" 0
	tsem learn -o without.model --no-syscalls --name without -- "$calls" </dev/null
	is "--no-syscalls: none" "$(grep -c ^syscalls without.model)" 0
	tsem run -o run.model --name run -- "$calls" </dev/null
	is "tsem run -o: the same" "$(sed -n '/^syscalls/,/^coefficients/p' run.model | head -n -1)" \
		"$(sed -n '/^syscalls/,/^coefficients/p' calls.model | head -n -1)"
}

test_refused() {
	local row name sentence

	lacks "outside: none is refused" "$("$calls" "${names[@]}")" ' 1$'
	behind deny --enforce --on-violation deny --syscalls -- "$calls" "${names[@]}" vhangup
	is "all are refused" "$status:$(grep -v ' 1$' <<<"$output")" "0:"
	is "..., and the program went on" "$(wc -l <<<"$output")" $((${#names[@]} + 1))
	why deny
	for row in "${refused[@]}" vhangup:vhangup; do
		name=${row%%:*} sentence=${row#*:}
		like "why: $name" "$output" "*$calls, started by tsem, makes the system call $sentence: refused at *"
	done
	like "why: they are counted" "$status:$output" "3:*$((${#names[@]} + 1)) distinct violations; in all $((${#names[@]} + 1)) events outside the model, $((${#names[@]} + 1)) refused."
	why deny --json
	is "why --json" "$(jq -c '.events[] | select(.record.system_call.call == "socket") | [.program, .refused, .record.system_call.call, .record.system_call.argument, .record.event.process]' <<<"$output")" \
		"[\"$calls\",true,\"socket\",\"38\",\"calls\"]"
	is "the identity is that of the events" "$(jq -r '.events[0].record.event.task_id' <<<"$output")" \
		"$(tsem show ./calls.model trajectory --json && jq -r 'select(.event.type == "mmap_file" or .event.type == "socket_create") | .event.task_id' <<<"$output" | head -n 1)"
}

test_user() {
	cp "$calls" as-user
	tsem learn -o user.model --name user -- setpriv --reuid 1000 --regid 1000 --clear-groups ./as-user </dev/null
	tsem run --model user.model --enforce --on-violation deny --syscalls -q --name user -- \
		setpriv --reuid 1000 --regid 1000 --clear-groups ./as-user userfaultfd ptrace wide </dev/null
	is "a user: refused as well, and not what was learned" "$(tr '\n' ' ' <<<"$output")" "userfaultfd 1 ptrace 1 wide 0 "
	why user --json
	is "a user: the record has his ids" "$(jq -r '.events[] | .record.COE | .euid + " " + .fsgid + " " + .capeff' <<<"$output" | sort -u)" "1000 1000 0x0"
}

# What is not there is not there, as on an older kernel: a library that tries goes on.
test_unknown() {
	behind unknown --enforce --on-violation deny --syscalls -- "$calls" unknown beyond wide
	is "calls of no kernel: ENOSYS; an argument's upper half is not looked at" "$(tr '\n' ' ' <<<"$output")" "unknown 38 beyond 38 wide 0 "
	why unknown
	is "..., and no violation" "$status:$output" "0:No violations."
}

test_modes() {
	behind sealed --syscalls -- "$calls" fanotify_init prctl
	is "sealed: let through" "$(tr '\n' ' ' <<<"$output")" "fanotify_init 0 prctl 0 "
	why sealed
	like "sealed: recorded" "$status:$output" "3:*makes the system call fanotify_init: not in the model, let through*system call prctl 4 (PR_SET_DUMPABLE): not in the model, let through*events outside the model, 0 refused."
	behind log --enforce --on-violation log --syscalls -- "$calls" fanotify_init
	is "log: let through" "$output" "fanotify_init 0"
	behind kill --enforce --on-violation kill --syscalls -- "$calls" fanotify_init userfaultfd
	is "kill: killed" "$status:$output" "137:"
	why kill
	like "kill: recorded" "$output" "*makes the system call fanotify_init: refused*1 distinct violation;*"
	behind untrust --enforce --syscalls -- "$calls" fanotify_init wide
	is "untrust: the call is refused" "$(tr '\n' ' ' <<<"$output")" "fanotify_init 1 wide 0 "
	behind off --enforce --syscalls --no-syscalls -- "$calls"
	like "both options: wrong usage" "$status:$errors" "2:*exclude each other*"
	tsem run --syscalls -- "$calls" </dev/null
	like "without a model: wrong usage" "$status:$errors" "2:*--syscalls needs a model*"
	tsem learn -o bare.model --no-syscalls --name bare -- "$calls" </dev/null
	tsem run --model bare.model --enforce --syscalls -- "$calls" </dev/null
	like "a model without a list has no wall" "$status:$errors" "125:*has no list of system calls*"
	tsem run --model bare.model --enforce -- "$calls" </dev/null
	is "..., and runs without" "$status:$errors" "0:"
}

# Who is behind a filter already pays for one already.
test_default() {
	learned
	cat >filtered.py <<-'END'
		import ctypes, os, struct, sys
		code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
		program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(code)))
		if ctypes.CDLL(None).syscall(317, 1, 0, program):
		    sys.exit("no filter")
		os.execv(sys.argv[1], sys.argv[1:])
	END
	run() {
		timeout 60 /usr/bin/python3 filtered.py "$T" run --model calls.model -q "$@" -- "$calls" inotify </dev/null 2>&1
	}
	is "in a container: the default" "$(run --enforce --on-violation deny)" "inotify 1"
	is "..., but with --no-syscalls" "$(run --enforce --on-violation deny --no-syscalls)" "inotify 0"
	is "..., and when nothing is enforced" "$(run)" "inotify 0"
	behind elsewhere --enforce --on-violation deny -- "$calls" inotify
	is "elsewhere it is not" "$output" "inotify 0"
}

# A workload whose tsem is killed goes on: behind the same wall, and nobody hears of it.
test_dead() {
	learned
	mkfifo line
	"$T" run --model calls.model --enforce --on-violation deny --syscalls -q --name dead -- "$calls" wide wait fanotify_init vhangup ptrace <line >dead.out &
	exec 3>line
	wait_until contains dead.out "wide 0"
	sleep 0.5
	kill_orchestrator dead
	echo >&3
	wait_until contains dead.out ptrace
	is "the orchestrator is killed: what it would refuse does not exist" "$(tr '\n' ' ' <dead.out)" "wide 0 wait 0 fanotify_init 38 vhangup 38 ptrace 38 "
	exec 3>&-
}

test_flood() {
	behind flood --enforce --on-violation deny --syscalls -- "$calls" flood killed fanotify_init
	is "a flood, and callers that die: all is answered" "$status:$(tr '\n' ' ' <<<"$output")" "0:flood 0 killed 0 fanotify_init 1 "
	tsem show flood --json
	is "a flood: counted" "$(jq '.refused >= 20000 and .refused == .violations' <<<"$output")" true
	is "a flood: no more than its share is recorded" "$(jq '.forensics >= 1000 and .forensics <= 1030' <<<"$output")" true
	is "a flood: what was not recorded is counted" "$(jq '.failed_forensics_full > 10000' <<<"$output")" true
	tsem ps --all --json
	is "a flood: no record is lost" "$(jq -r '.[] | select(.name == "flood") | .lost' <<<"$output")" 0
}

test_room() {
	tsem learn -o many.model --name many -- "$calls" flood wait x32 </dev/null
	like "learn: more arguments than there is room for" "$errors" "*run 1: * uses of ioctl, prctl or socket had an argument for which there was no room*"
	like "learn: 32-bit calls are told" "$errors" "*run 1: 1 system calls of 32-bit programs*"
	# Two tasks that are the first at once take the room of two.
	is "learn: what there is room for" "$(grep -c '^socket ' many.model | awk '{ print ($1 > 240 && $1 <= 256) }')" 1
	is "learn: other calls have their room" "$(grep -cx 'clone' many.model)" 1
	tsem run --model many.model --enforce --on-violation deny --syscalls -q --name many -- "$calls" wait fanotify_init family </dev/null
	is "a filter of so many arguments" "$(tr '\n' ' ' <<<"$output")" "wait 0 fanotify_init 1 family 1 "
}

attached() { # how many programs on entering every system call
	/usr/sbin/bpftool -j link list | jq '[.[] | select(.tp_name == "sys_enter")] | length'
}

test_cost() {
	is "nobody learns: nothing is attached to the entry of system calls" "$(attached)" 0
	behind idle --enforce --syscalls -- "$calls"
	is "... nor behind the wall" "$(attached)" 0
	is "nobody has a filter without asking for it" "$(grep Seccomp: /proc/self/status)" $'Seccomp:\t0'
	tsem run --model calls.model --enforce --name filters -- grep Seccomp: /proc/self/status </dev/null
	"$T" learn -o never.model --name learner -- sleep 1000 </dev/null 2>learner.err &
	learner=$!
	wait_until listed learner
	is "somebody learns: one is attached" "$(attached)" 1
	kill_orchestrator learner
	is "the learner is killed: nothing is attached" "$(attached)" 0
	pkill -9 -x sleep
	wait "$learner" 2>/dev/null
	learner=
	"$T" learn -o one.model --name one -- "$calls" </dev/null 2>/dev/null
	is "learning is over: nothing is attached" "$(attached)" 0
}

# Learned once, run again behind what was learned.
clean() { # clean NAME WORDS...
	local name=$1

	shift
	tsem learn -o "$name.model" -n 2 --name "$name" -- "$@" </dev/null
	for _ in 1 2 3; do
		tsem run --model "$name.model" --enforce --syscalls --name "$name" -- "$@" </dev/null
		[ "$status" -eq 0 ] || break
	done
	is "$name: its status, and nothing is refused" "$status:$errors" "0:"
	why "$name"
	is "$name: no violations" "$output" "No violations."
}

test_real() {
	cat >threads.py <<-'END'
		import concurrent.futures, json, os, socket, subprocess, tempfile, threading
		with concurrent.futures.ThreadPoolExecutor(4) as pool:
		    assert sum(pool.map(len, ["a", "bc"])) == 3
		with tempfile.TemporaryDirectory(prefix="fixed") as d:
		    pass
		a, b = socket.socketpair()
		a.send(b"x")
		assert b.recv(1) == b"x"
		server = socket.create_server(("127.0.0.1", 0))
		assert subprocess.run(["/bin/true"]).returncode == 0
	END
	clean shell sh -c 'i=0; while [ $i -lt 20 ]; do /bin/true & i=$((i + 1)); done; wait; ls / | sort | head -n 1 >/dev/null'
	clean tools sh -c 'grep -r root /etc/passwd | tr a-z A-Z | sed s/R/r/ | awk "{print}" >/dev/null; find /etc/apt -name "*.d" >/dev/null; tar cf - /etc/hostname 2>/dev/null | gzip >/dev/null'
	tsem learn -o python.model -n 3 --name python -- /usr/bin/python3 threads.py </dev/null
	tsem run --model python.model --enforce --syscalls --name enforced -- /usr/bin/python3 threads.py </dev/null
	why enforced --json
	is "python with threads and children: no system call is refused" "$(jq -c '[.events[].record.system_call.call // empty]' <<<"$output")" "[]"
}

need "the programs are loaded, and stay" "$T" load
for function in ${TESTS:-learned refused user unknown modes default dead flood room cost real}; do
	"test_$function"
done
finish
