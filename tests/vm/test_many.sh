#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Two thousand tasks in one namespace, and twenty namespaces at once, each on its own.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
swarm=$scratch/swarm
many=${MANY:-2000}

build() { # where the build has not made it
	if [ -x "$(dirname "$T")/swarm" ]; then
		cp "$(dirname "$T")/swarm" "$swarm"
	else
		gcc -std=gnu11 -D_GNU_SOURCE -static -o "$swarm" "$tests/deeds/swarm.c"
	fi
}

# Distinct records that were delivered: the lines of trajectory and forensics.
delivered() { # delivered NAME
	{ "$T" show "$1" trajectory --json; "$T" show "$1" forensics --json; } 2>/dev/null | grep -c '"flags"'
}

test_many() {
	local half=$((many / 2)) start

	mkdir many
	(cd many && seq "$many" | xargs touch && touch end)
	tsem learn -o half.model --name learned -- "$swarm" many "$half" "$scratch/many" </dev/null
	is "$half tasks are learned" "$(<"$scratch/out")" "0 not forked, $half opened, 0 refused, 0 other"
	rm many/end
	start=$SECONDS
	"$T" run --name free -- "$swarm" many "$many" "$scratch/many" >"$scratch/free" 2>"$scratch/free.err" </dev/null &
	WITHIN=40 wait_until test -s "$scratch/free"
	is "free: $many tasks" "$(<"$scratch/free")" "0 not forked, $many opened, 0 refused, 0 other"
	is "free: all of them are counted as tasks" "$(field free tasks)" $((many + 1))
	touch many/end
	wait $!
	is "free: status" "$?:$(<"$scratch/free.err")" "0:"
	is "free: no task is left over" "$(field free tasks)" 0
	is "free: each was recorded" "$("$T" show free trajectory --json | jq -r 'select(.event.type == "file_open") | .file_open.file.path.pathname' |
		grep -c "^$scratch/many/[0-9]*$")" "$many"
	is "free: produced is delivered and lost" "$(field free records)" $(($(delivered free) + $(field free lost)))
	is "free: nothing is lost" "$(field free lost)" 0
	is "free: number of coefficients" "$(field free coefficients)" "$(field free records)"
	echo "# free took $((SECONDS - start)) s"
	rm many/end
	start=$SECONDS
	"$T" run --model half.model --enforce --on-violation deny --quiet --name many -- "$swarm" many "$many" "$scratch/many" \
		>"$scratch/enforced" 2>"$scratch/enforced.err" </dev/null &
	WITHIN=40 wait_until test -s "$scratch/enforced"
	is "enforced: what the model does not have is refused" "$(<"$scratch/enforced")" "0 not forked, $half opened, $half refused, 0 other"
	is "enforced: all of them are counted as tasks" "$(field many tasks)" $((many + 1))
	touch many/end
	wait $!
	is "enforced: status" "$?:$(<"$scratch/enforced.err")" "0:"
	is "enforced: no task is left over" "$(field many tasks)" 0
	is "enforced: violations" "$(field many 'violations, .refused, .lost' | tr '\n' ' ')" "$half $half 0 "
	is "enforced: each is recorded" "$("$T" show many forensics --json | jq -r .file_open.file.path.pathname | sort -u | wc -l)" "$half"
	echo "# enforced took $((SECONDS - start)) s"
}

# All at once: each is held by its own model.
test_namespaces() {
	local i n=20 bad='' got pids=()

	rm -f end
	for i in 0 1 2 3; do
		echo "$i" >"file$i"
	done
	touch end
	for i in 0 1 2 3; do
		tsem learn -o "m$i" --name learned -- sh -c "sleep 0.1; until test -e end; do sleep 0.3; done; read -r l <file$i; echo \$l" </dev/null
	done
	rm end
	for ((i = 1; i <= n; i++)); do
		"$T" run --model "m$((i % 4))" --enforce --on-violation deny --quiet --name "w$i" -- \
			sh -c "until test -e end; do sleep 0.3; done; read -r l <file$((i % 4)); echo \$l; (read -r l <file$(((i + 1) % 4)))" >"said$i" 2>&1 </dev/null &
		pids+=($!)
	done
	for ((i = 0; i < 100; i++)); do
		[ "$("$T" ps --quiet | grep -c '^w')" != "$n" ] || break
		sleep 1
	done
	is "$n namespaces at once" "$("$T" ps --quiet | grep -c '^w')" "$n"
	touch end
	wait "${pids[@]}"
	for ((i = 1; i <= n; i++)); do
		got=$(head -n 1 "said$i"):$(field "w$i" 'violations, .refused, .tasks' | tr '\n' ' '):$("$T" show "w$i" forensics --json |
			jq -r .file_open.file.path.pathname)
		[ "$got" = "$((i % 4)):1 1 0 :$scratch/file$(((i + 1) % 4))" ] || bad+="w$i $got "
	done
	is "each of $n is held by its own model, and has its own record" "$bad" ""
}

# From one namespace into another nobody may send a signal; from outside only who may control them.
test_signals() {
	local target

	cp "$(command -v sleep)" "$scratch/patient"
	"$T" run --name target -- setpriv --reuid 1234 --regid 1234 --clear-groups "$scratch/patient" 600 >/dev/null 2>&1 </dev/null &
	wait_until pgrep -x patient
	target=$(pgrep -x patient)
	tsem run --name sender -- sh -c "kill -TERM $target" </dev/null
	is "a signal from one namespace into another" "$status:$(kill -0 "$target" && echo lives)" "1:lives"
	setpriv --reuid 1234 --regid 1234 --clear-groups sh -c "kill -TERM $target" 2>/dev/null
	is "a signal from outside, of the same user without control" "$?:$(kill -0 "$target" 2>/dev/null && echo lives)" "1:lives"
	setpriv --reuid 1234 --regid 1234 --clear-groups unshare -Ur sh -c "kill -TERM $target" 2>/dev/null
	sleep 0.3
	is "the same with all capabilities in a user namespace of its own" "$(kill -0 "$target" 2>/dev/null && echo lives)" lives
	kill -TERM "$target" 2>/dev/null
	wait
	is "from root outside: it ends" "$(field target tasks)" 0
}

need "the program is built" build
need "load" "$T" load
for each in ${TESTS:-many namespaces signals}; do
	"test_$each"
done
tsem unload </dev/null
is "nothing holds what is loaded" "$status" 0
finish
