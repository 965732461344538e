#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/story/detections.sh PATH_TO_TSEM: three demonstrations of detections, in the micro-VM or on a kernel that can
# enforce: a program that removes itself, a preloaded library past a shell that filters it, and the memory of another
# process. Each is shown first as it is, then logged, then refused. Status 0 only if everything came out as told.

set -u
export LC_ALL=C.UTF-8
T=$(realpath "${1:?usage: tests/story/detections.sh PATH_TO_TSEM}") || exit 2
failed=0
place=$(mktemp -d /srv/tsem-demo.XXXXXX) || exit 1
cd "$place" || exit 1
trap '"$T" detect rm --all; rm -rf "$place"' EXIT

say() { printf '\n%s\n' "$*"; }
show() { # show COMMAND: typed and run
	printf '$ %s\n' "$*"
	bash -c "$*" 2>&1
}
expect() { # expect WHAT COMMAND...
	local what=$1

	shift
	"$@" && return
	echo "This did not come out as told: $what"
	failed=1
}
tsem() { "$T" "$@"; }
export -f tsem
export T

say "1. A program removes its own executable, as malware does to leave no trace."
cp /bin/rm implant
show ./implant implant
expect "it is gone" [ ! -e implant ]
show tsem detect add self-unlink
cp /bin/rm implant
show ./implant implant
show tsem detect watch --past
show tsem detect set self-unlink --action deny
cp /bin/rm implant
show ./implant implant
expect "it is kept" [ -e implant ]

say "2. A variable is set twice: a filter that looks at the first one lets the second one through."
cat >filter.py <<'END'
"""Starts a program with LD_PRELOAD twice; a filter that asks for its value, as getenv(3) does, sees the first one only."""
import ctypes
import sys

libc = ctypes.CDLL(None)
variables = (ctypes.c_char_p * 3)(b"LD_PRELOAD=/lib/harmless.so", b"LD_PRELOAD=/srv/evil.so", None)
words = (ctypes.c_char_p * 2)(sys.argv[1].encode(), None)
libc.execve(sys.argv[1].encode(), words, variables)
END
show "tsem detect add preload"
show "python3 filter.py /bin/true 2>/dev/null; echo it ended with status \$?"
show "tsem detect watch --past | grep preload"
expect "both were counted" grep -q ', 2$' <(tsem detect watch --past | grep preload)
show tsem detect set preload --action deny
show "python3 filter.py /bin/true 2>/dev/null; echo it ended with status \$?"
expect "the program was ended before it began" [ "$(tsem detect watch --past | grep -c 'preload killed')" = 1 ]
show "/bin/true; echo others run: status \$?"

say "3. A process opens the memory of another one for writing."
sleep 1000 &
victim=$!
cat >inject.py <<END
"""Opens the memory of process $victim for writing, and then another file."""
for name in ("/proc/$victim/mem", "/etc/hostname"):
    try:
        with open(name, "r+b" if "mem" in name else "rb"):
            print(name, "is open")
    except OSError as error:
        print(name, error.strerror)
END
show python3 inject.py
show tsem detect add proc-mem --action untrust
show python3 inject.py
show "tsem detect watch --past | grep proc-mem"
expect "it is untrusted" grep -q 'proc-mem untrusted' <(tsem detect watch --past)
show tsem detect ls
kill $victim
[ $failed = 0 ] || echo "The demonstrations did not end as expected." >&2
exit $failed
