#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/story/run.sh PATH_TO_TSEM: shows what tsem does, on three real workloads,
# with commands that the reader can type as well. On the running kernel when it
# can enforce, else in the micro-VM. Status 0 only if everything came out as told.

set -u
export LC_ALL=C.UTF-8
TSEM=$(realpath "${1:?usage: tests/story/run.sh PATH_TO_TSEM}") || exit 2
cd "$(dirname "$0")/../.." || exit 2

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	export TSEM_STORY_COLOUR=1
else
	unset TSEM_STORY_COLOUR
fi

# The workloads want these two.
port_taken() {
	local port

	for port in 8080 8081; do
		! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || echo "$port"
	done
}

here() { # here: 0, or 1 and the reason why the story does not run on this kernel
	local taken

	if ! "$TSEM" doctor >/dev/null 2>&1; then
		echo "this kernel cannot enforce, \`tsem doctor\` says why"
		return 1
	fi
	taken=$(port_taken)
	[ -z "$taken" ] || {
		echo "port" $taken "is taken here"
		return 1
	}
}

if reason=$(here); then
	echo "On the running kernel, which can enforce: $(uname -sr)."
	bash tests/story/story.sh "$TSEM" </dev/null
	status=$?
	again=''
else
	echo "In the micro-VM, because $reason. The first run fetches a kernel; later ones boot in a few seconds."
	"$TSEM" lab --timeout 600 -- bash tests/story/story.sh "$TSEM" </dev/null
	status=$?
	again='lab -- '
fi
short=$(realpath --relative-to=. "$TSEM")
if [ $status -ne 0 ]; then
	echo "The story did not end as expected (status $status)." >&2
	exit 1
fi

next() { printf '  %s\n      %s\n' "$1" "$2"; }

printf '\nThat was all real. What to type next (tsem is %s here):\n' "$short"
[ -z "$again" ] || next "$short lab -- bash" 'a shell in which all of the above works'
next "$short ${again}sh -c '$short learn -o /tmp/ls.model -- ls / && $short run -m /tmp/ls.model -e -- ls /home'" \
	'your own first model and your own first violation'
next "$short help run" 'every command has such a page'
next 'make test' 'the same and much more, as tests'
next 'less README.md' 'the five-minute tour'
