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
		is "$(basename "$path"): as many openings as told, and some" "$(wc -l <seen) $(grep -qF "$path " told && echo some)" \
			"$(grep -cF "$path " told) some"
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

# ELF programs do not mind what is behind them.
grown() { # grown FILE SIZE: a program of that size that ends well
	cp /bin/true "$1"
	truncate -s "$2" "$1"
}

sizes_of() { # sizes_of MODEL: from the file itself
	sed -n 's/^large //p' "$1" | tr '\n' ' '
}

violations() { # violations NAME
	"$T" show "$1" --json | jq .violations
}

large() { # large MODEL: the script that runs the large program, enforced; what it took, in seconds
	local begun=$SECONDS

	tsem run -m "$1" --enforce --quiet --name large -- "$PWD/start" </dev/null
	took=$((SECONDS - begun))
}

test_large() {
	printf '#!/bin/dash\n%s/large\n' "$PWD" >start
	chmod +x start
	grown large 17M
	tsem learn -n 2 -o large.model --name large -- "$PWD/start" </dev/null
	is "a large program: its size is learned" "$status:$(sizes_of large.model)" "0:17825792 "
	large large.model
	is "a large program: accepted, without a violation" "$status:$(violations large)" "0:0"
	grown large 16M
	large large.model
	is "another content: not larger than 16 MiB, it is read and refused for what it is" "$status" 126
	lacks "... and that has no other reason" "$("$T" why large)" 'The reason:'
	grown large 18M
	large large.model
	is "another size: refused" "$status:$((took < 10))" "126:1"
	why large
	cp "$scratch/out" told
	like "another size: why" "$(<told)" \
		"*$PWD/large*The reason: it is larger than 16 MiB and the model does not have its size, so it was not read.*"
	tsem model learn-from large --forensics </dev/null
	like "another size: learn-from says what to do" "$output" "*Cannot be added: *because of its size: run the workload without enforcing*"
	tsem model rebase --package-update -o rebased.model large.model </dev/null
	like "rebase: the size is added" "$status:$output:$(sizes_of rebased.model)" "0:*1 size of large contents is new.*:17825792 18874368 "
	large rebased.model
	is "rebased: accepted, without a violation" "$status:$(violations large)" "0:0"
	tsem run -m large.model --quiet --on-violation log --name sealed -- "$PWD/start" </dev/null
	tsem model learn-from sealed --forensics --all -o more.model </dev/null
	is "what a sealed session saw is taken" "$status:$(sizes_of more.model)" "0:17825792 18874368 "
	large more.model
	is "learned from it: accepted, without a violation" "$status:$(violations large)" "0:0"
	grown large 17M
	large more.model
	is "the other one is still accepted" "$status:$(violations large)" "0:0"
}

# A session that lives has its sizes too.
test_large_kept() {
	printf '#!/bin/dash\n%s/large\n: >%s/begun\nwhile [ ! -e %s/end ]; do sleep 0.1; done\n' "$PWD" "$PWD" "$PWD" >start
	grown large 18M
	rm -f begun end
	"$T" run -m large.model --quiet --on-violation log --name living -- "$PWD/start" </dev/null >/dev/null 2>&1 &
	comes_true test -e begun
	report $? "a living session runs"
	tsem model learn-from living --forensics --all -o living.model </dev/null
	is "a living session has its sizes" "$status:$(sizes_of living.model)" "0:17825792 18874368 "
	: >end
	wait $!
	tsem model learn-from living --forensics --all -o ended.model </dev/null
	is "and an ended one" "$status:$(sizes_of ended.model)" "0:17825792 18874368 "
}

# The kernel would be busy with it for seconds, and nobody could stop it.
test_huge() {
	cat >map <<-END
		import mmap, os, sys, time
		begun = time.monotonic()
		try:
		    mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
		    result = "mapped"
		except PermissionError:
		    result = "refused"
		print(result, "at once" if time.monotonic() - begun < 1 else "after %d s" % (time.monotonic() - begun))
	END
	truncate -s 4096 huge
	tsem learn -o huge.model --name huge -- /usr/bin/python3 map "$PWD/huge" </dev/null
	is "4 KiB mapped executable" "$output" "mapped at once"
	truncate -s 2G huge
	tsem run -m huge.model --enforce --quiet --name huge -- /usr/bin/python3 map "$PWD/huge" </dev/null
	is "2 GiB mapped executable" "$output" "refused at once"
	why huge
	like "2 GiB: why" "$output" "*$PWD/huge*The reason: it is larger than 1 GiB, so it was not read.*"
	truncate -s 1G huge
	tsem run -m huge.model --enforce --quiet --name huge -- /usr/bin/python3 map "$PWD/huge" </dev/null
	is "1 GiB mapped executable, which nobody learned" "$output" "refused at once"
	why huge
	like "1 GiB: why" "$output" "*$PWD/huge*The reason: it is larger than 16 MiB and the model does not have its size*"
	rm huge
}

