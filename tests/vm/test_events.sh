#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The events of files, programs, sockets and signals, by deeds that cause one each: works
# outside; is recorded as it was done; is refused, and does not take effect, when
# the model does not have it; is allowed when it has; works again when the
# programs are unloaded.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
deed=$(dirname "$T")/deed
# shellcheck source=tests/vm/deeds.sh
. "$vm/deeds.sh"

# All that a look from outside tells of the files: names, kinds, modes, owners, sizes, times, links, contents.
look() {
	(cd "$place" && find . -mindepth 1 \( -name socket -prune -o -name victim.signalled -prune -o \
		-printf '%p %y %#m %U %G %n %s %T@ %l\n' \) | grep -v '^./[a-z_0-9]* d ' | sort
	find . -type f ! -name program ! -name new -exec sha256sum {} + | sort)
}

test_outside() { # test_outside WHEN
	stage
	"$deed" "$place" >"$scratch/outside" 2>"$scratch/outside.err"
	is "$1: the deeds can be done" "$?:$(<"$scratch/outside.err")" "0:"
	compare outcome "$1" "$scratch/outside" done
}

test_learned() {
	stage
	tsem learn --normalise process -o all.model --name all -- "$deed" "$place" </dev/null
	is "learning ends well" "$status" 0
	cp "$scratch/out" "$scratch/learned"
	tsem show all trajectory --json
	cp "$scratch/out" "$scratch/trajectory"
	compare outcome "nothing is refused while learning" "$scratch/learned" done
	compare events "recorded as done" "$scratch/learned" "$scratch/trajectory" 0x0
	tsem show ./all.model trajectory --json
	is "the model has the same events as the session" \
		"$(jq .event.coefficient <"$scratch/out" | sort | sha256sum)" \
		"$(jq .event.coefficient <"$scratch/trajectory" | sort | sha256sum)"
	/usr/bin/python3 "$tests/golden/coefficient.py" all.model >"$scratch/golden"
	report $? "the second implementation computes the same coefficients" "$(<"$scratch/golden")"
	tsem why all </dev/null
	is "all of it could be modeled" "$status:$output" "0:No violations: the session has no model."
}

# The opening of a program comes before its exec, and cannot be had without it.
add_opening() { # add_opening FROM TO: what opens to execute in the model FROM, to the model TO
	/usr/bin/python3 -c '
import hashlib, json, sys
source, target = sys.argv[1:]
events = [json.loads(line.split(" ", 3)[3]) for line in open(source) if "{" in line]
openings = [e["event"]["coefficient"] for e in events
            if e["event"]["type"] == "file_open" and int(e["file_open"]["file"]["flags"], 16) & 0x20
            and e["file_open"]["file"]["path"].get("pathname", "").endswith("/program")]
lines = open(target).read().split("\n")
first = next(i for i, line in enumerate(lines) if line.startswith("coefficients "))
count = int(lines[first].split()[1])
known = sorted(set(lines[first + 1:first + 1 + count]) | set(openings))
body = "\n".join(lines[:first] + [f"coefficients {len(known)}"] + known + lines[first + 1 + count:-2]) + "\n"
open(target, "w").write(body + "end " + hashlib.sha256(body.encode()).hexdigest() + "\n")
sys.exit(not openings)' "$1" "$2"
}

test_prepared() {
	stage
	tsem learn --normalise process -o prepared.model --name prepared -- "$deed" "$place" -n </dev/null
	is "learning the preparations ends well" "$status" 0
	add_opening all.model prepared.model
	report $? "the opening of the program is added to them"
	cp "$scratch/out" "$scratch/prepared"
	compare outcome "prepared" "$scratch/prepared" prepared
}

