#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Java: a web server that keeps what it is told in files, with a compiler at run time, temporary files and a child process.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8280

setup() {
	mkdir -p "$dir/classes"
	javac -d "$dir/classes" "$here/java/Notes.java"
}

run() {
	java -XX:+UseSerialGC -Xmx64m -Xshare:auto -cp classes Notes run 8280 2>run/log &
	server=$!
	check 'no note' "$(await $url/notes)" '[]'
	obey
	brief || use
	kill -TERM "$server"
	wait "$server"
	check 'ended by signal' $(($? - 128)) 15
}

use() {
	check 'write' "$(get -d 'buy milk' $url/notes)" 1
	check 'write' "$(get -d 'sell milk' $url/notes)" 2
	check 'list' "$(get $url/notes)" '[buy milk, sell milk]'
	check 'packed' "$(get $url/packed)" 2
	check 'child' "$(get $url/child)" Linux
	for number in {1..200}; do echo "url = $url/notes"; done >run/many
	check 'many' "$(get -K run/many | grep -o 'buy milk' | wc -l)" 200
}

main "$@"
