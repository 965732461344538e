#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# vsftpd with guests: listings, files there and back, one that goes on where it was broken off, directories, renaming,
# deleting, a log; each session is two processes of other users, one in a changed root.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
url=ftp://127.0.0.1:2121

setup() {
	mkdir -p "$dir/empty"
	seq 1 20000 >"$dir/large"
	cat >"$dir/vsftpd.conf" <<-CONF
		listen=YES
		listen_address=127.0.0.1
		listen_port=2121
		background=NO
		anonymous_enable=YES
		no_anon_password=YES
		ftp_username=ftp
		nopriv_user=nobody
		anon_root=$dir/run/root
		anon_upload_enable=YES
		anon_mkdir_write_enable=YES
		anon_other_write_enable=YES
		anon_umask=022
		write_enable=YES
		chown_uploads=NO
		secure_chroot_dir=$dir/empty
		xferlog_enable=YES
		vsftpd_log_file=$dir/run/log
		hide_ids=YES
		pasv_min_port=40000
		pasv_max_port=40100
		use_localtime=NO
	CONF
}

run() {
	chmod 755 run
	mkdir run/root
	install -o ftp -d run/root/store
	cp large run/root/large
	vsftpd vsftpd.conf &
	server=$!
	check 'list' "$(await -l "$url/" | sort | paste -sd,)" large,store
	obey
	brief || use
	kill -TERM "$server"
	wait "$server"
	check 'ended' $? 143
}

use() {
	check 'fetched' "$(get "$url/large" | md5sum)" "$(md5sum <large)"
	check 'sent' "$(get -T large "$url/store/copy"; md5sum <run/root/store/copy)" "$(md5sum <large)"
	head -c 5000 large >run/part
	check 'went on' "$(get -C - -o run/part "$url/large"; md5sum <run/part)" "$(md5sum <large)"
	get -Q 'MKD store/sub' -Q '-RNFR store/copy' -Q '-RNTO store/sub/moved' "$url/" >run/list
	check 'moved' "$(find run/root/store -type f -printf '%P')" sub/moved
	check 'active' "$(get -P 127.0.0.1 "$url/large" | md5sum)" "$(md5sum <large)"
	get -Q 'DELE store/sub/moved' -Q 'RMD store/sub' "$url/" >run/list
	check 'deleted' "$(find run/root/store -mindepth 1)" ''
	get --disable-epsv -r 0-99 "$url/none" >run/list
	check 'none' $? 78
	check 'log' "$(grep -c 'OK DOWNLOAD' run/log):$(grep -c 'OK UPLOAD' run/log)" 3:1
}

main "$@"
