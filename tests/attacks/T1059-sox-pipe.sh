#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from a list of pieces to play.
# workload: sox
# orders: list.m3u
# program: /usr/bin/sox
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "|echo hija''cked >&2"; }
proof() { printed hijacked; }
main "$@"
