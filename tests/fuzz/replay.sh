#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs the kept inputs of the fuzzers, under the sanitizers. usage: tests/fuzz/replay.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
for corpus in tests/fuzz/corpus/*; do
	target=$(basename "$corpus")
	check "kept inputs of $target ($(find "$corpus" -type f | wc -l))" "$1/fuzz/replay-$target" "$corpus"/*
done
finish
