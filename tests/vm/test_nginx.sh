#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# nginx, learned once: reruns, each on a newly booted machine, without a violation.
# boots: learn rerun1 rerun3
# long boots: rerun2

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# Nothing in a model may depend on addresses, which the lab leaves as they are where it emulates.
[ "$boot" != rerun3 ] || echo 2 >/proc/sys/kernel/randomize_va_space
site=$scratch/nginx
script=$tests/workloads/nginx-test.sh

# The pages themselves are judged here, outside of what is enforced.
pages() { # pages NAME: of the run that just was
	is "$1: all answers are right" "$(sed -n 's/^nginx-test: //p' <<<"$output")" "index: <!doctype html><title>A page</title><p>It works.
text: a note
missing page: 404
HEAD: 200 0
1 MiB: 200 1048576
its checksum: a7a14d0926bda540030fd4c43a64aa0c8a343f5cd735e34b45150c4b0b7a528e  -
nginx ends with status: 0
requests in its log: 5"
}

enforce() { # enforce NAME MODEL
	tsem run --model "$2" --enforce --syscalls --name "$1" -- "$script" "$site" </dev/null
	is "$1: status, nothing refused" "$status:$errors" 0:
	pages "$1"
	why "$1"
	is "$1: no violation" "$status" 0
	[ "$status" = 0 ] || sed 's/^/# /' <<<"$output"
}

boot_learn() {
	tsem learn -o once.model --name once -- "$script" "$site" </dev/null
	is 'learning: status' "$status" 0
	pages 'learning'
	like 'learning: nothing was left out' "$errors" \
		'run 1: * new coefficients, * in all, * events'$'\n''run 1: * new system calls, * in all'$'\n''model once.model written: * coefficients'
	tsem learn -n 3 -o thrice.model --name thrice -- "$script" "$site" </dev/null
	is 'learning three times: status' "$status" 0
	like 'learning three times: the last run adds nothing' "$errors" '*run 3: 0 new coefficients*'
	is 'learning three times: the same behaviour as once' \
		"$(tsem show ./thrice.model state </dev/null; echo "$output")" \
		"$(tsem show ./once.model state </dev/null; echo "$output")"
	tsem show ./once.model events </dev/null
	for each in bprm_committed_creds file_open mmap_file socket_create socket_bind socket_listen \
		socket_accept socket_connect inode_create inode_mkdir inode_unlink inode_setattr task_kill; do
		like "the model has $each" "$output" "*$each*"
	done
	second_implementation
	keep once.model thrice.model
}

# Computes each coefficient again, from the JSON in the model, in another language.
second_implementation() {
	local count text

	count=$(grep -c '^[0-9a-f]\{64\}$' once.model)
	text=$(/usr/bin/python3 "$tests/golden/coefficient.py" once.model 2>&1)
	like "the second implementation agrees on all $count coefficients" "$?:$text" \
		"0:$count events, $count coefficients listed, 0 wrong, state $(tsem show ./once.model state </dev/null; echo "$output")"
	# And would say so if it did not: one digit of one file's mode is changed.
	sed '0,/"mode":"0100644"/s//"mode":"0100645"/' once.model >changed.model
	text=$(/usr/bin/python3 "$tests/golden/coefficient.py" changed.model 2>&1)
	like 'the second implementation notices a changed field' "$?:$text" '1:*coefficient*computed*'
}

boot_rerun1() {
	enforce rerun once.model
	# The test can fail: what was not learned is refused, and seen here.
	tsem run --model once.model --enforce --name other -- bash -c "exec $script $site" </dev/null
	is 'started in another way, it is refused' "$status" 126
	why other
	like '... and bash is named' "$status:$output" '3:/usr/bin/bash, started by tsem, opens */nginx-test.sh for execution: refused*'
	ln -sf /etc/hostname "$site/site/note.txt"
	tsem run --model once.model --enforce --on-violation deny --name page -- "$script" "$site" </dev/null
	like 'a page that leads elsewhere is not served, the others are' "$status:$output" '1:*text: got *500*wanted*1 MiB: 200*'
	why page
	like 'and why names nginx and the file' "$status:$output" '3:*/usr/sbin/nginx*opens /etc/hostname*: refused*'
}

boot_rerun2() { enforce rerun once.model; }
boot_rerun3() { enforce rerun thrice.model; }

need 'the site is made' "$tests/workloads/nginx-site.sh" "$site"
[ "$boot" = learn ] || need 'the models were kept' kept
need 'the kernel side loads' "$T" load
"boot_$boot"
finish
