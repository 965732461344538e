# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # behind lib.sh
#
# What the tests that do deeds share: $deed is the program that does them, $place
# where, $count how many they are.

place=$scratch/place
victim=
trap '[ -z "$victim" ] || kill "$victim"' EXIT

# The deeds' files as they are before, and somebody outside to do things to.
stage() {
	[ -z "$victim" ] || kill "$victim"
	rm -rf "${place:?}"
	"$deed" stage "$place"
	"$deed" victim "$place" >"$scratch/victim" &
	victim=$!
	wait_until test -s "$scratch/victim"
	export VICTIM=$victim
}

taken() { # takes the lines of compare.py as reports of its own
	local line name='' detail=''

	while IFS= read -r line; do
		case $line in
		"#"*) detail+="${line#\# }"$'\n' ;;
		*)
			[ -z "$name" ] || report "$good" "$name" "$detail"
			detail=''
			case $line in
			"ok "*) good=0 name=${line#ok } ;;
			*) good=1 name=${line#not ok } ;;
			esac
			;;
		esac
	done
	[ -z "$name" ] || report "$good" "$name" "$detail"
}

compare() { # compare HOW PREFIX FILE...
	/usr/bin/python3 "$vm/compare.py" "$@" >"$scratch/compared" 2>"$scratch/compare.err"
	report $? "$2: every line can be compared" "$(<"$scratch/compare.err")"
	taken <"$scratch/compared"
	is "$2: every deed was judged" "$(grep -c '^\(not \)\?ok ' "$scratch/compared")" "${judged:-$count}"
}
