#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# foreign.sh DIRECTORY ARCHITECTURE PACKAGE...: unpacks Debian packages of an architecture, and what they depend on, into
# DIRECTORY/root. They come from where this machine has its own, signed by the same keys. Nothing of the machine is
# changed: apt keeps its lists, its cache and its idea of what is installed in DIRECTORY. Of the machine's own
# architecture only what it has not installed is unpacked. A package =NAME comes without what it depends on.
set -eu
directory=$(realpath -m "${1:?usage: mk/foreign.sh DIRECTORY ARCHITECTURE PACKAGE...}") architecture=$2
shift 2
wanted="$architecture $*"
[ "$(cat "$directory/complete" 2>/dev/null)" != "$wanted" ] || exit 0
rm -rf "$directory/root" "$directory/complete"
mkdir -p "$directory"/{root,state/lists/partial,cache/archives/partial,alone}
status=$directory/state/status
if [ "$architecture" = "$(dpkg --print-architecture)" ]; then
	status=/var/lib/dpkg/status
else
	: >"$status"
fi
cat >"$directory/apt.conf" <<END
Dir::State "$directory/state";
Dir::State::status "$status";
Dir::Cache "$directory/cache";
APT::Architecture "$architecture";
#clear APT::Architectures;
APT::Architectures { "$architecture"; };
Acquire::Languages "none";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
#clear APT::Update;
#clear DPkg;
END
apt() { # apt WORDS...: silent, unless it fails
	apt-get -c "$directory/apt.conf" -q "$@" >"$directory/log" 2>&1 </dev/null || {
		tail -n 20 "$directory/log" >&2
		echo "foreign.sh: apt-get $1 failed; the lines above say why" >&2
		exit 1
	}
}

apt update
whole=() alone=()
for package; do
	if [[ $package == =* ]]; then alone+=("${package#=}"); else whole+=("$package"); fi
done
[ ${#whole[@]} = 0 ] || apt install -y --download-only "${whole[@]}"
cd "$directory/alone"
[ ${#alone[@]} = 0 ] || apt download "${alone[@]}"
for package in "$directory"/cache/archives/*.deb "$directory"/alone/*.deb; do
	[ ! -f "$package" ] || dpkg-deb -x "$package" "$directory/root"
done
# As it is where they are installed: one directory for each kind of file.
for each in bin sbin lib; do
	[ -d "$directory/root/$each" ] || continue
	mkdir -p "$directory/root/usr/$each"
	cp -al "$directory/root/$each/." "$directory/root/usr/$each/"
	rm -rf "${directory:?}/root/$each"
	ln -s "usr/$each" "$directory/root/$each"
done
rm -rf "$directory"/{alone,cache,state,log}
echo "$wanted" >"$directory/complete"
