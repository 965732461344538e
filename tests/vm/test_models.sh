#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Models after they were learned: minimise, merge, learn-from, with what the kernel then accepts and refuses.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

prepare() {
	local name

	mkdir -p place
	for name in first always replica extra secret other; do
		echo "$name" >place/$name
	done
	# Reads what it is told to; in its first run also what a cache would be made from.
	cat >work <<-END
		#!/bin/dash
		cat $PWD/place/always
		[ -e $PWD/ran ] || cat $PWD/place/first
		for name; do cat "$PWD/place/\$name"; done
		exit 0
	END
	chmod +x work
}

work() { # work MODEL WORDS...: enforced
	local model=$1

	shift
	tsem run -m "$model" --enforce --quiet --name work -- "$PWD/work" "$@" </dev/null
}

violations() {
	"$T" show work --json | jq .violations
}

names() { # names FILE: the violation is that one
	like "... which is named" "$("$T" why work </dev/null)" "*opens $PWD/place/$1 for reading: refused*"
}

runs() { # runs MODEL PATH: first and last run of the opening of that path by cat
	sed -n '/^trajectory/,$p' "$1" | grep -F "\"pathname\":\"$PWD/place/$2\"" | cut -d ' ' -f 2,3 | sort -u | tr '\n' ';'
}

test_minimise() {
	# The marker is made by who learns, between the runs: the workload waits for nobody.
	cat >learned <<-END
		#!/bin/dash
		$PWD/work
		: >>$PWD/ran
	END
	chmod +x learned
	: >ran.kept
	rm -f ran
	tsem learn -n 4 -o full.model --name work -- "$PWD/learned" </dev/null
	is "learned" "$status" 0
	is "seen in every run" "$(runs full.model always)" "1 4;"
	is "seen in the first run only" "$(runs full.model first)" "1 1;"
	tsem model minimise -o small.model full.model </dev/null
	like "what is dropped is said" "$status:$output" "0:*not seen in the last 2 of 4 runs*opens $PWD/place/first for reading, in run 1 only*"
	tsem run -m small.model --enforce --quiet --name work -- "$PWD/learned" </dev/null
	is "minimised: accepted" "$status:$(violations)" "0:0"
	rm -f ran
	tsem run -m small.model --enforce --quiet --name work -- "$PWD/learned" </dev/null
	is "minimised: what was dropped is a violation" "$status:$(violations)" "2:2"
	why work
	like "minimised: and named" "$output" "*opens $PWD/place/first for reading: refused*creates $PWD/ran*: refused*"
	: >ran
}

test_merge() {
	tsem learn -n 2 -o one.model --name one -- "$PWD/work" </dev/null
	tsem learn -n 2 -o two.model --name two -- "$PWD/work" replica </dev/null
	work one.model replica
	is "one replica's model refuses the other's deed" "$status:$(violations)" "0:1"
	names replica
	tsem model merge -o both.model one.model two.model </dev/null
	is "merge" "$status" 0
	work both.model replica
	is "merged: accepted" "$status:$(violations)" "0:0"
	work both.model
	is "merged: the other one too" "$status:$(violations)" "0:0"
	work both.model other
	is "merged: nothing else" "$status:$(violations)" "0:1"
	names other
}

list() { # the violations of the session, as tsem model lists them
	tsem model learn-from work --forensics </dev/null
}

# Many at once: by their path, or by one answer for a directory.
test_learn_from_many() {
	tsem run -m one.model --quiet --on-violation deny --name many -- "$PWD/work" extra secret </dev/null
	tsem model learn-from many --forensics --path "$PWD/place/e*" -o path.model </dev/null
	like "those of a path are added" "$status:$output:$errors" "0:*place/extra*:1 violation added to model*"
	work path.model extra
	is "of a path: accepted" "$status:$(violations)" "0:0"
	work path.model secret
	is "of another path: a violation" "$status:$(violations)" "0:1"
	names secret
}

