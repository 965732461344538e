#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The events beyond those of test_events.sh, of all of them or, from test_events_default.sh, of the
# default set, each by a deed that causes it: works outside; is recorded as it was done; is refused, and does not take
# effect, when the model does not have it; is allowed when it has; works again
# when the programs are unloaded. DEEDS="NAME..." does these deeds only.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
deed=$(dirname "$T")/deed_all
# shellcheck source=tests/vm/deeds.sh
. "$vm/deeds.sh"
place=$scratch/mount/place
names=()
export SET=${SET:-all}
set=$SET
# Deeds of which the default set has another part, and one that is refused as another event before with all of them.
part='setscheduler|setnice|setioprio|setrlimit|prctl|prctl_address|ioctl|ioctl_compat|fcntl|send_connected|setsockopt'
one='setrlimit_other'

of_set() { # the deeds of the set
	if [ "$set" = all ]; then
		"$deed" list | cut -d ' ' -f 1 | grep -vxE "$one"
	else
		"$deed" list | grep -f <(sed -n 's/^| [0-9]* | `\([a-z_0-9]*\)` | [a-z]* | default |.*/ \1$/p' "$tests/../docs/events.md") |
			cut -d ' ' -f 1 | grep -vxE "$part"
	fi
}

leave_out() { # leave_out REASON DEED...
	local reason=$1 name

	shift
	for name; do
		mapfile -t names < <(printf '%s\n' "${names[@]}" | grep -vx "$name")
		skip "deed $name" "$reason"
	done
}

# A quota file of the newer kind that nobody has an entry in.
quota_file() {
	/usr/bin/python3 -c 'import struct, sys
sys.stdout.buffer.write(struct.pack("<8I", 0xd9c01f11, 1, 604800, 604800, 0, 2, 0, 0).ljust(2048, b"\0"))'
}

quota_disk() { # a new one on $place/quota
	mke2fs -q -F -t ext4 -O ^quota "$disk" && mkdir "$place/quota" &&
		mount -o usrquota "$disk" "$place/quota" && quota_file >"$place/quota/aquota.user" &&
		echo 'has a capability' >"$place/quota/priv"
}

# A deed has its own file for what it asked the program for that loads modules; it gets none.
asked_program() {
	# shellcheck disable=SC2016 # for the program that is made
	printf '#!/bin/sh\n: >"%s/asked.$3"\nexit 1\n' "$place" >"$scratch/modprobe"
	chmod 755 "$scratch/modprobe"
	echo "$scratch/modprobe" >/proc/sys/kernel/modprobe
}

prepare() {
	mapfile -t names < <(of_set)
	[ $# -eq 0 ] || names=("$@")
	mkdir "$scratch/mount" && mount -t tmpfs deeds "$scratch/mount"
	asked_program
	modules tun || leave_out "$cache has no tun.ko: remove it, and it is fetched with it" tun_create tun_open tun_attach tun_queue
	modules quota_tree quota_v2 || leave_out "$cache has no quota_v2.ko: remove it, and it is fetched with it" quota_on quotactl
	count=${#names[@]}
}

fresh() { # the deeds' files, a disk with room for quotas, nobody has asked for a module, and the clock is as it was
	date -s @1900000000 >/dev/null
	umount "$place/quota" 2>/dev/null
	stage
	need "a disk with room for quotas" quota_disk
}

# What the files are, but for their times and for the capability that is a matter of its own.
look() {
	/usr/bin/python3 - "$place" <<-'END'
		import os, sys
		for directory, directories, files in os.walk(sys.argv[1]):
		    directories.sort()
		    for name in sorted(directories + files):
		        path = os.path.join(directory, name)
		        st = os.lstat(path)
		        content = open(path, "rb").read() if os.path.isfile(path) and name != "aquota.user" else ""
		        print(path, oct(st.st_mode), st.st_uid, st.st_gid, st.st_nlink, st.st_rdev, content,
		              [(n, os.getxattr(path, n)) for n in os.listxattr(path, follow_symlinks=False) if name != "priv"])
	END
}

capability() { # capability FILE
	/usr/bin/python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]))' "$1"
}

