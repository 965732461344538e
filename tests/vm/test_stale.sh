#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A verdict that was kept must not outlive what it was made on. A workload opens
# the same file again and again, so that the kernel answers from what it has
# kept; somebody outside changes what the file is, where it is, or who the task
# is; then the same deed must be refused, and after it was put right again it
# must be allowed.
# lab: --parallel

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
place=$scratch/place
many=60

ask() { # ask WORDS: what the workload answers
	local answer

	echo "$*" >&"${workload[1]}" && read -r -t 50 answer <&"${workload[0]}" && echo "$answer"
}

begin() { # begin WORDS...: the workload, under tsem WORDS
	rm -f in out
	mkfifo in out
	"$T" "$@" --name stale -- ./stale <in >out 2>err &
	runner=$!
	exec {to}>in {from}<out
	workload=("$from" "$to")
}

end() {
	exec {to}>&- {from}<&-
	wait "$runner"
}

learn() { # learn LINE...: a model of a workload that does this
	local line

	begin learn -o stale.model
	for line; do
		ask "$line" >>learned
	done
	end
}

enforce() {
	begin run --model stale.model --enforce --on-violation deny --quiet
}

allowed() { # allowed NAME LINE
	local answer done refused failed

	answer=$(ask "$2")
	read -r done refused failed <<<"$answer"
	[ "${done:-0}" -gt 0 ] && [ "$refused$failed" = 00 ]
	report $? "$1: allowed" "$2: $answer $(tail -n 3 err)"
}

refused() { # refused NAME LINE
	local answer done refused failed

	answer=$(ask "$2")
	read -r done refused failed <<<"$answer"
	[ "${refused:-0}" -gt 0 ] && [ "$done$failed" = 00 ]
	report $? "$1: refused" "$2: $answer $(tail -n 3 err)"
}

# Without this the rest would not test what is kept: names of the place are believed without asking.
files() {
	rm -rf "$place/a" "$place/b" "$place/root"
	mkdir -p "$place/a" "$place/b" "$place/root/a"
	echo allowed >"$place/a/file"
	cp ./nothing "$place/a/program"
	chmod 755 "$place/a/program"
	chmod 644 "$place/a/file"
}

test_names() { # test_names FILE_SYSTEM
	local turn bad=

	files
	learn "open $place/a/file 3" "hold $place/a" "at file 3" "hold $place/a/file" "again 3"
	enforce
	allowed "$1: before" "open $place/a/file $many"
	mv "$place/a/file" "$place/b/file"
	refused "$1: renamed" "open $place/b/file 5"
	mv "$place/b/file" "$place/a/file"
	allowed "$1: renamed back" "open $place/a/file $many"
	mv "$place/a" "$place/c"
	refused "$1: its directory renamed" "open $place/c/file 5"
	mv "$place/c" "$place/a"
	allowed "$1: its directory renamed back" "open $place/a/file $many"
	ln "$place/a/file" "$place/b/other"
	refused "$1: hard link" "open $place/b/other 5"
	allowed "$1: by its first name" "open $place/a/file $many"
	rm "$place/b/other"
	# The name is taken away and another given, so that the kernel's memory of the first can be that of the second.
	for turn in $(seq 8); do
		rm -rf "$place/x" "$place/a/file"
		echo allowed >"$place/a/file"
		ask "open $place/a/file $many" >/dev/null
		mkdir "$place/x"
		ln "$place/a/file" "$place/x/file"
		rm -r "$place/a"
		[[ $(ask "open $place/x/file 3") == "0 3 0" ]] || bad="$turn: opened by the new name"
		mkdir "$place/a"
		mv "$place/x/file" "$place/a/file"
	done
	report "$([ -z "$bad" ]; echo $?)" "$1: linked, and the first name removed" "$bad"
	allowed "$1: afterwards" "open $place/a/file $many"
	allowed "$1: kept open" "hold $place/a/file"
	allowed "$1: by its descriptor" "again $many"
	rm "$place/a/file"
	refused "$1: removed, by its descriptor" "again 5"
	echo allowed >"$place/a/file" && chmod 600 "$place/a/file"
	refused "$1: made anew with another mode" "open $place/a/file 5"
	chmod 644 "$place/a/file"
	allowed "$1: with the mode that is known" "open $place/a/file $many"
	chown 5 "$place/a/file"
	refused "$1: another owner" "open $place/a/file 5"
	chown 0 "$place/a/file"
	allowed "$1: the owner that is known" "open $place/a/file $many"
	chgrp 5 "$place/a/file"
	refused "$1: another group" "open $place/a/file 5"
	end
}

test_mounts() {
	files
	mkdir "$place/m" "$place/n"
	mount -t tmpfs none "$place/m" && mount --make-private "$place/m"
	echo allowed >"$place/m/file"
	learn "open $place/m/file 3" "hold $place/m" "at file 3"
	enforce
	allowed "mounts: before" "open $place/m/file $many"
	allowed "mounts: by its directory" "hold $place/m"
	mount --bind "$place/m" "$place/n"
	refused "mounts: bound elsewhere" "open $place/n/file 5"
	allowed "mounts: in its place" "open $place/m/file $many"
	umount "$place/n"
	mount --move "$place/m" "$place/n"
	refused "mounts: moved" "open $place/n/file 5"
	refused "mounts: moved, by the directory that is kept" "at file 5"
	mount --move "$place/n" "$place/m"
	allowed "mounts: moved back" "open $place/m/file $many"
	allowed "mounts: moved back, by the directory that is kept" "at file $many"
	umount -l "$place/m"
	refused "mounts: taken away, by the directory that is kept" "at file 5"
	end
}

