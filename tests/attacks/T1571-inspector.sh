#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A door is opened: the debugger of the interpreter.
# workload: node
# orders: orders.js
# program: /usr/bin/node
# deed: socket_bind
# object: 9229

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "try { require('inspector').open(9229, '127.0.0.1'); } catch (error) {} const c = require('net').connect(9229, '127.0.0.1'); c.on('connect', () => answer('op' + 'en')); c.on('error', () => answer('shut'));"; }
proof() { grep -q '^Debugger listening' "$OUT" || printed open; }
main "$@"
