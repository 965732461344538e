#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A module of the interpreter brought along.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /tmp/tsem-attack

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; echo 'word = "hijacked-" + str(6 * 7)' >$own/evil.py; }
orders() { echo 'import sys; sys.path.insert(0, "/tmp/tsem-attack"); import evil; answer(evil.word)'; }
proof() { printed hijacked-42; }
clean() { away; }
main "$@"
