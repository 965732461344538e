#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A workload that is root reaches for tsem itself, and for other namespaces. It is
# not enforced, so that nothing stands between but what is guarded in every mode.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build() {
	if [ -x "$(dirname "$T")/evade" ]; then
		cp "$(dirname "$T")/evade" evade
	else
		gcc -std=gnu11 -D_GNU_SOURCE -static -o evade "$tests/deeds/evade.c"
	fi
}

guarded() { # guarded NAME SHELL [UNDO]: cannot be done; what can be undone is done first outside
	if [ $# -gt 2 ]; then
		bash -c "{ $2; } && $3" >/dev/null 2>"$scratch/err"
		report $? "outside one can $1" "$(<"$scratch/err")"
	fi
	tsem run --name guarded --quiet -- bash -c "{ $2; } && echo done; echo end" </dev/null
	is "a workload cannot $1" "$status:$(grep -xE 'done|end' <<<"$output" | xargs)" 0:end
}

loaded() {
	find /sys/fs/bpf/tsem /run/tsem/lock /run/tsem/sequence | sort
}

test_control() {
	local pins=/sys/fs/bpf/tsem before map sleeper all

	mount --make-rshared / # as most machines are
	"$T" run --name first -- true </dev/null
	before=$(loaded)
	map="bpftool map update pinned $pins/tsem_namespaces key hex ff 03 00 00 value hex $(head -c "$(bpftool -j map show pinned $pins/tsem_namespaces | jq .bytes_value)" /dev/zero | od -An -v -tx1 | tr -d '\n')"
	guarded "change the state of namespaces" "$map" "true"
	guarded "take a map by its number" "bpftool map dump id $(bpftool -j map show name tsem_namespaces | jq '.id // .[0].id')" "true"
	guarded "take a program by its number" "bpftool prog dump xlated id $(bpftool -j prog show name file_open | jq '.id // .[0].id')" "true"
	# All of them, by their numbers: each that tsem has loaded, and of whatever else is there none is missed.
	all=$(./evade objects)
	is "outside one can take every map, program and link by its number" "$all" "$(sed -E 's|[0-9]+/([0-9]+)|\1/\1|' <<<"$all")"
	is "... of which there are many" "$(sed -nE 's/.* [0-9]*\/([0-9]+)/\1/p' <<<"$all" | awk '{ few += $1 < 20 } END { print NR, few + 0 }')" "3 0"
	tsem run --name guarded --quiet -- ./evade objects </dev/null
	is "a workload can take none of them" "$(grep -oE '[0-9]+/' <<<"$output" | sort | uniq -c | xargs)" "3 0/"
	guarded "unload" "'$T' unload --force"
	guarded "unload from a user namespace" "unshare -Ur '$T' unload --force"
	guarded "unlink a pin" "rm -f $pins/links/file_open"
	guarded "unlink a pin from a user namespace" "unshare -Ur rm -f $pins/links/file_open"
	guarded "rename the pins" "mv $pins /sys/fs/bpf/gone" "mv /sys/fs/bpf/gone $pins"
	guarded "rename one pin" "mv $pins/links/file_open $pins/links/gone" "mv $pins/links/gone $pins/links/file_open"
	guarded "make a directory among the pins" "mkdir $pins/new" "rmdir $pins/new"
	guarded "link a pin to another name" "ln $pins/tsem_tasks /sys/fs/bpf/mine" "rm /sys/fs/bpf/mine"
	guarded "mount over the pins" "mount -t tmpfs none $pins" "umount $pins"
	guarded "unmount the pins" "umount /sys/fs/bpf"
	guarded "unmount the pins lazily" "umount -l /sys/fs/bpf"
	guarded "unmount what is around the pins" "umount -l /sys"
	guarded "unmount the pins from another mount namespace" "unshare -m --propagation unchanged umount -l /sys/fs/bpf"
	guarded "unmount what is around from another mount namespace" "unshare -m --propagation unchanged umount -l /sys"
	guarded "remount the pins" "mount -o remount,ro /sys/fs/bpf" "mount -o remount,rw /sys/fs/bpf"
	guarded "write to the files of sessions" "echo x >/run/tsem/sequence" "echo 1000 >/run/tsem/sequence"
	guarded "make a file there" "echo x >/run/tsem/new" "rm /run/tsem/new"
	guarded "delete one" "rm -f /run/tsem/sequence" "echo 2000 >/run/tsem/sequence"
	guarded "rename the directory" "mv /run/tsem /run/gone" "mv /run/gone /run/tsem"
	guarded "change its mode" "chmod 0777 /run/tsem" "chmod 0700 /run/tsem"
	guarded "hold the lock" "exec 9</run/tsem/lock" "true"
	guarded "mount over it" "mount -t tmpfs none /run/tsem" "umount /run/tsem"
	guarded "switch off the calling of programs" "echo 0 >/proc/sys/kernel/ftrace_enabled" "echo 1 >/proc/sys/kernel/ftrace_enabled"
	guarded "kill who orchestrates" "kill -KILL \$PPID"
	guarded "stop who orchestrates" "kill -STOP \$PPID"
	guarded "trace who orchestrates" "test \"\$(./evade trace \$PPID)\" = done"
	tsem run --name guarded --quiet -- bash -c './evade trace $PPID; kill -0 $PPID && echo there' </dev/null
	is "the refusal is EPERM, and looking is free" "${output//$'\n'/ }" "EPERM there"
	none "nothing has changed" diff <(echo "$before") <(loaded)
	is "programs are still called" "$(</proc/sys/kernel/ftrace_enabled)" 1
	sleep 1000 &
	sleeper=$!
	tsem run --name guarded --quiet -- bash -c "kill -TERM $sleeper && echo done" </dev/null
	is "other processes can be signalled" "$output" "done"
	tsem learn -o control.model --name control -- rm -f $pins/links/file_open </dev/null
	like "learning says that it was refused" "$errors" "*1 events were refused, as in every mode*"
	is "... and has not learned it" "$(grep -c inode_unlink control.model)" 0
	tsem show control forensics --json
	is "... but has its record" "$(jq -r '.event | .type + .flags' <out)" "inode_unlink0x3"
	tsem run --model control.model --enforce --on-violation log --quiet --name log -- rm -f $pins/links/file_open </dev/null
	is "refused also on violation log" "$status:$(loaded)" "1:$before"
}

# Between namespaces, while nothing is enforced.
test_between() {
	"$T" run --name victim --quiet -- sleep 100 </dev/null >/dev/null 2>&1 &
	wait_until pgrep -x sleep
	tsem run --name attacker --quiet -- bash -c "kill -TERM $(pgrep -x sleep); ./evade trace $(pgrep -x sleep)" </dev/null
	is "tracing a task of another namespace is refused" "$output" EPERM
	tsem show attacker forensics --json
	is "a signal to it is refused, and recorded as refused" \
		"$(jq -r '.event | .type + .flags' <out | sort | tr '\n' ' ')" "ptrace_access_check0x3 task_kill0x3 "
	pgrep -x sleep >/dev/null
	report $? "it lives on"
	kill "$(pgrep -x sleep)"
	wait
}

# What cannot be undone, at the end: each that a workload could not do has its effect outside.
test_outside() {
	local front each

	"$T" run --name outside --quiet -- sleep 100 </dev/null >/dev/null 2>&1 &
	front=$!
	wait_until field_is outside tasks 1
	is "outside, who orchestrates can be traced" "$(./evade trace $front)" "done"
	kill -STOP $front
	is "... stopped" "$?:$(ps -o stat= $front | cut -c 1)" 0:T
	kill -KILL $front
	is "... and killed" "$?" 0
	wait
	for each in "umount /sys/fs/bpf" "umount -l /sys/fs/bpf" "umount -l /sys"; do
		check "outside one can: $each" unshare -m sh -c "$each && [ ! -e /sys/fs/bpf/tsem ]"
	done
	rm /sys/fs/bpf/tsem/links/file_receive
	is "outside, a pin can be unlinked" "$?:$(find /sys/fs/bpf/tsem/links -name file_receive)" "0:"
	unshare -Ur rm /sys/fs/bpf/tsem/links/file_open
	is "outside, root of a user namespace can unlink a pin" "$?:$(ls /sys/fs/bpf/tsem/links | grep -cx file_open)" "0:0"
	unshare -Ur "$T" unload --force >"$scratch/out" 2>"$scratch/err"
	is "... but tsem itself does not work for him" "$?:$(ls /sys/fs/bpf)" "1:tsem"
	like "... and says why" "$(<"$scratch/err")" "*initial user namespace*"
	tsem unload --force
	is "outside, root can unload" "$status:$(ls /sys/fs/bpf)" "0:"
	unshare -m --propagation unchanged umount -l /sys
	is "outside, what is around the pins can be unmounted from another mount namespace" "$?:$(grep -c ' /sys' /proc/mounts)" "0:0"
}

need "the program is built" build
need "load" "$T" load
for each in ${TESTS:-control between outside}; do
	"test_$each"
done
finish
