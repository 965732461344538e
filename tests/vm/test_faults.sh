#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What happens to a workload and to what is loaded when its tsem is killed,
# interrupted or sent a signal.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# Waits for the file go, reads what it may and, told so, what it may not; waits for the file end.
life='sleep 0.1; until test -e go; do sleep 0.2; done; read -r l <told; echo "$l"
[ -z "$EVIL" ] || { (read -r l <secret && echo "$l"); read -r l <told; echo "$l"; }
until test -e end; do sleep 0.2; done; echo ended'
echo 'this may be told' >told
echo 'this is a secret' >secret
export EVIL=

# Much takes long on a machine with much to do: loading, and the kernel's freeing of what was loaded.
wait_long() { # wait_long CMD...
	WITHIN=100 wait_until "$@"
}

nothing_loaded() {
	[ ! -e /sys/fs/bpf/tsem ] && ! bpftool prog show | grep -q ' lsm '
}

# One sentence on standard error, nothing of it on standard output.
sentence() { # sentence NAME STATUS PATTERN
	like "$1" "$status:$output:$(wc -l <"$scratch/err"):$errors" "$2::1:tsem: $3"
}

# A session that holds what it has loaded, so that the others need not load it. Nothing is loaded for good.
test_holder() {
	rm -f over
	"$T" run --name holder -- sh -c 'until test -e over; do sleep 1; done; read -r l <told' >/dev/null 2>&1 </dev/null &
	wait_long listed holder
	report $? "the first session loads"
	touch go end
	tsem learn -o life.model --name learned -- sh -c "$life" </dev/null
	is "the workload can be learned" "$status" 0
}

test_killed() {
	rm -f go end
	EVIL=1 "$T" run --model life.model --enforce --on-violation deny --name killed -- sh -c "$life" \
		>"$scratch/said" 2>"$scratch/explained" </dev/null &
	wait_long listed killed
	kill_orchestrator killed
	is "ps shows it without its orchestrator" "$(field killed 'live, .orchestrated, .mode' | tr '\n' ' ')" "true false enforcing "
	tsem ps
	like "ps says so" "$output" "*killed *enforcing, no orchestrator*"
	touch go
	wait_until eval '[ "$(field killed refused)" -gt 0 ]'
	wait_until contains "$scratch/said" told
	sleep 1
	is "what is not in the model is refused, the rest works" "$(<"$scratch/said")" "this may be told
this may be told"
	why killed
	like "why tells what happened after the kill" "$status:$output" "3:*/dash, started by */dash, opens $scratch/secret for reading: refused*1 distinct violation*"
	like "the workload still lives" "$(field killed live):$(field killed tasks)" "true:[1-9]"
	touch end
	wait_until contains "$scratch/said" ended
	comes_true eval '! listed killed'
	report $? "it ends, and ps does not list it"
	why killed
	like "why still tells" "$status:$output" "3:*$scratch/secret*"
	is "the session has ended" "$(field killed 'live, .tasks, .refused' | tr '\n' ' ')" "false 0 1 "
	# Its slot and its name are free again.
	tsem run --model life.model --enforce --name killed -- sh -c "$life" </dev/null
	is "the name can be used again" "$status:$output:$errors" "0:this may be told
ended:"
	is "a new session has a new record" "$(field killed 'violations')" 0
}

test_killed_untrusted() {
	rm -f go end
	EVIL=1 "$T" run --model life.model --enforce --name killed -- sh -c "$life" \
		>"$scratch/said" 2>"$scratch/explained" </dev/null &
	wait_long listed killed
	kill_orchestrator killed
	touch go end
	wait_until contains "$scratch/said" ended
	is "untrust goes on without the orchestrator" "$(<"$scratch/said")" "this may be told
this may be told
ended"
	wait_until eval '! listed killed'
	why killed
	like "why tells" "$status:$output" "3:*$scratch/secret*"
}

# What an ended session has left is read as it is: damaged records are no end, and what was not written is no error.
test_damaged() {
	local kept=/run/tsem/sessions/damaged

	tsem run -q --model life.model --enforce --on-violation deny --name damaged -- sh -c 'read -r l <secret; read -r l <told' </dev/null
	cp "$kept/records" whole
	why damaged
	like "a session has violations" "$status:$output" "3:*$scratch/secret*"
	printf '\x7f' | dd of="$kept/records" bs=1 seek=3 conv=notrunc 2>/dev/null
	tsem why damaged </dev/null
	sentence "a damaged size is told" 1 "$kept/records is damaged at byte 0"
	head -c -1 whole >"$kept/records"
	tsem why damaged </dev/null
	sentence "a record that is cut short is told, when nobody writes it any more" 1 "$kept/records is damaged at byte *"
	cp whole "$kept/records"
	rm "$kept/points" "$kept/sizes"
	tsem show damaged </dev/null
	like "without its points it is shown" "$status:$output" "0:*damaged*"
	is "... without a word of error" "$status:$errors" 0:
}

