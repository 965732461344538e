#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One column, in the guest: guest.sh COLUMN FILES TSEM [ops' arguments...]
# The results are lines of JSON on standard output. In column learn the models
# of the run follow, each after a line "model NAME".
#
# Everything is first copied to a root directory in memory: what the host
# serves comes sooner the one time and later the other.
set -uo pipefail
column=$1 files=$2 tsem=$3
shift 3

fail() {
	echo "bench: column $column: $*" >&2
	exit 1
}

# copy_program PROGRAM [NAME]: with the libraries that it needs.
copy_program() {
	local library
	cp -L "$1" "$root/bin/${2:-${1##*/}}" || fail "cannot copy $1"
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$root${library%/*}"
		[ -e "$root$library" ] || cp -L "$library" "$root$library"
	done
}

# Three real programs, where the machine has them; the compiler looks for its parts beside itself.
copy_real() {
	local program part
	for program in nginx redis-server make gcc as ld; do
		program=$(command -v "$program") && copy_program "$program" "${program##*/}"
	done
	part=$(gcc -print-prog-name=cc1 2>/dev/null)
	case $part in
	/*) part=${part#/usr} && mkdir -p "$root${part%/*}" && copy_program "/usr$part" && mv "$root/bin/cc1" "$root$part" ;;
	*) rm -f $root/bin/gcc ;;
	esac
}

copy_files() {
	local program
	mkdir -p $root/{bin,dev,disk,etc,old,proc,run,sys,tmp,work}
	copy_program "$tsem" tsem
	copy_program /bin/sh sh
	copy_program "$(command -v busybox)" busybox
	copy_program "$files/nothing-dynamic"
	for program in "$files"/{floor,lines,namespaces} $([ "$column" != apparmor ] || command -v apparmor_parser); do
		[ ! -e "$program" ] || copy_program "$program"
	done
	copy_real
	cp "$files"/{ops,nothing-static,nothing-dynamic} $root/work/ || fail "cannot copy the operations"
	case $column in
	sealed | enforcing) cp "$files/ops.model" $root/tmp/model || fail "no model" ;;
	profile) [ ! -e "$files/ops.model" ] || cp "$files/ops.model" $root/tmp/model ;;
	growth) cp "$files"/grow-*.model $root/tmp/ || fail "no models" ;;
	esac
	cp /etc/ld.so.cache /etc/passwd /etc/group $root/etc/
	cp "${BASH_SOURCE[0]}" $root/guest.sh
}

enter() {
	local directory
	root=/run/root
	mkdir -p $root
	mount -t tmpfs -o size=70%,mode=0755 bench $root || fail "cannot mount a root directory"
	copy_files
	for directory in proc sys dev; do
		mount --move /$directory $root/$directory || fail "cannot move /$directory"
	done
	cd $root && pivot_root . old || fail "cannot change the root directory"
	export PATH=/bin
	exec /bin/busybox sh /guest.sh "$column" "$files" inside "$@"
	fail "cannot go on in the new root directory"
}

measure() {
	./ops --json "$@" || fail "ops failed"
}

# modeled NAME TSEM-OPTIONS -- OPS-ARGUMENTS. A violation makes ops fail, because its task is distrusted.
modeled() {
	name=$1
	shift
	tsem run --name "$name" "$@" || fail "ops failed in namespace $name"
}

load() {
	tsem load >&2 || fail "cannot load the programs"
}

learn() {
	tsem learn --name ops -o /tmp/ops -- ./ops --json "$@" || fail "learning failed"
	tsem learn --name open -o /tmp/open -- ./ops --json open >/dev/null || fail "learning failed"
	for name in ops open; do
		echo "model $name"
		cat /tmp/$name
	done
}

# grown TEXT: the result of open + close under another name.
grown() {
	sed "s|\"open + close\"|\"open + close, $1\"|"
}

growth() {
	for size in 100 10000 1000000; do
		modeled model-$size --model /tmp/grow-$size.model --enforce -- ./ops --json open |
			grown "model of $size coefficients" || exit 1
	done
	for size in 10 2000; do
		modeled processes-$size --model /tmp/grow-100.model --enforce -- ./ops --json --crowd $size open |
			grown "$size processes" || exit 1
	done
	for size in 1 50 500; do
		beside=
		if [ $size -gt 1 ]; then
			namespaces $((size - 1)) /tmp/grow-100.model >/tmp/ready &
			beside=$!
			until grep -q ready /tmp/ready; do
				kill -0 $beside || fail "cannot make $size namespaces"
				sleep 1
			done
		fi
		modeled namespaces-$size --model /tmp/grow-100.model --enforce -- ./ops --json open |
			grown "$size namespaces" || exit 1
		[ -z "$beside" ] || kill $beside
		sleep 2
	done
}

floor() {
	/bin/floor >/tmp/ready &
	until grep -q ready /tmp/ready; do
		kill -0 $! || fail "cannot load the programs that do nothing"
		sleep 1
	done
}

# An agent outside the kernel decides: the free one never says that an answer holds for ever.
external() {
	tsem tma --listen unix:/tmp/agent >&2 &
	until [ -S /tmp/agent ]; do
		kill -0 $! || fail "the agent ended"
		sleep 1
	done
	asked unix:/tmp/agent
}

asked() {
	modeled ops --tma "$1" --quiet -- ./ops --json open ping herd
}

# What ops does, and no more.
confine() {
	cat >/tmp/profile <<-END
	profile ops /work/ops {
	  capability,
	  network,
	  unix,
	  signal,
	  ptrace,
	  /bin/{sh,nginx,redis-server,make,gcc,as,ld} rmix,
	  /dev/{null,urandom} rw,
	  /disk/** rwmlk,
	  /etc/** r,
	  /sys/** r,
	  /tmp/ rw,
	  /lib/gcc/** rix,
	  /{,usr/}lib{,64}/** rm,
	  /proc/** r,
	  /work/** rwmlk,
	  /work/{nothing-static,nothing-dynamic,ops} rix,
	}
	END
	apparmor_parser --replace --skip-cache /tmp/profile >&2 || fail "cannot load the AppArmor profile"
	cd /tmp && touch file
	! /work/ops open >/dev/null 2>&1 || fail "AppArmor does not enforce the profile"
	cd /work
}

# Goes on until the host ends the machine: profile none|idle|outside|free|sealed|enforcing|self OP
run_forever() {
	echo 1 >/proc/sys/net/core/bpf_jit_kallsyms
	echo 0 >/proc/sys/kernel/kptr_restrict
	[ "$1" = none ] || [ "$1" = idle ] || load
	case $1 in
	free) tsem run --name ops -- ./ops --forever "$2" & ;;
	sealed) tsem run --name ops --model /tmp/model -- ./ops --forever "$2" & ;;
	enforcing) tsem run --name ops --model /tmp/model --enforce -- ./ops --forever "$2" & ;;
	self) tsem run --name ops --tma self:engine --quiet -- ./ops --forever "$2" & ;;
	*) ./ops --forever "$2" & ;;
	esac
	sleep 3
	kill -0 $! || fail "ops ended"
	cat /proc/kallsyms
	/bin/lines
	echo ready
	wait
}

inside() {
	for tool in cat grep kill mkdir mount sed sleep touch umount; do
		ln -s busybox /bin/$tool
	done
	mount -t tmpfs -o mode=0755 run /run
	mkdir -p /sys/fs/bpf
	umount -l /old
	cd /work || fail "no directory to work in"
	./ops --prepare || fail "cannot prepare"
	if [ -e /dev/vda ]; then
		mount -t ext4 /dev/vda /disk || fail "cannot mount the disk"
		set -- --disk /disk "$@"
	fi
	case $column in
	detections) load && tsem detect add --all --action log >&2 || fail "cannot attach the detections" ;;
	external | self | outside | learn | free | first | sealed | enforcing | growth) load ;;
	apparmor) confine ;;
	floor) floor ;;
	esac
	# As on every machine, somebody else has the shell and the C library mapped: the last one to unmap pays.
	/bin/sh -c 'kill -STOP $$' &
	sleep 5
	case $column in
	learn) learn "$@" ;;
	free) modeled ops -- ./ops --json "$@" ;;
	first) modeled ops -- ./ops --json --first "$@" ;;
	sealed) modeled ops --model /tmp/model -- ./ops --json "$@" ;;
	enforcing) modeled ops --model /tmp/model --enforce -- ./ops --json "$@" ;;
	growth) growth ;;
	external) external ;;
	self) asked self:engine ;;
	profile) run_forever "$@" ;;
	*) measure "$@" ;;
	esac
}

if [ "$tsem" = inside ]; then
	inside "$@"
else
	enter "$@"
fi