neighbours_files() { # the two programs that have a file between them
	cat >owner <<-'END'
		import mmap, os, sys, time
		memory = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 4096)
		memory[0] = memory[0]
		print("mapped", flush=True)
		while not os.path.exists("go"):
		    time.sleep(0.01)
		try:
		    os.open(sys.argv[1], os.O_WRONLY)
		    print("opened")
		except PermissionError:
		    print("refused")
	END
	cat >mapper <<-'END'
		import mmap, os, sys
		protection = mmap.PROT_READ | (mmap.PROT_EXEC if sys.argv[2] == "run" else 0)
		try:
		    mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 4096, mmap.MAP_PRIVATE, protection)
		    print("mapped")
		except PermissionError:
		    print("refused")
	END
	head -c 4096 /dev/zero | tee data >program
}

mapped_by() { # mapped_by NAME WORDS...: a namespace of the owner that has its file mapped and waits for go
	"$T" run --quiet --name "$1" "${@:2}" </dev/null >"$1.out" 2>&1 &
	wait_until grep -q mapped "$1.out"
}

map_to_run() { # map_to_run MODEL FILE: output says whether it could be mapped executable
	tsem run -m "$1" --enforce --quiet --name runner -- /usr/bin/python3 mapper "$PWD/$2" run </dev/null
}

# A mapping that is refused to one namespace changes nothing for the other one.
test_neighbours() {
	neighbours_files
	: >go
	tsem learn -o owner.model --name owner -- /usr/bin/python3 owner "$PWD/data" </dev/null
	tsem learn -o mapper.model --name mapper -- /usr/bin/python3 mapper "$PWD/data" read </dev/null
	is "two have a file: learned" "$output" "mapped"
	rm go
	mapped_by owner -m owner.model --enforce -- /usr/bin/python3 owner "$PWD/data"
	tsem run -m mapper.model --enforce --quiet --name mapper -- /usr/bin/python3 mapper "$PWD/data" run </dev/null
	is "one of them would run it: refused" "$output" "refused"
	: >go
	wait
	why owner
	is "the other one writes to it, as it was learned" "$(<owner.out):$status:$output" "mapped
opened:0:No violations."
}

# in_vain TITLE SCRIPT SAYS: a process that does not get to run the script stays alive, and keeps nobody from writing to it.
in_vain() {
	chmod +x "$2"
	tsem learn -o writer.model --name writer -- sh -c ": >>$2" </dev/null
	rm -f go
	mapped_by climber -- bash -c "shopt -s execfail; exec ./$2; echo \"\$?: mapped\"; until test -e go; do sleep 0.1; done"
	like "$1: it does not run" "$(<climber.out)" "$3"
	tsem run -m writer.model --enforce --quiet --name writer -- sh -c ": >>$2" </dev/null
	why writer
	is "... and may be written to, as it was learned" "$status:$output" "0:No violations."
	: >go
	wait
}

# A script behind more scripts than are noted.
test_too_deep() {
	local n

	for n in 1 2 3 4; do echo "#!$PWD/deep$((n + 1))" >deep$n; done
	echo '#!/bin/sh' >deep5
	chmod +x deep[1-5]
	in_vain "too many scripts" deep1 "*Too many levels*126: mapped"
}

# An exec that the kernel gives up after it has asked.
test_given_up() {
	echo '#!/no/such/interpreter' >given
	in_vain "no interpreter" given "*127: mapped"
}

# What two had mapped for writing at one time runs when both have ended.
test_mapped_by_two() {
	tsem learn -o runner.model --name runner -- /usr/bin/python3 mapper "$PWD/program" run </dev/null
	rm -f go
	mapped_by one -- /usr/bin/python3 owner "$PWD/program"
	mapped_by two -- /usr/bin/python3 owner "$PWD/program"
	map_to_run runner.model program
	is "two have it mapped for writing: it does not run" "$output" "refused"
	: >go
	wait
	map_to_run runner.model program
	is "both have ended: it runs" "$output" "mapped"
}

# A ring that was refused holds no pages.
test_ring_refused() {
	cat >ring <<-'END'
	import ctypes, mmap, os, sys
	libc = ctypes.CDLL(None, use_errno=True)
	with open(sys.argv[1], "r+b") as f:
	    pages = mmap.mmap(f.fileno(), 4096)
	    pages[0] = pages[0]
	    pages.close()
	if sys.argv[2] == "tries":
	    made = libc.syscall(425, 4, ctypes.create_string_buffer(256))
	    print("made" if made >= 0 else os.strerror(ctypes.get_errno()))
	END
	[ -e mapper ] || neighbours_files
	head -c 4096 /dev/zero >held
	tsem learn -o held.model --name runner -- /usr/bin/python3 mapper "$PWD/held" run </dev/null
	tsem learn -o ring.model --name ring -- /usr/bin/python3 ring "$PWD/held" no </dev/null
	tsem run -m ring.model --enforce --on-violation deny --name ring -- /usr/bin/python3 ring "$PWD/held" tries </dev/null
	is "a ring is refused" "$status:$output" "0:Operation not permitted"
	wait_until field_is ring live false
	map_to_run held.model held
	is "... and holds nothing: what its namespace had mapped runs" "$output" "mapped"
}

