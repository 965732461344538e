#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Events on their way out: all of them, in order, counted; classes that are left out.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

exporter=
trap '[ -z "$exporter" ] || kill -9 "$exporter"' EXIT

# Opens /etc/hostname so many times: so many events, and few of another kind.
flood() { # flood COUNT
	printf 'import os\nfor _ in range(%d): os.close(os.open("/etc/hostname", os.O_RDONLY))\n' "$1" >flood.py
}

# What the lines themselves say: how many, whether the numbers ascend, and how many are missing before the last.
lines_of() { # lines_of FILE
	/usr/bin/python3 - "$1" <<-'END'
		import json, re, sys
		lines = open(sys.argv[1]).read().splitlines()
		numbers = [int(re.search(r'"number":"(\d+)"', line).group(1)) for line in lines]
		json.loads(lines[-1])
		assert numbers == sorted(set(numbers)), "the numbers do not ascend"
		print(len(numbers), numbers[-1] - len(numbers) if numbers else 0)
	END
}

# The counts that tsem printed last: produced, delivered, lost.
counts_in() { # counts_in FILE
	sed -n 's/^tsem: \([0-9]*\) events produced, \([0-9]*\) delivered, \([0-9]*\) lost$/\1 \2 \3/p' "$1" | tail -n 1
}

balanced() { # balanced NAME FILE COUNTS
	local produced delivered lost lines missing

	read -r produced delivered lost <<<"$3"
	read -r lines missing <<<"$(lines_of "$2")"
	is "$1: produced = delivered + lost" "${produced:-none}" "$((${delivered:-0} + ${lost:-0}))"
	is "$1: as many lines as delivered" "$lines" "$delivered"
	[ "$missing" -le "${lost:-0}" ]
	report $? "$1: no number is missing that is not counted" "missing $missing, lost $lost"
}

test_run() {
	tsem run --export-only -o run.json --name run -- sh -c 'cat /etc/hostname; exit 7' </dev/null
	is "export-only: the status is the workload's" "$status" 7
	balanced "export-only" run.json "$(counts_in "$scratch/err")"
	is "export-only: nothing is lost" "$(counts_in "$scratch/err" | cut -d ' ' -f 3)" 0
	is "export-only: each open is there, also a repeated one" \
		"$(tsem run --export-only -o twice.json --name twice -- sh -c 'read a </etc/hostname; read a </etc/hostname; read a </etc/hostname' </dev/null
		jq -r 'select(.file_open.file.path.pathname == "/etc/hostname") | .event.type' <twice.json | wc -l)" 3
	tsem learn -o same.model --name same -- sh -c 'cat /etc/hostname; exit 7' </dev/null
	is "export-only: the same identities as learned" \
		"$(jq -r 'select(.event.type == "bprm_committed_creds") | .event.task_id' <run.json)" \
		"$("$T" show same trajectory --json | jq -r 'select(.event.type == "bprm_committed_creds") | .event.task_id')"
}

test_session() {
	tsem run --export-only --name kept -- sh -c 'cat /etc/hostname' </dev/null
	tsem export kept </dev/null
	is "a session can be exported when it has ended" "$status" 0
	cp "$scratch/out" kept.json
	balanced "an ended session" kept.json "$(counts_in "$scratch/err")"
	tsem show same trajectory --json
	cp "$scratch/out" trajectory
	tsem export same </dev/null
	is "a session with a model: the export is its trajectory" "$status:$(sort "$scratch/out" | sha256sum)" "0:$(sort trajectory | sha256sum)"
	"$T" run --export-only --name followed -- sh -c 'for i in 1 2 3; do sleep 1; cat /etc/hostname >/dev/null; done' </dev/null &
	wait_until "$T" show followed
	tsem export followed --follow </dev/null
	wait
	is "following ends with the session" "$status" 0
	cp "$scratch/out" followed.json
	balanced "followed" followed.json "$(counts_in "$scratch/err")"
	is "followed: to the last event" "$(jq -r 'select(.event.type == "bprm_committed_creds" and .event.process == "sh") | 1' <followed.json | wc -l)" 6
}

