#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A server in Go: notes in files that are replaced, requests side by side, compression, a child process, an address book
# over a local socket, a shutdown that waits for what runs.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8430

# Compiled once on a machine: each attack has a setup of its own.
setup() {
	local built=$dir/../.go-server

	if [ ! -x "$built/notes" ]; then
		mkdir -p "$built"
		cp "$here/go-server.go" "$built/main.go"
		(cd "$built" && HOME=$built GOCACHE=$built/cache GO111MODULE=off go build -o notes main.go)
		rm -rf "$built/cache"
	fi
	cp "$built/notes" "$dir/notes"
}

run() {
	./notes run 8430 2>run/log &
	server=$!
	check 'no note' "$(await $url/notes)" '[]'
	obey
	brief || use
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'write' "$(get -d 'buy milk' $url/notes):$(get -d 'sell milk' $url/notes)" 1:2
	check 'list' "$(get $url/notes)" '["buy milk","sell milk"]'
	check 'packed' "$(get $url/packed | zcat)" '["buy milk","sell milk"]'
	check 'child' "$(get $url/child)" Linux
	check 'local' "$(get --unix-socket run/socket http://local/notes)" '["buy milk","sell milk"]'
	check 'user' "$(get $url/user/nobody)" 65534
	check 'name' "$(get $url/name/localhost)" 127.0.0.1
	for number in {1..200}; do echo "url = $url/notes"; done >run/many
	check 'many' "$(get --no-progress-meter --parallel --parallel-max 10 -K run/many | grep -o 'buy milk' | wc -l)" 200
}

main "$@"
