#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Programs are changed on purpose: the model that is computed for them is the one that would have been learned.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

bin=$scratch/bin

# A script runs two programs, one of which runs a third one.
prepare() {
	mkdir -p "$bin"
	cp /usr/bin/cat "$bin/one"
	cp /usr/bin/env "$bin/two"
	cp /usr/bin/head "$bin/three"
	cp /usr/bin/tail "$bin/stranger"
	printf '#!/bin/dash\n%s/one /etc/hostname\n%s/two %s/three -n 1 /etc/passwd\n' "$bin" "$bin" "$bin" >"$bin/both"
	chmod +x "$bin/both"
}

enforced() { # enforced MODEL: the workload; status, output, and the sentences in the file told
	tsem run -m "$1" --enforce --quiet --name rebased -- "$bin/both" </dev/null
	cp "$scratch/out" workload.out
	local ended=$status
	why rebased
	cp "$scratch/out" told
	status=$ended
}

# A program that is a few bytes longer does what it did.
change() { # change PROGRAM WORD
	echo "$2" >>"$bin/$1"
}

violations() {
	"$T" show rebased --json | jq .violations
}

test_update() {
	tsem learn -n 2 -o old.model --name rebased -- "$bin/both" </dev/null
	is "learned" "$status" 0
	enforced old.model
	is "unchanged programs: accepted, without a violation" "$status:$(violations)" "0:0"
	change one update
	change two update
	echo '# another line' >>"$bin/both"
	"$bin/one" /dev/null
	is "a changed program still works" $? 0
	enforced old.model
	is "changed programs are refused" "$status:$(violations):$(<workload.out)" "126:1:"
	like "and named" "$(<told)" "*$bin/both*refused*"
	cp old.model kept.model
	tsem model rebase --package-update -o new.model old.model </dev/null
	is "rebase" "$status" 0
	cp "$scratch/out" said
	like "it says which contents changed" "$(<said)" "*$bin/one*was *is *$bin/two*3 of * contents changed*"
	is "and not those that did not" "$(grep -c three said)" 0
	is "the new content is that of the file" "$(grep -A 2 "^$bin/one" said | sed -n 's/.*is *//p')" "$(sha256sum <"$bin/one" | cut -d ' ' -f 1)"
	cmp -s old.model kept.model
	report $? "the model that was read is as it was"
	enforced new.model
	is "with the rebased model: accepted, without a violation" "$status:$(violations):$(<workload.out)" "0:0:$(cat /etc/hostname; head -n 1 /etc/passwd)"
}

test_anew() {
	tsem learn -n 2 -o anew.model --name rebased -- "$bin/both" </dev/null
	is "learned anew" "$status" 0
	tsem model diff new.model anew.model </dev/null
	like "rebased and learned anew are the same" "$status:$output" "0:The models allow the same events: *"
	is "to the last coefficient" "$("$T" show ./new.model state)" "$("$T" show ./anew.model state)"
	tsem model diff old.model anew.model </dev/null
	like "old and new differ in the contents only" "$status:$output" "3:The content of $bin/*"
	is "and in nothing else" "$(grep -vc '^The content of ' "$scratch/out")" 0
	tsem model rebase --package-update -o again.model new.model </dev/null
	like "nothing changed since" "$status:$output" "0:None of * contents changed."
	cmp -s new.model again.model
	report $? "the same bytes"
}

test_unrelated() {
	cp "$bin/three" three.kept
	change three attack
	enforced new.model
	is "another program, changed without a rebase, is refused" "$status:$(violations):$(<workload.out)" "126:1:$(cat /etc/hostname)"
	like "and named" "$(<told)" "*$bin/three*"
	cp three.kept "$bin/three"
	enforced new.model
	is "as it was, it is accepted" "$status:$(violations)" "0:0"
	cp "$bin/stranger" "$bin/three"
	enforced new.model
	is "another program in its place is refused" "$status:$(violations):$(<workload.out)" "126:1:$(cat /etc/hostname)"
	like "and named, too" "$(<told)" "*$bin/three*refused*"
	cp three.kept "$bin/three"
}

test_refusals() {
	mv "$bin/two" "$bin/away"
	tsem model rebase --package-update -o missing.model new.model </dev/null
	like "a missing file is named" "$status:$output:$errors" "1::tsem: *$bin/two: it is not there*--keep-missing*"
	is "nothing is written" "$(ls missing.model 2>&1)" "ls: cannot access 'missing.model': No such file or directory"
	change one again
	tsem model rebase --package-update --keep-missing -o missing.model new.model </dev/null
	like "--keep-missing keeps it" "$status:$output" "0:$bin/one: *1 content is kept as it was*"
	mv "$bin/away" "$bin/two"
	enforced missing.model
	is "and it is accepted when it is back" "$status:$(violations)" "0:0"
}

# A program that may change: in the kernel the pseudonym stands for its content.
test_pseudonym() {
	tsem model pseudonym -o any.model new.model "$bin/three" </dev/null
	is "pseudonym" "$status" 0
	enforced any.model
	is "the present content is accepted" "$status:$(violations)" "0:0"
	cp "$bin/three" three.kept
	change three update
	enforced any.model
	is "and another one" "$status:$(violations)" "0:0"
	cp "$bin/one" one.kept
	change one attack
	enforced any.model
	is "a program without a pseudonym is refused" "$status:$(violations):$(<workload.out)" "0:1:$(head -n 1 /etc/passwd)"
	like "and named" "$(<told)" "*$bin/one*: refused*"
	cp one.kept "$bin/one"
	cp three.kept "$bin/three"
}

prepare
need "load" "$T" load
test_update
test_anew
test_unrelated
test_pseudonym
test_refusals
finish
