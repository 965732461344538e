#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# cgi-site.sh DIRECTORY [PTRACER]: makes the site that cgi-test.sh serves; the
# same bytes each time. PTRACER is ptracer.c compiled; without, it is done here.

set -eu
umask 022
here=$(cd "${0%/*}" && pwd)
ptracer=${2-}
mkdir -p "${1:?usage: cgi-site.sh DIRECTORY [PTRACER]}/www/cgi-bin" "$1/notes" "$1/bin"
if [ -n "$ptracer" ]; then
	cp "$ptracer" "$1/bin/ptracer"
else
	gcc -O1 -Wall -Werror -o "$1/bin/ptracer" "$here/ptracer.c"
fi
cd "$1"
cp "$here"/cgi/* www/cgi-bin/
chmod 755 www/cgi-bin/* bin/ptracer
echo '<!doctype html><title>Notes</title><p>A small web server.' >www/index.html
echo 'hello, world' >notes/hello
echo 'buy milk' >notes/shopping
