#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Boots each kernel of the list for the tests that show what tsem is for, and writes docs/kernels.md: what came of it.
# usage: tests/kernels/run.sh BUILD [VERSION...]
# With VERSIONs only these are booted, and the page is printed, not written. Status 1: a test failed somewhere.
# What has passed with the same programs is not run again: BUILD/kernels has the logs, and without its log it is.
# MACHINES="load models" boots these only, MACHINES=none nothing; what has no log at all is told as not run.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${1:?usage: tests/kernels/run.sh BUILD [VERSION...]}") || exit 2
shift
tsem=$build/tsem
logs=$build/kernels
mkdir -p "$logs"
versions=("$@")
[ $# -gt 0 ] || read -r -d '' -a versions < <(grep -v '^#' tests/kernels/list)
oldest=$(grep -v '^#' tests/kernels/list | head -n 1)
failed=0
programs=$(tests/kernels/programs.py "$build/tsem.bpf.o") || exit 2
machines=${MACHINES:-load plain parallel models}
export TSEM_VM_TIMEOUT=${TSEM_VM_TIMEOUT:-1200}

# Each row: the column, the machine that its tests share, its tests, and what they show.
columns=(
	"events|plain|events_all|the tests cause each event that tsem knows; tsem describes and refuses it"
	"files|plain|content ways|tsem reports file contents, and every way to open or run a file, correctly"
	"shell|plain|shell|tsem learns a shell and enforces its model against attacks"
	"agent|plain|external|an agent outside the kernel decides"
	"stale|parallel|stale|tsem does not use a cached verdict once anything that it depends on has changed"
	"races|parallel|races|another task changes arguments, names and contents while tsem looks at them, and no attack succeeds"
	"models|models|kernels|models of a shell and of nginx that were learned on the oldest kernel work on this one without a violation, and the reverse; the models of both kernels for the same workload have the same state"
)

# once LOG CMD...: unless it has passed with these programs. The log begins with them and ends with the status.
once() {
	local log=$logs/$1.log status

	ran "$1" && [ "$(tail -n 1 "$log")" = 'status 0' ] && return
	shift
	echo "# programs: $programs" >"$log"
	"$@" </dev/null >>"$log" 2>&1
	status=$?
	[ $status = 0 ] || failed=1
	echo "status $status" >>"$log"
	echo "$(date +%T) ${log##*/}: $(grep -E '^[0-9]+ passed' "$log" | tail -n 1) status $status" >&2
}

# Whether the log is of these programs, and complete: another says nothing of them.
ran() { # ran LOG
	[ "$(head -n 1 "$logs/$1.log" 2>/dev/null)" = "# programs: $programs" ] && grep -q '^status ' <(tail -n 1 "$logs/$1.log")
}

tests_of() { # tests_of MACHINE
	printf '%s\n' "${columns[@]}" | awk -F'|' -v machine="$1" '$2 == machine { print $3 }'
}

boot_all() { # boot_all VERSION
	local machine

	# shellcheck disable=SC2046 # words
	for machine in $machines; do
		case $machine in
		load) once "$1-load" "$tsem" lab --kernel-version "$1" --timeout "$TSEM_VM_TIMEOUT" -- sh -c "'$tsem' load >&2 && '$tsem' doctor" ;;
		models | none) ;;
		*) TSEM_VM_LAB="--kernel-version $1" once "$1-$machine" tests/vm/run.sh "$tsem" --together $(tests_of "$machine") ;;
		esac
	done
}

# One disk goes from boot to boot, with the models of all of them.
travel() {
	local version back=$logs/back.log
	export TSEM_VM_DISK=$logs/models.disk

	TSEM_BOOTS=learn@$oldest once "$oldest-models" tests/vm/run.sh "$tsem" kernels
	for version in "${versions[@]}"; do
		[ "$version" = "$oldest" ] || TSEM_BOOTS=travel@$version once "$version-models" tests/vm/run.sh "$tsem" kernels
		[ "$back" -nt "$logs/$version-models.log" ] || rm -f "$back"
	done
	TSEM_BOOTS=back@$oldest once back tests/vm/run.sh "$tsem" kernels
}