root_begins() { # root_begins WORDS...
	"$T" export --root -o root.json "$@" </dev/null 2>root.err &
	exporter=$!
	wait_until "$T" ps
	wait_until test -s root.json
}

root_ends() { # root_ends SIGNAL
	kill -"$1" "$exporter"
	wait "$exporter" 2>/dev/null
	status=$?
	exporter=
}

# How many places have tasks that use a file as code though it is not mapped.
codes() {
	/usr/sbin/bpftool -j map dump pinned /sys/fs/bpf/tsem/tsem_codes | jq '[.[] | select(.value | any(. != "0x00"))] | length'
}

# A script of the root namespace whose workload is in a namespace of its own: both let go of it.
test_scripts() {
	local before

	cat >starts.sh <<-'END'
		#!/bin/sh
		"$1" run --export-only -o below.json --name below -- sh -c 'until [ -e counted ]; do sleep 0.1; done'
		true
	END
	chmod +x starts.sh
	root_begins
	before=$(codes)
	./starts.sh "$T" below </dev/null 2>below.err &
	comes_true eval '[ "$(codes)" -gt "$before" ]'
	report $? "scripts: one that runs counts"
	touch counted
	wait $!
	is "scripts: it ends well" $? 0
	contains below.err "events produced"
	report $? "scripts: its workload was in a namespace"
	is "scripts: and counts no more" "$(codes)" "$before"
	root_ends INT
	rm root.json
}

test_root() {
	local before

	cat >reads.sh <<-'END'
		#!/bin/sh
		read line </etc/issue
	END
	chmod +x reads.sh
	root_begins
	./reads.sh
	"$T" learn -o inside.model --name inside -- sh -c 'read line </etc/debian_version' </dev/null 2>/dev/null
	kill -USR1 "$exporter"
	comes_true contains root.err "events produced"
	report $? "counts on request"
	root_ends INT
	is "root: interrupted, it ends well" "$status" 0
	balanced root root.json "$(counts_in root.err)"
	is "root: what is outside is there" "$(jq -r 'select(.file_open.file.path.pathname == "/etc/issue") | .event.process' <root.json)" reads.sh
	is "root: what is inside a namespace is not" "$(jq -r 'select(.file_open.file.path.pathname == "/etc/debian_version") | .event.process' <root.json; echo $?)" 0
	is "root: tsem export itself is not" "$(jq -r "select(.event.pid == \"$exporter\") | 1" <root.json; echo $?)" 0
	rm root.json
	./reads.sh
	root_begins
	is "root: nothing from between two exports" "$(jq -r 'select(.file_open.file.path.pathname == "/etc/issue") | 1' <root.json; echo $?)" 0
	tsem export --root </dev/null
	like "root: there is one at a time" "$status:$errors" "1:tsem: a namespace named root is living already*"
	before=$(stat -c %s root.json)
	root_ends KILL
	./reads.sh
	is "root: killed, nothing hangs" "$?:$(stat -c %s root.json | awk -v b="$before" '{ print ($1 >= b) }')" "0:1"
	rm root.json
	root_begins
	./reads.sh
	comes_true grep -q /etc/issue root.json
	report $? "root: another takes over after it was killed"
	root_ends TERM
	is "root: and ends well" "$status" 0
	balanced "root, again" root.json "$(counts_in root.err)"
	tsem learn -o enforced.model --name enforced -- sh -c 'read line </etc/issue' </dev/null
	tsem run -m enforced.model --enforce --name enforced -- sh -c 'read line </etc/issue; read line </etc/debian_version' </dev/null
	like "a task that was in the root namespace can be enforced" "$errors" "*debian_version*refused*"
}