test_covered() {
	local missing

	missing=$(comm -3 <({ "$deed" list && "$(dirname "$T")/deed" list && "$(dirname "$T")/calls" list; } | cut -d ' ' -f 2 | sort -u) \
		<(sed -n 's/^TSEM_EVENT([0-9]*, \([a-z_]*\),.*/\1/p' "$tests/../abi/events.def" | sort))
	is "each of the events has a deed" "$missing" ""
}

test_outside() { # test_outside WHEN
	fresh
	"$deed" "$place" "${names[@]}" >"$scratch/outside" 2>"$scratch/outside.err"
	is "$1: the deeds can be done" "$?:$(<"$scratch/outside.err")" "0:"
	compare outcome "$1" "$scratch/outside" done
}

test_learned() {
	fresh
	tsem learn --normalise process --events "$set" -o all.model --name all -- "$deed" "$place" "${names[@]}" </dev/null
	is "learning ends well" "$status" 0
	cp "$scratch/out" "$scratch/learned"
	tsem show all trajectory --json
	cp "$scratch/out" "$scratch/trajectory"
	compare outcome "nothing is refused while learning" "$scratch/learned" done
	is "inotify is no event: watches are those of fanotify" \
		"$(jq -r 'select(.event.type == "path_notify") | .path_notify.path.pathname' <"$scratch/trajectory" | wc -l)" 2
	compare events "recorded as done" "$scratch/learned" "$scratch/trajectory" 0x0
	/usr/bin/python3 "$tests/golden/coefficient.py" all.model >"$scratch/golden"
	report $? "the second implementation computes the same coefficients" "$(<"$scratch/golden")"
	tsem why all </dev/null
	is "all of it could be modeled" "$status:$output" "0:No violations: the session has no model."
}

test_prepared() {
	fresh
	tsem learn --normalise process --events "$set" -o prepared.model --name prepared -- "$deed" "$place" -n "${names[@]}" </dev/null
	is "learning the preparations ends well" "$status" 0
	cp "$scratch/out" "$scratch/prepared"
	look >"$scratch/before"
	[[ " ${names[*]} " != *" killpriv "* ]] ||
		is "prepared: the file has its capability" "$(capability "$place/quota/priv")" "['security.capability']"
	compare outcome "prepared" "$scratch/prepared" prepared
}

test_refused() {
	fresh
	tsem run --model prepared.model --enforce --on-violation deny --quiet --name refused -- \
		"$deed" "$place" "${names[@]}" </dev/null
	is "refusing deeds does not harm the program" "$status:$errors" "0:"
	cp "$scratch/out" "$scratch/refused"
	look >"$scratch/after"
	compare outcome "refused" "$scratch/refused" refused
	none "the files are as if nothing but the preparations had been done" diff "$scratch/before" "$scratch/after"
	check "... and they were looked at" test -s "$scratch/after"
	[[ " ${names[*]} " != *" killpriv "* ]] ||
		is "too late, as docs/events.md says: the file has lost its capability" "$(capability "$place/quota/priv")" "[]"
	is "nothing is left mounted" "$(grep -c "$place/.*/" /proc/mounts)" 0
	tsem show refused forensics --json
	cp "$scratch/out" "$scratch/forensics"
	compare events "refused as it was tried" "$scratch/refused" "$scratch/forensics" 0x3
	is "nothing else was refused" "$(jq -r .event.type <"$scratch/forensics" | sort)" \
		"$(jq -r .event <"$scratch/refused" | sort)"
	/usr/bin/python3 "$tests/golden/coefficient.py" "$scratch/forensics" >"$scratch/golden"
	report $? "the second implementation computes the same violations" "$(<"$scratch/golden")"
	tsem why refused </dev/null
	is "why tells them all" "$status:$(tail -n 1 "$scratch/out")" \
		"3:$count distinct violations; in all $count events outside the model, $count refused."
}

