#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# changing.sh MODEL [RUN]: the events of a model that were first seen in RUN (default: the last) or later.
last=$(sed -n 's/^runs //p;/^trajectory/q' "$1")
awk -v run="${2:-$last}" '/^trajectory/ { events = 1; next } events && $2 ~ /^[0-9]+$/ && $2 >= run' "$1" | cut -d" " -f4- |
	jq -r '"\(.event.process): \(.event.type): \(.[.event.type] | [.. | strings | select(test("^0+$") | not)] | join(" "))"' |
	cut -c1-300
