#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Names as Linux allows them: as long as a path can be and longer, and of any
# bytes. Learned, shown, enforced, explained; what cannot be described is refused.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
swarm=$scratch/swarm

build() {
	if [ -x "$(dirname "$T")/swarm" ]; then
		cp "$(dirname "$T")/swarm" "$swarm"
	else
		gcc -std=gnu11 -D_GNU_SOURCE -static -o "$swarm" "$tests/deeds/swarm.c"
	fi
}

# Of the file that has JSON lines: each a document; and the paths that they have as bytes, in hexadecimal.
paths() { # paths FILE EVENT
	/usr/bin/python3 - "$@" <<-'PYTHON'
	import json, re, sys
	for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
	    event = json.loads(line)
	    cell = event.get(sys.argv[2], {})
	    path = cell.get("file", cell.get("dentry", {})).get("path", {}).get("pathname")
	    if path is not None:
	        raw = re.sub(rb"\\(?:\\|x([0-9a-f]{2}))", lambda m: bytes.fromhex(m[1].decode()) if m[1] else b"\\", path.encode())
	        print(raw.hex())
	PYTHON
}

hex() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

# Nothing that a terminal would take for more than text.
harmless() { # harmless FILE
	! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' "$1" && iconv -f UTF-8 -t UTF-8 "$1" >/dev/null 2>&1
}

hostile=($'new\nline' 'quo"te' "apos'trophe" 'back\slash' 'back\\\\slashes' $'control\001\033[31mred' $'bytes\xff\xfe' $'half\xc3'
	$'long\xc0\xaf' $'surrogate\xed\xa0\x80' 'letter é' 'looks like \xff' 'looks like \u0041' $'tab\t' $'delete\x7f' ' leading'
	'trailing ' 'gone (deleted)' '{"json":1}' $'return\r' '-option' '%s%n' '$(id)' $'c1\xc2\x9b31m' $'bidi\xe2\x80\xae')

test_hostile() {
	local names=() name i wanted

	mkdir hostile
	for name in "${hostile[@]}"; do
		echo x >"hostile/$name"
		echo x >"hostile/$name!"
		names+=("$scratch/hostile/$name")
	done
	tsem learn -o hostile.model --name hostile -- "$swarm" open "${names[@]}" </dev/null
	is "any bytes: learned" "$status:$output" "0:$(printf '0 %.0s' "${names[@]}" | sed 's/ $//')"
	tsem show hostile trajectory --json
	cp "$scratch/out" lines
	is "any bytes: every line is JSON" "$(while IFS= read -r line; do
		/usr/bin/python3 -m json.tool <<<"$line" >/dev/null || echo bad; done < <(grep file_open lines | tail -n "${#names[@]}"))" ""
	paths lines file_open >seen
	for i in "${!names[@]}"; do
		wanted=$(hex "${names[$i]}")
		grep -qx "$wanted" seen
		report $? "any bytes: $(printf %q "${hostile[$i]}") is in the record as it is" "$wanted"
	done
	/usr/bin/python3 "$tests/golden/coefficient.py" hostile.model >golden
	report $? "any bytes: the second implementation computes the same" "$(<golden)"
	tsem model verify hostile.model
	is "any bytes: the model can be read" "$status" 0
	tsem run --model hostile.model --enforce --name hostile -- "$swarm" open "${names[@]}" </dev/null
	is "any bytes: enforced, allowed" "$status:$output:$errors" "0:$(printf '0 %.0s' "${names[@]}" | sed 's/ $//'):"
	tsem run --model hostile.model --enforce --on-violation deny --name hostile -- "$swarm" open "${names[@]/%/!}" </dev/null
	is "any bytes: other names are refused" "$status:$output" "0:$(printf 'EPERM %.0s' "${names[@]}" | sed 's/ $//')"
	harmless "$scratch/err"
	report $? "any bytes: the explanation is plain text" "$(head -c 3000 "$scratch/err" | cat -v)"
	tsem why hostile </dev/null
	is "any bytes: why has each of them" "$status:$(tail -n 1 "$scratch/out")" \
		"3:${#names[@]} distinct violations; in all ${#names[@]} events outside the model, ${#names[@]} refused."
	harmless "$scratch/out"
	report $? "any bytes: why is plain text" "$(head -c 3000 "$scratch/out" | cat -v)"
	tsem why hostile --json </dev/null
	/usr/bin/python3 -m json.tool "$scratch/out" >/dev/null 2>bad
	report $? "any bytes: why --json is JSON" "$(<bad)"
	tsem show hostile.model trajectory </dev/null
	tsem show ./hostile.model trajectory </dev/null
	harmless "$scratch/out"
	report $? "any bytes: show is plain text" "$(head -c 3000 "$scratch/out" | cat -v)"
}

