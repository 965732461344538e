#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program in Rust: a server with a pool of threads that counts words: documents in files that are replaced, a log that is
# appended to, a child process, many requests side by side.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8440

# Compiled once on a machine: each attack has a setup of its own.
setup() {
	local built=$dir/../.rust-server

	if [ ! -x "$built" ]; then
		/usr/bin/rustc --edition 2021 -C opt-level=0 -C debuginfo=0 -o "$built.new" "$here/rust-server.rs"
		mv "$built.new" "$built"
	fi
	cp "$built" "$dir/words"
	seq 1 3000 | awk '{ print "word" $1 % 17, "number" $1 % 5 }' >"$dir/text"
}

run() {
	./words run 8440 2>run/errors &
	server=$!
	check 'no document' "$(await $url/documents)" ''
	obey
	brief || use
	get -X POST $url/stop
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'sent' "$(get --data-binary @text $url/documents/first)" '22 different of 6000'
	check 'sent' "$(get -d 'one two one' $url/documents/second)" '2 different of 3'
	check 'list' "$(get $url/documents | sort | paste -sd,)" first,second
	check 'counted' "$(get $url/words/word3)" 177
	check 'child' "$(get $url/child)" Linux
	check 'deleted' "$(get -X DELETE $url/documents/second):$(get $url/documents)" gone:first
	check 'missing' "$(get -o run/page -w '%{http_code}' $url/none)" 404
	for number in {1..200}; do echo "url = $url/words/number$((number % 5))"; done >run/many
	check 'many' "$(get --no-progress-meter --parallel --parallel-max 10 -K run/many | grep -o 600 | wc -l)" 200
	check 'log' "$(wc -l <run/log)" 209
}

main "$@"
