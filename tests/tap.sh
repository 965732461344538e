# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The few lines that shell tests share, on this machine and in the micro-VM: source it, report, end with `finish`.
# TSEM_MUST_RUN=1 turns skips into failures.
# shellcheck shell=bash
number=0 passed=0 failed=0 skipped=0

report() { # report GOOD NAME [DETAIL]
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok $number - $2"
	else
		failed=$((failed + 1))
		echo "not ok $number - $2"
		[ -z "${3-}" ] || printf '%s\n' "$3" | head -n 20 | sed 's/^/# /'
	fi
}

ok() { # ok NAME
	report 0 "$1"
}

not_ok() { # not_ok NAME [DETAIL]
	report 1 "$@"
}

check() { # check NAME CMD...: ok when CMD succeeds; its output is the detail
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$output"; fi
}

is() { # is NAME GOT WANTED
	[ "$2" = "$3" ]
	report $? "$1" "got: $(printf %q "$2")
wanted: $(printf %q "$3")"
}

like() { # like NAME GOT PATTERN (of the shell)
	# shellcheck disable=SC2053
	[[ $2 == $3 ]]
	report $? "$1" "got: $(printf %q "$2")
wanted: $3"
}

unlike() { # unlike NAME GOT PATTERN (of the shell): what says nothing at all has not run
	# shellcheck disable=SC2053
	[[ -n $2 && $2 != $3 ]]
	report $? "$1" "got: $(printf %q "$2")
not wanted: $3"
}

# The same of each line: a command that fails says nothing, and is no text without such a line.
lacks() { # lacks NAME TEXT PATTERN (of grep -E): there is a text, and no line of it is like that
	local found=

	[ -z "$2" ] || found=$(grep -nE -e "$3" <<<"$2" 2>&1)
	[ -n "$2" ] && [ -z "$found" ]
	report $? "$1" "${2:+found: $found}${2:-there is no text}"
}

none() { # none NAME CMD...: CMD succeeds, and says nothing
	local name=$1 output status
	shift
	output=$("$@" 2>&1)
	status=$?
	[ $status = 0 ] && [ -z "$output" ]
	report $? "$name" "status $status: $output"
}

comes_true() { # comes_true CMD...: asks for at most ${WITHIN:-60} seconds whether it has; its status is whether
	local end=$((SECONDS + ${WITHIN:-60}))

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# What the rest of a test rests on: when it does not come true, that is a failure of its own. A $(...) among the words
# would be what it was at one moment: give a function, or eval and single quotes. tests/house.sh looks for it.
wait_until() { # wait_until CMD...
	comes_true "$@" || {
		report 1 "waited in vain: $*"
		return 1
	}
}

# For a server that cannot be given port 0. Below the ports that the kernel hands out: one of those may be anybody's meanwhile.
own_port() {
	echo $((10000 + $$ % 20000))
}

contains() { # contains FILE TEXT
	grep -qF -e "$2" "$1"
}

skip() { # skip NAME REASON
	if [ -n "${TSEM_MUST_RUN-}" ]; then
		report 1 "$1" "must run, but: $2"
	else
		number=$((number + 1)) skipped=$((skipped + 1))
		echo "ok $number - $1 # SKIP $2"
	fi
}

# The last line and the status: whoever runs it wants both.
finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}
