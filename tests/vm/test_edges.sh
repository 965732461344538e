#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Around enforcement: no room for what tsem keeps, agents that mean ill, an abstract name that is somebody else's, models of
# an age, a file system that does not answer. TESTS="full ..." runs these only.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# Fills what is left of the file system, to the last byte.
fill() {
	dd if=/dev/zero of=/run/fill bs=64k 2>/dev/null
	dd if=/dev/zero of=/run/fill2 bs=1k 2>/dev/null
	cat /dev/zero >/run/fill3 2>/dev/null
}

room() {
	rm -f /run/fill /run/fill2 /run/fill3
}

make_models() {
	mount -o remount,size=48M /run &&
		"$T" learn -o m --name learned -- sh -c 'cat /etc/hostname; sleep 0' </dev/null
}

test_full() {
	local count

	fill
	for each in "run -q --model m --enforce" "run -q --model m" "learn -o never"; do
		# shellcheck disable=SC2086
		tsem $each --name full -- sh -c 'cat /etc/hostname; echo has run' </dev/null
		like "no room from the start, ${each%% -*}: nothing runs" "$status:$output:$errors" "125::tsem: *[Nn]o space left on *"
	done
	[ ! -e never ]
	report $? "no room from the start: no model is written"
	room
	# It becomes full meanwhile: what is refused stays refused, and is not forgotten.
	"$T" run -q --model m --enforce --on-violation deny --name full -- \
		sh -c 'sleep 5; for i in 1 2 3 4 5; do cat /etc/passwd; done; cat /etc/hostname' </dev/null >out2 2>err2 &
	wait_until eval 'listed full'
	fill
	wait $!
	is "no room meanwhile: nothing that is refused gets through" "$(grep -c root: out2)" 0
	count=$("$T" ps --all --json | jq '.[] | select(.name == "full") | .violations')
	[ "${count:-0}" -ge 5 ]
	report $? "no room meanwhile: the violations are counted" "${count:-none}: $(<err2)"
	room
	tsem show full </dev/null
	like "no room meanwhile: tsem show has them" "$status:$output" "0:*violations         [1-9]*"
}

# Agents that answer what they like, without end: nothing is trusted, and the workload's end is the end.
test_agents() {
	local began each

	for each in flood strays error; do
		rm -f evil
		/usr/bin/python3 "$tests/tma/evil_tma.py" "$scratch/evil" $each 2>/dev/null &
		agent=$!
		wait_until test -S evil
		began=$SECONDS
		timeout 100 "$T" run -q --tma "unix:$scratch/evil" --enforce --deadline 300 --name "evil-$each" -- \
			sh -c 'echo has run; cat /etc/hostname' </dev/null >out2 2>err2
		status=$?
		is "agent, $each: nothing passes" "$status:$(<out2):$(<err2)" "126::tsem: cannot run sh: refused, or not permitted"
		[ $((SECONDS - began)) -le 60 ]
		report $? "agent, $each: it ends" "after $((SECONDS - began)) s"
		kill $agent 2>/dev/null
		wait $agent 2>/dev/null
	done
}

# What leads to the agent, or to what is written, does not come to CMD by inheritance, under whichever number.
test_line() {
	mkfifo to from
	"$T" tma --listen fd:0,1 <to >from 2>line.err &
	agent=$!
	exec 8>to 9<from 7>&8 6>other
	tsem run --tma fd:9,8 --name line -- sh -c 'ls /proc/self/fd; echo garbage >&8; echo garbage >&7' </dev/null
	is "line to an agent: CMD has none of it, and what it is not about it has" "$(tr '\n' ' ' <<<"$output")" "0 1 2 3 6 "
	unlike "line to an agent: nothing was disturbed" "$errors" "*untrusted*"
	exec 8>&- 9<&- 7>&- 6>&-
	kill $agent 2>/dev/null
	wait $agent
	exec 8>events.json 7>&8
	tsem run --export-only -o /dev/fd/8 --name line -- sh -c 'echo forged >&8; echo forged >&7' </dev/null
	exec 8>&- 7>&-
	is "what is exported, CMD cannot add to" "$(($(grep -c '"event"' events.json) > 0)):$(grep -c forged events.json)" 1:0
}

