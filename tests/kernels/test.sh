#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# tests/kernels/test.sh BUILD: the oldest and the newest kernel of the list have what the programs use; what is missing is named.
set -u
build=$(realpath "${1:?usage: tests/kernels/test.sh BUILD}") || exit 2
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tap.sh
. ../tap.sh
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kernels-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

versions=$(grep -v '^#' list)
oldest=$(head -n 1 <<<"$versions") newest=$(tail -n 1 <<<"$versions")
kernels=()
for version in "$oldest" "$newest"; do
	directory=$("$build/tsem" lab --kernel-version "$version" 2>"$scratch/err")
	status=$?
	if [ $status != 0 ] && [ "$version" != "$oldest" ]; then
		skip "kernel $version is there" "$(tail -n 1 "$scratch/err")"
		continue
	fi
	report $status "kernel $version is there" "$(cat "$scratch/err")"
	kernels+=("$version=$directory")
done

check() { # check OBJECT: output, status
	output=$(./check.py --missing "$1" "${kernels[@]}" 2>&1)
	status=$?
}

# without WHAT OLD NEW: the object with another name in it, of the same length, asks for what no kernel has.
without() {
	python3 - "$build/tsem.bpf.o" "$scratch/changed.o" "$2" "$3" <<'PYTHON'
import sys
data = open(sys.argv[1], 'rb').read()
old, new = (w.encode() + b'\0' for w in sys.argv[3:])
assert old in data and len(old) == len(new)
open(sys.argv[2], 'wb').write(data.replace(old, new))
PYTHON
	check "$scratch/changed.o"
	[ "$status" = 1 ] && grep -q "^$oldest: $1 is missing" <<<"$output" && { [ ${#kernels[@]} = 1 ] || grep -q "^$newest: $1 is missing" <<<"$output"; }
	report $? "without it is seen: $1" "$status: $output"
}

is 'the micro-VM boots the oldest' "$(sed -n 's/^#define LAB_VERSION_DEFAULT "\(.*\)"/\1/p' ../../lab/internal.h)" "$oldest"
is 'models travel from the oldest to all others' \
	"$(sed -n 's/^# .*boots: //p' ../vm/test_kernels.sh | tr ' ' '\n' | sed -n 's/^travel@//p' | sort -V)" "$(tail -n +2 <<<"$versions" | sort -V)"
check "$build/tsem.bpf.o"
is 'nothing is missing on the oldest and the newest' "$status" 0
[ "$status" = 0 ] || sed 's/^/# /' <<<"$output"
without 'hook task_kilx' lsm/task_kill lsm/task_kilx
without 'hook sched_process_exix' tp_btf/sched_process_exit tp_btf/sched_process_exix
without 'function bpf_path_d_patx' bpf_path_d_path bpf_path_d_patx
without 'field inode.i_writecounx.counter' i_writecount i_writecounx
without 'field ovl_inodx.oe' ovl_inode ovl_inodx
without 'value fs_value_type.fs_value_is_flax' fs_value_is_flag fs_value_is_flax

# checksum_after SED: whether an object in which sed has replaced something has the "same" checksum or an "other" one.
checksum_after() {
	LC_ALL=C sed "$1" "$build/tsem.bpf.o" >"$scratch/changed.o"
	if cmp -s "$build/tsem.bpf.o" "$scratch/changed.o"; then
		echo unchanged
	elif [ "$(./programs.py "$scratch/changed.o")" = "$(./programs.py "$build/tsem.bpf.o")" ]; then
		echo same
	else
		echo other
	fi
}

is 'names of types are no part of the checksum of programs' "$(checksum_after 's/i_writecount/i_writecounx/g')" same
is 'hooks are' "$(checksum_after 's/lsm\/task_kill/lsm\/task_kilx/g')" other
is 'instructions are' "$(checksum_after 's/\x85\x00\x00\x00\x01\x00\x00\x00/\x85\x00\x00\x00\x02\x00\x00\x00/')" other
finish
