#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# nginx-test.sh DIRECTORY: starts nginx on 127.0.0.1:8080, asks it for pages,
# stops it. Says what it got, one line for each request; status 0 if that was
# right. DIRECTORY/site is served: index.html, note.txt and big.bin with its
# sums in DIRECTORY/sums; nginx-site.sh makes it. What is written lies in
# DIRECTORY/run, which is made here and removed again, so that each run finds
# what the first one found. DIRECTORY/orders, if there is one, is run while nginx
# does; for that, and for FIDELITY_BRIEF, see tests/fidelity/workloads/lib.sh.

set -u
here=$(cd "${0%/*}" && pwd)
cd "${1:?usage: nginx-test.sh DIRECTORY}" || exit 1
url=http://127.0.0.1:8080
# Nothing of the user's: no .curlrc, no proxy.
curl="curl -q --noproxy * --silent --max-time 20"
bad=0

check() { # check NAME GOT WANTED
	if [ "$2" = "$3" ]; then
		echo "nginx-test: $1: $2"
	else
		echo "nginx-test: $1: got $2, wanted $3"
		bad=1
	fi
}

set -f
mkdir run || exit 1
/usr/sbin/nginx -p "$PWD" -c "$here/nginx.conf" -e run/error.log &
server=$!

# One curl that tries again until it is answered: the same events however long that takes.
check 'index' "$($curl --retry 40 --retry-delay 1 --retry-connrefused $url/)" "$(cat site/index.html)"
if [ -z "${FIDELITY_BRIEF-}" ]; then
	check 'text' "$($curl $url/note.txt)" "$(cat site/note.txt)"
	check 'missing page' "$($curl -o run/missing -w '%{http_code}' $url/no/such/page)" 404
	check 'HEAD' "$($curl --head -o run/head -w '%{http_code} %{size_download}' $url/note.txt)" '200 0'
	check '1 MiB' "$($curl -o run/big -w '%{http_code} %{size_download}' $url/big.bin)" '200 1048576'
	check 'its checksum' "$(sha256sum <run/big)" "$(cat sums)"
fi

# shellcheck source=/dev/null
[ ! -e orders ] || (. ./orders)

kill -QUIT "$server"
wait "$server"
check 'nginx ends with status' $? 0
[ -n "${FIDELITY_BRIEF-}" ] || check 'requests in its log' "$(grep -c . run/access.log)" 5
rm -r run
exit $bad
