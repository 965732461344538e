#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What can go wrong around a workload: the disk is full, the output cannot be
# written, there is no such command, the name is taken, the model is full, the
# user is not root.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
shopt -s extglob

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

test_load() {
	need "load" "$T" load
	touch go end
	tsem learn -o life.model --name learned -- sh -c "$life" </dev/null
	is "the workload can be learned" "$status" 0
	rm go end
}

test_name_taken() {
	rm -f go end
	touch go
	"$T" run --model life.model --enforce --name taken -- sh -c "$life" >/dev/null 2>&1 </dev/null &
	wait_until listed taken
	tsem run --name taken -- true </dev/null
	sentence "a name that is taken" 125 "*taken*--name*"
	tsem learn -o other.model --name taken -- true </dev/null
	sentence "a name that is taken, learning" 125 "*taken*--name*"
	[ ! -e other.model ]
	report $? "a name that is taken: nothing is written"
	is "the first one goes on" "$(field taken 'live, .orchestrated' | tr '\n' ' ')" "true true "
	"$T" run --model life.model --enforce -- sh -c "$life" >/dev/null 2>&1 </dev/null &
	wait_until listed sh
	"$T" run --model life.model --enforce -- sh -c "$life" >/dev/null 2>&1 </dev/null &
	comes_true listed sh-2
	report $? "without --name a second workload of a program gets a name of its own"
	touch end
	wait
	none "they end" "$T" ps --quiet
	for name in '' '.x' '-x' 'a/b' 'a b' $'a\nb' "$(printf 'x%.0s' {1..64})"; do
		tsem run "--name=$name" -- true </dev/null
		like "the name $(printf %q "$name") is refused" "$status:$output:$(wc -l <"$scratch/err")" "*[25]::1"
	done
}

test_no_command() {
	local verb

	echo 'echo no' >plain
	chmod 644 plain
	touch before.model
	for verb in "run" "run --model life.model --enforce" "learn -o before.model"; do
		# shellcheck disable=SC2086
		tsem $verb --name n -- "$scratch/no-such-command" </dev/null
		sentence "$verb: no such command" 127 "cannot run $scratch/no-such-command*"
		# shellcheck disable=SC2086
		tsem $verb --name n -- no-such-command-in-path </dev/null
		sentence "$verb: no such command in PATH" 127 "cannot run no-such-command-in-path*"
		# shellcheck disable=SC2086
		tsem $verb --name n -- ./plain </dev/null
		sentence "$verb: not executable" 126 "cannot run ./plain*"
		# shellcheck disable=SC2086
		tsem $verb --name n -- "$scratch" </dev/null
		sentence "$verb: a directory" 126 "cannot run $scratch*"
	done
	is "no command: no model is written" "$(stat -c %s before.model)" 0
}

test_output() {
	local path

	mkdir -p locked full
	mount -t tmpfs -o size=64k,mode=700 full full || return
	"$T" learn -o full/m --name o -- true </dev/null 2>/dev/null
	cp full/m intact
	head -c 200000 /dev/zero >full/filler 2>/dev/null
	tsem learn -o full/m --name o -- sh -c "$life" </dev/null
	like "full disk: one sentence" "$status:$(grep -c '^tsem: ' "$scratch/err"):$(tail -n 1 "$scratch/err")" \
		"125:1:tsem: *full/m*[Nn]o space left*"
	cmp -s full/m intact
	report $? "full disk: the earlier model is what it was"
	is "full disk: nothing half-written" "$(ls -A full)" "filler
m"
	tsem run --name o -o full/m -- sh -c "$life" </dev/null
	like "full disk: tsem run --output" "$status:$errors" "125:*full/m*[Nn]o space left*"
	cmp -s full/m intact
	report $? "full disk: tsem run leaves the earlier model"
	mount -o remount,ro full
	tsem learn -o full/m --name o -- true </dev/null
	like "read-only file system" "$status:$(tail -n 1 "$scratch/err")" "125:tsem: *full/m*: Read-only file system"
	umount full
	for path in no/such/directory/m locked /dev/full/m /proc/m "$(printf 'x%.0s' {1..300})" ''; do
		tsem learn -o "$path" --name o -- touch it-has-run </dev/null
		like "output ${path:0:30}: one sentence" "$status:$output:$(grep -c '^tsem: ' "$scratch/err")" "*[25]::1"
	done
	[ -d locked ]
	report $? "output that is a directory stays one"
	[ ! -e it-has-run ]
	report $? "output that cannot be written is found before the workload runs"
}

