#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# strip-lines.sh OBJECT: leaves out which source line each instruction of the programs comes from.
# The kernel would keep it for every copy of every function, some megabytes, and only profilers look at it.
set -eu
LENGTH_AT=20 # line_info_len in struct btf_ext_header
LITTLE_ENDIAN_MAGIC=9feb

at=$(readelf -SW "$1" | sed -n 's/.* \.BTF\.ext *PROGBITS *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')
[ -n "$at" ] || { echo "strip-lines: $1 has no section .BTF.ext" >&2; exit 1; }
at=$((0x$at))
magic=$(od -An -tx1 -j "$at" -N 2 "$1" | tr -d ' ')
[ "$magic" = $LITTLE_ENDIAN_MAGIC ] || { echo "strip-lines: $1: .BTF.ext begins with $magic, not $LITTLE_ENDIAN_MAGIC" >&2; exit 1; }
printf '\0\0\0\0' | dd of="$1" bs=1 seek=$((at + LENGTH_AT)) conv=notrunc status=none
