#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/fidelity/run.sh PATH_TO_TSEM [--sample | --agents]: do models hold, and do they hold attacks? Each workload of
# tests/fidelity/workloads is learned until it has converged, and then run under its model on newly booted
# machines; each attack of tests/attacks is tried with the same models. `make fidelity` does all of it and writes
# the tables; --sample does what fits into `make test`; with --agents an agent outside the kernel decides, for two of
# the workloads. The last line is the plain count.
#
# FIDELITY_WORKLOADS  names, default all           FIDELITY_RERUNS  machines for the reruns (default 20)
# FIDELITY_ATTACKS    names, default all, or none  FIDELITY_JOBS    machines at a time (default 2)
# FIDELITY_PREFIX     words before each command that boots a machine
# TSEM_FIDELITY_WAYS  how attacks are tried, default "plain deny untrust"; with fewer the count has failures
# FIDELITY_KEEP=1     models of an earlier call are used again, where they are; FIDELITY_KEEP=results: so are results,
#                     where all that they depend on is as it was (what was interrupted goes on)
# FIDELITY_PAGE=1     write the tables into docs/fidelity.md although it is not all; they say so

set -u
export LC_ALL=C.UTF-8
usage='usage: tests/fidelity/run.sh PATH_TO_TSEM [--sample | --agents]'
TSEM=$(realpath "${1:?$usage}") || exit 2
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
sample=${2-}
case $sample in
'' | --sample | --agents) ;;
*)
	echo "$usage" >&2
	exit 2
	;;
esac
out=$(dirname "$TSEM")/fidelity${sample:+-${sample#--}}
limit=${FIDELITY_TIMEOUT:-3600}
started=$SECONDS
export TSEM_LAB_CACHE=${TSEM_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tsem/lab}

all_of() { # all_of DIRECTORY
	find "$1" -name '*.sh' ! -name lib.sh -printf '%f\n' | sed 's/\.sh$//' | sort
}

if [ "$sample" = --sample ]; then
	: "${FIDELITY_WORKLOADS=container}" "${FIDELITY_RERUNS=1}" "${FIDELITY_JOBS=1}"
	export TSEM_FIDELITY_FIXED=yes
elif [ "$sample" = --agents ]; then
	: "${FIDELITY_WORKLOADS=nginx redis}" "${FIDELITY_RERUNS=1}"
	export TSEM_FIDELITY_AGENT=yes
fi
reruns=${FIDELITY_RERUNS:-20} jobs=${FIDELITY_JOBS:-2}
read -r -a workloads <<<"${FIDELITY_WORKLOADS:-$(all_of "$here/workloads" | tr '\n' ' ')}"
# Only what is done to the chosen workloads.
chosen_attacks() {
	local each w

	for w in "${workloads[@]}"; do
		for each in $(all_of "$root/tests/attacks"); do
			grep -qx "# workload: $w" "$root/tests/attacks/$each.sh" && echo "$each"
		done
	done
}
case ${FIDELITY_ATTACKS-all} in
all) mapfile -t attacks < <(chosen_attacks) ;;
none) attacks=() ;;
*) read -r -a attacks <<<"$FIDELITY_ATTACKS" ;;
esac

# Whoever ends this ends its machines.
trap 'trap "" TERM; jobs -p | xargs -r kill; wait; exit 130' INT TERM

say() { printf '%5d s  %s\n' $((SECONDS - started)) "$*"; }

# What the result of WORD depends on, in short.
stamp() { # stamp DEED WORD
	local w=$2 more=()

	if [ "$1" = attack ]; then
		w=$(sed -n 's/^# workload: //p' "$root/tests/attacks/$2.sh")
		more=("$here/guest_attack.sh" "$root/tests/attacks/$2.sh" "$root/tests/attacks/lib.sh" "$root/tests/attacks/io_uring.py")
	fi
	{
		echo "${TSEM_FIDELITY_WAYS-} ${TSEM_FIDELITY_TIMEOUT-} ${TSEM_FIDELITY_AGENT-}"
		cat "$TSEM" "$out/models/$w.model" "$here/guest.sh" "$here/workloads/lib.sh" "$here/workloads/$w."* \
			"$root"/tests/workloads/nginx-* "${more[@]}"
	} | sha256sum | cut -c 1-16
}

