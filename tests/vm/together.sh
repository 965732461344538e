#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Several test files one after the other in one machine: together.sh FILE... The marks are for tests/vm/run.sh.
# Each finds the programs loaded, no sessions, and its scratch directory empty.
worst=0
for file; do
	from=$SECONDS
	echo "@begin $(basename "$file" .sh)"
	bash "$file" all
	status=$?
	echo "# $(basename "$file"): $((SECONDS - from)) s" >&2
	echo "@end $status"
	[ $status -eq 0 ] || worst=1
	cd / && rm -rf /run/tsem/sessions/*
done
exit $worst
