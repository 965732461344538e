#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Whoever starts tsem, and however: CMD finds what it would find without tsem, and tsem works all the same.
. "$(dirname "$0")/lib.sh"

inherit=$(dirname "$T")/inherit
[ -x "$inherit" ] || gcc -std=gnu11 -D_GNU_SOURCE -static -o "${inherit:=inherit}" "$tests/deeds/inherit.c"
cp "$inherit" inherit
I=$scratch/inherit

# The number of CMD's signals and the like are those of the machine; what is compared is with and without tsem.
state() { # state WORDS...: what CMD finds, run by `through`
	: >shown
	timeout -k 5 60 "$I" "${words[@]}" -- "$@" "$I" show "$scratch/shown"
	echo "status $?" >>shown
}

words=()
same() { # same NAME WORD...: CMD finds the same below each way to start it
	local name=$1 way

	shift
	words=("$@")
	state >bare.out 2>&1
	cp shown bare
	for way in run place learn; do
		case $way in
		run) state "$T" run --model "$scratch/show.model" --enforce --on-violation deny --quiet --name same -- ;;
		place) state "$T" run --model "$scratch/show.model" --enforce --on-violation deny --quiet --name same --in-place -- ;;
		learn) state "$T" learn -o "$scratch/learned.model" --name same -- ;;
		esac >"$way.out" 2>&1
		diff bare shown >difference
		report $? "$name: $way" "$(cat difference "$way.out")"
		wait_until field_is same orchestrated false
	done
	[ -s learned.model ] && grep -q '^end ' learned.model
	report $? "$name: the model is whole"
	rm -f learned.model
}

test_state() {
	same "nothing" umask=022
	same "SIGCHLD ignored" ignore=17
	same "all signals ignored" ignore=0
	same "all signals blocked" block=0
	same "SIGTERM ignored, SIGCHLD blocked" ignore=15 block=17
	same "standard input closed" close=0
	same "standard output closed" close=1
	same "standard error closed" close=2
	same "all three closed" close=0 close=1 close=2
	same "files of at most 4 KiB" limit=1:4096
	same "no descriptor above 15" limit=7:16
	same "512 MiB of address space" limit=9:536870912
	same "a stack of 256 KiB" limit=3:262144
	same "an unlimited stack" limit=3:18446744073709551615
	same "1 second of processor" limit=0:1
	same "no data, no locked memory, no pending signals" limit=2:67108864 limit=8:0 limit=11:0
	same "umask 777" umask=777
	same "no new privileges" nnp
	same "a filter of system calls" filter
	same "a directory that is gone" gone
	same "2 MiB of environment, less what is full" environment=1900000
	same "everything" ignore=17 block=0 close=0 limit=1:4096 limit=7:16 umask=777 nnp filter gone
}

test_full_pipe() {
	local from=$SECONDS

	timeout -k 5 60 "$I" fullpipe -- "$T" run --model "$scratch/show.model" --enforce --on-violation deny --name full -- \
		bash -c 'exec 2>/dev/null; for i in {1..400}; do : >/etc/none$i; done' </dev/null
	report $((SECONDS - from > 20)) "a full pipe as standard error: it ends"
	wait_until field_is full orchestrated false
	is "... what happened is known" "$(field full 'violations > 0')" true
}

signals() { # signals FILE: what came of them
	grep -v ready "$1" | sort -n | tr '\n' ';'
}

# Each signal that can be caught, with its value, once; and the end, by SIGTERM to the whole group, once.
test_signals() {
	local wanted way pid

	for ((i = 1; i <= 64; i++)); do
		case $i in 9 | 15 | 19 | 32 | 33) ;; *) echo "$i $((3 * i))" ;; esac
	done >all
	echo "15 45" >>all
	echo "15 -1" >>all
	wanted=$(sort -n all | tr '\n' ';')
	for way in '' --in-place; do
		rm -f got
		# shellcheck disable=SC2086
		setsid env --default-signal "$T" run $way --name signals -- "$I" signals "$scratch/got" </dev/null >/dev/null 2>&1 &
		wait_until contains got ready
		pid=$(pgrep -o -f "signals $scratch/got")
		"$I" send "$pid"
		wait_until contains got "15 45"
		sleep 0.5
		kill -TERM -- "-$pid"
		wait $!
		is "all signals with their values, once; SIGTERM to the group, once: ${way:-below tsem}" "$?:$(signals got)" "7:$wanted"
		wait_until eval '! listed signals'
	done
}

# As service managers do it: to each process of a control group.
test_everybody() {
	local pid

	rm -f got
	setsid env --default-signal "$T" run --name everybody -- "$I" signals "$scratch/got" </dev/null >/dev/null 2>&1 &
	wait_until contains got ready
	# shellcheck disable=SC2046
	kill -TERM $(pgrep -f "signals $scratch/got")
	sleep 0.5
	is "SIGTERM to each process is one for CMD" "$(grep -c '^15' got)" 1
	kill -TERM "$(pgrep -o -f "signals $scratch/got")"
	wait $!
	is "... one to the process that was started, another" "$?:$(grep -c '^15' got)" 7:2
	setsid "$T" run --name everybody -- bash -c 'echo $$ >cmd; kill -STOP $$; echo on >on; exec sleep 60' </dev/null &
	wait_until test -s cmd
	wait_until grep -q '^State:.T' "/proc/$!/status"
	report $? "CMD stops, and with it the process that was started"
	kill -CONT $!
	wait_until test -e on
	report $? "... both go on when that one goes on"
	kill -KILL $!
	wait $! 2>/dev/null
	wait_until eval '! listed everybody'
	report $? "the process that was started is killed, and with it CMD"
	"$I" alarm=2 -- "$T" run --name everybody -- bash -c 'trap "echo alarmed; exit 3" ALRM; while :; do sleep 0.1; done' </dev/null >alarmed 2>&1
	is "an alarm that was set before" "$?:$(<alarmed)" 3:alarmed
}

