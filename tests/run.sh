#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs every part of the tests, some at a time, and sums their counts.
# usage: tests/run.sh BUILD [PART... | --long | --landing]
# --long: what `make test` leaves out, or does in a shorter form; --landing: of that what a landing should not do without.
# A part is a command whose last line is "N passed, N failed, N skipped".
# A part that ends without that line, or with a status that contradicts it, is a failure.
set -u
cd "$(dirname "$0")/.." || exit 1
# What is in the caller's environment besides this would make the result another one: a shell without SHELL reads /etc/passwd.
if [ -z "${TSEM_TEST_ENVIRONMENT-}" ]; then
	kept=(TSEM_TEST_ENVIRONMENT=yes PYTHONDONTWRITEBYTECODE=1 "PATH=$PATH" "HOME=${HOME:-/root}")
	for name in $(compgen -e | grep -E '^(TSEM_|FIDELITY_|XDG_CACHE_HOME$|TMPDIR$|TESTS$|ATTACKERS$|APT_CONFIG$|.*_(proxy|PROXY)$)'); do
		kept+=("$name=${!name}")
	done
	exec env -i "${kept[@]}" "$BASH" "tests/${0##*/}" "$@"
fi
build=$(realpath "${1:?usage: tests/run.sh BUILD [PART... | --long | --landing]}") || exit 2
shift
tsem=$build/tsem
logs=$build/test
mkdir -p "$logs"

declare -A parts=(
	[house]="tests/house.sh $build"
	[abi]="tests/abi.sh"
	[unit]="$build/unit"
	[unit-san]="$build/unit-san"
	[syscalls]="tests/syscalls.sh"
	[golden]="tests/golden.sh $build"
	[fuzz-corpus]="tests/fuzz/replay.sh $build"
	[bench]="tests/bench.sh $build"
	[install]="tests/install.sh $build"
	[kubernetes]="tests/kubernetes.sh $build"
	[docker]="tests/docker.sh $tsem"
	[cli]="tests/cli.sh $tsem"
	[cli-sign]="tests/cli-sign.sh $tsem"
	[cli-faults]="tests/cli-faults.sh $tsem"
	[tma]="tests/tma.sh $tsem"
	[sinks]="tests/sinks.sh $tsem"
	[image]="tests/image.sh $tsem"
	[cli-models]="tests/cli-models.sh $tsem"
	[lab]="tests/lab.sh $tsem"
	[no-lsm]="tests/no-lsm.sh $tsem"
	[kernels]="tests/kernels/test.sh $build"
	[fidelity]="tests/fidelity/run.sh $tsem --sample"
	[fidelity-agents]="tests/fidelity/run.sh $tsem --agents"
)
light=(kubernetes lab no-lsm kernels sinks tma image cli cli-sign cli-faults cli-models unit-san unit house abi syscalls golden bench fuzz-corpus) # need no machine, or one each
# Files of the micro-VM that share a machine, or belong to more or other than `make test`; all that are not here have one
# each, there. A boot and loading is a fifth of the time. The first of a machine may ask that nothing is loaded yet, the
# last may leave its kernel as nobody else wants it. A landing runs what is long in its long form; --long all but what has
# `test` alone.
plan='
events     paths      test
content    paths      test
evasion    paths      test
learning   learned    test
models     learned    test
rebase     learned    test
shell      commands   test
signed     commands   test
sinks      commands   test
tma        commands   test
library    commands   test
external   commands   test long
guard      walls      test
syscalls   walls      test
bind       walls      test long landing
inherited  starts     landing
abandoned  starts     landing
terminal   -          long landing
ask        starts     landing
ways       rest       landing
names      rest       landing
tasks      rest       landing
stale      -          landing
normalise  rest       landing
control    rest       landing
faults     -          landing
export     -          landing
detect     -          landing
events_all -          landing
edges      -          landing
nginx      -          landing
temporary  -          long landing
cgi        -          long
agents     -          landing
kernels    -          landing
production -          landing
ima        -          long
scarce     -          long
service    -          long landing
containers -          long landing
same       -          long
escapes    -          long landing
engines    -          long
kubernetes -          long
manager    -          long
crowd      -          long
races      -          long landing
many       -          long
limits     -          long landing
memory     -          long
soak       -          long
bench      -          long
'
declare -A groups planned wanted
shares=8 # of the attackers, whose machines are independent
read -r -a attackers < <(seq -f "vm-attackers-%g" -s ' ' $shares)
long=("${attackers[@]}" fidelity-agents docker) landing=(vm-others-1 "${attackers[@]:1}" install) in_full=()
while read -r name machine when; do
	[ -n "$name" ] || continue
	[ -f "tests/vm/test_$name.sh" ] || { echo "tests/run.sh: the plan has $name, which is no test" >&2 && exit 1; }
	planned[$name]=" $when "
	part=vm-$name
	if [ "$machine" != - ]; then
		groups[vm-$machine]+="$name " wanted[vm-$machine]+=" $when "
		[[ " $when " = *" long "* ]] || part=vm-$machine
	fi
	[[ " $when " != *" long "* ]] || in_full+=("$part")
	[[ $when = test || " ${long[*]} " = *" $part "* ]] || long+=("$part")
	[[ " $when " != *" landing "* || " ${landing[*]} " = *" $part "* ]] || landing+=("$part")
