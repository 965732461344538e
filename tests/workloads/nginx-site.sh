#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# nginx-site.sh DIRECTORY: makes what nginx-test.sh serves; the same bytes each time.

set -eu
umask 022
mkdir -p "${1:?usage: nginx-site.sh DIRECTORY}/site"
cd "$1"
echo '<!doctype html><title>A page</title><p>It works.' >site/index.html
echo 'a note' >site/note.txt
seq 200000 | head -c 1048576 >site/big.bin
sha256sum <site/big.bin >sums