test_learn_from() {
	tsem run -m one.model --quiet --on-violation deny --name work -- "$PWD/work" extra secret </dev/null
	list
	is "listed" "$status:$(grep -c '^ *[0-9]* ' "$scratch/out")" "0:2"
	like "as sentences with numbers" "$output" "*1  *opens $PWD/place/extra for reading*2  *opens $PWD/place/secret for reading*"
	tsem model learn-from work --forensics --number 1 -o more.model </dev/null
	like "one is added" "$status:$output:$errors" "0:*place/extra*:1 violation added to model*"
	work more.model extra
	is "added: accepted" "$status:$(violations)" "0:0"
	work more.model secret
	is "not added: a violation" "$status:$(violations)" "0:1"
	names secret
	tsem model diff one.model more.model </dev/null
	like "the model says what was added" "$status:$output" "3:Only in more.model, 1 event:*opens $PWD/place/extra for reading"
	tsem model learn-from work --forensics --class network -o never.model </dev/null
	like "no violation of that class" "$status:$errors" "1:tsem: this selects none of the *"
	tsem model learn-from work --forensics --number 77 -o never.model </dev/null
	like "no violation of that number" "$status:$errors" "1:tsem: there is no violation number 77*"
	tsem model learn-from work --forensics --json </dev/null
	is "--json" "$(jq -r '[.[] | .can_be_added] | unique | map(tostring) | join(",")' "$scratch/out")" true
	none "nothing was written" find . -maxdepth 1 -name never.model
}

# After a violation all that the process does is one.
test_untrusted() {
	tsem run -m one.model --quiet --on-violation untrust --name work -- /bin/dash -c "read line <$PWD/place/secret; exec $PWD/work" </dev/null
	list
	like "what untrusted processes did is marked" "$output" "*This was after violation 1.*"
	like "and what that means is said" "$output" "*untrusted since an earlier violation*always allows them."
	tsem model learn-from work --forensics --all -o all.model </dev/null
	is "all are added" "$status" 0
	tsem run -m all.model --enforce --quiet --name work -- /bin/dash -c "read line <$PWD/place/secret; exec $PWD/work" </dev/null
	is "all are added: accepted" "$status:$(violations)" "0:0"
}

# What a program does is of no use without its start.
test_stranger() {
	local chosen

	tsem run -m one.model --quiet --on-violation deny --name work -- /bin/dash -c "head -n 1 $PWD/place/extra" </dev/null
	list
	chosen=$(sed -n "s|^ *\([0-9]*\) .*opens $PWD/place/extra .*|\1|p" "$scratch/out")
	tsem model learn-from work --forensics --number "$chosen" -o never.model </dev/null
	like "an event of a program that may not be started" "$status:$errors" "0:*1 of them was by programs whose start the model does not allow*"
	tsem model learn-from work --forensics --all -o all.model </dev/null
	unlike "together with its start" "$status:$errors" "*whose start*"
	rm never.model
}

# An event that cannot be modeled is nothing that could be allowed.
test_failed() {
	local long

	long=$(printf 'd%.0s' {1..250})
	tsem run -m one.model --quiet --on-violation deny --name work -- /usr/bin/python3 -c '
import os, sys
for i in range(20):
    os.mkdir(sys.argv[1])
    os.chdir(sys.argv[1])
open("file", "w")' "$long" </dev/null
	list
	like "it is listed with the reason" "$output" "*Cannot be added: it could not be modeled.*"
	tsem model learn-from work --forensics --all -o never.model --json </dev/null
	is "--all leaves it out" "$status:$(jq -r '[.[] | select(.can_be_added | not) | .chosen] | unique | map(tostring) | join(",")' "$scratch/out")" "0:false"
	tsem model verify never.model </dev/null
	is "and the model is whole" "$status" 0
}

asked() { # asked ANSWERS: on a terminal
	printf '%b' "$1" | TERM=dumb timeout 60 script -qec "'$T' model learn-from work --forensics -o asked.model" /dev/null >"$scratch/out" 2>&1
	status=$?
	output=$(tr -d '\r' <"$scratch/out")
}

test_asked() {
	tsem run -m one.model --quiet --on-violation deny --name work -- "$PWD/work" extra replica other </dev/null
	asked 'd\n'
	like "d is for all of the directory" "$status:$output" "0:*place/extra*d: with all that the program did in that directory*3 violations added*"
	rm asked.model
	tsem run -m one.model --quiet --on-violation deny --name work -- "$PWD/work" extra secret </dev/null
	asked 'n\ny\n'
	like "on a terminal each is asked" "$status:$output" "0:*place/extra*Add it to the model[?]*place/secret*Add it to the model[?]*1 violation added*"
	tsem model diff one.model asked.model </dev/null
	like "the answer counts" "$status:$output" "3:Only in asked.model, 1 event:*opens $PWD/place/secret for reading"
	rm asked.model
	asked 'y\nq\n'
	like "q writes nothing" "$status:$output:$(ls asked.model 2>/dev/null)" "1:*nothing was written*:"
	asked 'n\nn\n'
	like "nothing chosen, nothing written" "$status:$output:$(ls asked.model 2>/dev/null)" "1:*nothing was chosen, nothing was written*:"
}

prepare
need "load" "$T" load
test_minimise
test_merge
test_learn_from
test_learn_from_many
test_untrusted
test_stranger
test_failed
test_asked
finish
