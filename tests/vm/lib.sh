# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # used by the tests
#
# What the tests in the micro-VM share. A test file is run in the guest, as root,
# by tests/vm/run.sh, which sets TSEM_UNDER_TEST and names the boot:
#
#   test_NAME.sh [BOOT]
#
# Its line `# boots: A B C` (default: all) names the machines that it wants,
# booted one after the other; `# long boots: D` names more for TSEM_LONG=yes.
# A boot A@7.3 is one on the stock kernel of that version.
# With a line `# boots are independent` a failure does not end the others.
# keep and kept carry files from one to the next.
# Its line `# lab: WORDS` has options of tsem lab.
# TSEM_MUST_RUN=1 turns skips into failures.

set -u
export LC_ALL=C.UTF-8
T=${TSEM_UNDER_TEST:?is set by tests/vm/run.sh}
boot=${1:-all}
TESTS=${TSEM_TESTS-}
vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tests=$(dirname "$vm")
# The same name in every boot, because it is part of the models.
scratch=/tmp/tsem-vm-test
disk=/dev/vda
# shellcheck source=tests/tap.sh
. "$tests/tap.sh"

# Without these there is nothing to test: ends the boot.
need() { # need NAME CMD...
	local name=$1 text

	shift
	if ! text=$("$@" 2>&1); then
		report 1 "$name" "$text"
		finish
	fi
}

tsem() { # tsem WORDS...: runs it; status, output, errors. Standard input is the caller's
	timeout -k 5 150 "$T" "$@" >"$scratch/out" 2>"$scratch/err"
	status=$?
	output=$(<"$scratch/out")
	errors=$(<"$scratch/err")
}

# Somebody at a terminal, with STEPS on standard input: what was on the screen in output, the status in status.
at_terminal() { # at_terminal CMD...
	output=$(timeout -k 5 300 /usr/bin/python3 "$vm/terminal.py" "$@")
	status=$?
	output=${output//$'\r'/}
}

why() { # why NAME [WORDS...]: the sentences in output, the status in status
	tsem why "$@" </dev/null
}

# jq compiles its own library at each start: half a second in an emulated machine, where this one takes a tenth of it.
jq() {
	gojq "$@"
}

# The emulator can lose the breakpoint of kernel code that is patched on one processor while another runs it: the guest
# dies of it. A namespace that learns all the time keeps what learning patches as it is. Others come and go beside it.
keep_patched() {
	"$T" learn -o kept.model --name keeper -- sleep 3600 </dev/null >/dev/null 2>&1 &
	wait_until eval '"$T" ps --json | grep -q \"keeper\"'
}

listed() { # listed NAME [WORDS...]: the session in tsem ps
	local name=$1

	shift
	"$T" ps "$@" --json | jq -e --arg name "$name" '.[] | select(.name == $name)'
}

field() { # field NAME FIELD
	"$T" ps --all --json 2>/dev/null | jq -r --arg name "$1" ".[] | select(.name == \$name) | .$2"
}

field_is() { # field_is NAME FIELD VALUE: to wait for
	[ "$(field "$1" "$2")" = "$3" ]
}

# Not the process that was started: that is where CMD's parent is, and killing it kills CMD.
kill_orchestrator() { # kill_orchestrator NAME
	kill -KILL "$(field "$1" orchestrator)"
	wait_until field_is "$1" orchestrated false
}

agent_starts() { # agent_starts ADDRESS: tsem tma there; agent is its process
	rm -f agent.err
	"$T" tma --listen "$1" 2>agent.err &
	agent=$!
	wait_until contains agent.err ready
}

cache=${TSEM_LAB_CACHE:-$HOME/.cache/tsem/lab}
modules() { # modules NAME...: loads them
	local name

	for name; do
		"$(dirname "$T")/deed_all" module "$cache/kernel-$(uname -r)/modules/$name.ko" || return
	done
}

keep() { # keep FILE...: of the scratch directory, for the next boot
	tar -C "$scratch" -cf "$disk" "$@"
}

kept() { # in the next boot: all that was kept, in the scratch directory
	tar -C "$scratch" -xf "$disk"
}

rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch" || exit 1

# The system's log: what comes to /dev/log stands in the file log, until $logger is killed.
start_logger() {
	rm -f /dev/log log
	/usr/bin/python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
f = open("log", "wb", 0)
while True: f.write(s.recv(65536) + b"\n")' &
	logger=$!
	wait_until test -S /dev/log
}
