#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/vm/run.sh PATH_TO_TSEM [TEST...] [--together TEST...]: tests whose workloads are really
# enforced. TEST is shell, nginx, cgi, ... or a path; without: all of them. With
# :K/N behind it, of a file whose boots are independent only each N-th one, from the K-th on. Each
# test file has its own machines (see lib.sh), but for those behind --together,
# which share one: they need one boot, and all the same options. The last line is the plain count.
# A machine that dies, hangs, or does not end its report is a failure.
#
# TSEM_BOOTS       these boots instead of those that the file asks for
# TSEM_VM_DISK     the disk that the boots have, kept; else a fresh one for each test
# TSEM_VM_LAB      more options of tsem lab, as --kernel-version 7.3
# TSEM_VM_TIMEOUT  seconds after which a machine is ended (default 600)
# TSEM_LONG=yes    what takes longer, too
# TSEM_MUST_RUN=1  turns skips into failures

set -u
export LC_ALL=C.UTF-8
TSEM=$(realpath "${1:?usage: tests/vm/run.sh PATH_TO_TSEM [TEST...]}") || exit 2
export TSEM_UNDER_TEST=$TSEM
# Where modules are that a test may load; the guest does not see XDG_CACHE_HOME.
export TSEM_LAB_CACHE=${TSEM_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tsem/lab}
# The guest sees of the environment what begins with TSEM_.
export TSEM_ATTACKERS=${ATTACKERS-} TSEM_TESTS=${TESTS-}
shift
vm=$(cd "$(dirname "$0")" && pwd)
limit=${TSEM_VM_TIMEOUT:-600}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vm-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
disk=${TSEM_VM_DISK:-$scratch/disk}
passed=0 failed=0 skipped=0 absent=

