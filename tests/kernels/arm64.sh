#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs a command on an arm64 machine: QEMU's virt with a Cortex-A57, Debian's cloud kernel 6.12 for arm64, Debian's programs.
# usage: tests/kernels/arm64.sh BUILD CMD...
# BUILD is build/arm64, as `make ARCH=arm64` makes it. The command sees this tree at its own path. Its output is that of the
# machine's console, and its status is its own; 125 when the machine did not come so far. Nothing of this machine is changed:
# packages are unpacked below BUILD (mk/foreign.sh).
set -u
tree=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "${1:?usage: tests/kernels/arm64.sh BUILD CMD...}") || exit 2
shift
limit=${TSEM_VM_TIMEOUT:-1200}
guest=$build/guest
# What the tests in the micro-VM run there.
packages=(linux-image-6.12-cloud-arm64 busybox-static bash dash coreutils grep sed mawk findutils util-linux procps tar
	python3-minimal python3 gojq nginx-light curl base-files base-passwd netbase hostname libc-bin diffutils
	libbpf1 libelf1 zlib1g libzstd1 libcap2 libmosquitto1 libfuse3-3 libseccomp2 libssl3)

fail() {
	echo "arm64.sh: $*" >&2
	exit 125
}

qemu=$(command -v qemu-system-aarch64) || {
	"$tree/mk/foreign.sh" "$build/qemu" "$(dpkg --print-architecture)" qemu-system-arm || exit 125
	qemu=$build/qemu/root/usr/bin/qemu-system-aarch64
	export LD_LIBRARY_PATH=$build/qemu/root/usr/lib/x86_64-linux-gnu
}
"$tree/mk/foreign.sh" "$guest" arm64 "${packages[@]}" || exit 125
root=$guest/root
kernel=$(find "$root/boot" -name 'vmlinuz-*-arm64' | sort -V | tail -n 1)
[ -n "$kernel" ] || fail "no kernel is in $root/boot"
work=$(mktemp -d "$build/boot.XXXXXX")
trap 'rm -rf "$work"' EXIT

# What the packages' own scripts would have made.
settle() {
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	echo 'root:*:19000:0:99999:7:::' >"$root/etc/shadow"
	chmod 640 "$root/etc/shadow"
	echo tsem-arm64 >"$root/etc/hostname"
	echo '127.0.0.1 localhost tsem-arm64' >"$root/etc/hosts"
	ln -sf mawk "$root/usr/bin/awk"
	ln -sf dash "$root/usr/bin/sh"
	mkdir -p "$root"/{proc,sys,dev,run,tmp,root,mnt}
}

init() {
	cat <<-'END'
		#!/bin/busybox sh
		/bin/busybox mkdir -p /proc /sys /dev /run /tmp /mnt
		b=/bin/busybox
		$b mount -t proc proc /proc
		$b mount -t sysfs sys /sys
		$b mount -t devtmpfs dev /dev
		$b mkdir -p /dev/pts /dev/shm /dev/mqueue
		$b mount -t devpts devpts /dev/pts
		$b mount -t tmpfs shm /dev/shm
		$b mount -t mqueue mqueue /dev/mqueue
		$b mount -t securityfs security /sys/kernel/security
		$b mount -t tracefs tracing /sys/kernel/tracing
		$b mount -t bpf -o mode=0700 bpf /sys/fs/bpf
		$b mount -t cgroup2 cgroup2 /sys/fs/cgroup
		$b mount -t tmpfs -o mode=0755 run /run
		$b mount -t tmpfs -o mode=1777 tmp /tmp
		$b ln -sf /proc/self/fd /dev/fd
		$b ln -sf fd/0 /dev/stdin; $b ln -sf fd/1 /dev/stdout; $b ln -sf fd/2 /dev/stderr
		$b ip link set lo up
		$b hostname tsem-arm64
		export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
		. /environment
		echo "@machine begins"
		/bin/bash /command </dev/null 2>&1
		echo "@machine ends $?"
		$b poweroff -f
	END
}

archive() {
	(cd "$root" && find . -path ./boot -prune -o -path ./usr/lib/modules -prune -o -path ./usr/share/doc -prune -o \
		-path ./usr/share/man -prune -o -path ./usr/share/locale -prune -o -print | busybox cpio -o -H newc 2>/dev/null)
	(cd / && { awk -F/ '{ for (i = 2; i <= NF; i++) print path = path (i > 2 ? "/" : "") $i }' <<<"$build"
		find "${tree#/}"/{tests,docs,abi}; find "${build#/}" -maxdepth 1 -type f; } | busybox cpio -o -H newc 2>/dev/null)
	(cd "$work" && printf '%s\n' init command environment | busybox cpio -o -H newc 2>/dev/null)
}

settle
init >"$work/init"
chmod +x "$work/init"
printf '%q ' "$@" >"$work/command"
{ env -0 | grep -z '^TSEM_' | while IFS= read -r -d '' each; do printf 'export %q\n' "$each"; done; printf 'cd %q\n' "$PWD"; } >"$work/environment"
archive >"$work/initrd" || fail "cannot make the machine's files"
timeout -k 5 "$limit" "$qemu" -M virt -cpu cortex-a57 -smp 2 -m 3072 -nographic -nodefaults -no-reboot -net none \
	-kernel "$kernel" -initrd "$work/initrd" -serial "file:$work/console" \
	-append 'console=ttyAMA0 quiet panic=-1 norandmaps lsm=landlock,lockdown,yama,integrity,apparmor,bpf' >"$work/qemu" 2>&1 </dev/null
status=$?
tr -d '\r' <"$work/console" | sed -n '/^@machine begins$/,/^@machine ends /p' | sed '1d;/^@machine ends /d'
ended=$(tr -d '\r' <"$work/console" | sed -n 's/^@machine ends //p' | tail -n 1)
[ -z "$ended" ] || exit "$ended"
tail -n 20 "$work/console" "$work/qemu" >&2
fail "the machine ended with status $status before the command did"
