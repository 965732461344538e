#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One column, in the guest: guest.sh COLUMN FILES TSEM [ops' arguments...]
# The results are lines of JSON on standard output; in column learn they are
# followed by the line "model" and the model of the run.
#
# Everything is first copied to a root directory in memory: what the host
# serves comes later the one time and sooner the other.
set -u
column=$1 files=$2 tsem=$3
shift 3

fail() {
	echo "bench: column $column: $*" >&2
	exit 1
}

# copy_program PROGRAM [NAME]: with the libraries that it needs.
copy_program() {
	local library
	mkdir -p "$root/bin"
	cp -L "$1" "$root/bin/${2:-${1##*/}}" || fail "cannot copy $1"
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$root${library%/*}"
		cp -nL "$library" "$root$library"
	done
}

enter() {
	local directory
	root=/run/root
	mkdir -p $root
	mount -t tmpfs -o size=70%,mode=0755 bench $root || fail "no tmpfs"
	mkdir -p $root/{etc,tmp,run,old,work,disk,var/tmp}
	copy_program "$tsem" tsem
	copy_program /bin/sh sh
	copy_program "$(command -v busybox)" busybox
	[ "$column" != apparmor ] || copy_program "$(command -v apparmor_parser)"
	cp "$files"/{ops,nothing-static,nothing-dynamic} $root/work/ || fail "cannot copy the operations"
	[ ! -e "$files/floor" ] || copy_program "$files/floor"
	[ ! -e "$files/namespaces" ] || copy_program "$files/namespaces"
	[ ! -e "$files/$column.model" ] || cp "$files/$column.model" $root/tmp/model || fail "cannot copy the model"
	cp "${BASH_SOURCE[0]}" $root/guest.sh
	cp /etc/ld.so.cache /etc/passwd /etc/group $root/etc/
	: >$root/etc/ld.so.preload
	for directory in proc sys dev; do
		mkdir -p $root/$directory
		mount --move /$directory $root/$directory || fail "cannot move /$directory"
	done
	cd $root && pivot_root . old || fail "cannot change the root"
	export PATH=/bin
	exec /bin/busybox sh /guest.sh "$column" "$files" inside "$@"
	fail "cannot go on in the new root"
}

# run_modeled TSEM-RUN-OPTIONS -- OPS-ARGUMENTS: an event outside of the model spoils the numbers.
run_modeled() {
	tsem run --name ops "$@" || fail "the modeled run failed"
	[ "$column" = free ] || tsem show ops counts --json >/tmp/counts || fail "no counts"
}

load() {
	tsem load || fail "cannot load the programs"
	sleep 2
}

profile() {
	cat <<-END
	profile ops /work/ops flags=(attach_disconnected) {
	  capability,
	  network,
	  signal,
	  unix,
	  /work/** rwmlk,
	  /disk/** rwmlk,
	  /work/ops rix,
	  /work/nothing-* rix,
	  /bin/sh rix,
	  /etc/ld.so.* r,
	  /lib/** rm,
	  /lib64/** rm,
	}
	END
}

inside() {
	for tool in sh cat sleep mount umount mkdir ls mv rm cp ln uname dmesg grep sync; do
		[ -e /bin/$tool ] || ln -s busybox /bin/$tool
	done
	mount -t tmpfs -o mode=0755 run /run
	umount -l /old
	cd /work || fail "no directory"
	./ops --prepare || fail "cannot prepare"
	if [ -e /dev/vda ]; then
		mount -t ext4 /dev/vda /disk || fail "cannot mount the disk"
		set -- --disk /disk "$@"
	fi
	sleep 5
	case $column in
	none | idle)
		./ops --json "$@" || fail "ops failed" ;;
	outside)
		load
		./ops --json "$@" || fail "ops failed" ;;
	learn)
		load
		tsem learn --name ops -o /tmp/model -- ./ops --json "$@" || fail "learning failed"
		echo model
		cat /tmp/model ;;
	free)
		load
		tsem run --name ops -- ./ops --json "$@" || fail "the free run failed" ;;
	first)
		load
		tsem run --name ops -- ./ops --json --first "$@" || fail "the free run failed" ;;
	sealed)
		load
		tsem run --name ops --model /tmp/model -- ./ops --json "$@" || fail "the sealed run failed" ;;
	enforcing)
		load
		tsem run --name ops --model /tmp/model --enforce -- ./ops --json "$@" || fail "the enforced run failed" ;;
	profile)
		# Goes on until the host ends the machine.
		load
		echo 1 >/proc/sys/net/core/bpf_jit_kallsyms
		echo 0 >/proc/sys/kernel/kptr_restrict
		case $1 in
		idle | outside) ./ops --forever "$2" & ;;
		enforcing) tsem run --name ops --model /tmp/model --enforce -- ./ops --forever "$2" & ;;
		esac
		sleep 3
		cat /proc/kallsyms
		echo ready
		wait ;;
	esac
}

if [ "$tsem" = inside ]; then
	inside "$@"
else
	enter "$@"
fi
