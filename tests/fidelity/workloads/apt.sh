#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# apt and dpkg: a local package with maintainer scripts is installed, upgraded, verified and purged, in the system
# itself: run it in a machine that forgets.
#
# Names that it makes up:
# pattern: /var/lib/apt/extended_states.{alnum 6}

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
export DEBIAN_FRONTEND=noninteractive

package() { # package VERSION
	local tree=$dir/tree

	mkdir -p "$tree/DEBIAN" "$tree/opt/fidelity" "$tree/etc"
	cat >"$tree/DEBIAN/control" <<-CONTROL
		Package: tsem-fidelity
		Version: $1
		Architecture: all
		Maintainer: Nobody <nobody@example.org>
		Description: a package to install
	CONTROL
	echo "version $1" >"$tree/opt/fidelity/version"
	echo 'setting=1' >"$tree/etc/tsem-fidelity.conf"
	echo /etc/tsem-fidelity.conf >"$tree/DEBIAN/conffiles"
	printf '#!/bin/sh\nset -e\nmkdir -p /var/lib/tsem-fidelity\necho "$1" >/var/lib/tsem-fidelity/state\n. %s/orders\n' \
		"$dir" >"$tree/DEBIAN/postinst"
	printf '#!/bin/sh\nset -e\n[ "$1" != purge ] || rm -rf /var/lib/tsem-fidelity\n' >"$tree/DEBIAN/postrm"
	chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/postrm"
	dpkg-deb -b --root-owner-group "$tree" "$dir/tsem-fidelity_$1_all.deb" >/dev/null
	rm -rf "$tree"
}

setup() {
	# Of a run that did not come to its end.
	dpkg --purge --force-all tsem-fidelity >/dev/null 2>&1 || true
	rm -rf /opt/fidelity /var/lib/tsem-fidelity
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/sources.list"
	package 1.0
	package 2.0
}

apt() {
	apt-get -q -o APT::Sandbox::User=root -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" \
		-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- -o Dpkg::Use-Pty=0 \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
}

run() {
	apt install -y --no-install-recommends "$dir/tsem-fidelity_1.0_all.deb" >run/apt.log 2>&1
	check 'apt-get install' "$?:$(cat /opt/fidelity/version)" '0:version 1.0'
	brief && return
	check 'configured' "$(cat /var/lib/tsem-fidelity/state)" configure
	dpkg -i tsem-fidelity_2.0_all.deb >run/dpkg.log 2>&1
	check 'dpkg -i' "$?:$(cat /opt/fidelity/version)" '0:version 2.0'
	check 'verify' "$(dpkg -V tsem-fidelity)" ''
	check 'status' "$(dpkg-query -W -f '${Status} ${Version}' tsem-fidelity)" 'install ok installed 2.0'
	dpkg -P tsem-fidelity >run/purge.log 2>&1
	check 'purge' "$?:$(ls -d /opt/fidelity /etc/tsem-fidelity.conf 2>/dev/null)" 0:
}

main "$@"
