#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every way to open a file and to run a program, also from inside other
# namespaces; other names; descriptors from others.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
place=$scratch/place

build() {
	if [ -x "$(dirname "$T")/ways" ]; then
		cp "$(dirname "$T")/ways" ways
	else
		gcc -std=gnu11 -D_GNU_SOURCE -static -o ways "$tests/deeds/ways.c" || return
	fi
	# A file system that has handles; longer names than the directory's, all of one length.
	mkdir place && mount -t tmpfs none place || return
	echo allowed >place/allowed
	echo secret! >place/secret_
	chmod 0666 place/allowed place/secret_
	printf 'int main(void)\n{\n\treturn STATUS;\n}\n' >program.c
	gcc -DSTATUS=42 -o place/good program.c && gcc -DSTATUS=42 -o place/evil program.c || return
	printf x >>place/evil
}

each_way() { # each_way RESULT WAY...: what ways prints when all end so
	local result=$1 way

	shift
	for way; do
		printf '%s=%s ' "$way" "$result"
	done
}

# One model of everything that is done to the one, and then the same with the other.
try() { # try KIND VERB ALLOWED SECRET WAY...
	local kind=$1 verb=$2 allowed=$3 secret=$4 in=()

	shift 4
	[ "$kind" = none ] || in=(in "$kind")
	tsem learn -o secret.model --name secret -- ./ways "${in[@]}" "$verb" "$secret" "$@" </dev/null
	is "$kind: to $verb works in all ways where it is learned" "$output " "$(each_way "done" "$@") "
	tsem learn -o ways.model --name ways -- ./ways "${in[@]}" "$verb" "$allowed" "$@" </dev/null
	tsem run --model ways.model --enforce --name ways -- ./ways "${in[@]}" "$verb" "$allowed" "$@" </dev/null
	is "$kind: to $verb what the model has is allowed" "$output :$errors" "$(each_way "done" "$@") :"
	tsem run --model ways.model --enforce --on-violation deny --quiet --name ways -- ./ways "${in[@]}" "$verb" "$secret" "$@" </dev/null
	is "$kind: to $verb another is refused in all ways" "$output " "$(each_way EPERM "$@") "
}

test_ways() {
	local kind open run

	read -r -a open <<<"$(./ways list open)"
	read -r -a run <<<"$(./ways list run)"
	try none open "$place/allowed" "$place/secret_" "${open[@]}"
	try none run "$place/good" "$place/evil" "${run[@]}"
	for kind in mount pid user,mount,pid,net,ipc,uts; do
		# In a user namespace nobody can use handles, nor make another one of each kind again.
		try $kind open "$place/allowed" "$place/secret_" plain openat2 beneath again root untraced sharing vfork_sharing
		try $kind run "$place/good" "$place/evil" plain vfork execveat loader
	done
	tsem learn -o plain.model --name plain -- ./ways open "$place/allowed" plain </dev/null
	tsem run --model plain.model --enforce --on-violation deny --quiet --name plain -- \
		./ways in user open "$place/allowed" plain </dev/null
	is "a user namespace that the model does not have is refused" "$output" EPERM
}

test_names() {
	cp -p place/allowed place/real
	tsem learn -o names.model --name names -- ./ways open "$place/allowed" plain </dev/null
	rm place/allowed
	ln -s secret_ place/allowed
	is "outside a symbolic link leads to the secret" "$(./ways open "$place/allowed" plain)" "plain=done "
	tsem run --model names.model --enforce --quiet --name names -- ./ways open "$place/allowed" plain </dev/null
	is "a symbolic link with an allowed name is refused" "$output" "plain=EPERM "
	mv place/real place/allowed
	ln -s allowed place/link
	tsem run --model names.model --enforce --quiet --name names -- ./ways open "$place/link" plain </dev/null
	is "a symbolic link to an allowed file is that file" "$output" "plain=done "
	tsem learn -o link.model --name link -- ln place/secret_ place/harmless </dev/null
	is "a hard link can be made where it is learned" "$status:$(ls place/harmless)" 0:place/harmless
	rm place/harmless
	tsem learn -o nolink.model --name link -- ln nothing place/harmless </dev/null
	tsem run --model nolink.model --enforce --quiet --name nolink -- ln place/secret_ place/harmless </dev/null
	is "a hard link to a secret is refused" "$status:$(find place -name harmless)" "1:"
	like "... and named" "$("$T" why nolink)" "*place/secret_*: refused*"
}