# The reader is stopped, so that more events come than the kernel can keep.
test_full() {
	local from reader

	flood 16000
	"$T" run --export-only -o count.json --name count -- sh -c "touch began; while [ ! -e go ]; do sleep 0.1; done; /usr/bin/python3 flood.py; touch done" </dev/null 2>count.err &
	exporter=$!
	wait_until test -e began
	reader=$(field count orchestrator)
	kill -STOP "$reader"
	touch go
	WITHIN=120 comes_true test -e done
	report $? "on full, count: the workload is not held up"
	kill -CONT "$reader"
	wait "$exporter"
	exporter=
	balanced "on full, count" count.json "$(counts_in count.err)"
	[ "$(counts_in count.err | cut -d ' ' -f 3)" -gt 3000 ]
	report $? "on full, count: what is lost is counted" "$(<count.err)"
	rm -f began go done
	flood 8000
	"$T" run --export-only --on-full block -o block.json --name block -- sh -c "touch began; while [ ! -e go ]; do sleep 0.1; done; /usr/bin/python3 flood.py; touch done" </dev/null 2>block.err &
	exporter=$!
	wait_until test -e began
	reader=$(field block orchestrator)
	kill -STOP "$reader"
	touch go
	from=$SECONDS
	WITHIN=120 comes_true test -e done
	report $? "on full, block: a reader that has stopped does not stop the workload for good"
	[ $((SECONDS - from)) -ge 1 ]
	report $? "on full, block: but it is waited for"
	kill -CONT "$reader"
	wait "$exporter"
	exporter=
	balanced "on full, block, stopped" block.json "$(counts_in block.err)"
	"$T" run --export-only --on-full block -o /dev/stdout --name slow -- /usr/bin/python3 flood.py </dev/null 2>slow.err |
		/usr/bin/python3 -c '
import os, sys, time
with open("slow.json", "wb") as file:
    while chunk := os.read(0, 1 << 20):
        file.write(chunk)
        time.sleep(0.002)'
	balanced "on full, block, slow" slow.json "$(counts_in slow.err)"
	is "on full, block, slow: nothing is lost" "$(counts_in slow.err | cut -d ' ' -f 3)" 0
}

test_disk() {
	mkdir small
	mount -t tmpfs -o size=256k small small
	flood 2000
	tsem run --export-only -o small/events.json --name disk -- /usr/bin/python3 flood.py </dev/null
	like "full disk: said" "$status:$errors" "125:*small/events.json: No space left on device*"
	balanced "full disk" small/events.json "$(counts_in "$scratch/err")"
	umount small
	tsem export disk -o /nowhere/events.json </dev/null
	is "no such directory" "$status:$errors" "1:tsem: cannot write /nowhere/events.json: No such file or directory"
	tsem export no-such-session </dev/null
	like "no such session" "$status:$errors" "1:*no-such-session*"
	tsem export </dev/null
	is "neither a session nor --root" "$status" 2
	# More than fits into a pipe.
	"$T" run --export-only --name left -- /usr/bin/python3 flood.py </dev/null >/dev/null 2>&1
	"$T" export left 2>gone.err </dev/null | head -c 1 >/dev/null
	is "a reader that leaves" "$((PIPESTATUS[0] != 0)):$(grep -c 'Broken pipe' gone.err)" 1:1
}

test_bypass() {
	tsem learn --bypass file,ipc -o bypass.model --name bypass -- /usr/bin/python3 -c 'import socket; socket.socket()' </dev/null
	is "bypass: in the model" "$(sed -n 's/^bypass //p' bypass.model)" "file,ipc"
	is "bypass: no event of the class" "$(grep -c file_open bypass.model)" 0
	tsem show bypass.model
	like "bypass: shown" "$output" "*not modeled *file,ipc*"
	tsem model verify bypass.model
	like "bypass: told by verify" "$output" "*leaves out*file,ipc*"
	tsem run -m bypass.model --enforce --name bypass -- /usr/bin/python3 -c 'import socket; socket.socket(); print(open("/etc/issue").read() != "")' </dev/null
	is "bypass: the class is not enforced" "$status:$output:$errors" "0:True:"
	tsem run -m bypass.model --enforce --name bypass -- /usr/bin/python3 -c 'import ctypes, socket; socket.socket()
print(ctypes.CDLL(None).syscall(425, 4, ctypes.create_string_buffer(256)) >= 0)' </dev/null
	is "bypass: nor for what has no file, an io_uring" "$status:$output:$errors" "0:True:"
	tsem run -m bypass.model --enforce --name bypass -- /usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX)' </dev/null
	like "bypass: the others are" "$status:$errors" "1:*creates a*socket*refused*"
	tsem learn --bypass files -o x.model -- true </dev/null
	like "bypass: of no class" "$status:$errors" "2:*cannot be 'files'*"
	[ ! -e x.model ]
	report $? "bypass: of no class: nothing is written"
}

