#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Python: a manager process, a pool of workers that are spawned, locks, queues, shared memory and temporary files.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
here=$(cd "${0%/*}" && pwd)

setup() {
	cp "$here/python-pool.py" "$dir/pool.py"
	empty_orders orders.py
	seq 1 3000 >"$dir/numbers"
}

run() {
	check 'answer' "$(/usr/bin/python3 -I pool.py numbers run 2>run/errors)" '{"sum": 4501500, "chunks": 6, "shared": 4501500, "queued": 6, "written": 6}'
	cat run/errors
	obey
}

main "$@"
