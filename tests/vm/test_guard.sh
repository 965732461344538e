#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What is guarded, by what it is and not by how it is called: every object that
# tsem has in the kernel, its processes in any PID namespace and by any call, and
# its files below another file system. The workloads are root, and free. And what
# is left of a namespace that could not be made: nothing.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

pins=/sys/fs/bpf/tsem

inside() { # inside SHELL: its output, by a free workload
	tsem run --name guarded --quiet -- bash -c "$1" </dev/null
}

objects() { # those that were not there before: KIND ID, sorted
	comm -13 before <(./objects list | sort)
}

test_objects() {
	local pin taken orchestrator running

	agent_starts "unix:$scratch/agent"
	"$T" run --name victim --tma "unix:$scratch/agent" --quiet -- sleep 100 </dev/null >/dev/null 2>&1 &
	running=$!
	wait_until pgrep -f ^tsem-helper
	wait_until pgrep -x sleep
	orchestrator=$(field victim orchestrator)
	objects >ours
	for each in map prog link; do
		like "there are objects of the kind $each" "$(grep -c "^$each " ours)" "[1-9]*"
	done
	# shellcheck disable=SC2046
	is "outside, each can be taken" "$(./objects take $(<ours) | sort)" "$(<ours)"
	# Its own maps are there by then, too.
	inside "./objects list | sort | comm -13 before - >mine; ./objects take \$(<mine)"
	is "a workload can take none" "$status:$output" 0:
	none "... of all that there are" comm -23 ours mine
	inside './objects list | sort | comm -12 before - >theirs; ./objects take $(<theirs) | sort | diff - theirs && echo all'
	is "a workload can take what is not ours" "$output" all
	taken=
	find $pins -type f >pinned
	is "there are pins of maps, programs and links" "$(($(wc -l <pinned) > 100)):$(grep -c '/links/' pinned | grep -c '[1-9]')" 1:1
	for pin in $(<pinned); do
		./objects pin "$pin" >out || echo "$pin"
		[ "$(<out)" = done ] || taken+=" $pin"
	done
	is "outside, each can be opened by its pin" "$taken" ""
	inside "for pin in \$(<pinned); do ./objects pin \$pin 2>/dev/null | grep -q done && echo \$pin; done; echo end"
	is "a workload can open none by its pin" "$output" end
	is "... which is counted" "$(field guarded violations)" "$(wc -l <pinned)"
	inside "for task in /proc/$orchestrator/task/*; do ./evade trace \${task##*/}; done | sort | uniq -c"
	like "it traces no thread of who orchestrates" "$output" " *[2-9] EPERM"
	kill "$(pgrep -x sleep)"
	wait "$running"
	kill "$agent"
}

# It orchestrates nothing, and has descriptors of our objects, as every tsem that looks at them; so has its child.
# Any user may give a file system of his own the type of that by which tasks ask, in a user namespace. It hides nobody.
test_served() {
	local who

	mkdir -m 777 served
	chmod 666 /dev/fuse
	for who in 65534 0; do
		rm -f served.out
		setpriv --reuid $who --regid $who --clear-groups unshare --user --map-root-user --mount \
			/usr/bin/python3 "$vm/served_fuse.py" "$scratch/served" fuse.tsem "$(realpath evade)" served >served.out 2>&1 </dev/null &
		server=$!
		wait_until grep -q process served.out
		process=$(sed 's/process //' served.out)
		wait_until grep -q program "/proc/$process/comm"
		readlink "/proc/$process/exe" >link
		is "user $who's own file system of the type fuse.tsem: its process is seen" "$?:$(basename "$(<link)")" 0:program
		kill -9 "$server" "$process"
		wait "$server" 2>/dev/null
	done
}

