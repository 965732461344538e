#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A web application in Python with its data in SQLite: notes are written, listed, changed and deleted.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8082

setup() {
	cp "$here/python-web.py" "$dir/app.py"
	empty_orders orders.py
}

notes() {
	check 'no note' "$(await $url/notes)" '[]'
	brief && return
	check 'write' "$(get -d 'buy milk' $url/notes)" 1
	check 'write' "$(get -d 'sell milk' $url/notes)" 2
	check 'list' "$(get $url/notes)" '[[1, "buy milk"], [2, "sell milk"]]'
	check 'change' "$(get -X PUT -d 'drink milk' $url/notes/2)" changed
	check 'read' "$(get $url/notes/2)" 'drink milk'
	check 'delete' "$(get -X DELETE $url/notes/1)" deleted
	check 'missing' "$(get -o run/missing -w '%{http_code}' $url/notes/1)" 404
	check 'system' "$(get $url/system)" Linux
}

run() {
	/usr/bin/python3 app.py run/notes.db 8082 >run/log 2>&1 &
	server=$!
	notes
	get "$url/plugin"
	obey
	brief || check 'list again' "$(get $url/notes)" '[[2, "drink milk"]]'
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
	brief || check 'requests in its log' "$(grep -c HTTP run/log)" 11
}

main "$@"
