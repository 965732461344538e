#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# All that goes over the network.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: socket_create
# object: raw packet

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'import socket; answer("li" + "stening " + str(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)).fileno() > 2))'; }
proof() { printed 'listening True'; }
main "$@"