test_task() {
	files
	cp "$place/a/file" "$place/root/a/file"
	mkdir -p "$place/root$place"
	mount --bind "$place" "$place/root$place"
	learn "open $place/a/file 3" "euid 65534" "euid 0" "hold $place/a" "at file 3" mounts
	enforce
	allowed "task: before" "open $place/a/file $many"
	allowed "task: sets its user" "euid 65534"
	refused "task: another user" "open $place/a/file 5"
	allowed "task: its own user again" "euid 0"
	allowed "task: as before" "open $place/a/file $many"
	allowed "task: keeps the directory" "hold $place/a"
	allowed "task: by the directory" "at file $many"
	allowed "task: goes to another mount namespace" mounts
	refused "task: another mount namespace" "open $place/a/file 5"
	refused "task: another mount namespace, by the directory" "at file 5"
	end
	learn "open $place/a/file 3" "hold $place/a" "at file 3" "chroot $place/root"
	enforce
	allowed "task: a new one" "open $place/a/file $many"
	allowed "task: keeps the directory again" "hold $place/a"
	allowed "task: by the directory again" "at file $many"
	allowed "task: goes to another root directory" "chroot $place/root"
	refused "task: another root directory" "open $place/a/file 5"
	refused "task: another root directory, by the directory" "at file 5"
	end
	umount -l "$place/root$place"
}

test_contents() {
	files
	learn "map $place/a/program 3" "run $place/a/program 3"
	enforce
	allowed "contents: mapped" "map $place/a/program $many"
	allowed "contents: run" "run $place/a/program 10"
	cp "$place/a/program" kept-program
	printf x | dd of="$place/a/program" conv=notrunc bs=1 seek=5000 status=none
	refused "contents: overwritten, mapped" "map $place/a/program 5"
	refused "contents: overwritten, run" "run $place/a/program 5"
	cat kept-program >"$place/a/program"
	allowed "contents: as before, mapped" "map $place/a/program $many"
	allowed "contents: as before, run" "run $place/a/program 10"
	printf x >>"$place/a/program"
	refused "contents: longer, run" "run $place/a/program 5"
	cat kept-program >"$place/a/program"
	cp kept-program "$place/b/program" && printf x >>"$place/b/program" && mv "$place/b/program" "$place/a/program"
	refused "contents: replaced, run" "run $place/a/program 5"
	refused "contents: replaced, mapped" "map $place/a/program 5"
	end
}

# Another namespace with the same name, place and files, and another model.
test_namespaces() {
	files
	learn "open $place/a/file 3"
	cp stale.model first.model
	enforce
	allowed "namespaces: the first" "open $place/a/file $many"
	end
	learn "open $place/b 3"
	enforce
	refused "namespaces: the second" "open $place/a/file 5"
	end
	cp first.model stale.model
	enforce
	allowed "namespaces: the first again" "open $place/a/file $many"
	end
}

# Somebody turns the file about while the workload opens it; when all is quiet, what is wrong must be refused.
turning() { # turning NAME LINE TURN BACK [WRONG_LINE]: bad in the state that TURN makes
	local turn pid bad=

	for turn in $(seq 5); do
		rm -f quiet
		until [ -e quiet ]; do
			eval "$3"
			eval "$4"
		done &
		pid=$!
		ask "$2" >/dev/null
		touch quiet
		wait $pid
		eval "$3"
		[[ $(ask "${5:-${2% *} 3}") == "0 3 0" ]] || bad="turn $turn"
		eval "$4"
		[[ $(ask "${2% *} 3") == "3 0 0" ]] || bad="turn $turn, put right"
	done
	report "$([ -z "$bad" ]; echo $?)" "in a loop beside it: $1" "$bad $(tail -n 3 err)"
}

test_loops() {
	files
	learn "open $place/a/file 3" "map $place/a/program 3"
	enforce
	turning "mode" "open $place/a/file 300" "chmod 600 $place/a/file" "chmod 644 $place/a/file"
	turning "owner" "open $place/a/file 300" "chown 7 $place/a/file" "chown 0 $place/a/file"
	turning "name" "open $place/a/file 300" "mv -T $place/a/file $place/b/file" "mv -T $place/b/file $place/a/file" \
		"open $place/b/file 3"
	turning "directory" "open $place/a/file 300" "mv -T $place/a $place/d" "mv -T $place/d $place/a" \
		"open $place/d/file 3"
	mkdir "$place/m" "$place/n" 2>/dev/null
	end
	mount -t tmpfs none "$place/m" && mount --make-private "$place/m"
	echo allowed >"$place/m/file"
	learn "open $place/m/file 3"
	enforce
	turning "mount" "open $place/m/file 300" "mount --move $place/m $place/n" "mount --move $place/n $place/m" \
		"open $place/n/file 3"
	end
	umount "$place/m"
}

cp "$(dirname "$T")/stale" . || exit 1
cc=$(command -v gcc) && printf 'int main(void)\n{\n\treturn 0;\n}\n' >nothing.c && $cc -static -o nothing nothing.c || exit 1
mkdir place
mount -t tmpfs none place && mount --make-private place
need "the programs stay loaded" "$T" load
need "what learning patches is patched" keep_patched
test_names tmpfs
test_mounts
test_task
test_contents
test_namespaces
test_loops
umount -l place
need "a file system with numbers that come again" mke2fs -q -F -t ext4 "$disk"
need "mounting it" mount "$disk" place
test_names ext4
umount -l place
finish
