#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A task changes the file of the tasks.
# workload: celery
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: jobs.py for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'open("jobs.py", "a").write("# changed\n"); answer("changed" if "# changed" in open("jobs.py").read() else "not")'; }
proof() { printed changed; }
main "$@"