# More than are noted one by one: numbers of namespaces grow, and those of the living are all larger.
test_mapped_by_five() {
	local name

	cp program fifth
	tsem learn -o five.model --name runner -- /usr/bin/python3 mapper "$PWD/fifth" run </dev/null
	rm -f go
	for name in a b c d e; do
		mapped_by $name -- /usr/bin/python3 owner "$PWD/fifth"
	done
	map_to_run five.model fifth
	is "five have it mapped for writing: it does not run" "$output" "refused"
	: >go
	wait
	map_to_run five.model fifth
	is "all five have ended: it runs" "$output" "mapped"
}

# Two overlays with layers of their own. Who writes to one file of one layer hinders nobody who runs another file.
test_layers_of_others() {
	local each

	for each in ours theirs; do
		mkdir -p layers/$each
		mount -t tmpfs none layers/$each
		mkdir -p layers/$each/{low,up,work,seen}
		cp /bin/busybox layers/$each/low/true
		mount -t overlay -o "lowerdir=layers/$each/low,upperdir=layers/$each/up,workdir=layers/$each/work" none layers/$each/seen
	done
	cat >runs.sh <<-'END'
		cat layers/theirs/seen/true >/dev/null
		for n in $(seq 10); do
			layers/ours/seen/true || exit 1
		done
	END
	tsem learn -o layers.model --name layers -- sh runs.sh </dev/null
	/usr/bin/python3 -c 'if True:
		import os
		while not os.path.exists("enough"):
			os.close(os.open("layers/theirs/low/true", os.O_WRONLY))' &
	tsem run -m layers.model --enforce --quiet --name layers -- sh runs.sh </dev/null
	: >enough
	wait
	why layers
	is "a file of another layer is written to: ours runs" "$status:$output" "0:No violations."
	: >>layers/ours/low/true
	tsem run -m layers.model --enforce --quiet --name layers -- sh runs.sh </dev/null
	is "... unchanged, after it was opened for writing below" "$status:$output" "0:"
	printf x >>layers/ours/low/true
	tsem run -m layers.model --enforce --quiet --name layers -- sh runs.sh </dev/null
	is "... and not when it was changed below" "$status:$output" "1:"
	umount -l layers/*/seen layers/*
}

# What runs by its own name in a layer is not changed through the overlay above it, whose file knows nothing of that.
test_runs_below() {
	local library=below/up/library seen=below/seen/library

	mkdir below
	mke2fs -q -F -t ext4 "$disk" && mount "$disk" below
	mkdir below/{low,up,work,seen}
	mount -t overlay -o lowerdir=below/low,upperdir=below/up,workdir=below/work none below/seen
	cat >runs <<-'PYTHON'
	import mmap, os, sys, time
	code = mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)
	print("mapped", flush=True)
	for line in sys.stdin:
	    print(code[:4].decode(), flush=True)
	PYTHON
	cat >changes <<-'PYTHON'
	import os, sys
	try:
	    if sys.argv[2] == "truncate":
	        os.truncate(sys.argv[1], 4000)
	    os.pwrite(os.open(sys.argv[1], os.O_RDWR | (os.O_TRUNC if sys.argv[2] == "empty" else 0)), b"EVIL", 0)
	except OSError as error:
	    print(error.strerror)
	PYTHON
	for how in write empty truncate; do
		head -c 5000 /bin/true >$library
		/usr/bin/python3 changes $seen $how
		is "through an overlay: $how changes what is in its layer" "$(head -c 4 $library)" EVIL
		head -c 5000 /bin/true >$library
		tsem learn -o changes.model --name changes -- /usr/bin/python3 changes $seen $how </dev/null
		head -c 5000 /bin/true >$library
		printf 'good' | dd of=$library conv=notrunc status=none
		echo | tsem learn -o runs.model --name runs -- /usr/bin/python3 runs $library
		coproc RUNS { exec "$T" run -q -m runs.model --enforce --name runs -- /usr/bin/python3 runs $library 2>&1; }
		read -r -t 60 answer <&"${RUNS[0]}"
		is "through an overlay: $how: it runs" "$answer" mapped
		[ "$answer" = mapped ] || { cat <&"${RUNS[0]}"; "$T" why runs; } | sed 's/^/# /'
		tsem run -m changes.model --enforce --name changes -- /usr/bin/python3 changes $seen $how </dev/null
		is "through an overlay: $how: not while it runs" "$status:$output" "0:Text file busy"
		echo >&"${RUNS[1]}"
		read -r -t 60 answer <&"${RUNS[0]}"
		is "through an overlay: $how: what runs is as it was" "$answer" good
		eval "exec ${RUNS[1]}>&-"
		wait "$RUNS_PID"
		tsem run -m changes.model --enforce --name changes -- /usr/bin/python3 changes $seen $how </dev/null
		is "through an overlay: $how: afterwards it is changed" "$status:$output:$(head -c 4 $library)" "0::EVIL"
	done
	umount below/seen below
}

# A read past the page cache that an io_uring has begun, and that is answered when its namespace has ended.
test_answered_late() {
	local slow=/sys/fs/cgroup/slow with each

	mke2fs -q -t ext4 /dev/vda && mkdir disk && mount /dev/vda disk
	echo +io >/sys/fs/cgroup/cgroup.subtree_control
	mkdir $slow
	echo "$(stat -c %Hr:%Lr /dev/vda) rbps=1048576" >$slow/io.max
	head -c 6M /dev/zero >disk/source
	{ printf '#!/bin/sh\necho evil #' && head -c 4075 /dev/zero | tr '\0' .; } >>disk/source
	anew() { { printf '#!/bin/sh\necho good #' && head -c 4075 /dev/zero | tr '\0' .; } >disk/program && chmod +x disk/program && sync; }
	late() { (echo "$BASHPID" >$slow/cgroup.procs && exec "$@" ./late disk/program disk/source "$mode"); }
	became() { [ "$(disk/program)" = evil ]; }
	anew
	is "the program is the length of a page" "$(stat -c %s disk/program):$(stat -c %s disk/source)" 4096:6295552
	mode=mapping late
	is "without tsem: who reads ends before the answer" "$(disk/program)" good
	comes_true became
	report $? "without tsem: the answer changes the program"
	for each in own handed; do
		[ $each = own ] && with=() || with=(./late ring)
		anew
		mode=memory late "${with[@]}" "$T" learn -o late.model --name late -- </dev/null >/dev/null
		"$T" learn -o runs.model --name runs -- sh -c disk/program </dev/null >/dev/null
		mode=mapping late "${with[@]}" "$T" run -m late.model --enforce --on-violation deny --quiet --name late -- </dev/null
		is "$each ring, in a namespace: allowed" "$?:$(field late violations)" 0:0
		for _ in 1 2 3; do
			"$T" run -m runs.model --enforce --on-violation deny --quiet --name runs -- sh -c disk/program </dev/null
			echo $?
		done >ran 2>/dev/null
		comes_true became
		report $? "$each ring: the answer comes"
		"$T" run -m runs.model --enforce --on-violation deny --quiet --name runs -- sh -c disk/program </dev/null >>ran 2>/dev/null
		echo $? >>ran
		is "$each ring: what it may change does not run elsewhere" "$(xargs <ran)" "126 126 126 126"
		like "... and it is said why" "$("$T" why runs)" "*disk/program*"
	done
	lacks "the handed ring is in no model of its user" "$("$T" show ./late.model events)" io_uring
	umount disk
}

# A server that root has started tells size and times of before: its file is digested each time.
test_served() {
	mkdir mirror
	printf '#!/bin/sh\necho good\n' >mirrored
	/usr/bin/python3 "$vm/mirror_fuse.py" mirror "$PWD/mirrored" >mirror.out 2>&1 </dev/null &
	wait_until grep -q served mirror.out
	"$T" learn -o mirror.model --name mirror -- sh -c mirror/program </dev/null >/dev/null
	is "a served program runs as learned" "$("$T" run -m mirror.model --enforce --on-violation deny --name mirror -- sh -c mirror/program </dev/null 2>&1)" good
	sed -i s/good/evil/ mirrored
	is "without tsem: the server shows another content" "$(mirror/program)" evil
	"$T" run -m mirror.model --enforce --on-violation deny --quiet --name mirror -- sh -c mirror/program </dev/null >ran 2>&1
	unlike "it is not taken for that of before" "$(<ran)" "*evil*"
	like "... and is named" "$("$T" why mirror)" "*mirror/program*"
	kill %%
	umount -l mirror
}

need "load" "$T" load
late=$(dirname "$T")/late
[ -x "$late" ] || gcc -std=gnu11 -D_GNU_SOURCE -O2 -o "$late" "$tests/deeds/late.c"
cp "$late" late
for each in ${TESTS:-changes script deleted large large_kept huge neighbours too_deep given_up mapped_by_two mapped_by_five ring_refused layers_of_others runs_below answered_late served}; do
	"test_$each"
done
finish