test_refused() {
	stage
	look >"$scratch/before"
	tsem run --model prepared.model --enforce --on-violation deny --quiet --name refused -- "$deed" "$place" </dev/null
	look >"$scratch/after"
	is "refusing deeds does not harm the program" "$status:$errors" "0:"
	cp "$scratch/out" "$scratch/refused"
	compare outcome "refused" "$scratch/refused" refused
	# What the preparations change is not the deeds' doing.
	none "what the files are has not changed" diff <(grep -v '/new f .* 0 0 1 0 ' "$scratch/before") <(grep -v '/new f .* 0 0 1 0 ' "$scratch/after")
	check "... and they were looked at" test -s "$scratch/after"
	[ ! -e "$place/victim.signalled" ]
	report $? "the process outside has not got the signal"
	is "it is not traced" "$(sed -n 's/TracerPid:\t//p' "/proc/$victim/status")" 0
	is "no file system was mounted" "$(grep -c "$place" /proc/mounts)" 0
	tsem show refused forensics --json
	cp "$scratch/out" "$scratch/forensics"
	compare events "refused as it was tried" "$scratch/refused" "$scratch/forensics" 0x3
	is "nothing else was refused" "$(jq -r '.event.type' <"$scratch/forensics" | wc -l)" "$count"
	/usr/bin/python3 "$tests/golden/coefficient.py" "$scratch/forensics" >"$scratch/golden"
	report $? "the second implementation computes the same violations" "$(<"$scratch/golden")"
	tsem why refused </dev/null
	is "why tells them all" "$status:$(tail -n 1 "$scratch/out")" \
		"3:$count distinct violations; in all $count events outside the model, $count refused."
}

test_sealed() {
	stage
	tsem run --model prepared.model --on-violation deny --quiet --name sealed -- "$deed" "$place" </dev/null
	is "sealed: the program ends well" "$status" 0
	cp "$scratch/out" "$scratch/sealed"
	compare outcome "sealed only, nothing is refused" "$scratch/sealed" done
	tsem show sealed forensics --json
	compare events "sealed, recorded as violation" "$scratch/sealed" "$scratch/out" 0x1
}

test_log() {
	stage
	tsem run --model prepared.model --enforce --on-violation log --quiet --name log -- "$deed" "$place" open chmod listen </dev/null
	is "on violation log: nothing is refused" "$status:$(jq -r .errno <"$scratch/out" | sort -u)" "0:0"
	tsem show log forensics --json
	like "on violation log: violations are recorded" "$(jq -r '.event.type + .event.flags' <"$scratch/out" | sort | tr '\n' ' ')" \
		"*file_open0x1 *inode_setattr0x1 *socket_listen0x1 *"
}

test_untrust() {
	stage
	tsem run --model prepared.model --enforce --quiet --name untrust -- "$deed" "$place" open </dev/null
	is "untrust: the deed is refused, and what the model has as well" \
		"$(jq -r '.errno + " " + .control' <"$scratch/out")" "EPERM EPERM"
	tsem show untrust forensics --json
	is "untrust: the second violation is for the first one" "$(jq -r '.event.flags + .file_open.file.path.pathname' <"$scratch/out")" \
		"0x3$place/open/file
0x7$place/control"
	stage
	tsem run --model prepared.model --enforce --quiet --name untrust -- sh -c "'$deed' '$place' open" </dev/null
	is "untrust: a program that the model does not have" "$status:$output" "126:"
}

test_allowed() {
	stage
	tsem run --model all.model --enforce --name allowed -- "$deed" "$place" </dev/null
	is "allowed: the program ends well, nothing is explained" "$status:$errors" "0:"
	cp "$scratch/out" "$scratch/allowed"
	compare outcome "allowed" "$scratch/allowed" done
	tsem ps --all --json
	is "allowed: no violation, nothing lost" "$(jq -c '.[] | select(.name == "allowed") | [.live, .tasks, .violations, .refused, .lost]' <"$scratch/out")" \
		"[false,0,0,0,0]"
}

# With what the profile portable leaves out, on a file system of its own.
test_exact() {
	local names

	mkdir "$scratch/mount" && mount -t tmpfs deeds "$scratch/mount"
	place=$scratch/mount/place
	stage
	tsem learn --profile exact -o exact.model --name exact -- "$deed" "$place" </dev/null
	cp "$scratch/out" "$scratch/exact"
	tsem show exact trajectory --json
	compare events "profile exact, recorded as done" "$scratch/exact" "$scratch/out" 0x0 "$place"
	# A file system that is mounted once more is another one: mount is left out.
	stage
	names=$("$deed" list | cut -d ' ' -f 1 | grep -vx mount)
	# shellcheck disable=SC2086
	tsem run --model exact.model --enforce --name exact -- "$deed" "$place" $names </dev/null
	is "profile exact: no violation" "$status:$errors" 0:
	judged=$((count - 1)) compare outcome "profile exact, allowed" "$scratch/out" done
	place=$scratch/place
}

