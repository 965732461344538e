#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Whatever a task of a workload becomes, it stays in its namespace: children of
# all kinds, threads, daemons, io_uring.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
secret=$scratch/secret allowed=$scratch/allowed
echo secret >"$secret"
echo allowed >"$allowed"
swarm=$scratch/swarm uring=$scratch/uring

build() { # the two programs, where the build has not made them
	local name

	for name in swarm uring; do
		if [ -x "$(dirname "$T")/$name" ]; then
			cp "$(dirname "$T")/$name" "$scratch/$name"
		else
			gcc -std=gnu11 -D_GNU_SOURCE -static -o "$scratch/$name" "$tests/deeds/$name.c" || return
		fi
	done
}

listed() { # listed NAME [WORDS...]: the session in tsem ps
	local name=$1

	shift
	"$T" ps "$@" --json | jq -e --arg name "$name" '.[] | select(.name == $name)'
}

field() { # field NAME FIELD
	listed "$1" --all 2>/dev/null | jq -r ".$2"
}

# A model of everything that a kind does, but not of opening the secret; the task that opens is of that kind.
test_kinds() {
	local kind

	for kind in $("$swarm" kinds); do
		tsem learn -o kind.model --name learned -- "$swarm" by "$kind" "$allowed" </dev/null
		tsem run --model kind.model --enforce --on-violation deny --name kind -- "$swarm" by "$kind" "$allowed" "$secret" "$allowed" \
			</dev/null
		[ "$kind" != daemon ] || wait_until contains "$scratch/out" EPERM
		is "$kind: refused, and what the model has is not" "$(<"$scratch/out")" "0 EPERM 0"
		wait_until test "$(field kind tasks)" = 0
		is "$kind: no task is left over, and no other violation" "$(field kind 'tasks, .violations, .refused' | tr '\n' ' ')" "0 1 1 "
		why kind
		like "$kind: why" "$status:$output" "3:$swarm, started by *, opens $secret for reading: refused*"
	done
}

# What one thread did makes the others untrusted, and the child that it has later, not the parent.
test_poison() {
	tsem learn -o poison.model --name learned -- "$swarm" by thread "$allowed" </dev/null
	tsem run --model poison.model --enforce --name poison -- "$swarm" by thread "$allowed" "$secret" "$allowed" </dev/null
	is "untrusted: all that comes after is refused" "$(<"$scratch/out")" "0 EPERM EPERM"
	tsem learn -o poison.model --name learned -- sh -c "'$swarm' by fork '$allowed'; '$swarm' open '$allowed'" </dev/null
	tsem run --model poison.model --enforce --name poison -- sh -c "'$swarm' by fork '$secret' '$allowed'; '$swarm' open '$allowed'" \
		</dev/null
	is "untrusted: a child's fault is not its parent's" "$(<"$scratch/out")" "EPERM EPERM
0"
}

ring() { # ring WORDS...: tsem with them, and the files as they are before
	rm -rf ring
	mkdir ring
	touch ring/{open,unlink,rename,link}
	tsem "$@" </dev/null
}

test_uring() {
	local how

	for how in '' async poll 'poll async'; do
		# shellcheck disable=SC2086
		ring learn -o all.model --name learned -- "$uring" $how "$scratch/ring"
		is "io_uring ${how:-plain}: works" "$(<"$scratch/out")" \
			"open=0 create=0 unlink=0 rename=0 mkdir=0 symlink=0 link=0 socket=0 connect=ECONNREFUSED "
		# shellcheck disable=SC2086
		ring learn -o nothing.model --name learned -- "$uring" $how "$scratch/ring" nothing
		# shellcheck disable=SC2086
		ring run --model nothing.model --enforce --on-violation deny --name uring -- "$uring" $how "$scratch/ring"
		is "io_uring ${how:-plain}: all is refused" "$(<"$scratch/out")" \
			"open=EPERM create=EPERM unlink=EPERM rename=EPERM mkdir=EPERM symlink=EPERM link=EPERM socket=EPERM connect=EPERM "
		is "io_uring ${how:-plain}: nothing has changed" "$(ls ring | tr '\n' ' ')" "link open rename unlink "
		wait_until test "$(field uring tasks)" = 0
		is "io_uring ${how:-plain}: no task is left over" "$(field uring 'tasks, .violations' | tr '\n' ' ')" "0 9 "
		# shellcheck disable=SC2086
		ring run --model all.model --enforce --name uring -- "$uring" $how "$scratch/ring"
		is "io_uring ${how:-plain}: allowed when the model has it" "$(<"$scratch/out"):$errors" \
			"open=0 create=0 unlink=0 rename=0 mkdir=0 symlink=0 link=0 socket=0 connect=ECONNREFUSED :"
	done
}

need "the programs are built" build
need "load" "$T" load
for each in ${TESTS:-kinds poison uring}; do
	"test_$each"
done
tsem unload </dev/null
is "nothing holds what is loaded" "$status" 0
finish
