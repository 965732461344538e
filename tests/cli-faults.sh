#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/cli-faults.sh PATH_TO_TSEM: bad input, as far as it needs no kernel side.
# Each is one sentence on standard error, nothing on standard output, no crash,
# no wait, and the right status: 1 failed, 2 usage, 125 from run and learn.

set -u
export LC_ALL=C.UTF-8
TSEM=$(realpath "${1:?usage: tests/cli-faults.sh PATH_TO_TSEM}")
data=$(realpath "$(dirname "$0")")/data
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cli-faults.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
good=$data/grep.model
cd "$scratch" || exit 1

tsem() { # runs it with little memory: status, output, errors
	(
		ulimit -v 1000000
		timeout 20 "$TSEM" "$@"
	) >out 2>err </dev/null
	status=$?
	output=$(<out)
	errors=$(<err)
}

# A sentence, not more, and nothing in it that is not text.
sentence() { # sentence NAME STATUS PATTERN
	like "$1" "$status:$output:$(wc -l <err):$errors" "$2::1:tsem: $3"
	! grep -q $'[\001-\011\013-\037\177]' err
	report $? "$1: plain text" "$(cat -v err)"
	[ "$(wc -c <err)" -le 600 ]
	report $? "$1: not a page" "$(wc -c <err) bytes"
}

# A model that is none, to every command that takes one.
bad() { # bad NAME FILE [PATTERN]
	tsem model verify "$2"
	sentence "$1: model verify" 1 "*${3-}*"
	tsem show "./$2"
	sentence "$1: show" 1 "*${3-}*"
	tsem run --model "$2" --enforce -- touch has-run
	sentence "$1: run" 125 "*${3-}*"
	tsem run --model "$2" -- touch has-run
	like "$1: run, sealed only" "$status" 125
}

# As if it had been written so: the checksum is right.
resealed() { # resealed FILE: what sed, on standard input of the caller, has made of a whole model
	local sum

	sed '$d' >"$1"
	sum=$(sha256sum <"$1")
	echo "end ${sum%% *}" >>"$1"
}

test_corrupt() {
	local i size offset

	cp "$good" whole
	resealed again <whole
	cmp -s whole again
	report $? "the checksum is that of the documentation"
	tsem model verify whole
	like "the model that the others are made from is whole" "$status" 0
	size=$(stat -c %s whole)
	: >empty
	bad "empty" empty
	for i in 1 2 3 5 10; do
		head -c $((size * i / 11)) whole >truncated
		bad "truncated to $i/11" truncated
	done
	head -c $((size - 1)) whole >truncated
	bad "without its last byte" truncated
	{ cat whole; echo more; } >longer
	bad "with a line behind its end" longer
	truncate -s 2G huge
	bad "2 GiB of nothing" huge
	cp whole tail
	truncate -s 2G tail
	bad "2 GiB, beginning like a model" tail
	head -c 1000000 /dev/urandom >noise
	bad "noise" noise
	sed 's/^digest sha256$/digest sha512/' whole | resealed other
	bad "another digest" other "other, line 3: *digest*"
	sed '1s/ 1$/ 2/' whole | resealed other
	bad "another version" other "*version*"
	sed '1s/ 1$/ 99999999999999999999/' whole | resealed other
	bad "a version beyond numbers" other "*version*"
	sed 's/^coefficients 8$/coefficients 99999999999/' whole | resealed other
	bad "more coefficients announced than memory" other
	sed 's/^coefficients 8$/coefficients 7/' whole | resealed other
	bad "fewer coefficients announced" other "other, line 15: *"
	sed 's/^profile portable$/profile secret/' whole | resealed other
	bad "unknown profile" other "other, line 4: *"
	sed 's/^name grep$/name a\x1b[31m/' whole | resealed other
	bad "a name with control characters" other
	sed 's/^name grep$/name /' whole | resealed other
	bad "no name" other
	sed 's/"pid":"1000"/"pid":"99999999999"/' whole | resealed other
	bad "an event that is none" other "other, line 17: *"
	sed 's/"uid":"0"/"uid":"1"/' whole | resealed other
	bad "events with other coefficients" other "other, line 17: *"
	sed '8{h;d};9{G}' whole | resealed other
	bad "coefficients out of order" other
	sed '8p' whole | resealed other
	bad "a coefficient twice" other
	tr '\n' '\r' <whole >other
	bad "other line ends" other
	{ printf '\xef\xbb\xbf'; cat whole; } >other
	bad "byte order mark" other
	for ((offset = 7; offset < size; offset += size / 23)); do
		cp whole flipped
		printf '\x01' | dd of=flipped bs=1 seek="$offset" conv=notrunc 2>/dev/null
		tsem model verify flipped
		like "one byte changed at $offset" "$status:$output:$(wc -l <err):$errors" "1::1:tsem: *flipped*"
	done
	bad "no such model" none "*none*No such file*"
	mkdir directory
	bad "a directory" directory
	mkfifo fifo
	bad "a FIFO that nobody writes to" fifo
	bad "a device without end" /dev/zero
	[ ! -e has-run ]
	report $? "nothing was run with a bad model"
}