# A reader that does not come, or that does not read, keeps nobody from ending.
test_no_reader() {
	local began=$SECONDS pid

	mkfifo absent slow
	"$T" run --export-only -o absent --name absent -- touch has-begun 2>absent.err &
	pid=$!
	sleep 1
	kill "$pid"
	wait "$pid"
	like "no reader: an interruption ends it" "$?:$(cat absent.err)" "1[24]?:*interrupted before a reader opened it*"
	[ ! -e has-begun ]
	report $? "no reader: nothing has begun"
	sleep 100 <slow &
	"$T" run --export-only -o slow --name slow -- sh -c 'i=0; while :; do : >/dev/null$i; i=$((i+1)); done' 2>slow.err &
	pid=$!
	wait_until eval '[ "$("$T" ps --json | jq ".[] | select(.name == \"slow\") | .events")" -gt 1000 ]'
	kill "$pid"
	wait "$pid"
	like "a reader that reads nothing: an interruption ends it" "$?:$(cat slow.err)" "1[24]?:*slow*"
	kill %?sleep
	[ $((SECONDS - began)) -le 90 ]
	report $? "... before the reader goes" "after $((SECONDS - began)) s"
}

# All processes of tsem around a workload are in a control group that is frozen. The kernel goes on to refuse, and afterwards
# everything is told.
test_freezer() {
	local ice=/sys/fs/cgroup/ice pid

	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir "$ice"
	mkfifo freezer.go
	exec 8<>freezer.go
	"$T" run --model m --enforce --on-violation deny --name cold -- sh -c 'read -r _
		i=0; while [ $i -lt 200 ]; do (: >in_the_cold$i) 2>&- || echo refused; i=$((i+1)); done' \
		>cold.out 2>cold.err <&8 8>&- &
	pid=$!
	wait_until eval '"$T" ps --json | grep -q \"cold\"'
	for each in $(pgrep -f "run --model m --enforce --on-violation deny --name cold"); do
		echo "$each" >"$ice/cgroup.procs"
	done
	echo 1 >"$ice/cgroup.freeze"
	wait_until grep -qx 'frozen 1' "$ice/cgroup.events"
	echo go >&8
	exec 8>&-
	wait_until eval '[ "$(grep -c refused cold.out)" = 200 ]'
	is "frozen: nothing passes meanwhile" "$(grep -c refused cold.out):$(find . -name 'in_the_cold*' | wc -l)" 200:0
	echo 0 >"$ice/cgroup.freeze"
	wait $pid
	is "frozen: afterwards all is told" "$("$T" why --json cold | grep -o "in_the_cold[0-9]*" | sort -u | wc -l)" 200
	rmdir "$ice"
}

# What root's environment says about programs, languages and libraries does not lead tsem elsewhere.
test_environment() {
	local each plain

	mkdir -p hostile.bin
	for each in sh cat clang mount modprobe bpftool sort ip id; do
		printf '#!/bin/sh\necho %s >>%q\n' "$each" "$scratch/led_astray" >hostile.bin/$each
		chmod +x hostile.bin/$each
	done
	"$T" run --model m --enforce --name plain -- /bin/sh -c '/bin/cat /etc/hosts; true' >plain.out 2>plain.err </dev/null
	plain=$?
	like "environment: there is something to refuse" "$(<plain.err)" "*/etc/hosts*refused*"
	for each in PATH="$scratch/hostile.bin:." PATH= LC_ALL=tr_TR.UTF-8 LANGUAGE=../../../tmp NLSPATH="$scratch/%N" \
		TMPDIR="$scratch/nowhere" HOME=/nowhere XDG_CACHE_HOME="$scratch/hostile.bin" IFS=/ TZ="$scratch/passwd" \
		COLUMNS=-1 TERM="../../$scratch"; do
		env "$each" "$T" run --model m --enforce --name plain -- /bin/sh -c '/bin/cat /etc/hosts; true' >each.out 2>each.err </dev/null
		is "environment, ${each%%=*}: the same is refused" "$?:$(grep -c . each.err)" "$plain:$(grep -c . plain.err)"
	done
	[ ! -e led_astray ]
	report $? "environment: no program of it was executed" "$(cat led_astray 2>/dev/null)"
}

