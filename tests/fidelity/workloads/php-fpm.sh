#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The hard one: PHP behind nginx. php-fpm has a master and workers of another user, shared memory, an opcode cache
# and random names; uploads go through temporary files; the data are in SQLite.
#
# Names that it makes up, with DIR for its directory:
# pattern: DIR/run/data/php{alnum 6}
# pattern: /tmp/.ZendSem.{alnum 6}

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)
url=http://127.0.0.1:8085
fpm=$(find /usr/sbin -name 'php-fpm[0-9]*' | sort -V | tail -n 1)

setup() {
	mkdir "$dir/site"
	cp "$here/php-fpm.php" "$dir/site/index.php"
	empty_orders orders.php
	cat >"$dir/fpm.conf" <<-CONF
		[global]
		error_log = $dir/run/fpm.log
		daemonize = no
		[www]
		user = www-data
		group = www-data
		listen = $dir/run/fpm.sock
		listen.owner = www-data
		pm = static
		pm.max_children = 2
		php_admin_value[upload_tmp_dir] = $dir/run/data
		php_admin_value[opcache.enable] = 1
	CONF
	cat >"$dir/nginx.conf" <<-CONF
		user www-data;
		worker_processes 1;
		daemon off;
		error_log run/error.log notice;
		pid run/nginx.pid;
		events { worker_connections 64; }
		http {
			access_log run/access.log;
			client_body_temp_path run/body;
			proxy_temp_path run/proxy;
			fastcgi_temp_path run/fastcgi;
			uwsgi_temp_path run/uwsgi;
			scgi_temp_path run/scgi;
			server {
				listen 127.0.0.1:8085;
				root $dir/site;
				location / { try_files \$uri /index.php?\$args; }
				location ~ \.php\$ {
					include /etc/nginx/fastcgi_params;
					fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
					fastcgi_pass unix:$dir/run/fpm.sock;
				}
			}
		}
	CONF
}

requests() {
	check 'empty' "$(await -f "$url/?list")" '[]'
	brief || use
	get "$url/?plugin"
	obey
	brief || check 'list again' "$(get "$url/?list")" '["buy milk","sell milk"]'
}

use() {
	check 'write' "$(get -d 'text=buy+milk' "$url/?add")" 1
	check 'write' "$(get -d 'text=sell+milk' "$url/?add")" 2
	check 'list' "$(get "$url/?list")" '["buy milk","sell milk"]'
	check 'upload' "$(get -F "file=@site/index.php" "$url/?upload")" "$(wc -c <site/index.php)"
}

run() {
	local master server

	mkdir run/data
	chown www-data:www-data run/data
	"$fpm" -F -y "$dir/fpm.conf" >run/fpm.out 2>&1 &
	master=$!
	wait_for test -S run/fpm.sock
	/usr/sbin/nginx -p "$PWD" -c "$dir/nginx.conf" -e run/error.log &
	server=$!
	requests
	kill -QUIT "$server"
	wait "$server"
	check 'nginx ended with status' $? 0
	kill -QUIT "$master"
	wait "$master"
	check 'php-fpm ended with status' $? 0
}

main "$@"
