#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from the interpreter.
# workload: perl
# orders: orders.pl
# program: /usr/bin/perl
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'system("/usr/bin/id", "-u", "-n");print "hija" . ($? ? "" : "cked");'; }
proof() { printed hijacked; }
main "$@"
