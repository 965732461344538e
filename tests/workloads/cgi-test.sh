#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# cgi-test.sh DIRECTORY: starts a small web server with CGI programs on
# 127.0.0.1:8081, uses the site as it is meant to be used, stops the server.
# Says what it got, one line for each request; status 0 if that was right.
# cgi-test.sh DIRECTORY serve: only serves, until it gets a SIGTERM.
# cgi-test.sh DIRECTORY request: only uses the site that is being served.
# cgi-site.sh makes DIRECTORY.

set -u
cd "${1:?usage: cgi-test.sh DIRECTORY [serve|request]}" || exit 1
url=http://127.0.0.1:8081
curl="curl -q --noproxy * --silent --max-time 20"
bad=0

check() { # check NAME GOT WANTED
	if [ "$2" = "$3" ]; then
		echo "cgi-test: $1: $2"
	else
		echo "cgi-test: $1: got $2, wanted $3"
		bad=1
	fi
}

# One curl that tries again until it is answered: the same events however long that takes.
requests() {
	check 'page' "$($curl --retry 40 --retry-delay 1 --retry-connrefused $url/)" "$(cat www/index.html)"
	check 'missing page' "$($curl -o /dev/null -w '%{http_code}' $url/none)" 404
	check 'note' "$($curl -d hello $url/cgi-bin/note)" "$(cat notes/hello)"
	check 'other note' "$($curl -d shopping $url/cgi-bin/note)" "$(cat notes/shopping)"
	check 'port' "$($curl -d 8081 $url/cgi-bin/port)" open
	check 'trace of nothing' "$($curl -d 0 $url/cgi-bin/trace)" 'errno 3: No such process'
}

set -f
if [ "${2-}" != request ]; then
	/usr/bin/busybox httpd -f -p 127.0.0.1:8081 -h www &
	server=$!
	# shellcheck disable=SC2064
	trap "kill $server" TERM
fi
case ${2-} in
serve)
	wait "$server"
	wait "$server"
	;;
request)
	requests
	;;
*)
	requests
	kill "$server"
	wait "$server"
	check 'the server was ended by signal' $(($? - 128)) 15
	;;
esac
exit $bad
