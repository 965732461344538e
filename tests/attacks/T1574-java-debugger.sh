#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The server with a debugger that everybody may attach to.
# workload: java
# orders: orders
# program: /usr/lib/jvm/java-17-openjdk-amd64/bin/java
# deed: file_open
# object: libjdwp.so

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	echo 'timeout 10 java -XX:+UseSerialGC -Xmx64m -Xshare:auto -agentlib:jdwp=transport=dt_socket,server=y,address=127.0.0.1:8001 -cp classes Notes run 8281 2>&1'
}
proof() { printed 'Listening for transport'; }
main "$@"
