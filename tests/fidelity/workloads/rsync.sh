#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# rsync: a daemon with a module to read and one to write to; a tree is fetched, changed, sent, and files are deleted there.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
url=rsync://127.0.0.1:8730

setup() {
	local number

	mkdir -p "$dir/tree/sub"
	for number in {1..12}; do
		seq "$number" "$((number * 100))" >"$dir/tree/file$number.txt"
	done
	seq 1 50000 >"$dir/tree/sub/large"
	ln -s file1.txt "$dir/tree/link"
	cat >"$dir/rsyncd.conf" <<-CONF
		use chroot = no
		pid file = $dir/run/rsyncd.pid
		lock file = $dir/run/rsyncd.lock
		log file = $dir/run/log
		address = 127.0.0.1
		port = 8730
		uid = 0
		gid = 0
		[tree]
			path = $dir/tree
			read only = yes
		[store]
			path = $dir/run/store
			read only = no
	CONF
}

sync() { rsync -rlt "$@" 2>&1; }

answers() { rsync "$url/" >run/modules 2>run/errors; }

run() {
	mkdir run/store
	: >run/modules >run/errors
	rsync --daemon --no-detach --config="$dir/rsyncd.conf" </dev/null &
	server=$!
	wait_for answers
	sync "$url/tree/" run/mine/
	check 'fetched' "$(find run/mine -type f | wc -l):$(readlink run/mine/link)" 13:file1.txt
	obey
	brief || work
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

work() {
	sync run/mine/ "$url/store/"
	check 'sent' "$(cmp run/store/sub/large tree/sub/large && find run/store -type f | wc -l)" 13
	for number in {1..12}; do
		echo more >>"run/mine/file$number.txt"
	done
	sed -i 's/^49999$/changed/' run/mine/sub/large
	rm run/mine/file12.txt
	sync --delete --checksum run/mine/ "$url/store/"
	check 'changed' "$(tail -n 1 run/store/file3.txt):$(grep -c changed run/store/sub/large):$(find run/store -type f | wc -l)" more:1:12
	check 'refused' "$(sync run/mine/file1.txt "$url/tree/" | grep -c 'read only')" 1
}

main "$@"