test_options() {
	local words

	for words in "run --no-such-option -- true" "learn --no-such-option -o m -- true" "lab --no-such-option -- true" "ps --no-such-option" \
		"show --no-such-option x" "why --no-such-option x" "doctor --no-such-option" "bench --no-such-option" "load --no-such-option" \
		"unload --no-such-option" "model --no-such-option verify x" "run" "run --" "learn -o m" "learn -- true" "run --enforce -- true" \
		"run --on-violation deny -- true" "run --model $good -o x -- true" "run --limit many -- true" "run --limit -1 -- true" \
		"learn -o m -n 0 -- true" "learn -o m --stable x -- true" "learn -o m --max 5 -- true" \
		"learn -o m --until-converged --max 1 -- true" "learn -o m --limit 0 -- true" "nonsense"; do
		# shellcheck disable=SC2086
		tsem $words
		sentence "usage: $words" 2 "*"
	done
}

# Found before a workload is run or anything is loaded.
test_output() {
	local path

	mkdir -p locked
	for path in no/such/directory/m "$good/m" locked locked/ "$(printf 'x%.0s' {1..300})" /dev/full/m; do
		tsem learn -o "$path" -- touch has-run
		sentence "learn to ${path:0:40}" 125 "*"
	done
	for path in no/such/directory/r.html "$good/r" locked /dev/full/r; do
		tsem learn -o m --report "$path" -- touch has-run
		sentence "a report to ${path:0:40}" 125 "*cannot write*"
	done
	[ ! -e m ]
	report $? "an output that was tried is gone again"
	tsem learn -o '' -- touch has-run
	sentence "learn to no name" 2 "*"
	[ ! -e has-run ]
	report $? "nothing was run without a place for its model"
	for path in trajectory coefficients counts events state; do
		"$TSEM" show "$good" $path >/dev/full 2>err </dev/null
		like "show $path to a full disk" "$?:$(<err)" "1:tsem: cannot write to standard output: No space left on device"
	done
	{
		sleep 0.3
		"$TSEM" show "$good" trajectory --json 2>err </dev/null
	} | :
	like "show to nobody" "${PIPESTATUS[0]}:$(<err)" "@(141:|1:tsem: *)"
	"$TSEM" model verify "$good" </dev/null >/dev/full 2>err
	like "verify to a full disk" "$?:$(wc -l <err)" "1:1"
}

# What is written where a newline ends a line, and what an object says of itself.
test_names() {
	tsem service enforce nginx --model $'a\nExecStartPre=+b'
	sentence "a newline in the path of a service's model" 1 "*control character*"
	tsem service enforce nginx --model "$good" --require-signed $'a\nExecStartPre=+b'
	sentence "a newline in the path of a service's keys" 1 "*control character*"
	LC_ALL=C sed 's/a program is executed/a pro\xc2\x9bam is executed/' "$(dirname "$TSEM")/detect/fileless.bpf.o" >said.o
	tsem detect show ./said.o
	sentence "a detection whose sentence acts on a terminal" 1 "*has to be one line of text"
}

shopt -s extglob
for each in ${TESTS:-corrupt options output names}; do
	"test_$each"
done
finish
