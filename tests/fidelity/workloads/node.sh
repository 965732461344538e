#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A server in JavaScript under Node.js: an API that keeps its state in a file, and compressed answers.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8083

setup() {
	cp "$here/node.js" "$dir/server.js"
	empty_orders orders.js
}

run() {
	node server.js run/state.json 8083 >run/log 2>&1 &
	server=$!
	check 'nothing' "$(await $url/items)" '[]'
	brief || use
	get $url/plugin
	obey
	brief || check 'list again' "$(get $url/items)" '["milk","bread"]'
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'add' "$(get -d milk $url/items)" 1
	check 'add' "$(get -d bread $url/items)" 2
	check 'list' "$(get $url/items)" '["milk","bread"]'
	check 'compressed' "$(get --compressed $url/big | wc -c)" 100000
	check 'digest' "$(get $url/digest)" 5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9
	check 'missing' "$(get -o run/missing -w '%{http_code}' $url/none)" 404
}

main "$@"
