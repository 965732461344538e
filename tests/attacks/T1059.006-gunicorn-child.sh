#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from a worker of the application.
# workload: gunicorn
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'import subprocess; answer(subprocess.check_output(["/usr/bin/id", "-u", "-n"], text=True).replace("root", "hijacked"))'; }
proof() { printed hijacked; }
main "$@"