word_of() { jq -r '.attack // .workload // ""' <<<"$1"; }

# The words of which NAME has results that still hold. The others are taken out; a bad one that holds stays.
kept() { # kept NAME DEED
	local where=$out/$1 deed=$2 line word

	mkdir -p "$where"
	touch "$where/results"
	mv "$where/results" "$where/before"
	: >"$where/results"
	while read -r line; do
		word=$(word_of "$line")
		if [ -n "$word" ] && [ "$(jq -r .stamp <<<"$line")" = "$(stamp "$deed" "$word")" ]; then
			echo "$line" >>"$where/results"
			echo "$word"
		fi
	done <"$where/before"
	rm "$where/before"
}

# without WORDS: the lines of the input that are none of them
without() { grep -vxF -f <(printf '%s\n' "$@"); }

# The results of a machine, marked, behind those that it had before.
add_results() { # add_results DIRECTORY DEED
	local line

	[ "$2" != learn ] || return
	mv "$1/results" "$1/new"
	[ ! -e "$1/kept" ] || mv "$1/kept" "$1/results"
	while read -r line; do
		jq -c --arg stamp "$(stamp "$2" "$(word_of "$line")")" '. + {stamp: $stamp}' <<<"$line"
	done <"$1/new" >>"$1/results"
	rm "$1/new"
}

