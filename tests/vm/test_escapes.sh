#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Ten known ways out of a container that was given all that it takes: privileges, the machine's processes, its control
# groups, its disk, its engine's socket, a directory that was left open. Each works without tsem; under a model of what the
# container does, each is refused and named.

shopt -s extglob
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$T" tsem-oci
mkdir -p /var/lib/containers /run/lock models data
mount -t tmpfs -o mode=0700 tmpfs /var/lib/containers

pod() { # pod WORDS...
	timeout 120 podman --log-level=error --cgroup-manager=cgroupfs --events-backend=none "$@"
}

# What each of them is called, and a part of the sentence of tsem why.
escapes=(release_agent core_pattern engine_socket disk proc_root descriptor groups module ptrace device)
declare -A named=(
	[release_agent]="mounts * on /tmp/v1" [core_pattern]="opens /proc/sys/kernel/core_pattern for writing"
	[engine_socket]="/run/engine.sock" [disk]="mounts /dev/vda on /tmp/disk" [proc_root]="inspects a process outside the namespace"
	[descriptor]="opens /etc/shadow for reading" [groups]="opens */cgroup.procs for writing" [module]="/data/module.ko"
	[ptrace]="traces" [device]="/tmp/memory"
)

prepare() {
	mkdir -p root/{bin,etc,tmp/v1,tmp/disk,proc,sys,dev,data,run}
	cp "$(dirname "$T")/escape" root/bin/escape
	tar -C root -cf root.tar .
	pod import -q root.tar test
	mkfs.ext4 -q "$disk"
	cp "$cache/kernel-$(uname -r)/modules/tun.ko" data/module.ko
	sleep 10000 >/dev/null 2>&1 &
	echo $! >data/victim
	nc -lkU /run/engine.sock </dev/null >/dev/null 2>&1 &
	wait_until test -S /run/engine.sock
}

undo() { # what an escape leaves on the machine
	rmmod tun 2>/dev/null
	umount "$disk" 2>/dev/null
}

escape() { # escape WHICH WORDS...: in a container that is given everything
	local which=$1

	shift
	rm -f cid
	pod --runtime "$scratch/tsem-oci" run --rm --cidfile "$scratch/cid" --network none --privileged --pid=host --cgroupns=host \
		--volume /run/engine.sock:/run/engine.sock --volume "$scratch/data:/data" --preserve-fds=1 \
		--annotation io.tsem.model="$scratch/models/escape.model" "$@" test /bin/escape "$which" </dev/null 3</etc
	undo
}

test_escapes() {
	escape none --annotation io.tsem.mode=learn >out 2>err
	is "learned: the harmless half" "$(<out):$(<err)" "none: done:"
	escape all --annotation io.tsem.mode=sealed >out 2>err
	for each in "${escapes[@]}"; do
		is "without enforcement it works: $each" "$(grep "^$each: " out)" "$each: done"
	done
	# By events alone, and then with the system calls, too.
	for calls in no yes; do
		escape all --annotation io.tsem.syscalls=$calls >out 2>err
		for each in "${escapes[@]}"; do
			like "refused (system calls: $calls): $each" "$(grep "^$each: " out)" "$each: @(Operation not permitted|Permission denied)"
		done
		is "what was learned is done (system calls: $calls)" "$(grep "^none: " out)" "none: done"
		[ $calls = yes ] || why "$(head -c 12 cid)"
	done
	for each in "${escapes[@]}"; do
		like "named: $each" "$output" "*/bin/escape, started by the container runtime, *${named[$each]}*refused*"
	done
	rm -f data/module.ko
}

need 'the kernel side loads' "$T" load
need 'an image, and what escapes reach' prepare
for each in ${TESTS:-escapes}; do
	"test_$each"
done
finish