# A C project of 53 files, against counts that the kernel's tracing makes without us.
test_compile() {
	local tracing=/sys/kernel/tracing i

	mkdir project
	for i in $(seq 52); do
		printf '#include <stddef.h>\nsize_t f%d(void)\n{\n\treturn %d;\n}\n' "$i" "$i" >"project/f$i.c"
	done
	printf 'int main(void) { return 0; }\n' >project/main.c
	printf 'OBJ := $(patsubst %%.c,%%.o,$(wildcard *.c))\nprogram: $(OBJ)\n\tgcc -o $@ $^\n%%.o: %%.c\n\tgcc -c -o $@ $<\n' >project/Makefile
	echo 32768 >$tracing/buffer_size_kb
	echo 'ret >= 0' >$tracing/events/syscalls/sys_exit_openat/filter
	echo 'ret >= 0' >$tracing/events/syscalls/sys_exit_open/filter
	for each in syscalls/sys_exit_openat syscalls/sys_exit_open sched/sched_process_exec; do
		echo 1 >$tracing/events/$each/enable
	done
	: >$tracing/trace
	timeout 200 "$T" run --export-only --on-full block -o compile.json --name compile -- make -s -C project </dev/null 2>compile.err
	is "compile: it does" "$?:$(test -x project/program && echo built)" "0:built"
	for each in syscalls/sys_exit_openat syscalls/sys_exit_open sched/sched_process_exec; do
		echo 0 >$tracing/events/$each/enable
	done
	grep -v '^#' $tracing/trace >trace
	is "compile: the tracing has lost nothing" "$(grep -c LOST trace)" 0
	balanced compile compile.json "$(counts_in compile.err)"
	is "compile: nothing is lost" "$(counts_in compile.err | cut -d ' ' -f 3)" 0
	/usr/bin/python3 - >compared <<-'END'
		import json, re
		FMODE_EXEC = 0x20
		events = [json.loads(line) for line in open("compile.json")]
		tasks = {e["event"]["tid"] for e in events}
		opens = sum(e["event"]["type"] == "file_open" and not int(e["file_open"]["file"]["flags"], 16) & FMODE_EXEC for e in events)
		execs = sum(e["event"]["type"] == "bprm_committed_creds" for e in events)
		traced = {"open": 0, "exec": 0}
		for line in open("trace"):
		    task = re.match(r".{0,40}?-(\d+)\s+\[", line).group(1)
		    if "sched_process_exec" in line:
		        traced["exec"] += task in tasks
		    else:
		        traced["open"] += task in tasks
		print("execs", execs, traced["exec"])
		print("opens", opens, traced["open"])
	END
	read -r _ ours theirs <<<"$(grep execs compared)"
	is "compile: every exec is there" "$ours" "$theirs"
	[ "${ours:-0}" -gt 150 ]
	report $? "compile: of 53 files" "$ours execs"
	read -r _ ours theirs <<<"$(grep opens compared)"
	is "compile: every open is there" "$ours" "$theirs"
}

