#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The digest in an event is that of the content that was there, however the file was changed before.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

digests() { # digests FILE TYPE PATH: of the events of that type, in their order
	jq -r --arg type "$2" --arg path "$3" \
		'select(.event.type == $type) | .[$type].file | select(.path.pathname == $path) | .digest' <"$1"
}

test_changes() {
	local lower path expected

	mkdir place
	echo 'content of the file' >place/file
	echo 'content of the other' >place/other
	echo 'content of the third' >place/third
	head -c 8M /dev/zero >place/big
	lower=$tests/data/grep.model # of this checkout, below the guest's overlay
	expected=$(sha256sum "$lower" | cut -d ' ' -f 1)
	tsem run --export-only --digest all -o events.json --name contents -- \
		/usr/bin/python3 "$tests/workloads/contents.py" "$PWD/place" "$lower" </dev/null
	is "the workload ends well" "$status" 0
	cp "$scratch/out" told
	like "the lower file was the one meant" "$(grep 'lower layer' told)" "$lower $expected *"
	for path in "$PWD/place/file" "$lower"; do
		# For reading only, as the lines that the workload told: other openings are for writing.
		jq -r --arg path "$path" 'select(.event.type == "file_open") | .file_open.file |
			select(.path.pathname == $path and .flags == "0x8000") | .digest' <events.json >seen
		while read -r -u 3 _ expected change && read -r -u 4 got; do
			is "$(basename "$path"): $change" "$got" "$expected"
		done 3< <(grep -F "$path " told) 4<seen
		is "$(basename "$path"): as many openings as told" "$(wc -l <seen)" "$(grep -cF "$path " told)"
	done
	is "the kernel reads a file once, and not again while it is unchanged" "$(grep ^read told)" "read True True"
}

# A script runs by two files, and the model has both.
test_script() {
	printf '#!/bin/dash\necho script\n' >script
	chmod +x script
	tsem learn -o script.model --name script -- ./script </dev/null
	"$T" show script trajectory --json >events.json
	is "a script: the digest of the script" "$(digests events.json bprm_committed_creds "$PWD/script")$(digests events.json file_open "$PWD/script" | sort -u | grep -v '^0*$')" \
		"$(sha256sum <script | cut -d ' ' -f 1)"
	is "a script: the digest of its interpreter" "$(digests events.json bprm_committed_creds /usr/bin/dash)" \
		"$(sha256sum </usr/bin/dash | cut -d ' ' -f 1)"
	tsem run -m script.model --enforce --name script -- ./script </dev/null
	is "a script: allowed" "$status:$output:$errors" "0:script:"
	sed -i s/script/changed/ script
	tsem run -m script.model --enforce --quiet --name script -- ./script </dev/null
	is "a script: changed by a word, refused" "$status:$output" "126:"
}

test_deleted() {
	cp /bin/true gone
	# shellcheck disable=SC2016
	tsem run --export-only -o events.json --name deleted -- /usr/bin/python3 -c '
import os
program = os.open("gone", os.O_RDONLY)
os.unlink("gone")
os.execve(program, ["gone"], {})' </dev/null
	is "a program without a name: it runs" "$status" 0
	is "a program without a name: its digest" \
		"$(jq -r 'select(.event.type == "bprm_committed_creds") | .bprm_committed_creds.file | select(.path.pathname | endswith("/gone///deleted")) | .digest' <events.json)" \
		"$(sha256sum </bin/true | cut -d ' ' -f 1)"
}

need "load" "$T" load
test_changes
test_script
test_deleted
finish