test_holders() {
	local map holder each

	map=$(bpftool -j map show pinned $pins/tsem_namespaces | jq -r .id)
	./objects hold map "$map" >out &
	holder=$!
	wait_until pgrep -P "$holder"
	for each in $holder $(pgrep -P "$holder"); do
		is "outside, the descriptor of a map can be copied from who has it" "$(./objects steal "$each")" "map $map"
		inside "./objects steal $each; ./evade trace $each; echo end"
		is "a workload cannot copy it, nor trace who has it" "$output" "EPERM
end"
	done
	kill "$(pgrep -P "$holder")" "$holder"
	wait "$holder"
}

# It has joined the root namespace, which takes all else of its state.
test_root() {
	local export

	"$T" export --root --to "file:$scratch/root.json" >/dev/null 2>&1 </dev/null &
	export=$!
	wait_until test -s root.json
	inside "kill -KILL \$PPID && echo done; kill -KILL $export && echo done; echo end"
	is "a workload cannot kill who orchestrates it, when that is in the root namespace, nor who reads that" "$output" end
	kill -INT "$export"
	wait "$export"
}

# The numbers of processes are other ones there.
test_namespace() {
	local each

	for each in 'kill -KILL $PPID' 'kill -STOP $PPID' 'test "$(./evade trace $PPID)" = done' 'exec 9</proc/$PPID/mem'; do
		timeout 30 unshare -p -f --mount-proc "$T" run --name guarded --quiet -- bash -c "{ $each; } 2>/dev/null && echo done; echo end" </dev/null >out
		is "in a PID namespace a workload cannot: $each" "$(<out)" end
	done
	timeout 30 unshare -p -f --mount-proc "$T" run --name guarded --quiet -- bash -c './objects limits $PPID' </dev/null >out
	is "... nor by limits and priorities" "$(grep -c done out):$(grep -c EPERM out)" "0:7"
	sleep 1000 &
	unshare -p -f bash -c "'$T' run --name guarded --quiet -- bash -c 'kill -KILL \$\$'; echo \$?" </dev/null >out
	is "a workload in a PID namespace can kill itself" "$(tail -n 1 out)" 137
	kill %%
}

# What is said of a process is not said of its children.
test_children() {
	tsem run --name guarded --quiet -- bash -c 'sleep 100 & kill -TERM $!; wait $!; echo $?' </dev/null
	is "a workload's own processes can be signalled" "$output" 143
	# Its parent carries its signals and stops: traced, it would send itself what the workload says.
	tsem run --name guarded --quiet -- /usr/bin/python3 -c \
		'import ctypes, os; print(ctypes.CDLL(None).ptrace(0, 0, 0, 0), flush=True); os.kill(os.getpid(), 10)' </dev/null
	is "CMD does not make who has started it its tracer" "$status:$output" 138:-1
	"$T" run --name victim --quiet -- sleep 100 </dev/null >/dev/null 2>&1 &
	wait_until pgrep -x sleep
	tsem run --name guarded --quiet -- bash -c "kill -TERM $(pgrep -x sleep) 2>/dev/null && echo done; kill -0 \$PPID && echo there" </dev/null
	is "those of another one cannot" "$output" there
	kill "$(pgrep -x sleep)"
	wait $!
}

