#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What sends settings to hosts has a program run there.
# workload: ansible-like
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'print(host.task("command", words=["/usr/bin/id", "-u", "-n"])["stdout"].replace("root", "hijacked"))'; }
proof() { printed hijacked; }
main "$@"
