#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Boots each kernel of the list for the tests that show what tsem is for, and writes docs/kernels.md: what came of it.
# usage: tests/kernels/run.sh BUILD [VERSION...]
# With VERSIONs only these are booted, and the page is printed, not written. Status 1: a test failed somewhere.
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
export TSEM_VM_TIMEOUT=${TSEM_VM_TIMEOUT:-1200}

# Each row: the column, its tests, and what they show. Those of one column share a machine where their files let them.
columns=(
	"events|--together events_all|each event that tsem knows is caused, described and refused"
	"files|--together content names ways|contents, names and ways around them are told as they are"
	"stale|stale|what was seen once and has changed since is not taken for known"
	"races|races|arguments, names and contents that change while they are looked at"
	"shell|shell|a shell is learned, enforced and attacked"
	"nginx|nginx|nginx is learned and enforced on other boots"
	"agent|--together external|an agent outside the kernel decides"
)

# column LOG: "63 passed", "61 passed, 2 failed"; nothing else than what the test's last line says
summary() {
	local line

	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$1" | tail -n 1)
	line=${line:-0 passed, 1 failed, 0 skipped}
	sed 's/, 0 failed//; s/, 0 skipped//' <<<"$line"
}

memory_of() { # memory_of VERSION: whether all is loaded there, and how much of its memory that takes
	"$tsem" lab --kernel-version "$1" --timeout "$TSEM_VM_TIMEOUT" -- sh -c "'$tsem' load >&2 && '$tsem' doctor" \
		</dev/null >"$logs/$1-load.log" 2>&1
	sed -n 's/^ *in all *//p' "$logs/$1-load.log" | tail -n 1
}

# travel VERSION: models of the oldest are enforced there, those of there on the oldest
travel() {
	[ "$1" = "$oldest" ] || TSEM_BOOTS="learn@$oldest travel@$1 back@$oldest" tests/vm/run.sh "$tsem" kernels >"$logs/$1-travel.log" 2>&1
	[ "$1" = "$oldest" ] && echo - || summary "$logs/$1-travel.log"
}

row() { # row VERSION
	local version=$1 release memory cells column name words

	release=$(basename "$("$tsem" lab --kernel-version "$version")")
	memory=$(memory_of "$version")
	cells="| ${release#kernel-} | ${memory:-does not load} |"
	for column in "${columns[@]}"; do
		IFS='|' read -r name words _ <<<"$column"
		# shellcheck disable=SC2086 # words
		TSEM_VM_LAB="--kernel-version $version" tests/vm/run.sh "$tsem" $words >"$logs/$version-$name.log" 2>&1
		cells+=" $(summary "$logs/$version-$name.log") |"
		echo "$version $name: $(summary "$logs/$version-$name.log")" >&2
	done
	echo "$cells $(travel "$version") |"
}

page() { # page ROWS
	local column name what

	cat tests/kernels/head.md
	printf '| kernel | loaded |'
	printf ' %s |' "${columns[@]%%|*}" models
	printf '\n|---|---|'
	printf '%s' "${columns[@]/*/---|}" '---|'
	printf '\n%s\n\n' "$1"
	for column in "${columns[@]}"; do
		IFS='|' read -r name _ what <<<"$column"
		echo "- **$name**: $what."
	done
	cat tests/kernels/foot.md
}

rows=
for version in "${versions[@]}"; do
	line=$(row "$version")
	rows+=${rows:+$'\n'}$line
done
if [ $# -gt 0 ]; then
	page "$rows"
else
	page "$rows" >docs/kernels.md
fi
! grep -qE '[1-9][0-9]* failed|does not load' <<<"$rows"
