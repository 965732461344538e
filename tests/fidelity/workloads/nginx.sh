#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# nginx: a master and two workers serve files; of the tests in the micro-VM.
here=$(cd "${0%/*}" && pwd)
case ${2-} in
setup)
	"$here/../../workloads/nginx-site.sh" "$1" && : >"$1/orders"
	;;
*)
	exec "$here/../../workloads/nginx-test.sh" "$1"
	;;
esac
