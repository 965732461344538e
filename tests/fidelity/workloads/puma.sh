#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# puma: an application in Ruby, a master and two workers, over TCP and a local socket: notes in a store on disk, files,
# templates, a child process; a phased restart, statistics from its control server.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8420

setup() {
	cp "$here/puma.rb" "$dir/notes.rb"
	empty_orders orders.rb
	seq 1 5000 >"$dir/large"
	cat >"$dir/puma.conf" <<-CONF
		directory "$dir"
		bind "tcp://127.0.0.1:8420"
		bind "unix://$dir/run/socket"
		workers 2
		threads 1, 2
		worker_timeout 300
		worker_boot_timeout 300
		pidfile "$dir/run/pid"
		state_path "$dir/run/state"
		activate_control_app "unix://$dir/run/control", { auth_token: "secret" }
		stdout_redirect "$dir/run/out", "$dir/run/err", true
		app do |env|
		  require "$dir/notes.rb"
		  Notes.call(env)
		end
	CONF
}

run() {
	puma -C puma.conf &
	server=$!
	check 'empty' "$(await $url/notes)" '[]'
	get $url/obey
	obey
	brief || use
	kill -TERM "$server"
	wait "$server"
	check 'ended by signal' $(($? - 128)) 15
}

booted() { [ "$(grep -c 'Worker . (PID: [0-9]*) booted' run/out)" = 4 ]; }

use() {
	check 'add' "$(get -d 'buy milk' $url/notes):$(get -d 'sell milk' $url/notes)" 1:2
	check 'list' "$(get $url/notes)" '["buy milk","sell milk"]'
	check 'local' "$(get --unix-socket run/socket http://local/notes)" '["buy milk","sell milk"]'
	check 'file' "$(get --data-binary @large $url/file)" "$(sha256sum <large | cut -d' ' -f1)"
	check 'page' "$(get $url/page)" '<li>buy milk</li><li>sell milk</li>'
	check 'child' "$(get $url/child)" Linux
	check 'missing' "$(get -o run/page -w '%{http_code}' $url/none)" 404
	kill -USR1 "$server"
	wait_for booted
	check 'after the restart' "$(get $url/notes)" '["buy milk","sell milk"]'
	check 'statistics' "$(get --unix-socket run/control 'http://local/stats?token=secret' | jq -r '"\(.workers) \(.phase)"')" '2 1'
}

main "$@"