# Violations with names of secrets are told besides others, but not without end: whoever drains tells them.
test_decoys() {
	local told

	mkdir decoys
	tsem run --model m --name decoys -- sh -c 'i=0; while [ $i -lt 300 ]; do : >decoys/id_rsa$i; i=$((i+1)); done' </dev/null
	told=$(grep -c id_rsa <<<"$errors")
	[ "$told" -ge 5 ] && [ "$told" -le 200 ]
	report $? "decoys: secrets are told, and not all" "$told of 300: $(tail -n 3 <<<"$errors")"
	like "decoys: the rest is counted" "$errors" "*more violations: *tsem why decoys*"
}

test_abstract() {
	cp "$T" served && chmod 755 served .
	setpriv --reuid 65534 --regid 65534 --clear-groups -- ./served tma --listen unix:@taken 2>taken.err &
	agent=$!
	wait_until grep -q ready taken.err
	tsem run --tma unix:@taken --name taken -- touch has-run </dev/null
	like "abstract name: taken by nobody: not asked, nothing runs" "$status:$errors" "125:*belongs to user 65534, who is neither you nor root*"
	[ ! -e has-run ]
	report $? "abstract name: indeed"
	kill $agent
	"$T" tma --listen unix:@ours 2>ours.err &
	agent=$!
	wait_until grep -q ready ours.err
	tsem run --tma unix:@ours --name ours -- cat /etc/hostname </dev/null
	is "abstract name: our own agent decides" "$status:$output" "0:$(cat /etc/hostname)"
	kill $agent
	wait
}

test_age() {
	mkdir keys
	openssl genpkey -algorithm ed25519 -out key.pem
	openssl pkey -in key.pem -pubout -out keys/ci.pem
	for each in 1 2; do
		"$T" model sign --key key.pem --serial $each --not-after +1d -o age$each.dsse m >/dev/null
	done
	"$T" model sign --key key.pem --not-after 2020-01-01 -o past.dsse m >/dev/null
	aged() { # aged FILE
		tsem run -q --require-signed keys --model "$1" --enforce --name aged -- sh -c 'cat /etc/hostname; sleep 0' </dev/null
	}
	aged age1.dsse
	is "age: the first serial runs" "$status:$output" "0:$(cat /etc/hostname)"
	aged age2.dsse
	is "age: the next one too" "$status:$output" "0:$(cat /etc/hostname)"
	aged age1.dsse
	like "age: and then the first no more" "$status:$output:$errors" "125::*age1.dsse is refused: its serial is 1, and 2 of the name * has run here already"
	aged past.dsse
	like "age: nor one of the past" "$status:$output:$errors" "125::*may not be used after 2020-01-01*"
	tsem model revoke age2.dsse </dev/null
	aged age2.dsse
	like "age: nor one that is revoked" "$status:$output:$errors" "125::*it was revoked"
	is "age: where it is remembered" "$(stat -c '%U %a' /var/lib/tsem)" "root 700"
}