# No room for the session's own files: what is enforced stays enforced.
test_full_run() {
	rm -f go end
	EVIL=1 "$T" run --model life.model --enforce --on-violation deny --name full -- sh -c "$life" \
		>"$scratch/said" 2>"$scratch/explained" </dev/null &
	wait_until listed full
	head -c 2G /dev/zero >/run/filler 2>/dev/null
	touch go end
	wait $!
	status=$?
	is "no room for records: still enforced" "$(<"$scratch/said")" "this may be told
this may be told
ended"
	like "no room for records: says so" "$status:$(<"$scratch/explained")" "125:*[Nn]o space left*"
	tsem run --model life.model --enforce --name full2 -- sh -c "$life" </dev/null
	like "no room for a session: not started" "$status:$output:$errors" "125::tsem: *[Nn]o space left*"
	rm /run/filler
	comes_true eval '! listed full'
	report $? "no room: it ends"
	tsem run --model life.model --enforce --name full -- sh -c "$life" </dev/null
	is "room again" "$status:$errors" "0:"
}

test_limit() {
	touch go end
	echo earlier >small.model
	tsem learn --limit 10 -o small.model --name small -- sh -c "$life" </dev/null
	like "a full model: learning says that it is not complete" "$status:$(tail -n 1 "$scratch/err")" "125:tsem: *--limit*"
	is "a full model: nothing is written" "$(<small.model)" earlier
	is "a full model: it was not more than the limit" "$(field small coefficients)" 10
	tsem run --limit 10 -o small.model --name small-run -- sh -c "$life" </dev/null
	like "a full model: running says so, too" "$status:$(tail -n 1 "$scratch/err"):$(<small.model)" "125:tsem: *--limit*:earlier"
	tsem learn --limit 1000 -o small.model --name small -- sh -c "$life" </dev/null
	is "a large limit: learned" "$status" 0
}

test_nobody() {
	local words model=$scratch/life.model nobody=/tmp/nobody-tsem

	chmod 755 "$scratch"
	install -m 755 "$T" "$nobody"
	for words in "run -- true" "learn -o /tmp/never.model -- true" "run --model $model --enforce -- true" \
		load unload ps "ps --all" "why killed" "show killed"; do
		# shellcheck disable=SC2086
		setpriv --reuid 65534 --regid 65534 --clear-groups "$nobody" $words >"$scratch/out" 2>"$scratch/err" </dev/null
		status=$?
		output=$(<"$scratch/out")
		errors=$(<"$scratch/err")
		like "not root: $words" "$status:$output:$(wc -l <"$scratch/err"):$errors" "1*::1:tsem: *root*"
	done
	[ -d /sys/fs/bpf/tsem ]
	report $? "not root: it stays loaded"
	setpriv --reuid 65534 --regid 65534 --clear-groups ls /sys/fs/bpf/tsem /run/tsem/sessions >"$scratch/out" 2>"$scratch/err"
	is "not root: neither programs nor sessions can be looked at" "$?:$(<"$scratch/out"):$(grep -c 'Permission denied' "$scratch/err")" "2::2"
	# Root inside a workload has no control over namespaces either.
	tsem learn -o inner.model --name outer -- "$T" run --name inner -- true </dev/null
	like "a namespace cannot be made in a namespace" "$status:$errors" "125:*tsem: *"
	like "and nothing was modeled in it" "$("$T" ps --all --json | jq -r '.[] | select(.name == "inner") | .events')" "?(0)"
}

test_unload() {
	tsem unload </dev/null
	is "unload" "$status:$errors" "0:"
	wait_long nothing_loaded
	report $? "nothing is left in the kernel"
}

for each in ${TESTS:-load name_taken no_command output full_run limit nobody unload}; do
	"test_$each"
done
finish
