#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Perl: temporary files and directories, children by fork and by pipes, a table on disk, a server on a local socket.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)

setup() {
	cp "$here/perl.pl" "$dir/job.pl"
	empty_orders orders.pl
	seq 1 400 | awk '{ print "host" $1 % 9, $1 * 37 % 1000 }' >"$dir/data"
}

run() {
	check 'report' "$(/usr/bin/perl -T job.pl data run)" 'hosts 9 lines 400 sorted 400 answered pong kept 9'
	obey
}

main "$@"
