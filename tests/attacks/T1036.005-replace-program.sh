#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Another program under the name of one.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: inode_rename
# object: /usr/local/bin/curl

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; printf '#!/bin/sh\necho hijacked\n' >$own/curl; chmod 755 $own/curl; }
orders() { echo 'import os; os.rename("/tmp/tsem-attack/curl", "/usr/local/bin/curl")'; }
proof() { [ -x /usr/local/bin/curl ]; }
clean() { rm -f /usr/local/bin/curl; away; }
main "$@"
