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

# A model of everything that a kind does, but not of opening the secret; the task that opens is of that kind.
test_kinds() {
	local kind

	for kind in $("$swarm" kinds); do
		tsem learn -o kind.model --name learned -- "$swarm" by "$kind" "$allowed" </dev/null
		tsem run --model kind.model --enforce --on-violation deny --name kind -- "$swarm" by "$kind" "$allowed" "$secret" "$allowed" \
			</dev/null
		[ "$kind" != daemon ] || wait_until contains "$scratch/out" EPERM
		is "$kind: refused, and what the model has is not" "$(<"$scratch/out")" "0 EPERM 0"
		wait_until field_is kind tasks 0
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
	tsem learn -o poison.model --name learned -- sh -c "'$swarm' poison '$allowed' '$allowed'; '$swarm' open '$allowed'" </dev/null
	tsem run --model poison.model --enforce --name poison -- sh -c "'$swarm' poison '$allowed' '$allowed'" </dev/null
	is "what is in the model poisons nobody" "$(<"$scratch/out")" "0 0 0 0 0"
	tsem run --model poison.model --enforce --name poison -- sh -c "'$swarm' poison '$secret' '$allowed'; '$swarm' open '$allowed'" </dev/null
	is "untrusted: a thread that was there, the first one, a child, a new thread; not what the parent starts next" \
		"$(<"$scratch/out")" "EPERM EPERM EPERM EPERM EPERM
0"
	tsem run --model poison.model --enforce --on-violation deny --name poison -- sh -c "'$swarm' poison '$secret' '$allowed'; true" </dev/null
	is "deny: the others go on" "$(<"$scratch/out")" "EPERM 0 0 0 0"
	tsem learn -o poison.model --name learned -- sh -c "'$swarm' by fork '$allowed'; '$swarm' open '$allowed'" </dev/null
	tsem run --model poison.model --enforce --name poison -- sh -c "'$swarm' by fork '$secret' '$allowed'; '$swarm' open '$allowed'" \
		</dev/null
	is "untrusted: a child's fault is not its parent's" "$(<"$scratch/out")" "EPERM EPERM
0"
}

ring() { # ring WORDS...: tsem with them, and the files as they are before
	rm -rf ring
	mkdir ring
	touch ring/{open,open2,unlink,rename,link}
	tsem "$@" </dev/null
}

# what uring says when each of its openings and creations, and each of the rest, ended so, and its connect
rings() { # rings RESULT CONNECT
	printf '%s=%s ' open "$1" create "$1" open2 "$1" create2 "$1" unlink "$1" rename "$1" mkdir "$1" symlink "$1" link "$1" \
		socket "$1" connect "$2"
}

try_uring() { # try_uring NAME WORDS...: those behind which uring's directory comes
	local name=$1

	shift
	ring learn -o all.model --name learned -- "$@" "$scratch/ring"
	is "io_uring $name: works" "$(<"$scratch/out")" "$(rings 0 ECONNREFUSED)"
	ring learn -o nothing.model --name learned -- "$@" "$scratch/ring" nothing
	ring run --model nothing.model --enforce --on-violation deny --name uring -- "$@" "$scratch/ring"
	is "io_uring $name: all is refused" "$(<"$scratch/out")" "$(rings EPERM EPERM)"
	is "io_uring $name: nothing has changed" "$(ls ring | tr '\n' ' ')" "link open open2 rename unlink "
	wait_until field_is uring tasks 0
	is "io_uring $name: no task is left over" "$(field uring 'tasks, .violations' | tr '\n' ' ')" "0 11 "
	ring run --model all.model --enforce --name uring -- "$@" "$scratch/ring"
	is "io_uring $name: allowed when the model has it" "$(<"$scratch/out"):$errors" "$(rings 0 ECONNREFUSED):"
}

test_uring() {
	local how

	for how in '' async poll 'poll async'; do
		# shellcheck disable=SC2086
		try_uring "${how:-plain}" "$uring" $how
	done
}

# The same from inside other namespaces. What makes them is in the model.
test_uring_inside() {
	local others=(unshare --user --map-root-user --mount --pid --fork)

	try_uring "in other namespaces" "${others[@]}" "$uring"
	try_uring "poll in other namespaces" "${others[@]}" "$uring" poll
}

opened() { # opened MODEL WORDS...: what an enforcing namespace says to `uring WORDS`
	local model=$1

	shift
	ring run --model "$model.model" --enforce --on-violation deny --quiet --name opened -- "$uring" "$@"
	printf '%s' "$output"
}

# One opening is one event, by whichever opcode it is done. What was O_PATH before is an opening when it is opened again.
test_uring_same() {
	local how opcode

	for how in '' poll; do
		for opcode in nothing at at2 path; do
			# shellcheck disable=SC2086
			ring learn -o $opcode.model --name learned -- "$uring" $how "$scratch/ring" $opcode
		done
		tsem model diff at.model at2.model
		is "io_uring ${how:-plain}: openat2 is the same event as openat" "$status:$errors" 0:
		tsem model diff at.model nothing.model
		like "io_uring ${how:-plain}: ... which doing nothing has not" "$status:$output" "3:*opens $scratch/ring/open for reading*"
		for opcode in at at2 path; do
			# shellcheck disable=SC2086
			is "io_uring ${how:-plain}: $opcode is refused where no opening is learned" \
				"$(opened nothing $how "$scratch/ring" $opcode)" "opened=EPERM "
		done
		# shellcheck disable=SC2086
		is "io_uring ${how:-plain}: openat2 is allowed where openat is learned" "$(opened at $how "$scratch/ring" at2)" "opened=0 "
		# shellcheck disable=SC2086
		is "io_uring ${how:-plain}: openat is allowed where openat2 is learned" "$(opened at2 $how "$scratch/ring" at)" "opened=0 "
		# shellcheck disable=SC2086
		is "io_uring ${how:-plain}: a path opened again is allowed where it is learned" "$(opened path $how "$scratch/ring" path)" "opened=0 "
	done
}

need "the programs are built" build
need "load" "$T" load
for each in ${TESTS:-kinds poison uring uring_inside uring_same}; do
	"test_$each"
done
tsem unload </dev/null
is "nothing holds what is loaded" "$status" 0
finish
