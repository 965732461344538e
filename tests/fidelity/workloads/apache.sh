#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# apache2 with mod_php, as another user: pages, a form with an upload, sessions, a graceful restart, a rewritten address.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
url=http://127.0.0.1:8180

setup() {
	local modules=/usr/lib/apache2/modules

	mkdir -p "$dir/site"
	empty_orders orders.php
	cat >"$dir/apache.conf" <<-CONF
		ServerRoot $dir
		ServerName localhost
		DefaultRuntimeDir $dir/run
		PidFile $dir/run/apache.pid
		ErrorLog $dir/run/error.log
		LogFormat "%m %U %>s" short
		Listen 127.0.0.1:8180
		User www-data
		Group www-data
		LoadModule mpm_prefork_module $modules/mod_mpm_prefork.so
		LoadModule authz_core_module $modules/mod_authz_core.so
		LoadModule dir_module $modules/mod_dir.so
		LoadModule mime_module $modules/mod_mime.so
		LoadModule rewrite_module $modules/mod_rewrite.so
		LoadModule php_module $(find $modules -name 'libphp*.so' | head -n 1)
		CustomLog $dir/run/access.log short
		TypesConfig /etc/mime.types
		StartServers 2
		MinSpareServers 2
		MaxSpareServers 2
		DocumentRoot $dir/site
		DirectoryIndex index.php
		AddHandler application/x-httpd-php .php
		php_admin_value session.save_path $dir/run/sessions
		php_admin_value upload_tmp_dir $dir/run/uploads
		<Directory $dir/site>
			AllowOverride None
			RewriteEngine On
			RewriteRule ^user/([a-z]+)$ /index.php?name=\$1 [L]
		</Directory>
	CONF
	cat >"$dir/site/index.php" <<-'PHP'
		<?php
		session_id("fixed"); session_start();
		$_SESSION["count"] = ($_SESSION["count"] ?? 0) + 1;
		echo "hello ", $_GET["name"] ?? "nobody", " ", $_SESSION["count"];
	PHP
	cat >"$dir/site/upload.php" <<-'PHP'
		<?php
		$to = __DIR__ . "/../run/store/file";
		echo move_uploaded_file($_FILES["file"]["tmp_name"], $to) ? md5_file($to) : "not moved";
	PHP
	echo '<?php include __DIR__ . "/../orders.php";' >"$dir/site/obey.php"
	echo static >"$dir/site/page.txt"
	seq 1 5000 >"$dir/large"
	chmod 755 "$dir"
}

run() {
	mkdir -m 777 run/sessions run/uploads run/store
	chmod 755 run
	setsid apache2 -f "$dir/apache.conf" -DFOREGROUND &
	server=$!
	check 'page' "$(await $url/page.txt)" static
	get $url/obey.php
	obey
	brief || use
	kill -WINCH "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'script' "$(get $url/user/alice)" 'hello alice 1'
	check 'session' "$(get $url/)" 'hello nobody 2'
	check 'upload' "$(get -F file=@large $url/upload.php)" "$(md5sum <large | cut -d' ' -f1)"
	check 'missing' "$(get -o run/page -w '%{http_code}' $url/none)" 404
	kill -USR1 "$server"
	wait_for restarted
	check 'after the restart' "$(get $url/)" 'hello nobody 3'
}

restarted() { [ "$(grep -c 'resuming normal operations' run/error.log)" = 2 ]; }

main "$@"
