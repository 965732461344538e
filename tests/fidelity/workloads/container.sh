#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# busybox in a container of bubblewrap: its own root directory, processes, network and names; a job and a web server.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	local each

	mkdir -p "$dir"/image/{bin,etc,srv,tmp,proc,dev,data}
	cp /usr/bin/busybox "$dir/image/bin/busybox"
	for each in sh cat wc httpd wget sleep kill ls grep echo mkdir rm; do
		ln -s busybox "$dir/image/bin/$each"
	done
	echo 'root:x:0:0::/:/bin/sh' >"$dir/image/etc/passwd"
	: >"$dir/image/orders"
	echo 'a page' >"$dir/image/srv/index.html"
	cat >"$dir/image/job" <<-'JOB'
		httpd -f -p 127.0.0.1:8084 -h /srv &
		server=$!
		n=0
		sleep 0.5
		until page=$(wget -q -O - http://127.0.0.1:8084/ 2>/dev/null) || [ $n -ge 60 ]; do
			n=$((n + 1))
			sleep 0.5
		done
		echo "page: $page"
		ls / | wc -l >/data/count
		echo "kept: $(cat /data/count)"
		. /orders
		kill $server
		wait $server
		echo "ended: $?"
	JOB
}

run() {
	mkdir run/data
	bwrap --unshare-all --die-with-parent --ro-bind image / --ro-bind orders /orders --bind run/data /data --tmpfs /tmp --proc /proc --dev /dev \
		--hostname box --clearenv --setenv PATH /bin /bin/sh /job >run/out 2>&1
	check 'status' $? 0
	cat run/out
	check 'page' "$(sed -n 's/^page: //p' run/out)" 'a page'
	check 'kept' "$(cat run/data/count)" "$(sed -n 's/^kept: //p' run/out)"
	check 'ended' "$(sed -n 's/^ended: //p' run/out)" 143
}

main "$@"