# By a descriptor the kernel sends a signal to whom a task has told it.
test_descriptors() {
	local orchestrator victim other

	"$T" run --name victim --quiet -- sleep 100 </dev/null >/dev/null 2>&1 &
	wait_until pgrep -x sleep
	orchestrator=$(field victim orchestrator)
	victim=$(pgrep -x sleep)
	setsid sleep 99 &
	wait_until eval '[ "$(pgrep -x sleep | wc -l)" = 2 ]'
	other=$(pgrep -x sleep | grep -vx "$victim")
	inside "for each in $orchestrator $victim \$PPID; do ./evade signal \$each; done; echo end"
	is "a workload cannot have the kernel send signals by descriptors to these" "$output" "$(printf 'EPERM\n%.0s' 1 2 3)
end"
	"$T" show guarded forensics --json >out
	is "... which is recorded" "$(jq -r '.event.type + .file_fcntl.cmd' <out | sort -u)" "file_fcntl8"
	inside "for each in $orchestrator $victim \$PPID $other; do ./evade signal_ex \$each; done; ./evade signal $other; ./evade signal -$other; echo end"
	is "... in some ways it may say so" "$output" "$(printf 'done\n%.0s' 1 2 3 4 5 6)
end"
	is "... and none is sent, which is counted" "$(field guarded 'violations, .refused' | tail -n 2 | tr '\n' ' ')" "6 6 "
	for each in $orchestrator $victim $other; do
		kill -0 "$each"
		report $? "... of another namespace, of an orchestrator and outside nobody gets one"
	done
	inside 'sleep 98 & ./evade signal $!; wait $!; echo $?'
	is "... a workload's own processes do" "$output" "done
143"
	is "... it is not counted" "$(field guarded violations | tail -n 1)" 0
	./evade signal "$orchestrator" >/dev/null
	sleep 0.2
	kill -0 "$orchestrator"
	report $? "outside, an orchestrator gets none"
	./evade signal "$other" >/dev/null
	comes_true eval '! kill -0 $other 2>/dev/null'
	report $? "... others do"
	kill "$victim"
	wait
}

test_limits() {
	local orchestrator victim other

	"$T" run --name victim --quiet -- sleep 100 </dev/null >/dev/null 2>&1 &
	wait_until pgrep -x sleep
	orchestrator=$(field victim orchestrator)
	victim=$(pgrep -x sleep)
	sleep 99 &
	other=$!
	for each in $orchestrator $victim $other; do
		is "outside, all limits can be set" "$(./objects limits "$each" | grep -c done)" 7
	done
	inside "./objects limits $orchestrator"
	is "a workload sets none of an orchestrator" "$(grep -c done out):$(grep -c EPERM out)" "0:7"
	inside "./objects limits $victim"
	is "... none of a task of another namespace" "$(grep -c done out):$(grep -c EPERM out)" "0:7"
	inside "./objects limits $other; ./objects limits \$\$"
	is "... of others and of itself it does" "$(grep -c done out)" 14
	kill "$victim" "$other"
	wait
}

# Before each the directory for changes is empty: what is below is what a workload would reach.
over() { # over OPTIONS SHELL [FILE]: as root inside; FILE is there
	rm -rf /run/work over && mkdir -p /run/work over
	inside "mount -t overlay overlay -o $1 over && test -e over/${3-sequence} && echo mounted; { $2; } 2>/dev/null && echo done; umount over"
}