# From a process outside, which has it open.
test_descriptors() {
	local giver name pid fd

	for name in allowed secret_; do
		./ways give $name "$place/$name" >$name.giver &
		wait_until test -s $name.giver
	done
	tsem learn -o take.model --name take -- ./ways take allowed </dev/null
	is "a descriptor is taken where it is learned" "$output" "done"
	tsem learn -o secret.model --name take -- ./ways take secret_ </dev/null
	is "another one too" "$output" "done"
	mv secret_ other && mv allowed secret_ && mv other allowed # the sockets change places, so that connecting is no difference
	tsem run --model take.model --enforce --quiet --on-violation deny --name take -- ./ways take allowed </dev/null
	is "a descriptor that the model does not have does not arrive" "$output" EPERM
	read -r pid fd <secret_.giver
	tsem learn -o steal.model --name steal -- ./ways steal "$pid" "$fd" </dev/null
	is "a descriptor is taken out of a process where it is learned" "$output" "done"
	tsem learn -o nothing.model --name steal -- ./ways steal 0 "$fd" </dev/null
	tsem run --model nothing.model --enforce --quiet --on-violation deny --name steal -- ./ways steal "$pid" "$fd" </dev/null
	is "a descriptor is not taken out of a process" "$output" EPERM
	for giver in *.giver; do
		read -r pid fd <"$giver"
		kill "$pid"
	done
	wait
}

# Whoever may send to a socket chooses what arrives: it does not, and the receiver goes on.
test_unrequested() {
	cat >server <<-'END'
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind("s")
		for i in range(2):
		    _, received, flags, _ = s.recvmsg(16, 64)
		    print("received" if received else "truncated" if flags & socket.MSG_CTRUNC else "text", end=" ")
		    print(open("place/allowed").read().strip(), flush=True)
	END
	cat >sender <<-'END'
		import array, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		secret = open("place/secret_")
		descriptors = array.array("i", [secret.fileno()])
		s.sendmsg([b"a"], [], 0, "s")
		s.sendmsg([b"b"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)] if len(sys.argv) > 1 else [], 0, "s")
	END
	serve() { # serve WORDS...: the same server, as tsem has it
		rm -f s
		tsem "$@" -- /usr/bin/python3 server </dev/null &
		wait_until test -S s
	}
	serve learn -o server.model --name server
	python3 sender
	wait
	serve run --model server.model --enforce --on-violation untrust --quiet --name server
	python3 sender descriptor
	wait
	is "a descriptor that nobody asked for does not arrive, and the server goes on" "$(<"$scratch/out")" "text allowed
truncated allowed"
	why server
	like "... and it is named" "$output" "*receives *secret_*refused*"
	flooded
}

# Who sends many takes no more than a part of the room for violations.
flooded() {
	cat >server <<-'END'
		import socket
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind("s")
		while s.recvmsg(16, 64)[0] != b"end":
		    pass
		try:
		    print(open("place/secret_").read())
		except OSError as error:
		    print(error.strerror)
	END
	cat >sender <<-'END'
		import array, os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		for i in range(int(sys.argv[1])):
		    fd = os.open("place/sent%d" % i, os.O_RDONLY | os.O_CREAT, 0o644)
		    s.sendmsg([b"a"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))], 0, "s")
		    os.close(fd)
		s.sendmsg([b"end"], [], 0, "s")
	END
	rm -f place/secret_.hidden
	serve learn -o flooded.model --name flooded
	mv place/secret_ place/hidden
	python3 sender 0
	wait
	mv place/hidden place/secret_
	serve run --model flooded.model --enforce --on-violation deny --quiet --name flooded
	python3 sender 5000
	wait
	is "5,000 descriptors that nobody asked for: what it then does itself is refused" "$(<"$scratch/out")" "Operation not permitted"
	why flooded
	like "... and named" "$output" "*opens *secret_ for reading*refused*"
}

need "the programs are built" build
need "load" "$T" load
for each in ${TESTS:-ways names descriptors unrequested}; do
	"test_$each"
done
finish
