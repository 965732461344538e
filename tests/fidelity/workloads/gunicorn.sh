#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# gunicorn: an application in Python before three workers that share a database: forms, files, a long answer in parts; a
# worker more and one less, a reload of the application under load, log files that are opened anew.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8410

setup() {
	cp "$here/gunicorn.py" "$dir/shop.py"
	/usr/bin/python3 -m compileall -q "$dir/shop.py"
	empty_orders orders.py
	seq 1 5000 >"$dir/large"
	cat >"$dir/settings.py" <<-CONF
		bind = "127.0.0.1:8410"
		workers = 2
		threads = 2
		timeout = 300
		graceful_timeout = 300
		accesslog = "$dir/run/access.log"
		access_log_format = "%(m)s %(U)s %(s)s"
		errorlog = "$dir/run/error.log"
		pidfile = "$dir/run/pid"
		raw_env = ["SHOP=$dir/run"]
	CONF
}

run() {
	/usr/bin/python3 -I /usr/bin/gunicorn -c settings.py --chdir "$dir" shop:application &
	server=$!
	check 'empty' "$(await $url/things)" '[]'
	get $url/obey
	obey
	brief || use
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

booted() { # booted COUNT: so many workers since the start
	[ "$(grep -c 'Booting worker' run/error.log)" = "$1" ]
}

use() {
	check 'add' "$(get -d name=nail $url/things):$(get -d name=screw $url/things)" 1:2
	check 'list' "$(get $url/things)" '["nail", "screw"]'
	check 'file' "$(get --data-binary @large $url/file)" "$(sha256sum <large | cut -d' ' -f1)"
	check 'parts' "$(get $url/parts | md5sum)" "$(seq 0 199 | md5sum)"
	check 'missing' "$(get -o run/page -w '%{http_code}' $url/none)" 404
	check 'failed' "$(get -o run/page -w '%{http_code}' $url/fail)" 500
	kill -TTIN "$server"
	wait_for booted 3
	kill -TTOU "$server"
	for number in {1..60}; do echo "url = $url/things"; done >run/many
	get -K run/many >run/load &
	kill -HUP "$server"
	wait_for booted 5
	wait $!
	check 'under load' "$(grep -o nail run/load | wc -l)" 60
	check 'after the reload' "$(get $url/things)" '["nail", "screw"]'
	mv run/access.log run/access.old
	kill -USR1 "$server"
	wait_for test -e run/access.log
}

main "$@"