# What is known beyond the records is in OCSF: names at an exec, the command line, the evidence of a finding.
test_ocsf() {
	# A busy machine may write the line when the program is gone: it runs again until one has been seen running.
	rm -f seen
	tsem run --export-only --format ocsf -o ocsf.json --name ocsf -- \
		sh -c 'cat /etc/hostname; for i in 1 2 3 4 5 6 7 8; do sleep 2; [ ! -e seen ] || exit 0; done' </dev/null &
	comes_true grep -q '"cmd_line":"sleep 2"' ocsf.json
	report $? "ocsf: the command line of what still runs is written while it does" "$(grep -c sleep ocsf.json)"
	touch seen
	wait $!
	status=$?
	is "ocsf: written" "$status:$(jq -s 'length > 50 and all(.[]; .class_name and .activity_name and .severity)' ocsf.json)" 0:true
	is "ocsf: at an exec both names are there" \
		"$(jq -r 'select(.process.file.path == "/usr/bin/cat" and .activity_id == 1) | "\(.actor.process.name) \(.actor.process.file.path) \(.process.name)"' ocsf.json)" \
		"sh /usr/bin/dash cat"
	is "ocsf: the command line of what still runs" \
		"$(jq -r 'select(.process.file.path == "/usr/bin/sleep" and .activity_id == 1) | .process.cmd_line | strings' ocsf.json | sort -u)" "sleep 2"
	tsem learn -o ocsf.model --name learned -- sh -c 'cat /etc/hostname' </dev/null
	tsem run -q -m ocsf.model --name found -- sh -c 'cat /etc/passwd' </dev/null
	tsem export found --format ocsf -o found.json </dev/null
	like "ocsf: a finding has the difference" \
		"$(jq -r 'select(.class_uid == 2004 and .evidences[0].file.path == "/etc/passwd") | "\(.evidences[0].actor.process.file.path) \(.evidences[0].data.nearest): \(.evidences[0].data.difference)"' found.json)" \
		"/usr/bin/cat /usr/bin/cat, started by /usr/bin/dash, opens /etc/*: */etc/passwd here*"
}

# Who waits for room may hold the lock of a directory that others use, whatever answers for its own memory.
test_held() {
	mkdir mirror shared
	chmod 1777 shared
	chmod 755 .
	cp "$(dirname "$T")/held" held
	cat >silent.py <<-PYTHON
		import os, sys
		sys.path.insert(0, "$vm")
		from fuse import mount_served, serve_program
		device = os.open("/dev/fuse", os.O_RDWR)
		mount_served(device, "silent", "$PWD/mirror", "fuse.silent", ",allow_other")
		print("served", flush=True)
		serve_program(device, 4096, lambda *_: None)
	PYTHON
	/usr/bin/python3 silent.py >silent.out 2>&1 </dev/null &
	wait_until grep -q served silent.out
	"$T" export --root --on-full block 2>held.err </dev/null | /usr/bin/python3 -c '
import os, time
while os.read(0, 65536):
    time.sleep(0.1)' &
	wait_until test -e /run/tsem/sessions/root
	setpriv --reuid 1000 --regid 1000 --clear-groups ./held mirror/program shared 12 >held.out &
	sleep 6
	timeout -s KILL 20 touch shared/other
	is "a task that waits for room, and whose memory never answers, does not keep a directory locked" "$?" 0
	wait_until test -s held.out
	[ "$(<held.out)" -gt 0 ]
	report $? "... and it has made and removed directories" "$(<held.out)"
	pkill -INT -f 'export --root'
	wait_until grep -q 'events produced' held.err
	[ "$(counts_in held.err | cut -d ' ' -f 1)" -gt 5000 ]
	report $? "... with a full ring" "$(<held.err)"
	pkill -KILL -x held
	pkill -KILL -f silent.py
	umount -l mirror
}

need "load" "$T" load
# Full rings and the compilation take longer than all others together: they are of `make test-long`.
for name in ${TESTS:-run session root scripts disk bypass ocsf held ${TSEM_LONG:+full compile}}; do
	"test_$name"
done
lacks "the kernel has not complained" "$(dmesg)" 'BUG:|Oops|WARNING:|Call Trace'
finish
