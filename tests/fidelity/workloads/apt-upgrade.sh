#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# apt-get upgrade from a repository over HTTP: lists are fetched, two packages of four have a newer version, one needs a
# new one, a file of settings was changed by its owner; then everything is removed. In the system itself: run it in a
# machine that forgets.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
export DEBIAN_FRONTEND=noninteractive

package() { # package NAME VERSION [DEPENDS]
	local tree=$dir/tree

	mkdir -p "$tree/DEBIAN" "$tree/opt/fidelity-$1" "$tree/etc"
	cat >"$tree/DEBIAN/control" <<-CONTROL
		Package: fidelity-$1
		Version: $2
		Architecture: all
		Maintainer: Nobody <nobody@example.org>
		Depends: ${3-dpkg}
		Description: a package to upgrade
	CONTROL
	echo "version $2" >"$tree/opt/fidelity-$1/version"
	echo "setting=$2" >"$tree/etc/fidelity-$1.conf"
	echo "/etc/fidelity-$1.conf" >"$tree/DEBIAN/conffiles"
	printf '#!/bin/sh\nset -e\n. %s/orders\n' "$dir" >"$tree/DEBIAN/postinst"
	printf '#!/bin/sh\nset -e\necho "$1" >>/opt/fidelity-%s.log\n' "$1" >"$tree/DEBIAN/prerm"
	printf '#!/bin/sh\nset -e\nrm -f /opt/fidelity-%s.log\n' "$1" >"$tree/DEBIAN/postrm"
	chmod 755 "$tree/DEBIAN/"{postinst,prerm,postrm}
	dpkg-deb -b --root-owner-group "$tree" "$dir/$4/fidelity-$1_$2_all.deb" >/dev/null
	rm -rf "$tree"
}

repository() { # repository DIRECTORY
	(cd "$dir/$1" && dpkg-scanpackages -m . >Packages 2>/dev/null && xz -k Packages && {
		printf 'Suite: fidelity\nDate: %s\nSHA256:\n' "$(date -Ru)"
		sha256sum Packages Packages.xz | while read -r sum file; do echo " $sum $(stat -c %s "$file") $file"; done
	} >Release)
}

setup() {
	dpkg --purge --force-all fidelity-{a,b,c,d} >/dev/null 2>&1 || true
	rm -rf /opt/fidelity-*
	mkdir -p "$dir/before" "$dir/after"
	package a 1.0 dpkg before
	package b 1.0 dpkg before
	package c 1.0 dpkg before
	package a 2.0 dpkg after
	package b 2.0 'fidelity-d (>= 1.0)' after
	package c 1.0 dpkg after
	package d 1.0 dpkg after
	repository before
	repository after
	chmod -R a+rX "$dir"
}

apt() {
	apt-get -q -o Dir::State::lists="$dir/run/lists" -o Dir::Cache="$dir/run/cache" -o Dir::Etc::sourcelist="$dir/run/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold -o Acquire::http::Proxy=DIRECT "$@"
}

serve() { # serve DIRECTORY
	echo "deb [trusted=yes] http://127.0.0.1:8450/$1 ./" >run/sources.list
	apt update >run/update.log 2>&1
	check "lists of $1" "$?:$(grep -c '^[WE]:' run/update.log)" 0:0
}

versions() { dpkg-query -W -f '${Package} ${Version},' 'fidelity-*' 2>run/errors; }

run() {
	mkdir -p run/cache/archives/partial run/lists/partial
	chmod 755 run
	busybox httpd -f -p 127.0.0.1:8450 -h . &
	server=$!
	await http://127.0.0.1:8450/before/Release >run/release
	serve before
	apt install -y --no-install-recommends fidelity-a fidelity-b fidelity-c >run/install.log 2>&1
	check 'installed' "$?:$(versions)" '0:fidelity-a 1.0,fidelity-b 1.0,fidelity-c 1.0,'
	brief || upgrade
	dpkg -P fidelity-{a,b,c,d} >run/purge.log 2>&1
	check 'removed' "$(versions):$(find /opt -name 'fidelity-*')" :
	kill "$server"
	wait "$server"
}

upgrade() {
	echo mine=1 >>/etc/fidelity-a.conf
	serve after
	check 'to be upgraded' "$(apt -s upgrade | grep -c ^Inst)" 1
	apt upgrade -y >run/upgrade.log 2>&1
	check 'upgraded' "$?:$(versions)" '0:fidelity-a 2.0,fidelity-b 1.0,fidelity-c 1.0,'
	apt dist-upgrade -y >run/dist-upgrade.log 2>&1
	check 'all' "$?:$(versions)" '0:fidelity-a 2.0,fidelity-b 2.0,fidelity-c 1.0,fidelity-d 1.0,'
	check 'settings' "$(paste -sd, /etc/fidelity-a.conf):$(cat /etc/fidelity-b.conf)" setting=1.0,mine=1:setting=2.0
	check 'verified' "$(dpkg -V fidelity-{b,c,d})" ''
	apt purge -y fidelity-b fidelity-d >run/remove.log 2>&1
	check 'two are gone' "$?:$(versions)" '0:fidelity-a 2.0,fidelity-c 1.0,'
	apt clean
}

main "$@"
