#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Another root.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /etc/passwd

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { cp /etc/passwd /tmp/tsem-passwd; }
orders() { echo 'open("/etc/passwd", "a").write("hijacked::0:0::/:/bin/sh\n")'; }
proof() { grep -q ^hijacked: /etc/passwd; }
clean() { cat /tmp/tsem-passwd >/etc/passwd; rm -f /tmp/tsem-passwd; }
main "$@"