test_overlay() {
	local upper="lowerdir=$scratch/empty,upperdir=/run/tsem,workdir=/run/work" each files
	local acl=0200000001000700ffffffff02000700e803000004000000ffffffff10000700ffffffff20000000ffffffff

	modules overlay || grep -q overlay /proc/filesystems
	report $? "there is an overlay file system"
	mkdir -p empty /run/work over
	mount -t overlay overlay -o "$upper" over && cat over/sequence >/dev/null && mkdir over/new
	is "outside, one can read and change by an overlay" "$?:$(ls -d /run/tsem/new)" "0:/run/tsem/new"
	umount over
	rmdir /run/tsem/new
	files=$(find /run/tsem -not -path '*/guarded*' -printf '%p %m %s\n' | grep -v sequence | sort)
	for each in 'rm over/sequence' 'mv over/sequence over/gone' 'mkdir over/new' 'echo x >over/new' 'echo x >over/sequence' 'ln -s x over/new' \
		'mknod over/new p' 'ln over/sequence over/new' 'chmod 0777 over/sequence' 'rmdir over/sessions/holder; rm -r over/sessions/holder' \
		'truncate -s 0 over/sequence' "/usr/bin/python3 -c \"import os; os.setxattr('over', 'system.posix_acl_access', bytes.fromhex('$acl'))\""; do
		over "$upper" "$each"
		is "a workload cannot, above our files: $each" "$(tail -n 1 <<<"$output")" mounted
	done
	for each in 'cat over/sequence' 'ls over/sessions'; do
		over "lowerdir=/run/tsem:$scratch/empty" "$each"
		is "a workload cannot, above our files: $each" "$(tail -n 1 <<<"$output")" mounted
	done
	over "lowerdir=/run:$scratch/empty" 'cat over/tsem/sequence' tsem/sequence
	is "... nor above the directory that they are in" "$(tail -n 1 <<<"$output")" mounted
	over "lowerdir=/sys/fs/bpf:$scratch/empty" 'ls over/tsem/links' tsem/tsem_root
	is "... nor above the pins" "$(tail -n 1 <<<"$output")" mounted
	mkdir /sys/fs/bpf/work
	mount -t overlay overlay -o "lowerdir=$scratch/empty,upperdir=/sys/fs/bpf/tsem,workdir=/sys/fs/bpf/work" over 2>/dev/null
	is "the pins cannot be changed by an overlay, outside either" "$?" 32
	rmdir /sys/fs/bpf/work/* /sys/fs/bpf/work
	is "nothing has changed" "$(find /run/tsem -not -path '*/guarded*' -printf '%p %m %s\n' | grep -v sequence | sort)" "$files"
	mkdir -p /run/mine /run/work
	over "lowerdir=$scratch/empty,upperdir=/run/mine,workdir=/run/work" 'echo x >over/a && mv over/a over/b && mkdir over/c && rm -r over/b over/c'
	like "beside them it can" "$output" '*done*'
}

# Who traces a process outside comes along when that one starts tsem: it then has no map of ours.
test_tracer() {
	local shell tracer

	rm -f begin
	bash -c 'until test -e begin; do sleep 0.1; done
		"$0" run --name traced --quiet -- echo started >out 2>err </dev/null
		echo "$?" >status' "$T" &
	shell=$!
	"$T" run --name tracer --quiet -- /usr/bin/python3 "$tests/workloads/follower.py" $shell </dev/null >attached 2>&1 &
	tracer=$!
	wait_until grep -q attached attached
	: >begin
	wait $shell $tracer
	like "who is traced by a workload does not orchestrate" "$(<status):$(<out):$(<err)" \
		"125::tsem: cannot open */tsem_*: process [0-9]* traces this one, and is in a modeling namespace: end it, or start tsem elsewhere"
	rm -f begin attached
	bash -c 'until test -e begin; do sleep 0.1; done; exec "$0" run --name traced --quiet -- echo started' "$T" >out 2>err </dev/null &
	shell=$!
	/usr/bin/python3 "$tests/workloads/follower.py" $shell </dev/null >attached 2>&1 &
	wait_until grep -q attached attached
	: >begin
	wait
	is "who is traced from outside does" "$(<out):$(<err)" "started:"
}

# An access list would let others in.
test_attributes() {
	local set="os.setxattr('/run/tsem', 'trusted.x', b'')" acl="os.setxattr('/run/tsem', 'system.posix_acl_access', bytes.fromhex('0200000001000700ffffffff02000700e803000004000000ffffffff10000700ffffffff20000000ffffffff'))"
	local remove="os.removexattr('/run/tsem', 'trusted.x')" each

	for each in "$set" "$acl" "$remove"; do
		inside "/usr/bin/python3 -c \"import os; $each\" 2>/dev/null && echo done; echo end"
		is "a workload cannot: ${each:0:60}" "$output" end
		/usr/bin/python3 -c "import os; $each"
		report $? "outside one can"
	done
	inside "/usr/bin/python3 -c \"import os; os.removexattr('/run/tsem', 'system.posix_acl_access')\" 2>/dev/null && echo done; echo end"
	is "a workload cannot remove an access list" "$output" end
	/usr/bin/python3 -c "import os; os.removexattr('/run/tsem', 'system.posix_acl_access')"
	report $? "outside one can"
}

