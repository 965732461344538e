#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A task that runs another program.
# workload: celery
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'import subprocess; answer(subprocess.run(["/usr/bin/id", "-u", "-n"], capture_output=True, text=True).stdout.replace("root", "hijacked"))'; }
proof() { printed hijacked; }
main "$@"