# learn is killed: nothing was written, and the workload goes on, free.
test_killed_learning() {
	rm -f go end
	"$T" learn -o never.model --name killed -- sh -c "$life" >"$scratch/said" 2>&1 </dev/null &
	wait_long listed killed
	kill_orchestrator killed
	touch go end
	comes_true contains "$scratch/said" ended
	report $? "learning, killed: the workload is not disturbed"
	none "learning, killed: nothing was written" find . -maxdepth 1 \( -name 'never.model*' -o -name '.never*' \)
	comes_true eval '! listed killed'
	report $? "learning, killed: it ends"
}

# On a terminal of its own: types TYPED when the file "ready" is there. Prints the status.
on_terminal() { # on_terminal TYPED CMD...
	/usr/bin/python3 - "$@" <<-'PYTHON'
	import os, pty, sys, time
	pid, fd = pty.fork()
	if pid == 0:
	    os.execvp(sys.argv[2], sys.argv[2:])
	end = time.time() + 120
	while not os.path.exists("ready") and time.time() < end:
	    time.sleep(0.05)
	os.write(fd, sys.argv[1].encode().decode("unicode_escape").encode())
	text = b""
	try:
	    while chunk := os.read(fd, 4096):
	        text += chunk
	except OSError:
	    pass
	sys.stderr.buffer.write(text)
	print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	PYTHON
}

test_interrupted_more() {
	local patient='touch ready; until test -e end; do sleep 0.2; done'

	rm -f ready end
	is "Ctrl-C with --keep-partial: status" \
		"$(on_terminal '\x03' "$T" learn --keep-partial -o interrupted.model --name i -- sh -c "$patient" 2>terminal)" 125
	tsem model verify interrupted.model
	like "Ctrl-C with --keep-partial: the model so far" "$status:$output" "0:*is intact: [1-9]*"
	rm -f ready
	is "Ctrl-C while running: the status is the workload's" \
		"$(on_terminal '\x03' "$T" run --name i -- sh -c "trap 'exit 7' INT; $patient" 2>terminal)" 7
	rm -f ready
	is "Ctrl-\\ while running" "$(on_terminal '\x1c' "$T" run --name i -- sh -c "ulimit -c 0; $patient" 2>terminal)" 131
}

# Only tsem gets the signal: the workload has to get it too.
test_terminated() {
	local signal

	for signal in TERM INT HUP; do
		rm -f ready
		# Background jobs of a shell without job control ignore SIGINT; env lets them not.
		env --default-signal=INT "$T" run --name t -- sh -c 'touch ready; exec sleep 50' >/dev/null 2>&1 </dev/null &
		wait_until test -e ready
		kill -"$signal" $!
		wait $!
		is "SIG$signal to tsem alone ends the workload" "$?" $((128 + $(kill -l "$signal")))
		is "SIG$signal: it has ended" "$(field t tasks)" 0
	done
}

# The session that has loaded the programs is the last one: they hold on, and go with its last task.
test_last() {
	kill_orchestrator holder
	is "the last orchestrator is killed" "$(field holder 'live, .orchestrated' | tr '\n' ' ')" "true false "
	tsem unload
	sentence "it cannot be unloaded under the workload" 1 "workloads are still modeled*"
	sleep 2
	[ -d /sys/fs/bpf/tsem ]
	report $? "looking has not unloaded what holds it"
	touch over
	wait_long eval '! listed holder && [ ! -e /sys/fs/bpf/tsem ]'
	report $? "the next command after its end unloads"
	wait_long nothing_loaded
	report $? "nothing is left in the kernel"
	like "its counters are still known" "$(field holder 'events, .coefficients' | tr '\n' ' ')" "[1-9]* [1-9]* "
	why holder
	is "why: nothing was refused" "$status" 0
	tsem show holder trajectory
	like "its record is still known, also of what it did without orchestrator" "$status:$output" "0:*opens $scratch/told for reading*"
}

test_interrupted() {
	local patient='touch ready; until test -e end; do sleep 0.2; done'

	rm -f end ready
	echo 'earlier' >interrupted.model
	is "Ctrl-C while learning: status" "$(on_terminal '\x03' "$T" learn -o interrupted.model --name i -- sh -c "$patient" 2>terminal)" 125
	like "Ctrl-C while learning: says what was not written" "$(<terminal)" \
		"*learning was interrupted, interrupted.model was not written (--keep-partial*"
	is "Ctrl-C while learning: the file is what it was" "$(<interrupted.model)" earlier
	is "Ctrl-C while learning: nothing lies around" "$(find . -name '*interrupted*' | wc -l)" 1
	is "Ctrl-C while learning: the workload has ended" "$(field i 'live, .tasks' | tr '\n' ' ')" "false 0 "
	wait_long nothing_loaded
	report $? "Ctrl-C while learning: nothing stays loaded"
}

# At any time of a start: what has been loaded half is removed at the latest by the next command.
test_interrupted_start() {
	local after

	for after in 1 2 3 5; do
		timeout --foreground -s INT "$after" "$T" run --name early -- true >/dev/null 2>&1 </dev/null
		"$T" ps >/dev/null
		wait_long nothing_loaded
		report $? "interrupted $after s after its start: nothing stays loaded" "$(ls /sys/fs/bpf /sys/fs/bpf/*)"
	done
}

for each in ${TESTS:-holder killed damaged killed_untrusted killed_learning interrupted_more terminated last interrupted ${TSEM_LONG:+interrupted_start}}; do
	"test_$each"
done
finish
