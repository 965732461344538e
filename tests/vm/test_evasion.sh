#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Ways around a model that allows something similar: other content behind the
# same name, code in memory, the other direction of a rename, mounts, names that
# are true somewhere else only. Each is done first where it is allowed, so that a
# refusal means something.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build() {
	local name

	if [ -x "$(dirname "$T")/evade" ]; then
		cp "$(dirname "$T")/evade" evade
		cp "$(dirname "$T")/ways" ways
	else
		gcc -std=gnu11 -D_GNU_SOURCE -static -o evade "$tests/deeds/evade.c" || return
		gcc -std=gnu11 -D_GNU_SOURCE -static -o ways "$tests/deeds/ways.c" || return
	fi
	for name in good evil; do
		printf 'int puts(const char *);\nint main(void)\n{\n\tputs("%s was run");\n\treturn 0;\n}\n' $name >$name.c
		gcc -static -o $name $name.c || return
	done
}

learned() { # learned NAME WORDS...: learns them
	local name=$1

	shift
	tsem learn -o "$name.model" --name "$name" -- "$@" </dev/null
}

enforced() { # enforced NAME WORDS...: under what was learned
	under=$1
	shift
	tsem run --model "$under.model" --enforce --on-violation deny --quiet --name "$under" -- "$@" </dev/null
}

# Of the workload that was run last: this is all that it said, and it did not only fail: tsem has refused something.
refused() { # refused NAME PATTERN
	like "$1" "$output, $("$T" why "$under" 2>&1 </dev/null | grep -o ': refused at' | sort -u)" "$2, : refused at"
}

test_memory_file() {
	cp good other
	learned memory ./evade sealed other
	is "a sealed program in memory can be learned" "$status:$output" "0:good was run"
	enforced memory ./evade sealed other
	is "a sealed program in memory is allowed" "$output" "good was run"
	cp evil other
	learned other ./evade sealed other
	is "another one runs where it is learned" "$output" "evil was run"
	enforced memory ./evade sealed other
	refused "another sealed program in memory is refused" EPERM
	cp good other
	learned changing ./evade memfd other
	is "learning: memory that can still be changed runs" "$output" "good was run"
	like "learning says that it would be refused" "$errors" "*2 events could not be modeled and would be refused*"
	learned swapped ./evade memfd good evil
	is "learning: it can be changed after the kernel has looked" "$output" "evil was run"
	enforced memory ./evade memfd other
	refused "a program in memory that can still be changed is refused" EPERM
	enforced changing ./evade memfd other
	refused "... also where it was learned" EPERM
	why changing
	like "... and why says so" "$output" "*can still change*"
	enforced swapped ./evade memfd good evil
	refused "memory changed after it was digested is refused" EPERM
}

test_tmpfs() {
	mkdir fs
	mount -t tmpfs none fs
	cp good fs/program
	learned tmpfs sh -c 'fs/program'
	is "a program on tmpfs can be learned" "$output" "good was run"
	enforced tmpfs sh -c 'fs/program'
	is "... and is allowed" "$output" "good was run"
	cp evil fs/program
	is "... changed, it runs outside" "$(fs/program)" "evil was run"
	enforced tmpfs sh -c 'fs/program'
	refused "a changed program on tmpfs is refused" ""
	cp good fs/program
	ln evil.c fs/x 2>/dev/null
	cp evil fs/evil
	ln -f fs/evil fs/program
	enforced tmpfs sh -c 'fs/program'
	refused "another program hard-linked to its name is refused" ""
	ln -sf evil fs/program
	enforced tmpfs sh -c 'fs/program'
	refused "a symbolic link in its place to another is refused" ""
	rm fs/program
	cp good fs/program
	mount --bind evil fs/program
	enforced tmpfs sh -c 'fs/program'
	refused "another program bound over its name is refused" ""
	umount fs/program fs
}

test_code() {
	learned heap ./evade rename a a
	learned heap_learned ./evade heap
	is "executable memory from brk(2) works where it is learned" "$output" "done"
	enforced heap_learned ./evade heap
	is "... and is allowed" "$output" "done"
	enforced heap ./evade heap
	refused "executable memory from brk(2) is refused" "!(*done*)"
	learned rewrite ./evade rewrite ./good
	is "executable memory that becomes writable works where it is learned" "$output" "done"
	learned traced sh -c './evade traceme'
	is "being traced by a parent works where it is learned" "$output" "done"
	learned not_traced sh -c './evade'
	enforced not_traced sh -c './evade traceme'
	refused "being traced by a parent is refused" EPERM
}

# A library that is allowed must not become writable where it is mapped executable.
test_rewrite() {
	printf '#include <sys/mman.h>\n#include <stdio.h>\n#include <fcntl.h>\nint main(int c, char **v)\n{\n\tchar *m = mmap(0, 4096, 5, MAP_PRIVATE, open("good", O_RDONLY), 0);\n\tif (c > 1) puts(mprotect(m, 4096, 7) ? "refused" : "done");\n\treturn 0;\n}\n' >map.c
	gcc -static -o map map.c
	learned map sh -c './map'
	learned map_writes sh -c './map x'
	is "memory of a program can become writable where it is learned" "$output" "done"
	enforced map sh -c './map x'
	refused "memory that is executable cannot become writable" refused
}

