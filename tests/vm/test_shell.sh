#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A shell command: learned, enforced, attacked; what happens after a violation; tsem as a wrapper.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

root=$(grep root /etc/passwd)

learn() { # learn MODEL SCRIPT: what `sh -c SCRIPT` does
	tsem learn -o "$1.model" --name "learn-$1" -- sh -c "$2" </dev/null
}

enforce() { # enforce NAME MODEL SCRIPT [WORDS OF tsem run...]
	local name=$1 model=$2 script=$3

	shift 3
	tsem run --model "$model.model" --enforce --name "$name" "$@" -- sh -c "$script" </dev/null
}

learned() { # learned MODEL SCRIPT: a model that a test needs
	learn "$1" "$2"
	tsem model verify "$1.model" </dev/null
	[ "$status" = 0 ] || report 1 "learning $1" "status $status: $errors"
}

# violations NAME: what is explained, what was counted, what was refused
violations() {
	timeout 30 "$T" why --json "$1" >"$scratch/why.json"
	/usr/bin/python3 - "$scratch/why.json" <<'PYTHON'
import json, sys
why = json.load(open(sys.argv[1]))
print(sum(event["follows"] is None for event in why["events"]), why["violations"], why["refused"])
PYTHON
}

test_learn() {
	learn grep 'grep root /etc/passwd'
	is 'learning: status and output are those of the command' "$status:$output" "0:$root"
	like 'learning says how much was new' "$errors" 'run 1: * new coefficients*'
	tsem model verify grep.model </dev/null
	is 'the model is valid' "$status" 0
	enforce same grep 'grep root /etc/passwd'
	is 'enforced, the same command works' "$status:$output:$errors" "0:$root:"
	why same
	is 'and there is no violation' "$status" 0
}

test_refused() {
	enforce cat grep 'cat /etc/passwd'
	is 'cat: refused as a shell says it, nothing is printed' "$status:$output" '126:'
	why cat
	like 'cat: why names program and file' "$status:$output" '3:*/usr/bin/dash*/usr/bin/cat*: refused*'

	# shellcheck disable=SC2016
	enforce loop grep 'while read l; do echo "$l"; done </etc/passwd'
	is 'a loop of the shell itself: refused, nothing is printed' "$status:$output" '2:'
	why loop
	like 'loop: why names program and file' "$status:$output" '3:*/usr/bin/dash*opens /etc/passwd*: refused*'
	enforce loop2 grep 'while read l; do :; done </etc/passwd'
	is 'the loop of the story: refused' "$status" 2
	why loop2
	like 'its why names program and file' "$status:$output" '3:*/usr/bin/dash*opens /etc/passwd*: refused*'

	enforce copy grep 'cp /bin/cat x; ./x /etc/passwd'
	is 'a copy of cat: not made' "$status:$output:$(find . -name x)" '127::'
	why copy
	like 'copy: why names program and file' "$status:$output" '3:*/usr/bin/dash*/usr/bin/cp*: refused*'

	# Even where making the copy is allowed, running it is not.
	learned copying 'cp /bin/cat x'
	rm -f x
	enforce copied copying 'cp /bin/cat x; ./x /etc/passwd'
	is 'a copy that may be made does not run' "$status:$output" '126:'
	check 'it is a copy' cmp x /bin/cat
	why copied
	like 'its why names the program and the directory of the copy' "$status:$output" \
		"3:*/usr/bin/dash*$scratch*: refused*"
	rm -f x

	# The content counts, not the name: another program under the name of grep.
	cp /bin/cat other
	mount --bind other /usr/bin/grep
	enforce renamed grep 'grep root /etc/passwd; exit 7'
	umount /usr/bin/grep
	is 'another program under an allowed name does not run' "$status:$output" '7:'
}

# Each of these would print the file if it were not refused.
test_control() {
	tsem run --name control -- sh -c 'cat /etc/passwd; cp /bin/cat x; ./x /etc/passwd' </dev/null
	is 'without a model the same commands work' "$status:$output" \
		"0:$(cat /etc/passwd /etc/passwd)"
	rm -f x
	learned cat 'cat /etc/passwd'
	enforce allowed cat 'cat /etc/passwd'
	is 'with a model that has it, cat works' "$status:$output" "0:$(cat /etc/passwd)"
}

