#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# node.sh BUILD VERSION: makes BUILD/node, the root of an image with tsem below /opt/tsem and all libraries that it needs
# there, so that it runs on nodes whatever they have: BUILD/node-tsem looks for its loader and its libraries there only.
set -eu
build=$1 version=$2
here=$(dirname "$0") root=$build/node tsem=$build/node/opt/tsem

rm -rf "$root"
mkdir -p "$root"/{bin,tmp,proc,sys,dev} "$tsem"/{bin,lib,share}
install -m 755 "$build/node-tsem" "$tsem/bin/tsem"
ln -s tsem "$tsem/bin/tsem-oci-runc"
ln -s tsem "$tsem/bin/tsem-oci"
# Of the same objects, linked for this machine: that one finds nothing before it is installed.
ldd "$build/tsem" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\t\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
	install -m 755 "$library" "$tsem/lib/${library##*/}"
done
install -m 644 "$here"/containerd-*.toml "$here/annotations.json" "$here/../../LICENSE" "$tsem/share"
echo "$version" >"$tsem/share/version"
install -m 755 /bin/busybox "$root/bin/busybox"
for name in sh cat cp mkdir mv nsenter rm sleep; do ln -s busybox "$root/bin/$name"; done
install -m 755 "$here/node" "$root/node"
