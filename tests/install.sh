#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What is installed: the packages in a bare root, with programs that are compiled against them only, until nothing is left;
# then `make install` and `make uninstall`. The bare root has the essential Debian packages, those that ours depend on, and a
# compiler; its files are copies of this machine's (tests/bare_root.py), there is no network, and no init. What needs the
# kernel side is done in the micro-VM, in the same root with the packages installed.
# usage: tests/install.sh BUILD
set -u
export PYTHONDONTWRITEBYTECODE=1 # its caches are in no package
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
build=$(realpath "${1:?usage: tests/install.sh BUILD}")
work=$build/test/install
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

check "make deb" make --no-print-directory deb B="$build"
[ "$failed" = 0 ] || finish
is "it makes four packages" "$(cd "$build/deb" && printf '%s\n' *.deb | sed 's/_.*//' | sort | tr '\n' ' ')" "libtsem-dev libtsem1 tsem tsem-doc "
lintian --fail-on error,warning "$build"/deb/*.changes >"$work/lintian" 2>&1
report $? "lintian has no error and no warning" "$(cat "$work/lintian")"
none "the tree is as it was" git status --short --ignored=no debian

check "a bare root is made" tests/bare_root.py "$work/root" gcc g++ make pkgconf python3 init-system-helpers "$build"/deb/*.deb
[ -z "$(find "$work/root" -name '*tsem*' -print -quit)" ]
report $? "nothing of tsem is in it"
cp -R tests/data/grep.model tests/install_inside.sh tests/tap.sh "$build"/deb/*.deb "$work/root/root"
make --no-print-directory install B="$build" DESTDIR="$work/root/root/local" >"$work/log" 2>&1
report $? "make install DESTDIR=" "$(cat "$work/log")"

told() { # told FILE STATUS WHERE: what a part reports, and that it ran to its end
	local line
	while read -r line; do
		case $line in
		"ok "*) ok "$3: ${line#ok * - }" ;;
		"not ok "*) not_ok "$3: ${line#not ok * - }" "$(grep -FA 8 -e "$line" "$1" | tail -n +2 | sed 's/^# //')" ;;
		esac
	done < <(grep -E '^(not )?ok ' "$1")
	is "$3: it ran to its end" "$2, $(grep -cE '^[0-9]+ passed, 0 failed, 0 skipped' "$1")" "0, 1"
}
inside() { # inside PART: in the bare root, with nothing of this machine but /dev and /proc
	unshare --mount --pid --fork --net --ipc --uts bash -c "mount --rbind /dev '$work/root/dev' && mount -t proc proc '$work/root/proc' &&
		exec chroot '$work/root' bash /root/install_inside.sh $1" >"$work/$1" 2>&1 </dev/null
	told "$work/$1" $? "in a bare root"
}
in_machine() { # the machine forgets what is done to the root there
	"$build/tsem" lab --timeout 900 -- sh -c "for name in dev proc sys run; do mount --rbind /\$name '$work/root'/\$name; done
		exec chroot '$work/root' bash /root/install_inside.sh kernel" >"$work/kernel" 2>&1 </dev/null
	told "$work/kernel" $? "in a micro-VM"
}
inside install
in_machine
inside remove
inside made

cp -R "$work/root/root/local" "$work/before"
mkdir "$work/before/usr/local/share/others"
make --no-print-directory uninstall B="$build" DESTDIR="$work/before" >"$work/log" 2>&1
report $? "make uninstall" "$(cat "$work/log")"
none "no file of ours is left" find "$work/before" ! -type d
is "no directory of ours either, and others' are" "$(find "$work/before" -name '*tsem*'; ls "$work/before/usr/local/share")" \
	"$(cd "$work/root/root/local/usr/local/share" && { ls -d */ | tr -d /; echo others; } | grep -v tsem | sort)"
finish