report_of() { # report_of VERSION MACHINE TEST: what it printed there
	ran "$1-$2" || return
	if [ "$2" != models ]; then
		sed -n "/^@begin test_$3\$/,/^@end /p" "$logs/$1-$2.log"
		return
	fi
	sed -n '/^# kernels\//,/^# kernels\/.* took /p' "$logs/$1-models.log"
	[ "$1" = "$oldest" ] || ! ran back || grep -E "^(not )?ok .* of $1 holds on $oldest\$" "$logs/back.log"
}

# A report that does not come to its end is a failure.
cell() { # cell VERSION MACHINE TEST...: "63 passed", "61 passed, 2 failed"
	local version=$1 machine=$2 name

	shift 2
	ran "$version-$machine" || { echo 'not run' && return; }
	for name; do report_of "$version" "$machine" "$name"; done |
		awk -v reports=$# '/^ok [0-9]/ { if (/# SKIP /) skipped++; else passed++ } /^not ok [0-9]/ { failed++ } /^[0-9]+ passed, .* skipped$/ { ended++ }
			END { failed += reports - ended
				printf "%d passed%s%s", passed, failed ? ", " failed " failed" : "", skipped ? ", " skipped " skipped" : "" }'
}

row() { # row VERSION
	local name machine words release memory

	release=$(basename "$("$tsem" lab --kernel-version "$1")")
	memory='not run'
	! ran "$1-load" || memory=$(sed -n 's/^ *in all *//p' "$logs/$1-load.log" | tail -n 1)
	printf '| %s | %s |' "${release#kernel-}" "${memory:-does not load}"
	while IFS='|' read -r name machine words _; do
		# shellcheck disable=SC2086 # words
		printf ' %s |' "$(cell "$1" "$machine" $words)"
	done < <(printf '%s\n' "${columns[@]}")
	echo
}

# Each thing that failed or was skipped once, with the kernels where it did.
named() {
	local version name machine words word

	for version in "${versions[@]}"; do
		while IFS='|' read -r name machine words _; do
			for word in $words; do
				report_of "$version" "$machine" "$word" | sed -nE "s/^not ok [0-9]+ - /$version\t$name, failed: /p; s/^ok [0-9]+ - (.*) # SKIP /$version\t$name, skipped: \1: /p"
			done
		done < <(printf '%s\n' "${columns[@]}")
	done | awk -F'\t' '!($2 in where) { order[++count] = $2; where[$2] = $1; next } { where[$2] = where[$2] ", " $1 }
		END { if (!count) print "- none"; for (i = 1; i <= count; i++) print "- " order[i] " (" where[order[i]] ")" }'
}

page() {
	local version

	cat tests/kernels/head.md
	# shellcheck disable=SC2016 # backquotes of the page
	printf 'The results are of the programs with this checksum (`tests/kernels/programs.py build/tsem.bpf.o`):\n`%s`.\n\n' "$programs"
	printf '| kernel | loaded |'
	printf ' %s |' "${columns[@]%%|*}"
	printf '\n|---|---|'
	printf '%s' "${columns[@]/*/---|}"
	printf '\n'
	for version in "${versions[@]}"; do row "$version"; done
	echo
	awk -F'|' '{ print "- **" $1 "**: " $4 "." }' < <(printf '%s\n' "${columns[@]}")
	sed "/^NAMED\$/{
		r /dev/fd/3
		d
	}" tests/kernels/foot.md 3< <(named)
}

for version in "${versions[@]}"; do boot_all "$version"; done
[[ " $machines " != *' models '* ]] || travel
page >"$logs/page.md"
if [ $# -gt 0 ]; then cat "$logs/page.md"; else cp "$logs/page.md" docs/kernels.md; fi
exit $failed