test_sealed() {
	fresh
	tsem run --model prepared.model --on-violation deny --quiet --name sealed -- "$deed" "$place" "${names[@]}" </dev/null
	is "sealed: the program ends well" "$status" 0
	cp "$scratch/out" "$scratch/sealed"
	compare outcome "sealed only, nothing is refused" "$scratch/sealed" done
	tsem show sealed forensics --json
	compare events "sealed, recorded as violation" "$scratch/sealed" "$scratch/out" 0x1
}

test_allowed() {
	fresh
	tsem run --model all.model --enforce --name allowed -- "$deed" "$place" "${names[@]}" </dev/null
	is "allowed: the program ends well, nothing is explained" "$status:$errors" "0:"
	cp "$scratch/out" "$scratch/allowed"
	compare outcome "allowed" "$scratch/allowed" done
	tsem ps --all --json
	is "allowed: no violation, nothing lost" "$(jq -c '.[] | select(.name == "allowed") | [.live, .tasks, .violations, .refused, .lost]' <"$scratch/out")" \
		"[false,0,0,0,0]"
}

# With what the profile portable leaves out: the deeds to files of this file system.
test_exact() {
	local some

	mapfile -t some < <(printf '%s\n' "${names[@]}" |
		grep -xE 'ioctl|ioctl_compat|flock|fcntl|getattr|statfs|rmdir|mknod|mkfifo|.*xattr.*')
	fresh
	tsem learn --events "$set" --profile exact -o exact.model --name exact -- "$deed" "$place" "${some[@]}" </dev/null
	cp "$scratch/out" "$scratch/exact"
	tsem show exact trajectory --json
	judged=${#some[@]} compare events "profile exact, recorded as done" "$scratch/exact" "$scratch/out" 0x0 "$place"
}

# The deeds of test_events.sh are the same events when all are modeled.
test_core() {
	local deed

	deed=$(dirname "$T")/deed
	fresh
	tsem learn --normalise process --events "$set" -o core.model --name core -- "$deed" "$place" </dev/null
	cp "$scratch/out" "$scratch/core"
	tsem show core trajectory --json
	judged=$("$deed" list | wc -l) compare events "core, recorded as done" "$scratch/core" "$scratch/out" 0x0
}

# A capability in a user namespace of one's own is not asked for where it means nothing, nor is it taken for the real one.
test_user_namespace() {
	local inside

	"$T" run --name inside -- sleep 100 </dev/null >/dev/null 2>&1 &
	wait_until pgrep -x sleep
	inside=$(pgrep -x sleep)
	none "with the real capability a signal into a namespace is sent" kill -CONT "$inside"
	like "with one of a user namespace it is refused" "$(unshare -Ur bash -c "kill -CONT $inside" 2>&1)" "*not permitted*"
	kill "$inside"
	wait $!
}

test_unloaded() {
	tsem unload </dev/null
	is "unload" "$status:$errors" "0:"
	test_outside "after unload"
}

test_kernel() {
	lacks "the kernel has not stumbled" "$(dmesg)" 'BUG:|Oops|WARNING:|Call Trace|general protection'
}

need "the deeds are built" test -x "$deed"
ulimit -c 0
# shellcheck disable=SC2086
prepare ${DEEDS-}
[ -n "${DEEDS-}" ] || test_covered
test_outside "outside, nothing loaded"
need "load" "$T" load --events "$set"
test_learned
test_prepared
test_refused
test_sealed
test_allowed
[ -n "${DEEDS-}" ] || test_exact
[ -n "${DEEDS-}" ] || test_core
test_user_namespace
test_unloaded
test_kernel
finish