test_sealed() {
	tsem run --model grep.model --name sealed -- sh -c 'cat /etc/passwd; exit 5' </dev/null
	is 'sealed: nothing is refused' "$status:$output" "5:$(cat /etc/passwd)"
	like 'sealed: the violation is told' "$errors" '*/usr/bin/cat*'
	unlike 'sealed: and not called refused' "$errors" '*: refused*'
	why sealed
	like 'sealed: why names program and file' "$status:$output" '3:*/usr/bin/dash*/usr/bin/cat*'
	is 'sealed: violations recorded, none refused' \
		"$(violations sealed | awk '{ print ($1 > 0), ($2 > 0), $3 }')" '1 1 0'
	tsem show sealed forensics </dev/null
	like 'sealed: the forensics has it' "$status:$output" '0:*/usr/bin/cat*'
}

# The model allows grep; the first command of the script is the violation.
test_actions() {
	# shellcheck disable=SC2016
	local script='read l </etc/shadow; echo "<$l>"; grep root /etc/passwd; exit 9'

	learned both 'true </etc/hostname; grep root /etc/passwd'
	enforce untrust both "$script"
	is 'untrust: after a violation the allowed is refused too' "$status:$output" '9:<>'
	enforce untrust-child both 'read l </etc/shadow; (exec grep root /etc/passwd); (read l </etc/hostname); exit 9'
	is 'untrust: also in children' "$status:$output" '9:'
	tsem why --verbose untrust-child </dev/null
	like 'untrust: why lists it' "$status:$output" '3:*/etc/shadow*/usr/bin/grep*/etc/hostname*'
	enforce untrust-default both "$script" --on-violation untrust
	is 'untrust by name is the default' "$status:$output" '9:<>'

	enforce deny both "$script" --on-violation deny
	is 'deny: only the event is refused' "$status:$output" "9:<>
$root"
	is 'deny: one violation' "$(violations deny)" '1 1 1'
	why deny
	like 'deny: why names program and file' "$status:$output" '3:*/usr/bin/dash*opens /etc/shadow*: refused*'
	enforce deny-child both 'true </etc/hostname; (cat /etc/shadow; grep root /etc/passwd); exit 9' \
		--on-violation deny
	is 'deny: a child goes on as well' "$status:$output" "9:$root"

	# shellcheck disable=SC2016
	enforce log both 'read l </etc/shadow; echo "${l%%:*}"; grep root /etc/passwd; cat /etc/hostname; exit 9' \
		--on-violation log
	is 'log: nothing is refused' "$status:$output" "9:root
$root
$(cat /etc/hostname)"
	why log
	like 'log: it is recorded' "$status:$output" '3:*/etc/shadow*/usr/bin/cat*'
	is 'log: none is recorded as refused' \
		"$(violations log | awk '{ print ($1 >= 2), ($2 >= $1), $3 }')" '1 1 0'

	tsem run --model both.model --name sealed-untrust -- sh -c "$script" </dev/null
	is 'sealed: an untrusted task is refused nothing' "$status:$output" "9:<$(head -n 1 /etc/shadow)>
$root"
}

status_of() { # status_of NAME CMD...: free
	tsem run --name "status-$1" -- "${@:2}" </dev/null
	echo "$status"
}