# One machine. Its disks come in any order, between disks that nobody uses.
machine() { # machine NAME DEED WORDS...: its results go to $out/NAME
	local where=$out/$1 name=$1 deed=$2 disks=() common scratch each spare=$((RANDOM % 3)) log

	shift 2
	log=$where/machine.log
	mkdir -p "$where"
	if [ "$deed" = learn ]; then rm -f "$where/results"; fi
	[ ! -e "$where/results" ] || mv "$where/results" "$where/kept"
	truncate -s 0 "$where/common" "$where/scratch" "$where/spare1" "$where/spare2"
	truncate -s 256M "$where/common"
	truncate -s $((1024 + RANDOM % 64))M "$where/scratch"
	truncate -s 16M "$where/spare1" "$where/spare2"
	mke2fs -q -F -t ext4 -U random "$where/scratch" || return
	[ "$deed" = learn ] || tar -C "$out/models" -cf - . | dd of="$where/common" conv=notrunc status=none
	for ((each = 1; each <= spare; each++)); do
		disks+=("spare$each")
	done
	if [ $((RANDOM % 2)) = 0 ]; then disks+=(common scratch); else disks+=(scratch common); fi
	local letters=abcdef words=()
	for each in "${!disks[@]}"; do
		[ "${disks[each]}" != common ] || common=/dev/vd${letters:each:1}
		[ "${disks[each]}" != scratch ] || scratch=/dev/vd${letters:each:1}
		words+=(--disk "$where/${disks[each]}")
	done
	# shellcheck disable=SC2086 # words
	${FIDELITY_PREFIX-} timeout -k 5 $((limit + 60)) "$TSEM" lab --timeout "$limit" "${words[@]}" -- \
		bash "$here/guest.sh" "$TSEM" "$common" "$scratch" "$deed" "$@" </dev/null >"$log" 2>&1 &
	# shellcheck disable=SC2064 # this one
	trap "kill $!; [ ! -e '$where/kept' ] || mv '$where/kept' '$where/results'; exit 1" TERM
	wait $!
	if ! grep -qx "done: $deed" "$log"; then
		say "$name: the machine did not end as it should: $(tail -n 2 "$log" | tr '\n' ' ')"
		[ ! -e "$where/kept" ] || mv "$where/kept" "$where/results"
		echo "{\"kind\":\"machine\",\"name\":\"$name\",\"deed\":\"$deed\"}" >>"$where/results"
	else
		tar -C "$where" -xmf "$where/common"
		add_results "$where" "$deed"
	fi
	sed -n 's/^# \(learn\|rerun\|attack\) /\1 /p' "$log" | while read -r each; do say "$name: $each"; done
	rm -f "$where/common" "$where/scratch" "$where"/spare? "$where"/*.out
}

# spawn NAME DEED WORDS...: a machine beside others. `wait -n` ends for a process substitution, too.
spawn() {
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	machine "$@" &
}

# The guests have the files of this machine. What was updated since the model was learned is another program to it.
updated() { # updated WORKLOAD: the paths
	"$TSEM" model rebase --package-update --dry-run --keep-missing --json "$out/models/$1.model" 2>/dev/null |
		jq -r '.changed[].path'
}

learn_all() {
	local each paths

	for each in "${workloads[@]}"; do
		if [ -n "${FIDELITY_KEEP-}" ] && [ -e "$out/models/$each.model" ]; then
			paths=$(updated "$each")
			[ -n "$paths" ] || continue
			say "$each is learned again, because files were updated: $(tr '\n' ' ' <<<"$paths")"
		fi
		spawn "learn-$each" learn "$each"
	done
	wait
	mkdir -p "$out/models"
	for each in "${workloads[@]}"; do
		[ ! -e "$out/learn-$each/$each.model" ] || mv "$out/learn-$each/$each.model" "$out/models/"
	done
}

# Each machine runs all workloads, and each time in another order.
rerun_all() {
	local number of have

	for ((number = 1; number <= reruns; number++)); do
		mapfile -t have < <(kept "rerun-$number" rerun)
		mapfile -t of < <(printf '%s\n' "${workloads[@]}" | without "${have[@]}" | shuf)
		[ ${#of[@]} -eq 0 ] || spawn "rerun-$number" rerun "${of[@]}"
	done
	wait
}

# So many on a machine.
few=16
attack_all() {
	local each of have=() number=0 i

	for each in "$out"/attack-*/; do
		each=$(basename "$each")
		[ "$each" != 'attack-*' ] || continue
		mapfile -t -O ${#have[@]} have < <(kept "$each" attack)
		[ "${each#attack-}" -le $number ] || number=${each#attack-}
	done
	mapfile -t of < <(printf '%s\n' "${attacks[@]}" | grep . | without "${have[@]}")
	for ((i = 0; i < ${#of[@]}; i += few)); do
		number=$((number + 1))
		spawn "attack-$number" attack "${of[@]:i:few}"
	done
	wait
}

main() {
	local status w

	if [ -z "${FIDELITY_KEEP-}" ]; then
		rm -rf "$out"
	fi
	mkdir -p "$out/models"
	[ "${FIDELITY_KEEP-}" = results ] || rm -rf "$out"/rerun-* "$out"/attack-*
	say "${#workloads[@]} workloads, $reruns reruns, ${#attacks[@]} attacks; logs in $out"
	learn_all
	rerun_all
	attack_all
	for w in "${workloads[@]}"; do
		[ -z "$(updated "$w")" ] || say "$w: files were updated meanwhile, its results are of no use: $(updated "$w" | tr '\n' ' ')"
	done
	# A part of it is not what the page is about.
	[ -n "${FIDELITY_WORKLOADS-}${FIDELITY_ATTACKS-}" ] || export FIDELITY_PAGE=1
	"$here/report.py" "$out" "$reruns" "${#attacks[@]}" "${workloads[@]}"
	status=$?
	say "took $((SECONDS - started)) s"
	tail -n 1 "$out/count"
	exit $status
}

# In one line, so that a change of this file does not reach a run of hours.
main; exit