# Names of what is created, renamed and linked to, of programs, and of the CMD itself.
test_hostile_programs() {
	local name=$'ev\033[2J\nil\xff"\\'

	mkdir programs
	cp "$swarm" "programs/$name"
	tsem learn -o programs.model --name programs -- "./programs/$name" open told </dev/null
	is "a program of any bytes: learned" "$status" 0
	harmless "$scratch/err"
	report $? "a program of any bytes: learn prints plain text" "$(cat -v "$scratch/err")"
	/usr/bin/python3 "$tests/golden/coefficient.py" programs.model >golden
	report $? "a program of any bytes: the second implementation computes the same" "$(<golden)"
	tsem run --model programs.model --enforce -- "./programs/$name" create "$scratch/programs/new"$'\n\xfe' </dev/null
	is "a program of any bytes: what it creates is refused" "$output:$(ls programs | wc -l)" "EPERM:2"
	harmless "$scratch/err"
	report $? "a program of any bytes: run prints plain text" "$(cat -v "$scratch/err")"
	tsem ps --all </dev/null
	harmless "$scratch/out"
	report $? "a program of any bytes: ps prints plain text" "$(cat -v "$scratch/out")"
	tsem learn -o created.model --name created -- "$swarm" create "$scratch/programs/new"$'\n\xfe' </dev/null
	tsem show created trajectory --json
	cp "$scratch/out" lines
	paths lines inode_create | grep -qx "$(hex "$scratch/programs/new"$'\n\xfe')"
	report $? "a created file of any bytes is in the record as it is" "$(tail -n 2 lines)"
}

# Directories one in the other, until the path of the file has the length.
deep() { # deep LENGTH: prints the path; it is made with its file
	/usr/bin/python3 - "$scratch" "$1" <<-'PYTHON'
	import os, sys
	at, length = sys.argv[1], int(sys.argv[2])
	path, fd = at, os.open(at, os.O_PATH)
	while length - len(path) > 400:
	    name = "d" * 199
	    try:
	        os.mkdir(name, dir_fd=fd)
	    except FileExistsError:
	        pass
	    path, fd = path + "/" + name, os.open(name, os.O_PATH, dir_fd=fd)

	for last in (length - len(path)) // 2, None:
	    name = "e" * (last - 1 if last else length - len(path) - 1)
	    if last:
	        try:
	            os.mkdir(name, dir_fd=fd)
	        except FileExistsError:
	            pass
	        fd = os.open(name, os.O_PATH, dir_fd=fd)
	    else:
	        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=fd))
	    path += "/" + name
	print(path)
	PYTHON
}

test_long() {
	local length path

	for length in 4000 4094 4095; do
		path=$(deep "$length")
		is "$length bytes: made" "${#path}" "$length"
		tsem learn -o long.model --name long -- "$swarm" open "$path" </dev/null
		is "$length bytes: learned" "$status:$output:$(grep -c 'could not be modeled' "$scratch/err")" "0:0:0"
		tsem show long trajectory --json
		cp "$scratch/out" lines
		paths lines file_open | grep -qx "$(hex "$path")"
		report $? "$length bytes: in the record as it is"
		/usr/bin/python3 "$tests/golden/coefficient.py" long.model >golden
		report $? "$length bytes: the second implementation computes the same" "$(<golden)"
		tsem run --model long.model --enforce --name long -- "$swarm" open "$path" </dev/null
		is "$length bytes: enforced, allowed" "$status:$output:$errors" "0:0:"
		tsem run --model long.model --enforce --name long -- "$swarm" create "$path!" </dev/null
		is "$length bytes: another one is refused" "$status:$output" "0:EPERM"
		why long
		is "$length bytes: why" "$status" 3
	done
}