test_exchange() {
	echo a >a
	echo b >b
	learned exchange ./evade exchange a b
	is "an exchange works where it is learned" "$output:$(cat a b | tr -d '\n')" "done:ba"
	enforced exchange ./evade exchange a b
	is "... and is allowed" "$output:$(cat a b | tr -d '\n')" "done:ab"
	learned rename ./evade rename a b
	echo a >a
	echo b >b
	enforced rename ./evade exchange a b
	refused "a rename over a file does not allow to exchange them" EPERM
	is "... and has not" "$(cat a b | tr -d '\n')" ab
}

test_mount() {
	local how

	mkdir there
	touch there/file
	learned mount ./evade mount /nowhere
	for how in mount move_mount; do
		learned $how.there ./evade $how "$scratch/there"
		is "$how(2) works where it is learned" "$output:$(ls there)" "done:"
		umount there
		enforced mount ./evade $how "$scratch/there"
		refused "$how(2) is refused" EPERM
		is "... and has not been done" "$(ls there)" file
	done
	mount -t tmpfs none there
	learned umount.there umount there
	is "umount works where it is learned" "$status:$(ls there)" "0:file"
	mount -t tmpfs none there
	learned no_umount umount nowhere
	enforced no_umount umount there
	refused "umount is refused" ""
	is "... and fails" "$status:$(ls there)" "32:"
	enforced no_umount umount -l there
	refused "umount -l is refused" ""
	is "... and fails" "$status:$(ls there)" "32:"
	umount there
}

# The path of a file is that of its mount: in one that is nowhere it could be any.
test_detached() {
	mkdir -p fake/etc
	cp -p /etc/hostname fake/etc/hostname
	learned elsewhere ./ways below "$scratch/fake" etc/hostname
	is "a file below a detached mount can be opened where it is learned" "$output" "done"
	learned named ./ways below / etc/hostname
	enforced named ./ways below "$scratch/fake" etc/hostname
	is "the same mount of other files: other names" "$status" 0
	learned plain sh -c "./ways open /etc/hostname plain; ./ways below '$scratch/fake' nothing"
	enforced plain sh -c "./ways open /etc/hostname plain; ./ways below '$scratch/fake' etc/hostname"
	is "a file that has an allowed name in a detached mount only is refused" "$(tr -s ' \n' ' ' <out)" "plain=done EPERM "
	tsem show elsewhere trajectory --json
	is "its path says that it is detached" \
		"$(jq -r 'select(.event.type == "file_open") | .file_open.file.path | select(.pathname == "/etc/hostname") | .type' <out)" detached
}

# The program is allowed, what it is told to do is not.
test_interpreters() {
	local each name

	echo secret >secret
	for each in "/usr/bin/python3 -c|print(open('secret').read())" "/usr/bin/perl -e|print(\`cat secret\`)" \
		"/bin/sh -c|read x <secret; echo \$x" "/usr/bin/awk|BEGIN { getline < \"secret\"; print }"; do
		name=${each%%|*}
		[ -x "${name%% *}" ] || { skip "$name cannot tell the secret" "it is not installed" && continue; }
		# shellcheck disable=SC2086
		learned secret $name "${each#*|}"
		is "$name: tells the secret where it is learned" "${output//$'\n'/}" secret
		# shellcheck disable=SC2086
		learned interpreter $name ""
		# shellcheck disable=SC2086
		enforced interpreter $name "${each#*|}"
		refused "$name: cannot tell the secret" "!(*secret*)"
	done
	learned loaded /lib64/ld-linux-x86-64.so.2 /bin/cat secret
	is "the loader runs a program where it is learned" "$output" secret
	learned loader /lib64/ld-linux-x86-64.so.2 /bin/true
	enforced loader /lib64/ld-linux-x86-64.so.2 /bin/cat secret
	refused "the loader does not run another one" ""
}

# Who is refused leaves nothing behind by which others are: the file does not count as mapped.
test_refused_mapping() {
	local mapper

	cp good data
	learned map ./evade map data
	learned write sh -c ': >>data'
	cp evil data
	mkfifo wait
	"$T" run --model map.model --enforce --on-violation deny --quiet --name map -- ./evade map data <wait >mapped 2>/dev/null &
	mapper=$!
	exec {held}>wait
	wait_until test -s mapped
	is "a mapping of another content is refused" "$(<mapped)" "not mapped"
	enforced write sh -c ': >>data'
	is "... and opening the file for writing is what it was" "$status:$errors" "0:"
	exec {held}>&-
	wait $mapper
}

need "the programs are built" build
need "load" "$T" load
for each in ${TESTS:-memory_file tmpfs code rewrite exchange mount detached interpreters refused_mapping}; do
	"test_$each"
done
finish
