# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What the attacks share. Each is a file Txxxx-NAME.sh, named by the technique of MITRE ATT&CK, with a head
#
#   # WHAT IT DOES: one or more lines
#   # workload: NAME      of tests/fidelity/workloads: who is hijacked
#   # orders: FILE        in the workload's directory: which of its files of orders is written
#   # program: PATH       what `tsem why` has to name: who did it,
#   # deed: EVENT         which event it was,
#   # object: TEXT        and to what; a part of the sentence
#
# and up to four functions, called with DIR, the workload's directory, and OUT, what the workload has printed:
#
#   prepare   what the attacker has on his own machine, or what is there to be attacked; outside of every namespace
#   orders    prints what the hijacked workload is told
#   proof     status 0 if the attack had its effect
#   clean     takes everything back
#
# Programs and files of its own are not allowed to an attack in the orders only: what it brings, it makes there.

set -u
attack=$(basename "$0" .sh)
here=$(cd "${0%/*}" && pwd)
# On the attacker's machine, so to speak.
own=/tmp/tsem-attack
secret=$(grep ^root: /etc/shadow)

prepare() { :; }
clean() { :; }

printed() { # printed TEXT: has the workload, on its output?
	grep -aqF -e "$1" "$OUT"
}

# The attacker's machine listens: what it got is in $own/got.
listen() { # listen PORT [WORDS OF nc]: with $own/say as what it says
	local port=$1 end=$((SECONDS + 10))

	shift
	mkdir -p "$own"
	[ -e "$own/say" ] || : >"$own/say"
	setsid nc -l -n "$@" 127.0.0.1 "$port" <"$own/say" >"$own/got" 2>/dev/null &
	echo $! >"$own/listener"
	until grep -q "$(printf '0100007F:%04X' "$port")" /proc/net/tcp /proc/net/udp || [ $SECONDS -ge $end ]; do
		sleep 0.1
	done
}

got() { # got TEXT: has the attacker's machine?
	grep -aqF -e "$1" "$own/got"
}

victim() { # a process that is no part of the workload, with a secret in its memory; its number is in $own/victim
	mkdir -p "$own"
	VICTIM_SECRET=in-the-environment setsid sleep 600 </dev/null >/dev/null 2>&1 &
	echo $! >"$own/victim"
}

# A program of 180 bytes, in base64: writes hijacked-by-a-program to its standard output.
program() {
	local code='\xb8\x01\x00\x00\x00\xbf\x01\x00\x00\x00\x48\x8d\x35\x10\x00\x00\x00\xba\x16\x00\x00\x00\x0f\x05'

	code+='\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05'
	{
		printf '\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00\x01\x00\x00\x00\x78\x00\x40\x00\x00\x00\x00\x00'
		printf '\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x38\x00\x01\x00\x40\x00\x00\x00\x00\x00'
		printf '\x01\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00'
		printf '\xb0\x00\x00\x00\x00\x00\x00\x00\xb0\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00'
		printf "$code"
		printf 'hijacked-by-a-program\n'
	} | base64 -w0
}

# A library, in $own/evil.so: says so when it is loaded.
library() {
	mkdir -p "$own"
	gcc -shared -fPIC -nostartfiles -x c -o "$own/evil.so" - <<-'CODE'
		#include <unistd.h>
		int hijacked(void) { return 4242; }
		__attribute__((constructor)) static void say(void) { write(1, "hijacked-by-a-library\n", 22); }
	CODE
}

away() { # away: ends what listen and victim have started, and removes what they noted
	local each

	for each in listener victim; do
		[ ! -e "$own/$each" ] || kill -KILL "$(cat "$own/$each")" 2>/dev/null
	done
	rm -rf "$own"
}

main() {
	case ${1-} in
	prepare | orders | proof | clean)
		"$1"
		;;
	*)
		echo "usage: DIR=... OUT=... $0 prepare|orders|proof|clean" >&2
		exit 2
		;;
	esac
}