test_too_long() {
	local length path

	for length in 4096 4097 5000 9000; do
		path=$(deep "$length")
		is "$length bytes: made" "${#path}" "$length"
		tsem learn -o long.model --name long -- "$swarm" open "$path" </dev/null
		like "$length bytes: learning lets it through, and says that it would be refused" \
			"$status:$output:$errors" "0:0:*1 events could not be modeled and would be refused*"
		why long
		like "$length bytes: why says why" "$status:$output" "3:*longer than 4095 bytes*"
		tsem run --model long.model --enforce --on-violation deny --name long -- "$swarm" open "$path" "$scratch/swarm" </dev/null
		is "$length bytes: enforced, refused" "$status:$output" "0:EPERM EPERM"
		why long
		like "$length bytes: it is counted and explained" "$status:$output" "3:*longer than 4095 bytes*refused*"
		tsem show long forensics --json
		is "$length bytes: the record is JSON and says failed" "$(jq -r 'select(.event.failure) | .event.failure' <"$scratch/out")" path
	done
	# The directory can be described, the new entry in it cannot.
	path=$(deep 4000)
	path=${path%/*}/$(printf 'n%.0s' {1..255})
	tsem learn -o long.model --name long -- "$swarm" create "$path" </dev/null
	is "a new entry of ${#path} bytes: learning" "$status:$output" "0:0"
	tsem show long trajectory --json
	is "a new entry of ${#path} bytes: the record can be read" "$status:$errors" "0:"
	tsem show ./long.model events
	is "a new entry of ${#path} bytes: the model can be read" "$status:$errors" "0:"
}

mount_named() { # mount_named SOURCE WORDS...: a program that mounts it on there, with directories as descriptors
	printf 'cd good || exit; exec 8<.; mount -c -n %s %s %s; grep -h . %s/file; umount %s' "$3" "$2" "$1/there" "$1/there" "$1/there"
}

# A name that means another directory for each process, or at each moment, is never one that was learned.
test_turning() {
	local here=$scratch/mounts name options

	mkdir -p "$here"/{good,there,self-made,7root/root,1/selfish,other} && echo harmless | tee "$here"/{good,self-made,7root/root,1/selfish}/file >/dev/null
	cd "$here" || return
	for name in /proc/self/fd/8 /proc/self/cwd /proc/thread-self/cwd /dev/fd/8 /proc/thread-self/fd/8; do
		tsem learn -o turning.model --name turning -- sh -c "$(mount_named "$here" "$name" --bind)" </dev/null
		like "a mount of $name: learning lets it through, and says that it would be refused" \
			"$status:$output:$errors" "0:harmless:*1 events could not be modeled and would be refused*"
		tsem run --model turning.model --enforce --on-violation deny --name turning -- \
			sh -c "$(mount_named "$here" "$name" --bind)" </dev/null
		is "a mount of $name: enforced, refused" "$status:$output" "32:"
		why turning
		like "a mount of $name: why says why" "$status:$output" "3:*by a descriptor or a directory of a process*"
	done
	for name in "$here/self-made" "$here/7root/root" "$here/1/selfish" "$here/other/../1/selfish/../../7root/root"; do
		tsem learn -o plain.model --name plain -- sh -c "$(mount_named "$here" "$name" --bind)" </dev/null
		tsem run --model plain.model --enforce --on-violation deny --name plain -- \
			sh -c "$(mount_named "$here" "$name" --bind)" </dev/null
		is "a mount of ${name#"$here"/}: as learned" "$status:$output" "0:harmless"
	done
	# Where the working directory is in a /proc, an absolute name is none of a process's directory.
	for name in "cd /proc/1; mount -c -n --bind /root" "cd $here/other; mount -c -n --bind ../self-made"; do
		tsem learn -o plain.model --name plain -- sh -c "$name $here/there && umount $here/there" </dev/null
		tsem run --model plain.model --enforce --on-violation deny --name plain -- sh -c "$name $here/there && umount $here/there" </dev/null
		is "${name//$here\//}: as learned" "$status:$errors" "0:"
	done
	for options in lowerdir=/proc/self/fd/8:/var lowerdir=/var:/proc/self/cwd lowerdir=/dev/fd/8:/var; do
		tsem learn -o turning.model --name turning -- sh -c "$(mount_named "$here" overlay "-t overlay -o $options")" </dev/null
		like "an overlay with $options: learning says that it would be refused" \
			"$status:$output:$errors" "0:harmless:*1 events could not be modeled and would be refused*"
	done
	cd "$scratch" || return
}

need "the program is built" build
need "load" "$T" load
echo told >told
for each in ${TESTS:-hostile hostile_programs long too_long turning}; do
	"test_$each"
done
finish
