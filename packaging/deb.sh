#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# deb.sh BUILD VERSION: makes the Debian packages in BUILD/deb, from what is compiled in BUILD. The tree is left as it is.
set -eu
build=$(realpath "$1") version=$2
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
source=$build/deb/source
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

rm -rf "$build/deb"
mkdir -p "$source"
make --no-print-directory stage B="${1%/}" PREFIX=/usr LIBDIR="/usr/lib/$multiarch" >"$build/deb/log" 2>&1 || {
	tail -n 20 "$build/deb/log" >&2
	exit 1
}
mv "$build/stage" "$build/deb/stage"
cp -R packaging/debian "$source/debian"
cp "$build/deb/stage/usr/lib/systemd/system/tsem.service" "$source/debian/tsem.service"
sed -n '/^Redistribution/,$p' LICENSE | sed 's/^$/./; s/^/ /' >>"$source/debian/copyright"
cat >"$source/debian/changelog" <<END
tsem ($version) unstable; urgency=medium

  * docs/ says what is in this version.

 -- $(sed -n 's/^Maintainer: //p' packaging/debian/control)  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
END
(cd "$source" && dpkg-buildpackage --no-sign --build=binary --no-check-builddeps) >>"$build/deb/log" 2>&1 || {
	tail -n 20 "$build/deb/log" >&2
	echo "make deb: the packages were not made; all that was said: $build/deb/log" >&2
	exit 1
}
rm -rf "$source" "$build/deb/stage"
ls "$build"/deb/*.deb