# A runtime of containers that does nothing but put a process into the control group that is called as its id, or that in
# the variable GROUP. SWAP: by then somebody has changed the model.
make_runtime() {
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir -p runtimes bundle
	cat >runtimes/fake <<-END
		#!/bin/bash
		for id; do :; done
		group=/sys/fs/cgroup\${GROUP:-/\$id}
		case " \$* " in
		*" create "*)
			mkdir -p "\$group"
			sleep 1000 </dev/null >/dev/null 2>&1 &
			echo \$! >"$scratch/\$id.pid"
			echo \$! >"\$group/cgroup.procs"
			[ -z "\$SWAP" ] || cp $scratch/new.dsse $scratch/swapped.dsse ;;
		*" state "*) echo "{\"id\":\"x\",\"pid\":\$(cat "$scratch/\$id.pid")}" ;;
		*" delete "*)
			kill "\$(cat "$scratch/\$id.pid")"
			until rmdir "\$group"; do sleep 0.1; done 2>/dev/null ;;
		esac
	END
	chmod +x runtimes/fake
	ln -sf "$T" runtimes/tsem-oci-fake
}

runtime() { # runtime WORDS...
	PATH=$PWD/runtimes:$PATH tsem-oci-fake "$@" </dev/null >out 2>err
}

# Who may change a model's file shows one for the filter of a container's system calls, and another one for the rest: the
# revoked one, which has no list, and the newest.
test_swapped() {
	local whole

	make_runtime
	mkdir -p swapped.keys
	openssl genpkey -algorithm ed25519 -out swapped.pem
	openssl pkey -in swapped.pem -pubout -out swapped.keys/ci.pem
	sed '/^syscalls/,/^coefficients/{/^coefficients/!d};$d' m >wide
	echo "end $(sha256sum <wide | cut -d ' ' -f 1)" >>wide
	"$T" model sign --key swapped.pem --serial 11 -o old.dsse wide >/dev/null
	"$T" model sign --key swapped.pem --serial 12 -o new.dsse m >/dev/null
	"$T" model revoke old.dsse >/dev/null
	whole='{"annotations":{"io.tsem.model":"'$scratch'/swapped.dsse","io.tsem.require-signed":"'$scratch'/swapped.keys"},"linux":{}}'
	cp new.dsse swapped.dsse
	echo "$whole" >bundle/config.json
	runtime create --bundle "$PWD/bundle" stays
	is "swapped: a model that stays is used" "$?:$(<err)" 0:
	runtime delete stays
	cp old.dsse swapped.dsse
	echo "$whole" >bundle/config.json
	SWAP=yes runtime create --bundle "$PWD/bundle" becomes
	like "swapped: one that becomes another meanwhile is refused" "$?:$(<err)" "1:*was changed while it was created*"
}

# Ids that people choose: they begin alike, or are called as the group above is.
test_ids() {
	make_runtime
	echo '{"annotations":{"io.tsem.model":"'$scratch'/m"},"linux":{}}' >bundle/config.json
	runtime create --bundle "$PWD/bundle" web-frontend-1
	is "ids: one is bound" "$?:$(<err)" 0:
	echo '{"linux":{}}' >bundle/config.json
	runtime create --bundle "$PWD/bundle" web-frontend-2
	runtime delete web-frontend-2
	is "ids: another one's end is not its end" "$?:$("$T" ps --json | jq -r '.[].control_group')" 0:/sys/fs/cgroup/web-frontend-1
	runtime delete web-frontend-1
	echo '{"annotations":{"io.tsem.model":"'$scratch'/m"},"linux":{"cgroupsPath":"/default/default"}}' >bundle/config.json
	GROUP=/default/default runtime create --bundle "$PWD/bundle" default
	is "ids: called as the group above: that is not bound" "$?:$("$T" ps --json | jq -r '.[].control_group')" \
		0:/sys/fs/cgroup/default/default
	GROUP=/default/default runtime delete default
	rmdir /sys/fs/cgroup/default
}