# On a terminal of its own.
test_terminal() {
	/usr/bin/python3 - ./objects type >out 2>&1 <<-'PYTHON'
	import pty, sys
	pty.spawn(sys.argv[1:])
	PYTHON
	like "outside, one can type into a terminal" "$(<out)" "*TIOCSTI: done*"
	/usr/bin/python3 - "$T" run --name guarded --quiet -- ./objects type >out 2>&1 <<-'PYTHON'
	import pty, sys
	pty.spawn(sys.argv[1:])
	PYTHON
	like "a workload cannot, nor ask the console" "$(tr -d '\r' <out | tr '\n' ' ')" "*TIOCSTI: EPERM TIOCLINUX: EPERM*"
}

test_sequence() {
	local before

	before=$(</run/tsem/sequence)
	for each in x '' 18446744073709551615; do
		echo "$each" >/run/tsem/sequence
		tsem run --name sequence -- true </dev/null
		like "the sequence file has \"$each\": no namespace is made" "$status:$output:$(wc -l <err):$errors" "125::1:tsem: /run/tsem/sequence, which has the last id of a namespace, is damaged*"
	done
	rm /run/tsem/sequence
	mkdir /run/tsem/sequence
	tsem run --name sequence -- true </dev/null
	like "it cannot be read: no namespace is made" "$status:$output:$(wc -l <err):$errors" "125::1:tsem: cannot read /run/tsem/sequence, which says*"
	rmdir /run/tsem/sequence
	tsem run --name sequence --quiet -- true </dev/null
	is "it is gone: ids go on from what was" "$status:$(</run/tsem/sequence)" "0:$((before + 1))"
}

slot_id() { # of the first one, as bytes
	bpftool -j map lookup pinned $pins/tsem_namespaces key 0 0 0 0 | jq -r '.value[0:8] | map(ltrimstr("0x")) | join("")'
}

# Each step fails once; the slot is free and has nothing.
test_half() {
	mkdir -p /run/tsem/sessions/half/status
	tsem run --name half -- true </dev/null
	like "its status cannot be written: one sentence" "$status:$output:$(wc -l <err):$errors" "125::1:tsem: */status was not written: Is a directory"
	is "... and the slot is free" "$(slot_id)" 0000000000000000
	none "... and there are no files" find /run/tsem/sessions/half -type f
	lacks "... and no maps" "$(bpftool map lookup pinned $pins/tsem_models key 0 0 0 0 2>&1)" 'inner_map_id|^key.*value'
	rm -r /run/tsem/sessions/half
	mkdir -p /run/tsem/sessions/half/records
	tsem run --name half -- true </dev/null
	like "its records cannot be written" "$status:$errors" "125:tsem: cannot write */records*"
	none "... and there are no files" find /run/tsem/sessions/half -type f
	rm -r /run/tsem/sessions/half
	tsem run --name half --quiet -- true </dev/null
	is "then it can be made" "$status" 0
	# As who was killed while it freed a slot left it.
	bpftool map create /sys/fs/bpf/stale type array key 4 value 264 \
		entries "$(sed -n 's/^#define TSEM_NAME_RULES //p' "$tests/../abi/name_rule.h")" name stale
	bpftool map update pinned $pins/tsem_rules key 0 0 0 0 value pinned /sys/fs/bpf/stale
	report $? "the slot has rules of somebody before"
	"$T" run --name half --quiet -- sh -c 'until test -e end; do sleep 0.1; done' </dev/null &
	wait_until listed half
	like "a new namespace has none" "$(bpftool map lookup pinned $pins/tsem_rules key 0 0 0 0 2>&1)" "*Not found*"
	touch end
	wait $!
	rm /sys/fs/bpf/stale
}

for each in objects evade; do
	cp "$(dirname "$T")/$each" . || finish
done
./objects list | sort >before
need "load" "$T" load
"$T" run --name holder --quiet -- true </dev/null
for each in ${TESTS:-objects served holders root namespace children descriptors limits overlay tracer attributes terminal sequence half}; do
	"test_$each"
done
finish
