# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The few lines that shell tests share: source it, call `check`, end with `finish`.
# shellcheck shell=bash
tap_passed=0 tap_failed=0 tap_skipped=0

ok() { # ok NAME
	tap_passed=$((tap_passed + 1))
	echo "ok - $1"
}

not_ok() { # not_ok NAME [DETAIL]
	tap_failed=$((tap_failed + 1))
	echo "not ok - $1"
	[ -z "${2-}" ] || printf '%s\n' "$2" | head -n 20 | sed 's/^/# /'
}

check() { # check NAME CMD...: ok when CMD succeeds; its output is the detail
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$output"; fi
}

finish() {
	echo "$tap_passed passed, $tap_failed failed, $tap_skipped skipped"
	[ "$tap_failed" = 0 ]
	exit
}