count() { # count PASSED FAILED SKIPPED
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

broken() { # broken NAME REASON [FILE]: a boot that is itself a failure; FILE: what the lab said, whose end tells why
	count 0 1 0
	echo "not ok - $1: $2"
	[ -z "${3-}" ] || tail -n 24 "$3" | sed 's/^/# /'
	echo "$1: $2" >>"$scratch/failures"
}

judge() { # judge NAME STATUS OUTPUT: whether a report says what came of it, and what
	local name=$1 status=$2 out=$3 line

	sed -n "s|^not ok [0-9]* - |$name: |p" "$out" >>"$scratch/failures"
	line=$(tail -n 1 "$out")
	if ! [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
		broken "$name" "the machine ended with status $status before its report did" "$scratch/said"
		return 1
	fi
	count "${BASH_REMATCH[@]:1:3}"
	if [ "$(grep -c '^not ok [0-9]' "$out")" -ne "${BASH_REMATCH[2]}" ] ||
		[ "$(grep -c '^ok [0-9]' "$out")" -ne $((BASH_REMATCH[1] + BASH_REMATCH[3])) ]; then
		broken "$name" "its report does not say what it counts: $line"
	elif [ "$status" -gt 1 ] || [ $((status == 0)) -ne $((BASH_REMATCH[2] == 0)) ]; then
		broken "$name" "status $status, but its report says: $line"
	elif [ $((BASH_REMATCH[1] + BASH_REMATCH[2] + BASH_REMATCH[3])) -eq 0 ]; then
		broken "$name" "nothing was tested"
	fi
	[ "$status" -eq 0 ]
}

lab_words() { # lab_words FILE: the options of the machine that it asks for
	sed -n 's/^# lab: //p' "$1"
}

boot() { # boot OUTPUT FILE SCRIPT WORDS...: in a machine with the options that FILE asks for; NAME@VERSION: of that kernel
	local out=$1 words status

	read -r -a words <<<"$(lab_words "$2") ${TSEM_VM_LAB-}"
	shift 2
	[[ ${2-} != *@* ]] || words+=(--kernel-version "${2#*@}")
	timeout -k 5 $((limit + 30)) "$TSEM" lab "${words[@]}" --timeout "$limit" --disk "$disk" -- \
		bash "$@" </dev/null 2>"$scratch/said" | tee "$out"
	status=${PIPESTATUS[0]}
	cat "$scratch/said" >&2
	return "$status"
}

run_boot() { # run_boot TEST BOOT: one machine
	local name status from=$SECONDS

	name=$(basename "$1" .sh)
	name=${name#test_}/$2
	echo "# $name"
	boot "$scratch/out" "$1" "$1" "$2"
	judge "$name" $? "$scratch/out"
	status=$?
	echo "# $name took $((SECONDS - from)) s"
	return $status
}

# A machine that dies takes the files with it that were not done.
run_together() { # run_together TEST...
	local file name status machine from=$SECONDS

	truncate -s 64M "$disk"
	for file; do
		! grep -q '^# boots: ' "$file" || { broken "$file" 'wants a machine of its own' && return; }
		[ "$(lab_words "$file")" = "$(lab_words "$1")" ] || { broken "$file" "wants another machine than $1" && return; }
	done
	limit=$((limit * 2)) boot "$scratch/all" "$1" "$vm/together.sh" "$@"
	machine=$?
	for file; do
		name=$(basename "$file" .sh)
		sed -n "/^@begin $name\$/,/^@end /p" "$scratch/all" | sed '1d' >"$scratch/out"
		if grep -q '^@end ' "$scratch/out"; then
			status=$(sed -n 's/^@end //p' "$scratch/out")
			sed -i '/^@end /d' "$scratch/out"
			judge "${name#test_}" "$status" "$scratch/out"
		else
			broken "${name#test_}" "the machine ended with status $machine before its report did" "$scratch/said"
		fi
	done
	echo "# together: $((SECONDS - from)) s"
}

# A kernel that the package source has not, or not any more, is told as skipped, and the file with it.
kernels_there() { # kernels_there NAME BOOT...
	local name=$1 boot

	for boot in "${@:2}"; do
		[[ $boot == *@* ]] || continue
		"$TSEM" lab --kernel-version "${boot#*@}" >/dev/null 2>"$scratch/why" && continue
		if [ -n "${TSEM_MUST_RUN-}" ]; then
			broken "$name/$boot" "$(tail -n 1 "$scratch/why")"
		else
			count 0 0 1
			absent=$boot
			echo "ok - $name # SKIP $(tail -n 1 "$scratch/why")"
		fi
		return 1
	done
}

# The boots of one file build on each other, if it does not say otherwise: the first failure ends the file.
run_file() { # run_file TEST [K/N]
	local boots boot left share=${2-}

	boots=$(sed -n 's/^# boots: //p' "$1")
	boots=${TSEM_BOOTS:-${boots:-all}}
	[ -z "${TSEM_LONG-}" ] || boots+=" $(sed -n 's/^# long boots: //p' "$1")"
	if [ -n "$share" ]; then
		grep -q '^# boots are independent$' "$1" || { broken "$1" 'its boots build on each other' && return; }
		boots=$(tr -s ' ' '\n' <<<"$boots" | awk -v from="${share%/*}" -v each="${share#*/}" 'NR % each == from % each' | tr '\n' ' ')
	fi
	read -r -a left <<<"$boots"
	kernels_there "$(basename "$1" .sh)" "${left[@]}" || return
	[ -n "${TSEM_VM_DISK-}" ] || truncate -s 0 "$disk"
	truncate -s 64M "$disk"
	while [ ${#left[@]} -gt 0 ]; do
		boot=${left[0]}
		left=("${left[@]:1}")
		run_boot "$1" "$boot" && continue
		! grep -q '^# boots are independent$' "$1" || continue
		for boot in "${left[@]}"; do
			broken "$(basename "$1" .sh)/$boot" 'not run, because of the failures before'
		done
		return
	done
}

[ $# -gt 0 ] || set -- "$vm"/test_*.sh
: >"$scratch/failures"
together=
files=()
for each; do
	share=
	[[ ! $each =~ :([0-9]+/[0-9]+)$ ]] || share=${BASH_REMATCH[1]}
	each=${each%:*/*}
	case $each in
	--together)
		together=yes
		continue
		;;
	*/*) file=$(realpath "$each") ;;
	*) file=$vm/test_$each.sh ;;
	esac
	if [ ! -f "$file" ]; then
		broken "$each" 'there is no such test'
	elif [ -n "$together" ]; then
		files+=("$file")
	else
		run_file "$file" "$share"
	fi
done
[ ${#files[@]} -eq 0 ] || run_together "${files[@]}"
[ ! -s "$scratch/failures" ] || sed 's/^/# failed: /' "$scratch/failures"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && { [ "$passed" -gt 0 ] || [ -n "$absent" ]; }