test_statuses() {
	echo 'not a program' >plain
	is 'status 0' "$(status_of 0 true)" 0
	is 'status 3' "$(status_of 3 sh -c 'exit 3')" 3
	is 'status 255' "$(status_of 255 sh -c 'exit 255')" 255
	# shellcheck disable=SC2016
	is 'death by SIGKILL' "$(status_of kill sh -c 'kill -9 $$')" 137
	# shellcheck disable=SC2016
	is 'death by SIGTERM' "$(status_of term sh -c 'kill $$')" 143
	is 'command not found' "$(status_of none no-such-command)" 127
	is 'path not found' "$(status_of nopath /no/such/command)" 127
	is 'not executable' "$(status_of plain ./plain)" 126
	is 'a directory' "$(status_of directory /etc)" 126
	is 'no model' "$(tsem run --model none.model -- true </dev/null; echo "$status")" 125
	is 'learning passes the status on' "$(learn three 'exit 3'; echo "$status")" 3
	enforce three three 'exit 3'
	is 'enforced: status 3' "$status:$errors" 3:
	# shellcheck disable=SC2016
	learned signal 'kill -TERM $$'
	# shellcheck disable=SC2016
	enforce signal signal 'kill -TERM $$'
	is 'enforced: death by signal' "$status:$errors" 143:
	# shellcheck disable=SC2016
	enforce other-signal signal 'kill -KILL $$; exit 4'
	is 'enforced: another signal is refused' "$status" 4
	enforce none three 'exec no-such-command'
	is 'enforced: a command that does not exist' "$status" 127
	tsem run --model three.model --enforce --name first -- grep root /etc/passwd </dev/null
	is 'enforced: a CMD that the model does not know is refused' "$status:$output" '126:'
}

test_surroundings() {
	local sum

	is 'stdin' "$(echo 'a line' | { tsem run --name in -- cat; echo "$status:$output"; })" '0:a line'
	head -c 1048576 /dev/urandom >big
	sum=$(sha256sum <big)
	is 'stdin, 1 MiB through a pipe' "$(timeout 30 cat big | timeout 30 "$T" run --name big -- cat | sha256sum)" "$sum"
	is 'stdout and stderr apart' "$(tsem run -q --name apart -- sh -c 'echo out; echo err >&2' </dev/null
		echo "$output:$errors")" out:err
	is 'working directory' "$(cd /usr/share && tsem run --name cwd -- pwd </dev/null; echo "$output")" /usr/share
	# shellcheck disable=SC2016
	is 'environment' "$(X='a b' tsem run --name env -- sh -c 'echo "$X"' </dev/null; echo "$output")" 'a b'
	learned cat 'cat'
	is 'stdin, enforced' "$(echo enforced | timeout 30 "$T" run --model cat.model --enforce --name in2 -- sh -c cat)" enforced
	# shellcheck disable=SC2016
	tsem run --name words -- printf '<%s>' 'a b' '' '*' '$HOME' -- -x </dev/null
	# shellcheck disable=SC2016
	is 'arguments' "$output" '<a b><><*><$HOME><--><-x>'
}

# One violates and is untrusted; the other goes on. Told what to do through pipes.
test_two() {
	# shellcheck disable=SC2016
	local loop='while read word; do case $word in good) grep root /etc/passwd;; bad) read l </etc/shadow;; esac; echo done; done'
	local one two

	tsem learn -o loop.model --name learn-loop -- sh -c "$loop" <<<good
	mkfifo one two
	timeout 60 "$T" run -m loop.model -e --name one -- sh -c "$loop" <one >>one.out 2>one.err &
	one=$!
	timeout 60 "$T" run -m loop.model -e --name two -- sh -c "$loop" <two >>two.out 2>two.err &
	two=$!
	exec 3>one 4>two
	echo good >&3
	echo good >&4
	wait_until contains one.out 'done' && wait_until contains two.out 'done'
	is 'two at once: both work' "$(sort -u one.out two.out)" "$(sort -u <<<"done
$root")"
	tsem ps </dev/null
	is 'two at once: ps lists both' "$(awk '$2 == "enforcing" { print $1 }' <<<"$output" | sort)" $'one\ntwo'
	: >one.out
	: >two.out
	echo bad >&3
	wait_until contains one.out 'done'
	echo good >&3
	echo good >&4
	wait_until contains two.out 'done'
	echo good >&4
	exec 3>&- 4>&-
	wait "$one"
	wait "$two"
	is 'two at once: one is untrusted after its violation' "$(cat one.out)" $'done\ndone'
	is 'two at once: the other goes on' "$(cat two.out)" "$root
done
$root
done"
	why one
	like 'two at once: the one has violations' "$status:$output" '3:*/etc/shadow*'
	why two
	is 'two at once: the other has none' "$status:$(cat two.err)" 0:
}

need 'the kernel side loads' "$T" load
for each in ${TESTS:-learn refused control sealed actions statuses surroundings two}; do
	"test_$each"
done
finish