done <<<"$plan"
planned[attackers]=" " # see below
# The longest of all is so many parts that no worker is left with it at the end.
vm=()
for share in $(seq $shares); do
	parts[vm-attackers-$share]="tests/vm/run.sh $tsem attackers:$share/$shares"
	# `make test` has the first share by one user each; a landing has its other users, and of the other shares one user each.
	parts[vm-others-$share]="env TSEM_USERS=others tests/vm/run.sh $tsem attackers:$share/$shares"
done
vm+=(vm-attackers-1)
for name in "${!groups[@]}"; do
	parts[$name]="tests/vm/run.sh $tsem --together ${groups[$name]}"
	[[ "${wanted[$name]}" != *" test "* ]] || vm+=("$name")
done
for file in tests/vm/test_*.sh; do
	name=$(basename "${file#tests/vm/test_}" .sh)
	parts[vm-$name]="tests/vm/run.sh $tsem $name"
	[[ " ${groups[*]}" != *" $name "* ]] || continue
	[[ ${planned[$name]- test } != *" test "* ]] || vm+=("vm-$name")
done
# The longest first, so that the workers end together.
longest=(vm-paths sinks vm-walls vm-learned lab vm-attackers-1 vm-commands fidelity)
order=("${longest[@]}")
for name in "${vm[@]}" "${light[@]}"; do
	[[ " ${longest[*]} " == *" $name "* ]] || order+=("$name")
done
# A machine waits a quarter of its time, sinks and lab most of it: four are what two processors have to do. Long forms want
# their processors for themselves, and come last.
workers=4 alone=()
in_long_form() { # in_long_form PART...
	local name

	alone=("$@")
	for name; do
		parts[$name]="env TSEM_LONG=yes TSEM_VM_TIMEOUT=1200 ${parts[$name]}"
	done
}
only_of() { # only_of LIST PART...: those that are not in the list, in their order
	local name list=" $1 "

	shift
	for name; do
		[[ $list = *" $name "* ]] || echo "$name"
	done
}
case ${1-} in
'') ;;
--long)
	order=()
	in_long_form "${long[@]}"
	;;
--landing)
	workers=3
	mapfile -t order < <(only_of "${in_full[*]}" "${landing[@]}")
	mapfile -t alone < <(only_of "${order[*]}" "${landing[@]}")
	in_long_form "${alone[@]}"
	;;
*)
	order=("$@")
	for name; do
		[ -n "${parts[$name]-}" ] || { echo "tests/run.sh: there is no part $name: ${!parts[*]}" >&2 && exit 2; }
	done
	;;
esac

# With what was said about it: whoever reads the output of another machine has nothing else.
failures() { # failures PART
	awk '/^not ok/ { told = 30 } /^ok/ { told = 0 } told-- > 0' "$logs/$1.log" | sed "s/^/  $1: /"
}

started=$SECONDS
run_part() {
	local name=$1 start=$SECONDS status line last
	# shellcheck disable=SC2086 # the command is words
	timeout -k 10 3600 ${parts[$name]} >"$logs/$name.log" 2>&1 </dev/null
	status=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$logs/$name.log" | tail -n 1)
	if [ -z "$line" ]; then
		line="0 passed, 1 failed, 0 skipped"
		last=$(tail -n 10 "$logs/$name.log" | sed 's/^/# /')
		printf '%s\n' "not ok - $name ended with status $status and no count" "$last" >>"$logs/$name.log"
	elif [ $status -ne 0 ] && [[ $line == *", 0 failed"* ]]; then
		line=${line/, 0 failed/, 1 failed}
		echo "not ok - $name counts no failure but ended with status $status" >>"$logs/$name.log"
	fi
	echo "$line" >"$logs/$name.count"
	printf '%-13s %s (%d s)\n' "$name" "$line" $((SECONDS - start))
	failures "$name"
	grep -E '^ok .*# SKIP|^skip' "$logs/$name.log" | sed "s/^/  $name: /"
	return 0
}

$tsem lab -- true || echo "the micro-VM does not start: its tests will fail"
rm -f "$logs"/*.count
run_parts() { # run_parts WORKERS PART...
	local name running=0 workers=$1

	shift
	for name; do
		if [ $running -ge "$workers" ]; then
			wait -n
			running=$((running - 1))
		fi
		run_part "$name" &
		running=$((running + 1))
	done
	wait
}
run_parts $workers "${order[@]}"
run_parts 2 "${alone[@]}"
order+=("${alone[@]}")

passed=0 failed=0 skipped=0
for name in "${order[@]}"; do
	IFS=' ,' read -r p _ f _ s _ <"$logs/$name.count" || { p=0 f=1 s=0; }
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
done
# Once more where a long output ends, because its middle is what is lost.
[ "$failed" = 0 ] || {
	echo "the logs are in $logs; what failed:"
	for name in "${order[@]}"; do failures "$name"; done
}
echo "took $((SECONDS - started)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
