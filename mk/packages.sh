#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Installs the Debian packages named as arguments that are not installed yet.
set -eu
missing=()
for package in "$@"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "make: these Debian packages are missing: ${missing[*]}; as root: apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# Servers are installed as programs for the tests; none is to be started on this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
	trap 'rm -f "$log" $policy' EXIT
fi
step() {
	echo "  apt-get $1 ..."
	if ! apt-get "$@" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "make: apt-get $1 failed; the lines above say why" >&2
		exit 1
	fi
}
step update
step install -y --no-install-recommends "${missing[@]}"
