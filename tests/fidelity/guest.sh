#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# One machine of tests/fidelity/run.sh, as root in the micro-VM:
#
#   guest.sh PATH_TO_TSEM COMMON SCRATCH learn WORKLOAD...     learns each until it has converged
#   guest.sh PATH_TO_TSEM COMMON SCRATCH rerun WORKLOAD...     each once, enforced
#   guest.sh PATH_TO_TSEM COMMON SCRATCH attack ATTACK...      each without tsem, then refused in both ways
#
# COMMON is a disk with an archive: the models come from it, and models, results (one JSON object a line) and
# logs go back to it. SCRATCH is a disk with an ext4 file system: the workloads have their state there.

set -u
export LC_ALL=C.UTF-8 TZ=UTC
T=$1 common=$2 disk=$3 deed=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
attacks=$here/../attacks
# The same names on every machine, because they are part of the models.
place=/tmp/tsem-fidelity
box=/tmp/tsem-fidelity-box
# So many runs without anything new are convergence; more than so many are not made, also when learning begins anew.
still=3
most=${TSEM_FIDELITY_MAX:-16}
limit=${TSEM_FIDELITY_TIMEOUT:-240}

result() { # result KEY VALUE...: a line; VALUEs are JSON
	local line='' sep='{'

	while [ $# -gt 0 ]; do
		line+="$sep\"$1\":$2" sep=,
		shift 2
	done
	echo "$line}" >>"$box/results"
}

# The lab leaves addresses as they are where it emulates; machines that are not for tests do not. `make test` has no time.
[ -n "${TSEM_FIDELITY_FIXED-}" ] || echo 2 >/proc/sys/kernel/randomize_va_space

# Nothing of the machine is as it was on the others, but for the files.
be_another() {
	local each number=$((RANDOM % 20000 + 500))

	echo "host-$RANDOM-$RANDOM" >/proc/sys/kernel/hostname
	date -s "+$((RANDOM % 400)) days" >/dev/null
	if ! echo $number 2>/dev/null >/proc/sys/kernel/ns_last_pid; then
		for ((each = number % 700; each > 0; each--)); do
			true &
		done
		wait
	fi
	mkdir -p "$place" "$box" && mount "$disk" "$place" || exit 1
	mkdir -p /run/sshd /run/lock
	tar -C "$box" -xmf "$common" 2>/dev/null
	: >"$box/results"
	echo "# machine: $(cat /proc/sys/kernel/hostname), $(date +%F), process $(sh -c 'echo $$'), $disk $(stat -c %t:%T "$disk") $(blkid -s UUID -o value "$disk")"
}

prepare() { # prepare WORKLOAD: its directory, as new
	rm -rf "${place:?}/$1"
	"$here/workloads/$1.sh" "$place/$1" setup </dev/null >"$box/setup" 2>&1 && return
	echo "# $1: setup failed: $(tail -n 3 "$box/setup")"
	return 1
}

# With the patterns that it accepted, learning began anew: what it printed since then.
since_anew() { # since_anew LOG
	tac "$1" | sed '/^accepted the pattern /,$d' | tac
}

# The last of the runs in which there was something new, a system call or a coefficient.
newest() { # newest LOG
	since_anew "$1" | sed -n 's/^run \([0-9]*\): [1-9][0-9]* new .*/\1/p' | sort -n | tail -n 1
}

# What each run has added. The system calls of a run have a line of their own.
added() { # added LOG
	since_anew "$1" | sed -n 's/^run [0-9]*: \([0-9]*\) new coefficients\{0,1\}.*/\1/p'
}

learn_one() { # learn_one WORKLOAD
	local log=$box/$1.learn.log last status runs each patterns=()

	while read -r each; do
		patterns+=(--pattern "${each//DIR/$place/$1}")
	done < <(sed -n 's/^# pattern: //p' "$here/workloads/$1.sh")
	prepare "$1" || return
	timeout -k 5 $((limit * 4)) "$T" learn --until-converged --accept-patterns --max "$most" --stable $still \
		-o "$box/$1.model" --name "$1" "${patterns[@]}" -- "$here/workloads/$1.sh" "$place/$1" </dev/null >"$log" 2>&1
	status=$?
	runs=$(added "$log" | grep -c .)
	last=$(newest "$log")
	[ $status -eq 0 ] || "$here/changing.sh" "$box/$1.model" >"$box/$1.changing.log" 2>&1
	result kind '"learn"' workload "\"$1\"" status $status runs "$runs" last_new "${last:-0}" \
		converged "$([ $status -eq 0 ] && [ $((${last:-0} + still)) -le "$runs" ] &&
			! since_anew "$log" | grep -q 'could not be modeled' && echo true || echo false)" \
		coefficients "$(sed -n 's/^coefficients //p' "$box/$1.model" 2>/dev/null | grep . || echo 0)" \
		given $((${#patterns[@]} / 2)) proposed "$(grep -c '^accepted the pattern ' "$log")" new "[$(added "$log" | paste -sd,)]"
}

rerun_one() { # rerun_one WORKLOAD
	local status violations

	prepare "$1" || return
	timeout -k 5 "$limit" "$T" run -q "${under[@]}" --model "$box/$1.model" --enforce --on-violation deny --name "$1" -- \
		"$here/workloads/$1.sh" "$place/$1" </dev/null >"$box/$1.out" 2>&1
	status=$?
	"$T" why "$1" >"$box/$1.why" 2>&1 </dev/null
	violations=$("$T" why "$1" --json </dev/null 2>/dev/null | jq '[.events[] | select(.follows == null)] | length')
	if [ "$status:$violations" != 0:0 ]; then
		{
			echo "== $1: status $status, ${violations:-unknown} distinct violations"
			cat "$box/$1.why"
			grep -aE ': got |rror|ermission|ermitted' "$box/$1.out" | head -n 40
		} >"$box/$1.rerun.log"
	fi
	rm -f "$box/$1.out" "$box/$1.why"
	result kind '"rerun"' workload "\"$1\"" status "$status" violations "${violations:--1}" \
		counted "$("$T" ps --all --json </dev/null | jq --arg n "$1" '[.. | objects | select(.name? == $n) | .violations][0] // -1')"
}

# With TSEM_FIDELITY_AGENT what is enforced is decided outside the kernel. An emulated machine is given time to answer.
under=()
start_agent() {
	local sock=/run/tsem-agent end=$((SECONDS + 20))

	"$T" tma --listen "unix:$sock" >"$box/agent.log" 2>&1 &
	until [ -S $sock ]; do
		[ $SECONDS -lt $end ] || return
		sleep 0.1
	done
	under=(--tma "unix:$sock" --deadline 10000)
}

# shellcheck source=tests/fidelity/guest_attack.sh
. "$here/guest_attack.sh"

be_another
"$T" load || exit 1
[ -z "${TSEM_FIDELITY_AGENT-}" ] || start_agent || exit 1
for each; do
	from=$SECONDS
	"${deed}_one" "$each"
	echo "# $deed $each: $((SECONDS - from)) s: $(tail -n 1 "$box/results")"
done
tar -C "$box" -cf "$common" .
echo "done: $deed"
