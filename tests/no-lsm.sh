#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/no-lsm.sh PATH_TO_TSEM: a kernel that has the BPF LSM but does not use
# it: every command says why it cannot work, and where to go from there.
# In the guest it runs itself once more, with the word "inside".

set -u
export LC_ALL=C.UTF-8
TSEM=$(realpath "${1:?usage: tests/no-lsm.sh PATH_TO_TSEM}")
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

if [ "${2-}" != inside ]; then
	exec timeout -k 5 200 "$TSEM" lab --timeout 180 --cmdline lsm=landlock,lockdown,yama -- \
		bash "$(realpath "$0")" "$TSEM" inside </dev/null
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/no-lsm-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

tsem() { # runs it: status, output, errors
	timeout 60 "$TSEM" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	output=$(<"$scratch/out")
	errors=$(<"$scratch/err")
}

# One sentence that says why, and where to go from there.
helpless() { # helpless STATUS WORDS...
	local wanted=$1

	shift
	tsem "$@"
	like "$*" "$status:$output:$(wc -l <"$scratch/err"):$errors" "$wanted::1:tsem: *BPF LSM*tsem doctor*tsem lab*"
}

cd "$scratch" || exit 1
like "this kernel does not use the BPF LSM" ",$(cat /sys/kernel/security/lsm)," "[!b]*"
! grep -q '\bbpf\b' /sys/kernel/security/lsm
report $? "bpf is not in its list"
tsem doctor
like "doctor names the boot parameter and the remedy" "$status:$output" "1:Not here: *tsem lab -- CMD*lsm=*bpf*"
tsem doctor --json
like "doctor --json" "$status:$(/usr/bin/python3 -m json.tool "$scratch/out" | grep -c lsm=)" "1:[1-9]*"
helpless 125 run -- touch has-run
helpless 125 learn -o m -- touch has-run
helpless 1 load
[ ! -e has-run ] && [ ! -e m ]
report $? "nothing was run, no model was written"
# Nor where the list cannot be read: that it is not known is no reason to begin.
umount /sys/kernel/security
helpless 125 run -- touch has-run
like "without its list: what to do" "$errors" "*cannot read /sys/kernel/security/lsm (*mount securityfs*"
helpless 125 learn -o m -- touch has-run
helpless 1 load
[ ! -e has-run ] && [ ! -e m ]
report $? "without its list: nothing was run, no model was written"
mount -t securityfs none /sys/kernel/security
tsem ps
like "ps" "$status:$output:$errors" "0:NAME*:"
tsem why x
like "why of a session that cannot be" "$status:$output:$(wc -l <"$scratch/err")" "1::1"
tsem show "$(dirname "$0")/data/grep.model" state
like "show of a model file works" "$status:$output" "0:????????*"
[ -z "$(ls /sys/fs/bpf)" ] && ! bpftool prog show | grep -q ' lsm '
report $? "nothing is left loaded"
finish