# Who reads what is followed is slow, and another session of the name has begun meanwhile: what is exported is the first one,
# all of it.
test_replaced() {
	local first follower reader id count
	local work='i=0; while [ $i -lt 500 ]; do : >new$i; i=$((i+1)); done; rm new*'

	mkfifo replaced.begin replaced.read replaced.out
	"$T" run --export-only --name replaced -- sh -c "read -r _ <replaced.begin; $work" </dev/null 2>/dev/null &
	first=$!
	wait_until listed replaced
	{
		read -r _ <replaced.read
		cat >replaced.json
	} <replaced.out &
	reader=$!
	"$T" export replaced --follow -o replaced.out 2>replaced.err &
	follower=$!
	echo begin >replaced.begin
	wait $first
	wait_until eval '! listed replaced'
	id=$(field replaced namespace)
	count=$(field replaced records)
	"$T" run --export-only --name replaced -- sh -c "$work" </dev/null 2>/dev/null
	echo read >replaced.read
	wait $follower
	like "replaced: it ends, and says what is not known" "$?:$(<replaced.err)" "0:tsem: another session has this name now*"
	wait $reader
	is "replaced: all of the first one is exported, and nothing else" "$(jq .event.context replaced.json | sort | uniq -c | tr -s ' ')" \
		" $count \"$id\""
}

noted() { # how many overlay file systems the programs know
	bpftool -j map dump pinned /sys/fs/bpf/tsem/tsem_overlays | jq length
}

# Whoever may have namespaces of his own can mount what does not answer. Nobody who loads waits for it, and what is
# below other mounts or in other mount namespaces is noted all the same.
test_silent() {
	local mine before holder

	before=$(awk '/ - overlay / { print $3 }' /proc/self/mountinfo | sort -u | wc -l)
	modules overlay || grep -q overlay /proc/filesystems
	mkdir -m 777 "$scratch/mine"
	chmod 666 /dev/fuse
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --mount \
		/usr/bin/python3 "$vm/silent_fuse.py" "$scratch/mine" >silent.out 2>&1 </dev/null &
	mine=$!
	wait_until grep -q silent silent.out
	mkdir a b hidden
	unshare --mount sh -c 'mount -t overlay -o lowerdir=a:b overlay hidden && mount -t tmpfs none hidden && echo hidden && exec sleep 1000' >hidden.out </dev/null &
	holder=$!
	wait_until grep -q hidden hidden.out
	timeout -k 2 400 "$T" load </dev/null >/dev/null 2>load.err
	is "silent: an overlay above what does not answer: loading ends" "$?:$(<load.err)" 0:
	is "silent: it is noted, and so is one below a mount in another namespace" "$(noted)" $((before + 2))
	kill -9 $mine $holder
	wait $mine $holder 2>/dev/null
	wait_until eval '[ "$(noted)" = '"$before"' ]'
}

# An address may end before its last field, or in its first. What lies behind it on the kernel's stack, left by the call
# before, is no part of it.
test_ends() {
	cat >ends.py <<-'END'
		import ctypes, socket, struct
		libc = ctypes.CDLL(None)
		address = struct.pack("=HHI16sI", socket.AF_INET6, 0x0900, 0, bytes(15) + b"\1", 0)
		for junk in (0x11, 0x22):
		    for size in (24, 1):
		        six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		        libc.bind(six.fileno(), bytes([junk]) * 128, 128)
		        libc.connect(six.fileno(), address, size)
	END
	tsem run --export-only -o ends.json --name ends -- /usr/bin/python3 ends.py </dev/null
	jq -c 'select(.event.type == "socket_connect") | .socket_connect.addr' <ends.json >addresses
	is "ends: two addresses, twice each" "$status:$(wc -l <addresses):$(sort -u addresses | wc -l)" 0:4:2
	is "ends: no scope where none was given" "$(jq -r '.af_inet6.scope // empty' <addresses | sort -u)" 0
	is "ends: no family where none was given" "$(jq -r '.af_other.family // empty' <addresses | sort -u)" 0
}

# The only loading is part of it.
[[ ${TESTS:-silent} != *silent* ]] || test_silent
need "load" "$T" load
need "models" make_models
for each in ${TESTS:-full agents line no_reader freezer environment decoys abstract age swapped ids replaced ends}; do
	[ "$each" = silent ] || "test_$each"
done
finish
