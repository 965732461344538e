#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# When the kernel side has no memory: what is not refused is not taken for something else, and what cannot be noted is
# not done.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

pool() { # pool taken|free
	/usr/bin/python3 "$vm/pool.py" "$1"
}

failures() { # failures SESSION REASON
	"$T" show "$1" --json | jq ".failed_$2 // 0"
}

# Waits for a line, then becomes another program, which waits for one as well and makes a socket.
# shellcheck disable=SC2016
become='exec 3<>go 4<>more; read -r -u 3 first
[ "$first" = stay ] || exec /usr/bin/python3 -c "
import socket, sys
open(\"begun\", \"w\").close()
sys.stdin.readline()
socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
print(\"made\")" <&4
exec 5<>/dev/udp/127.0.0.1/9 && echo made'

becomes() { # becomes WORD: under the model, files and processes are not modeled; told in `said`
	rm -f begun go more
	mkfifo go more
	"$T" run -m become.model --enforce --on-violation deny --name become -- bash -c "$become" >said 2>&1 </dev/null &
	wait_until listed become
	[ "$1" != starved ] || pool taken >/dev/null
	echo "$1" >go
	[ "$1" = stay ] || wait_until test -e begun
	[ "$1" != starved ] || pool free >/dev/null
	echo on >more
	wait $!
}

# A program that is executed while nothing is free to describe it has not the identity of who executed it.
test_identity() {
	mkfifo go more
	echo stay >go &
	tsem learn --bypass file,process -o become.model --name become -- bash -c "$become" </dev/null
	is "a socket of bash is learned" "$status:$output" 0:made
	becomes stay
	like "bash may make it" "$(<said)" "*made*"
	becomes other
	unlike "another program may not" "$(<said)" "*made*"
	like "the namespace has refused it" "$(field become refused)" "[1-9]*"
	becomes starved
	unlike "nor when it was executed without memory to describe it" "$(<said)" "*made*"
	like "it has the identity of no program" "$("$T" show become forensics --json | jq -r .event.task_id)" "ffffffffffffffff*"
}

# Opens for writing, and maps, files that nothing is noted of yet.
cat >write.py <<'END'
import mmap, os, sys
print("ready", flush=True)
sys.stdin.readline()
counts = {"written": 0, "refused": 0, "mapped": 0, "unmapped": 0}
for number in range(400):
    try:
        file = os.open(f"memory/{number}", os.O_RDWR)
        counts["written"] += 1
    except OSError:
        counts["refused"] += 1
    try:
        mmap.mmap(os.open(f"disk/{number}", os.O_RDWR), 4096)
        counts["mapped"] += 1
    except OSError:
        counts["unmapped"] += 1
print(*counts.values())
END

# The maps of the kernel side belong to the group of who has loaded it: only they can have so little.
starve() {
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/scarce
	(echo "$BASHPID" >/sys/fs/cgroup/scarce/cgroup.procs && exec "$T" load)
}

files() {
	rm -rf memory disk
	mkdir -p memory disk
	mount -t tmpfs none memory
	mount -t ramfs none disk
	for ((i = 0; i < 400; i++)); do
		truncate -s 4096 memory/$i disk/$i
	done
}

writes() { # writes WORDS...: tsem WORDS, which starts the workload; told in `counts`
	files
	mkfifo say
	rm -f counts
	"$T" "$@" -- /usr/bin/python3 write.py <say >counts 2>errors &
	exec 8>say
	wait_until contains counts ready
	[ -z "${scarce-}" ] || echo 4096 >/sys/fs/cgroup/scarce/memory.max
	echo go >&8
	exec 8>&-
	wait $!
	echo max >/sys/fs/cgroup/scarce/memory.max
	umount memory disk
	rm say
}

# Who lets a file run asks whether a workload has had it open for writing, or mapped so: that could not be noted.
test_notes() {
	local written refused mapped unmapped

	"$T" unload
	need "the kernel side is loaded in a group of its own" starve
	writes learn -o write.model --name notes
	is "with memory, all is written and mapped" "$(tail -n 1 counts)" "400 0 400 0"
	for mode in "learn -o never.model" "run -m write.model --enforce --on-violation deny"; do
		# shellcheck disable=SC2086
		scarce=yes writes $mode --name notes
		read -r written refused mapped unmapped < <(tail -n 1 counts)
		is "${mode%% *}: each file is either written or refused" "$((written + refused)):$((mapped + unmapped))" 400:400
		[ "${refused:-0}" -gt 100 ] && [ "${unmapped:-0}" -gt 100 ]
		report $? "${mode%% *}: what could not be noted is refused" "$(cat counts errors)"
		like "${mode%% *}: and counted" "$(failures notes storage)" "[1-9]*"
	done
}

# tsem with the NUMBER-th of its calls of bpf(2) failing; false: it makes fewer.
faulted() { # faulted NUMBER ERRNO WORDS...
	timeout -k 5 100 strace -f -o calls -e trace=bpf -e "inject=bpf:error=$2:when=$1" "$T" "${@:3}" >shown 2>err </dev/null
	status=$?
	grep -q INJECTED calls
}

# Whichever question to the kernel fails: either the answer is whole, or there is none.
test_questions() {
	local call wrong='' refused=0

	rm -f go
	mkfifo go
	"$T" learn -o never.model --name asked -- bash -c 'cat /etc/hostname /etc/issue; exec 3<>go; read -r -u 3' >/dev/null 2>&1 </dev/null &
	comes_true eval '"$T" show asked trajectory | grep -q "opens $PWD/go"'
	report $? "a session lives"
	"$T" show asked trajectory --json >whole
	for ((call = 1; call < 200; call++)); do
		faulted $call ENOMEM show asked trajectory --json || break
		if [ $status = 0 ]; then
			cmp -s shown whole || wrong+=" $call"
		elif [ -s shown ] || [ "$(wc -l <err)" != 1 ]; then
			wrong+=" $call:$(wc -l <err)"
		else
			refused=$((refused + 1))
		fi
	done
	is "show: with a call that fails it says so, or shows all" "$wrong" ""
	[ $refused -gt 10 ]
	report $? "show: many calls were tried" "$call $refused"
	wrong=
	for ((call = 1; call < 25; call++)); do
		faulted $call EMFILE unload || break
		[ -d /sys/fs/bpf/tsem/links ] || { wrong+=" $call" && break; }
	done
	is "unload: with a call that fails it does not end the enforcement of who lives" "$wrong" ""
	[ $call -gt 3 ]
	report $? "unload: some calls were tried" "$call"
	bash -c 'ulimit -n 12; exec "$0" unload' "$T" >shown 2>err
	like "unload: nor without descriptors" "$?:$(<err)" "1:tsem: cannot open /sys/fs/bpf/tsem/*: Too many open files"
	is "it lives still" "$(field asked 'live, .mode' | tr '\n' ' ')" "true free "
	echo on >go
	wait $!
}

need "the kernel side is loaded" "$T" load
for each in ${TESTS:-identity questions notes}; do
	"test_$each"
done
finish
