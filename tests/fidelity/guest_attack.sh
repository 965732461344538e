# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # of guest.sh
#
# An attack is tried three times: without tsem its effect must be there; enforced, with the model of the benign
# workload, it must not be, and `tsem why` must name what the head of the attack names. tests/attacks/lib.sh says
# how an attack is written.

head_of() { # head_of KEY FILE: a line of the attack's head
	sed -n "s/^# $1: //p" "$2"
}

# Events of hooks that may not sleep. An agent outside the kernel hears of them when they have happened, and everything
# is ended (docs/tma.md): that is then what has to be seen.
deeds_late=' task_kill ptrace_access_check ptrace_traceme '
comes_late() { # comes_late FILE
	[ -n "${TSEM_FIDELITY_AGENT-}" ] && [[ $deeds_late == *" $(head_of deed "$1") "* ]]
}

# What the workload does with the attack in its orders. Its output is what the attacker sees.
try() { # try ATTACK HOW: 0 when the attack had its effect, 1 when it had none, 4 when it came late and all was ended, 5 when tsem failed; else it says nothing
	local file=$1 how=$2 w=$3 out=$box/try.out status=1 ended
	local -x DIR=$place/$w OUT=$out FIDELITY_PATIENCE=30 FIDELITY_BRIEF=1

	prepare "$w" || return 2
	: >"$out"
	"$file" prepare >"$box/try.prepare" 2>&1 || echo "# prepare failed: $(cat "$box/try.prepare")"
	if "$file" proof >"$box/try.proof" 2>&1; then
		echo 'its effect was there before it was tried' >>"$box/try.proof"
		"$file" clean >/dev/null 2>&1
		return 3
	fi
	"$file" orders >"$place/$w/$(head_of orders "$file")"
	case $how in
	plain) timeout -k 5 "$limit" "$here/workloads/$w.sh" "$DIR" </dev/null >"$out" 2>&1 ;;
	*) timeout -k 5 "$limit" "$T" run -q "${under[@]}" --model "$box/$w.model" --enforce --on-violation "$how" --name "$(session_of "$file" "$how")" -- \
		"$here/workloads/$w.sh" "$DIR" </dev/null >"$out" 2>&1 ;;
	esac
	ended=$?
	[ $ended != 137 ] || [ "$how" = plain ] || ! comes_late "$file" || status=4
	"$file" proof >"$box/try.proof" 2>&1 && [ $status = 1 ] && status=0
	# No effect is also what tsem has that does not start, or fails.
	[ $ended != 125 ] || [ "$how" = plain ] || [ $status != 1 ] || { echo 'tsem itself has failed' >>"$box/try.proof" && status=5; }
	"$file" clean >/dev/null 2>&1
	return $status
}

session_of() { # session_of FILE HOW: of its own, or `tsem why` would name what the one before has done
	echo "$(basename "$1" .sh)-$2"
}

# Does `tsem why` name program, deed and object, as a violation of its own and refused (if it could be)?
named() { # named FILE HOW WHY: which is kept
	local late=false

	! comes_late "$1" || late=true
	"$T" why "$(session_of "$1" "$2")" --json </dev/null >"$3" 2>/dev/null
	jq -e --argjson late $late --arg program "$(head_of program "$1")" --arg deed "$(head_of deed "$1")" --arg object "$(head_of object "$1")" '
		[.events[] | select((.refused or $late) and .program == $program and .record.event.type == $deed and
			(.action | contains($object)))] | length > 0' "$3" >/dev/null
}

keep_why() { # keep_why NAME TEXT HOW
	{
		echo "== $1: $2"
		[ "$3" = plain ] || "$T" why "$1-$3" </dev/null 2>&1 | head -n 60
		echo "-- what it printed:"
		tail -n 15 "$box/try.out"
		echo "-- proof:"
		tail -n 5 "$box/try.proof"
	} >>"$box/$1.attack.log"
}

attack_one() { # attack_one NAME
	local file=$attacks/$1.sh w how words=()

	w=$(head_of workload "$file")
	rm -f "$box/$1.attack.log"
	for how in ${TSEM_FIDELITY_WAYS:-plain deny untrust}; do
		try "$file" "$how" "$w"
		case $how:$? in
		plain:0) words+=(plain true) ;;
		plain:1) words+=(plain false) && keep_why "$1" 'has no effect without tsem' plain ;;
		*:0) words+=("$how" true) && keep_why "$1" "had its effect with --on-violation $how" "$how" ;;
		*:1) words+=("$how" false) ;;
		*:4) words+=("$how" '"ended"') ;;
		*) words+=("$how" null) && keep_why "$1" "could not be tried ($how)" "$how" ;;
		esac
		[ "$how" != plain ] || continue
		if named "$file" "$how" "$box/$1.$how.why.json"; then
			words+=("why_$how" true)
		else
			words+=("why_$how" false)
			keep_why "$1" "tsem why does not name it with --on-violation $how" "$how"
		fi
	done
	result kind '"attack"' attack "\"$1\"" workload "\"$w\"" "${words[@]}"
}