# The standard streams go from one process of the workload to another, as with tmux; what they are is the caller's choice.
test_passed() {
	cat >pass.py <<-'E'
		import array, os, socket, sys
		ours, theirs = socket.socketpair()
		child = os.fork()
		if not child:
		    ours.close()
		    try:
		        got = theirs.recvmsg(1, socket.CMSG_SPACE(12))[1]
		    except PermissionError:
		        got = 0
		    os._exit(0 if got else 7)
		theirs.close()
		sent = [os.open("pass.py", 0)] if sys.stdin.readline() == "another\n" else [0, 1, 2]
		ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", sent))])
		sys.exit(os.waitpid(child, 0)[1] >> 8)
	E
	echo another >another
	"$T" learn -o pass.model --name pass -- /usr/bin/python3 pass.py </dev/null >learned 2>&1
	report $? "standard streams are passed on, and learned" "$(cat learned)"
	pass() { "$T" run --model pass.model --enforce --on-violation deny --name pass -- /usr/bin/python3 pass.py; }
	pass <"$scratch/pass.py" 2>err | cat
	is "other files as standard streams: no violation" "${PIPESTATUS[0]}:$(cat err)" 0:
	pass </etc/hostname >file 2>&1
	is "... a file, and another" "$?:$(cat file)" 0:
	pass <another >out 2>err
	is "another file is refused" $? 7
	grep -q "receives .*/pass.py from another process" err
	report $? "... and named" "$(cat err)"
}

# The number of the process that was started is CMD's, or means CMD.
test_number() {
	bash -c 'echo $$; exec "$0" run --model number.model --enforce --in-place --name number -- bash -c "echo \$\$"' "$T" </dev/null >out
	is "--in-place: CMD is the process that was started" "$(sort -u out | wc -l)" 1
	for name in LISTEN_PID WATCHDOG_PID SYSTEMD_EXEC_PID; do
		bash -c "export $name=\$\$; exec \"\$0\" run --model number.model --enforce --name number -- bash -c 'echo \$$; echo \$$name'" "$T" </dev/null >out
		is "$name names CMD, which is the process that was started" "$(sort -u out | wc -l)" 1
		bash -c "echo \$\$; export $name=\$\$; exec \"\$0\" run --name number -- bash -c 'echo \$$; echo \$$name'" "$T" </dev/null >out
		is "... or another that was started then" "$(sort -u out | wc -l):$(sort out | uniq -d | wc -l)" 2:1
	done
	bash -c 'export LISTEN_PID=1; exec "$0" run --name number -- bash -c "echo \$LISTEN_PID"' "$T" </dev/null >out
	is "a number that means somebody else stays" "$(<out)" 1
	tsem run --model number.model --enforce --in-place --name number -- no-such-command </dev/null
	is "--in-place: CMD that cannot be started" "$status:$errors" "127:tsem: cannot run no-such-command: there is no such command"
	tsem run --model number.model --enforce --on-violation deny --in-place --name number -- bash -c 'echo $$; : </etc/shadow; exit 4' </dev/null
	is "--in-place: the status is CMD's" "$status" 4
	wait_until eval '! listed number'
	like "--in-place: what is not in the model is refused" "$("$T" why number)" "*/etc/shadow*refused*"
	"$T" run --model number.model --enforce --in-place --name number -- bash -c 'echo $$' </dev/null | cat >out
	is "--in-place: standard output ends when CMD closes it" "$(wc -l <out)" 1
	tsem run --in-place -o never.model -- true
	is "--in-place leaves nobody who could write a model" "$status" 2
}

test_environment() {
	export TSEM_MQTT_USER=me
	# The shells of this test must not have them either.
	env TSEM_MQTT_PASSWORD=hush-1 TSEM_KEY_PASSPHRASE=hush-2 TSEM_NOTIFY_AUTHORIZATION=hush-3 TSEM_ASK_AUTHORIZATION=hush-4 TSEM_NOTIFY_URL=hush-5 TSEM_ASK_URL=hush-6 "$T" run --name secrets -- bash -c \
		'env; cat /proc/self/environ /proc/[0-9]*/environ 2>/dev/null | tr "\0" "\n"' </dev/null >out 2>&1
	output=$(<out)
	is "no secret of tsem is in what CMD can read" "$(grep -c hush out)" 0
	like "... what is no secret, is" "$output" "*TSEM_MQTT_USER=me*"
	unset TSEM_MQTT_USER
}

need "tsem load" "$T" load
: >shown
need "what shows its state is learned" "$T" learn -o show.model --name learned -- "$I" show "$scratch/shown" </dev/null
need "what tells its number is learned" "$T" learn -o number.model --name learned -- bash -c 'echo $$; echo $LISTEN_PID' </dev/null
for each in ${TESTS:-state full_pipe signals everybody passed number environment}; do
	"test_$each" </dev/null
done
finish