# The paths of another mount namespace and of a changed root say so.
test_roots() {
	local jail=$scratch/jail names="open open_own create_open unlink rename link symlink chmod chown truncate mount"

	stage
	# shellcheck disable=SC2086
	tsem learn --normalise process -o m --name unshared -- unshare -m "$deed" "$place" $names </dev/null
	cp "$scratch/out" "$scratch/unshared"
	tsem show unshared trajectory --json
	PATH_TYPE=namespace judged=11 compare events "in another mount namespace" "$scratch/unshared" "$scratch/out" 0x0
	mkdir "$jail"
	cp "$deed" "$jail/deed"
	"$deed" stage "$jail/place"
	# shellcheck disable=SC2086
	tsem learn --normalise process -o m --name jailed -- chroot "$jail" /deed /place $names </dev/null
	cp "$scratch/out" "$scratch/jailed"
	tsem show jailed trajectory --json
	PATH_TYPE=chroot judged=11 compare events "in another root directory" "$scratch/jailed" "$scratch/out" 0x0
}

# The root directory itself, which the workload has made or has not: servers of files list it.
test_root() {
	local cage=$scratch/cage

	mkdir "$cage"
	cp "$(command -v busybox)" "$cage/busybox"
	tsem learn -n 2 -o cage.model --name cage -- chroot "$cage" /busybox ls / </dev/null
	is "a root that was there: listed, and modeled" "$status:$output:$(grep -c 'could not be modeled' "$scratch/err")" "0:busybox
busybox:0"
	tsem show cage trajectory --json
	is "a root that was there: its path" "$(jq -r 'select(.event.type == "file_open" and .file_open.file.path.pathname == "/") | .file_open.file.path.type' <"$scratch/out")" chroot
	tsem run --model cage.model --enforce --name cage -- chroot "$cage" /busybox ls / </dev/null
	is "a root that was there: allowed" "$status:$output:$errors" 0:busybox:
	tsem learn -n 2 -o made.model --name made -- sh -c "mkdir $cage/made; cp $cage/busybox $cage/made; chroot $cage/made /busybox ls /; rm -r $cage/made" </dev/null
	is "a root of its own: listed, and modeled" "$status:$(grep -c 'could not be modeled' "$scratch/err")" 0:0
	tsem run --model made.model --enforce --name made -- sh -c "mkdir $cage/made; cp $cage/busybox $cage/made; chroot $cage/made /busybox ls /; rm -r $cage/made" </dev/null
	is "a root of its own: allowed" "$status:$output:$errors" 0:busybox:
}

# Contents of all files that are opened, if wanted.
test_contents() {
	stage
	tsem learn --normalise process --digest all -o m --name contents -- "$deed" "$place" open open_trunc </dev/null
	tsem show contents trajectory --json
	is "--digest all: the content when it was opened, and none of what the opening empties" \
		"$(jq -r 'select(.event.type == "file_open") | .file_open.file | select(.path.pathname | endswith("/file")) | .digest' <"$scratch/out")" \
		"$(printf 'content of file of open\n' | sha256sum | cut -d ' ' -f 1; printf '%064d\n' 0)"
}

# Other credentials than root's are in the event.
test_credentials() {
	stage
	tsem learn --normalise process -o user.model --name user -- setpriv --reuid 1234 --regid 5678 --clear-groups "$deed" "$place" \
		mmap_anonymous socket kill </dev/null
	cp "$scratch/out" "$scratch/user"
	tsem show user trajectory --json
	judged=3 compare events "as another user" "$scratch/user" "$scratch/out" 0x0
	is "as another user: not root" "$(jq -r .COE.fsuid <"$scratch/user" | sort -u)" 1234
}

test_unloaded() {
	tsem unload
	is "unload" "$status:$errors" "0:"
	# The kernel takes some seconds to free them.
	WITHIN=100 wait_until eval '! bpftool prog show | grep " lsm "'
	is "nothing is left in the kernel" "$(ls /sys/fs/bpf):$(bpftool prog show | grep -c ' lsm ')" ":0"
	test_outside "after unload"
}

need "the deeds are built" test -x "$deed"
count=$("$deed" list | wc -l)
ulimit -c 0
[ -n "${TESTS-}" ] || test_outside "outside, nothing loaded"
need "load" "$T" load
[ -n "${TESTS-}" ] || test_outside "outside, loaded"
for each in ${TESTS:-learned prepared refused sealed log untrust allowed exact roots root contents credentials unloaded}; do
	"test_$each"
done
finish
