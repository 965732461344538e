#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The interpreter changes a file of somebody else.
# workload: perl
# orders: orders.pl
# program: /usr/bin/perl
# deed: file_open
# object: /tmp/tsem-attack/data for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; echo kept >$own/data; }
orders() { echo 'open my $f, ">>", "/tmp/tsem-attack/data"; print $f "hijacked\n"; close $f;'; }
proof() { grep -qs hijacked $own/data; }
clean() { away; }
main "$@"
