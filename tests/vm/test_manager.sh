#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# lab: --systemd
#
# Containers whose control groups systemd manages: podman's --cgroup-manager=systemd, --systemd-cgroup of its runtimes.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$T" tsem-oci
ln -s "$T" tsem-oci-runc
mkdir -p /var/lib/containers /run/lock models
mount -t tmpfs -o mode=0700 tmpfs /var/lib/containers
models=$scratch/models

pod() { # pod WORDS...
	timeout 120 podman --log-level=error --cgroup-manager=systemd --events-backend=none "$@" </dev/null
}

image() {
	mkdir -p root/{bin,etc,tmp,proc,sys,dev}
	for each in sh cat sleep; do cp /bin/busybox root/bin/$each; done
	echo welcome >root/etc/motd
	tar -C root -cf root.tar .
	pod import -q root.tar test
}

need 'the kernel side loads' "$T" load
need 'systemd is process 1' test "$(cat /proc/1/comm)" = systemd
need 'an image' image
for runtime in tsem-oci tsem-oci-runc; do
	modeled=(--runtime "$scratch/$runtime" run -d --cidfile cid --network none --annotation io.tsem.model="$models/$runtime.model")
	rm -f cid
	pod "${modeled[@]}" --annotation io.tsem.mode=learn test /bin/sleep 1000 >/dev/null
	session=$(head -c 12 cid)
	like "$runtime: bound is the scope of the container" "$(listed "$session" | jq -r .control_group)" "/sys/fs/cgroup/machine.slice/libpod-$(<cid).scope"
	pod --runtime "$scratch/$runtime" exec "$session" /bin/cat /etc/motd >out 2>err
	is "$runtime: learned, with exec" "$?:$(<out):$(<err)" 0:welcome:
	pod --runtime "$scratch/$runtime" rm -f -t 0 "$session" >/dev/null
	rm -f cid
	pod "${modeled[@]}" test /bin/sleep 1000 >/dev/null
	session=$(head -c 12 cid)
	pod --runtime "$scratch/$runtime" exec "$session" /bin/cat /etc/motd >out 2>err
	is "$runtime: enforced" "$?:$(<out):$(field "$session" violations)" 0:welcome:0
	pod --runtime "$scratch/$runtime" exec "$session" /bin/sh -c 'echo ran' >out 2>err
	like "$runtime: exec of another is refused" "$(($? != 0)):$(<out):$(tr '[:upper:]' '[:lower:]' <err)" "1::*operation not permitted*"
	why "$session"
	like "$runtime: why says what" "$status:$output" "3:*the container runtime opens /bin/sh for execution: refused*"
	pod --runtime "$scratch/$runtime" rm -f -t 0 "$session" >/dev/null
	is "$runtime: none is left" "$(pod ps -aq):$("$T" ps --quiet)" :
done
finish
