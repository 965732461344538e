#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Measures what operations cost, in guest instructions, and prints one table.
#
#	bench/run.sh [--quick] [--jobs N] [--columns LIST] TSEM
#
# --quick: the rows of the targets only, and the columns that they bound.
# --columns: measures these again, and takes the others from the last run.
# Writes bench.json and bench.txt beside TSEM, and the guests' own output below
# bench/ there. One boot of the micro-VM for each column.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

LSM=landlock,lockdown,integrity
quick= jobs=$(nproc) only=
while [ $# -gt 1 ]; do
	case $1 in
	--quick) quick=1 ;;
	--jobs) jobs=$2 && shift ;;
	--columns) only=${2//,/ } && shift ;;
	*) break ;;
	esac
	shift
done
[ $# = 1 ] && [ -x "$1" ] || { echo "usage: bench/run.sh [--quick] [--jobs N] [--columns LIST] TSEM" >&2; exit 2; }
tsem=$(realpath "$1")
build=$(dirname "$tsem")
out=$build/bench
measured=$out/tsem # a copy, so that another build meanwhile does not matter

# No guest outlives this.
trap 'kill $(jobs -p) 2>/dev/null' EXIT
trap 'exit 143' TERM INT

say() {
	echo "bench: $*" >&2
}

die() {
	say "$@"
	exit 1
}

compile() {
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror "$@" || die "cannot compile $1"
}

# The programs of the kernel side that `tsem load` attaches, as rows FLOOR(name, hook).
floor_hooks() {
	llvm-objdump -t "$build/tsem.bpf.o" |
		awk '$3 == "F" && $4 ~ /^(lsm|tp_btf|fmod_ret|fentry)/ && $NF !~ /^(all_|syscall_learn$|external_create$|file_contents$|task_stays$)/ {
			printf "FLOOR(%s, \"%s\")\n", $NF, $4 }' | sort -u
}

build_floor() {
	local bpftool
	bpftool=$(command -v bpftool /usr/sbin/bpftool | head -n 1)
	floor_hooks >"$out/floor-hooks.h"
	[ -s "$out/floor-hooks.h" ] || die "cannot list the programs of $build/tsem.bpf.o"
	clang -g -O2 -mcpu=v3 -target bpf -idirafter "/usr/include/$(gcc -print-multiarch)" -I"$out" \
		-Wall -Wextra -Werror -Wno-unused-parameter -c bench/floor.bpf.c -o "$out/floor.bpf.o" &&
		"$bpftool" gen skeleton "$out/floor.bpf.o" name floor_bpf >"$out/floor.skel.h" ||
		die "cannot build the programs that do nothing"
	compile bench/floor.c -I"$out" -Wno-shadow -o "$out/floor" -lbpf -lelf -lz
}

build_all() {
	mkdir -p "$out"
	cp "$tsem" "$measured" || die "cannot copy $tsem"
	[ -n "$only" ] || rm -f "$out"/*.out "$out"/*.err "$out"/*.model
	rm -f "$out"/{floor,namespaces,lines}
	local before=$(cat "$out"/{ops,nothing-static,nothing-dynamic} 2>/dev/null | cksum)
	compile bench/ops.c cli/bench/operations.c -static -o "$out/ops"
	compile bench/nothing.c -static -o "$out/nothing-static"
	compile bench/nothing.c -o "$out/nothing-dynamic"
	# A model knows programs by their content.
	if [ -n "$only" ] && [ "$before" != "$(cat "$out"/{ops,nothing-static,nothing-dynamic} | cksum)" ]; then
		only="learn $only"
	fi
	[ -z "$quick" ] || return 0
	build_floor
	cp "$build/namespaces" "$out/" || die "build $build/namespaces first: make bench does"
}

# boot COLUMN OPS...
boot() {
	local column=$1 lsm=$LSM,bpf memory=2048 disk=$out/$1.disk started=$SECONDS
	shift
	case $column in
	none) lsm=$LSM ;;
	unconfined | apparmor) lsm=$LSM,bpf,apparmor ;;
	growth) memory=6144 ;;
	esac
	if [ -z "$quick" ]; then
		truncate -s 0 "$disk" && truncate -s 64M "$disk" && mke2fs -q -F -t ext4 "$disk" || return 1
	fi
	say "column $column ..."
	if ! "$measured" lab --deterministic --timeout 1800 --mem $memory --cmdline "lsm=$lsm" \
		$([ -n "$quick" ] || echo --disk "$disk") -- \
		bash "$PWD/bench/guest.sh" "$column" "$out" "$measured" "$@" \
		>"$out/$column.out" 2>"$out/$column.err" </dev/null; then
		say "column $column failed:"
		tail -n 5 "$out/$column.err" >&2
		return 1
	fi
	rm -f "$disk"
	say "column $column took $((SECONDS - started)) s"
}

# So many at a time; a guest on one virtual CPU counts the same on a busy machine.
failed=0
in_parallel() {
	local running=0 column
	for column in "$@"; do
		if [ "$running" -ge "$jobs" ]; then
			wait -n || failed=1
			running=$((running - 1))
		fi
		boot "$column" "${operations[@]}" &
		running=$((running + 1))
	done
	while [ "$running" -gt 0 ]; do
		wait -n || failed=1
		running=$((running - 1))
	done
	[ "$failed" = 0 ] || die "not all columns could be measured"
}

split_models() {
	local name
	for name in ops open; do
		sed "1,/^model $name\$/d; /^model /,\$d" "$out/learn.out" >"$out/$name.model"
		[ -s "$out/$name.model" ] || die "there is no model of $name"
	done
	sed -i '/^model /,$d' "$out/learn.out"
}

grow_models() {
	local size
	for size in 100 10000 1000000; do
		python3 bench/grow.py "$out/open.model" $size >"$out/grow-$size.model" || die "cannot make a model"
	done
}

operations=()
free=(learn none idle outside detections floor unconfined apparmor) modeled=(external self growth enforcing sealed free first)
if [ -n "$quick" ]; then
	operations=(open stat fork exec udp create)
	free=(learn idle) modeled=(outside detections enforcing)
fi
# those of LIST... that are wanted
wanted() {
	local column
	for column in "$@"; do
		if [[ $column =~ ^(unconfined|apparmor)$ ]] && ! command -v apparmor_parser >/dev/null; then
			say "no column apparmor: the package apparmor is not installed"
		elif [ -z "$only" ] || [[ " $only " == *" $column "* ]]; then
			echo "$column"
		fi
	done
}
build_all
in_parallel $(wanted "${free[@]}")
if [ -z "$only" ] || [[ " $only " == *" learn "* ]]; then
	split_models
fi
columns=$(wanted "${modeled[@]}")
[[ $columns != *growth* ]] || grow_models
in_parallel $columns
rm -f "$out"/grow-*.model
python3 bench/table.py "$out" "$build/bench.json" >"$build/bench.txt" || die "cannot make the table"
cat "$build/bench.txt"
