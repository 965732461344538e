#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Where the instructions of an operation go.
#
#	bench/profile.sh TSEM COLUMN OP [tree]
#
# The tsem that is profiled is built beside the given one, with the lines of its programs.
# COLUMN: idle, outside, free, sealed, enforcing or self; sealed and enforcing need the model
# that bench/run.sh leaves. OP: as ops names it. Every instruction of some
# rounds is traced in the emulator, so the numbers are exact. Prints what each
# BPF program costs and where in it; with "tree" the kernel's whole call tree.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
[ $# -ge 3 ] && [ -x "$1" ] || { echo "usage: bench/profile.sh TSEM COLUMN OP [tree]" >&2; exit 2; }
tsem=$(realpath "$1") column=$2 op=$3 how=${4:-}
out=$(dirname "$tsem")/bench
megabytes=100

die() {
	echo "profile: $*" >&2
	exit 1
}

# The system call that each round of the operation enters once.
case $op in
open | open10) entry=__x64_sys_openat ;;
stat) entry=__x64_sys_newfstatat ;;
pipe) entry=__x64_sys_write ;;
fork) entry=__x64_sys_clone megabytes=300 ;;
exec | exec-dynamic | shell) entry=__x64_sys_vfork megabytes=500 ;;
udp | tcp | unix) entry=__x64_sys_connect ;;
create) entry=__x64_sys_unlink megabytes=200 ;;
rename) entry=__x64_sys_rename ;;
mmap) entry=__x64_sys_mmap ;;
kill) entry=__x64_sys_kill ;;
null) entry=__x64_sys_getppid ;;
*) die "$op is not an operation that can be profiled" ;;
esac

work=$(mktemp -d) || exit 1
lab=
: >"$work/guest"
cleanup() {
	[ -z "$lab" ] || kill "$lab" 2>/dev/null
	wait
	rm -rf "$work"
}
trap cleanup EXIT

mkdir -p "$out" "$work/bin"
lined=$(dirname "$tsem")/lined
make --no-print-directory B="$lined" LINES_KEPT=yes "$lined/tsem" >&2 || die "cannot build tsem with the lines of its programs"
compile() {
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror "$@" || die "cannot compile $1"
}
[ -e "$out/ops" ] || compile bench/ops.c cli/bench/operations.c -static -o "$out/ops"
[ -e "$out/nothing-static" ] || compile bench/nothing.c -static -o "$out/nothing-static"
[ -e "$out/nothing-dynamic" ] || compile bench/nothing.c -o "$out/nothing-dynamic"
compile bench/lines.c -o "$out/lines" -lbpf -lelf -lz

# The lab starts QEMU from PATH: this one has a monitor too.
cat >"$work/bin/qemu-system-x86_64" <<END
#!/bin/sh
exec $(command -v qemu-system-x86_64) "\$@" -monitor unix:$work/monitor,server=on,wait=off
END
chmod +x "$work/bin/qemu-system-x86_64"
PATH=$work/bin:$PATH "$tsem" lab --deterministic --timeout 900 --cmdline lsm=landlock,lockdown,integrity,bpf -- \
	bash "$PWD/bench/guest.sh" profile "$out" "$lined/tsem" "$column" "$op" >"$work/guest" 2>"$work/errors" </dev/null &
lab=$!
until tail -n 1 "$work/guest" | grep -q '^ready'; do
	kill -0 $lab 2>/dev/null || { cat "$work/errors" >&2; die "the guest ended"; }
	sleep 1
done
python3 bench/profile.py record "$work/monitor" "$work/trace" ${megabytes}000000 || die "cannot trace"
python3 bench/profile.py show "$work/trace" "$work/guest" $entry $how
