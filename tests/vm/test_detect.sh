#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Detections: each fires on its deed and not on its near misses, every action does what it says, on the host and in a
# namespace; attaching, changing and removing while they run; what is wrong with an object is said in one sentence.
#
# boots: fires acts
# long boots: bad modules page
# boots are independent

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build=$(dirname "$T")
# Not below /tmp, where to execute anything is a signal.
place=/opt/tsem-vm-test
mkdir -p "$place"
cp "$build/deed_detect" "$place/"
D=$place/deed_detect

signals() { # signals: DETECTION PID PPID OUTCOME TECHNIQUE PATH of each
	"$T" detect watch --past --json |
		jq -r '"\(.detection) \(.process.pid) \(.process.ppid) \(.outcome) \(.technique) \(.evidence.path // "-") \(.evidence.string // "-") \(.evidence.value // "-")"'
}

attached() { # attached NAME FIELD
	"$T" detect ls --json | jq -r --arg name "$1" ".detections[] | select(.name == \$name) | .$2"
}

try() { # try DETECTION fires|silent|logged DEED [ARGUMENT]: by a process of its own, whose signals are looked for later
	local detection=$1 expected=$2 pid

	shift 2
	"$D" "$@" >"$scratch/deed" 2>/dev/null & # what is not found to be preloaded is told there
	pid=$!
	wait "$pid"
	echo "$detection $expected $pid $(<"$scratch/deed") $*" >>tried
}

judge_tried() { # judge_tried OUTCOME: of all that were tried
	local detection expected pid result deed found

	signals >seen
	while read -r detection expected pid result deed; do
		found=$(awk -v d="$detection" -v p="$pid" '$1 == d && ($2 == p || $3 == p) { print $4; exit }' seen)
		case $expected in
		fires) is "$detection fires on ${deed%% *}" "$found $result" "$1 done" ;;
		logged) is "$detection only logs ${deed%% *}" "$found $result" "logged done" ;;
		silent) is "$detection is silent on ${deed%% *}" "$found $result" " done" ;;
		esac
	done <tried
}

copy() { # copy NAME: an executable of that name
	rm -f "$place/$1" # not over one that has more rights, or runs
	cp "$build/deed_detect" "$place/$1"
}

all_attached() {
	need "all detections can be attached" "$T" detect add --all --action log
	is "as many are attached as come with tsem" "$("$T" detect ls --json | jq '.detections | length')" \
		"$("$T" detect ls --all | grep -vc '^NAME')"
}

try_executables() {
	copy self
	D=$place/self try self-unlink fires self-unlink
	copy self
	copy other
	D=$place/self try self-unlink fires self-rename "$place/other"
	copy other
	try self-unlink silent unlink "$place/other"
	copy parent
	copy child
	# The parent is the shell, of which a copy is started.
	cp /bin/bash "$place/shell"
	"$place/shell" -c "$place/child parent-unlink >out; echo \$\$ >pid"
	echo "parent-unlink fires $(<pid) $(<out) parent-unlink" >>tried
	copy other
	try parent-unlink silent unlink "$place/other"
	# Both say of themselves that they are another program.
	cp "$build/pretend" "$place/pretend"
	"$place/pretend" /bin/true "$place/pretend" >out &
	pid=$!
	wait $pid
	echo "self-unlink fires $pid $(awk '{print $2}' out) pretended" >>tried
	cp "$build/pretend" "$place/pretend"
	"$place/pretend" /bin/true "$place/pretend" >out &
	pid=$!
	wait $pid
	echo "parent-unlink fires $pid $(awk '{print $2}' out) pretended" >>tried
	cp /bin/sleep "$place/runs"
	ln "$place/runs" "$place/runs-too"
	"$place/runs" 100 &
	running=$!
	wait_until eval '[ "$(readlink /proc/'"$running"'/exe)" = '"$place"'/runs ]'
	try running-unlink fires unlink "$place/runs-too"
	try running-unlink fires unlink "$place/runs"
	kill $running
	wait $running 2>/dev/null
	cp /bin/sleep "$place/ran"
	"$place/ran" 0
	try running-unlink silent unlink "$place/ran"
}

try_environment() {
	local name

	for name in preload preload-audit preload-path preload-twice preload-many preload-long; do
		try preload fires $name
	done
	cp /bin/true "$place/privileged"
	chown 1000 "$place/privileged"
	chmod 4755 "$place/privileged"
	try preload fires preload-privileged "$place/privileged"
	try preload silent preload-near
	try preload silent preload-near-argument
	try environment fires environment
	try environment fires environment-begin
	try environment silent environment-near
	try environment silent environment-other
}

try_others() {
	sleep 100 &
	other=$!
	try proc-mem fires proc-mem $other
	try proc-mem silent proc-mem-near $other
	try proc-mem logged proc-mem-own
	try proc-mem fires proc-mem-writev
	try proc-mem silent proc-mem-near-readv
	try ptrace-other fires ptrace-other $other
	try ptrace-other fires ptrace-other-compat $other
	try ptrace-other silent ptrace-other-near
	kill $other
}

try_places() {
	local directory

	for directory in /tmp /dev/shm /var/tmp; do
		cp /bin/true $directory/program
		try fileless fires run $directory/program
	done
	mkdir -p "$place/tmp" "$(printf "/tmp/%0100d/%0100d/%0100d" 0 0 0)"
	cp /bin/true "$(printf "/tmp/%0100d/%0100d/%0100d" 0 0 0)/program"
	try fileless fires run "$(printf "/tmp/%0100d/%0100d/%0100d" 0 0 0)/program"
	try fileless fires fileless
	# The same program by other mounts: of none, and of a part of the file system.
	mkdir -p /tmp/part /dev/shm/part
	for directory in /tmp/part /dev/shm/part; do
		cp /bin/true $directory/program
		try fileless fires fileless-detached $directory
		try fileless fires fileless-part $directory
	done
	cp /bin/true "$place/tmp/program"
	try fileless silent fileless-part "$place/tmp"
	try fileless silent run "$place/tmp/program"
}

try_rights() {
	local each

	for each in setuid-new setuid-new-group; do
		rm -f "$place/file"
		cp /bin/true "$place/file"
		try setuid-new fires $each "$place/file"
	done
	try setuid-new fires setuid-new-added "$place/file" # for the owner, too
	try setuid-new silent setuid-new "$place/file" # it is one already
	try setuid-new silent setuid-new-near "$place/file"
	mkdir -p "$place/directory"
	try setuid-new silent setuid-new-near-directory "$place/directory"
	for each in made capability nameless; do
		try setuid-new fires setuid-new-$each
	done
	try setuid-new silent setuid-new-near-made
	try setuid-new silent setuid-new-nameless-near
	try uid-zero fires uid-zero
	try uid-zero fires uid-zero-files
	try uid-zero silent uid-zero-near
}

try_machine() {
	try reverse-shell fires reverse-shell
	try reverse-shell silent reverse-shell-near
	try reverse-shell silent reverse-shell-near-output
	try kernel-config fires kernel-config
	try kernel-config fires kernel-config-sysrq
	try kernel-config silent kernel-config-near
	try kernel-config silent kernel-config-near-other
	try bpf-load fires bpf-load
	try bpf-load silent bpf-load-near
	try mass-rename fires mass-rename
	try mass-rename silent mass-rename-near
}

# Files in directories whose paths have so many bytes: what the signal has is the end of the whole path.
long_paths() {
	python3 - "$place" <<-'END' >long_paths.expected
		import os, sys
		for size in (300, 510, 511, 512, 513, 700):
		    os.chdir(sys.argv[1])
		    path = sys.argv[1]
		    while len(path) < size:
		        rest = size - len(path) - 1
		        name = "d" * (rest if rest <= 200 else min(200, rest - 2))
		        path += "/" + name
		        os.makedirs(name, exist_ok=True)
		        os.chdir(name)
		    os.umask(0)
		    os.close(os.open(f"forged:{size}", os.O_CREAT | os.O_WRONLY, 0o4755))
		    print(f"{path}/forged:{size}")
	END
	"$T" detect watch --past --json | jq -r 'select(.detection == "setuid-new") | .evidence.path' | grep forged: >long_paths.told
	paste -d ' ' long_paths.expected long_paths.told | awk '{
		end = substr($1, length($1) - length($2) + 1)
		print (length($2) >= 200 && end == $2) ? "told" : $0
	}'
}

test_fires() {
	all_attached
	: >tried
	try_executables
	try_environment
	try_others
	try_places
	try_rights
	try_machine
	judge_tried logged
	is "the end of a long path is told, and nothing else" "$(long_paths)" "$(printf '%s\n' {,,,,,}told)"
	is "which was set twice is told" "$(grep -c '^preload .* LD_PRELOAD=/harmless.so 2$' seen)" 1
	is "... and that the program has more rights than its caller" "$(grep -c '^preload .*/privileged LD_PRELOAD=/nothing.so 1001$' seen)" 1
	is "... and that there was more than can be read" "$(grep -c '^preload .* more arguments and variables than can be read' seen)" 1
	is "each signal has the technique of its detection" "$(awk '{ print $1, $5 }' seen | sort -u | wc -l)" "$(cut -d ' ' -f 1 seen | sort -u | wc -l)"
	is "no signal was lost" "$("$T" detect ls --json | jq .lost)" 0
	sent=$("$T" detect ls --json | jq .signals)
	is "they are numbered without a gap" "$("$T" detect watch --past --json | jq -s 'map(.number) | [min, max, length] | @csv' -r)" "1,$sent,$sent"
}

# A list of digests, changed while it runs; modules.
test_digests() {
	cp /bin/true "$place/listed"
	cp /bin/true "$place/unlisted"
	echo padding >>"$place/listed"
	: >tried
	try deny-digest silent run "$place/listed"
	{
		sha256sum "$place/listed"
		seq 100000 | awk '{ printf "%064x\n", $1 }'
	} >digests
	mkfifo nobody
	tsem detect set deny-digest --digests nobody </dev/null
	like "a list that nobody writes is refused" "$status:$errors" "1:tsem: nobody is no file of at most *"
	tsem detect set deny-digest --digests /dev/zero </dev/null
	like "... and one without end" "$status:$errors" "1:tsem: /dev/zero is no file of at most *"
	need "a list of 100,000 digests is taken" "$T" detect set deny-digest --digests digests
	is "... all of it" "$(attached deny-digest digests)" 100001
	try deny-digest fires run "$place/listed"
	try deny-digest silent run "$place/unlisted"
	cp "$place/listed" "$place/moved"
	try deny-digest fires run "$place/moved"
	echo more >>"$place/moved"
	try deny-digest silent run "$place/moved"
	judge_tried logged
	served
}

# A detection does not wait for what a user serves: until it came, no program of BPF would be freed.
served() {
	local server process before

	mkdir -m 777 served
	chmod 666 /dev/fuse
	before=$(attached deny-digest failed)
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --mount \
		/usr/bin/python3 "$vm/served_fuse.py" "$scratch/served" fuse.served /bin/busybox served >served.out 2>&1 </dev/null &
	server=$!
	wait_until grep -q process served.out
	process=$(sed 's/process //' served.out)
	wait_until eval '[ "$(attached deny-digest failed)" != '"$before"' ]'
	report $? "what a user serves is not read, and counted"
	grep -q fuse "/proc/$process/stack" && ! grep -q bpf "/proc/$process/stack"
	report $? "... who executes it waits in no program of BPF" "$(cat served.out "/proc/$process/stack")"
	kill -9 "$server" "$process"
	wait "$server" 2>/dev/null
}

noted() { # how many maps, programs and links the kernel side guards
	/usr/sbin/bpftool -j map dump name tsem_guarded | jq length
}

# There is room for 2,048 of them, and a list may be given anew every minute.
test_noted() {
	local attached removed

	"$T" detect rm --all >/dev/null 2>&1
	cp /bin/true listed
	sha256sum listed >digests
	echo wrong >wrong
	need "a list is given" "$T" detect add deny-digest --digests digests
	attached=$(noted)
	for _ in 1 2 3; do need "... another one" "$T" detect set deny-digest --digests digests; done
	is "a list that takes the place of another: as much is noted" "$(noted)" "$attached"
	"$T" detect rm deny-digest
	removed=$(noted)
	is "... and less without it" "$((removed > 100)) $((removed < attached))" "1 1"
	tsem detect add deny-digest --digests wrong </dev/null
	like "one that is attached to no end" "$status:$errors" "1:tsem: wrong, line 1 is no SHA-256 digest*"
	is "... notes nothing" "$(noted)" "$removed"
	need "it is attached again" "$T" detect add deny-digest --digests digests
	is "... and as much is noted as before" "$(noted)" "$attached"
	"$T" detect rm --all
	is "... and removed" "$(noted)" "$removed"
}

# Something else is executed, which is no program, and within the same tick of the file system's clock becomes a program
# that is on the list: its digest is not the kept one.
test_grain() {
	"$T" detect rm --all >/dev/null 2>&1
	cp /bin/true listed
	sha256sum listed >digests
	mkdir "$place/grain" # on an overlay, of which digests are kept
	need "the list is given" "$T" detect add deny-digest --action deny --digests digests
	python3 - "$place/grain" >grain <<-'END'
		import os, sys
		listed = open("listed", "rb").read()
		tries = ran = 0
		for turn in range(3000):
		    path = f"{sys.argv[1]}/{turn % 50}"
		    if os.path.exists(path):
		        os.unlink(path)
		    with open(path, "wb") as file:
		        file.write(b"x" * len(listed))
		    os.chmod(path, 0o755)
		    before = os.stat(path).st_ctime_ns
		    try:
		        os.posix_spawn(path, [path], {})
		    except OSError:
		        pass
		    with open(path, "r+b") as file:
		        file.write(listed)
		    if os.stat(path).st_ctime_ns != before:
		        continue
		    tries += 1
		    try:
		        os.waitpid(os.posix_spawn(path, [path], {}), 0)
		        ran += 1
		    except PermissionError:
		        pass
		    if tries == 50:
		        break
		print(tries > 0, ran)
	END
	is "a digest of the same tick is not kept" "$(<grain)" "True 0"
	"$T" detect rm --all
}

# A program of an overlay that gets other content by the path of its layer.
test_layers() {
	"$T" detect rm --all >/dev/null 2>&1
	mkdir -p layers
	mount -t tmpfs none layers # the machine's own root is an overlay, on which there can be no other
	mkdir -p layers/{lower,upper,work,merged}
	cp /bin/false layers/lower/program
	cp /bin/true listed
	sha256sum listed >digests
	need "the list is given" "$T" detect add deny-digest --action deny --digests digests
	need "an overlay is mounted" mount -t overlay overlay -o lowerdir=layers/lower,upperdir=layers/upper,workdir=layers/work layers/merged
	layers/merged/program
	sleep 0.3
	layers/merged/program
	is "what is not listed runs" "$?" 1
	dd if=listed of=layers/lower/program conv=notrunc status=none
	layers/merged/program 2>/dev/null
	is "by its layer it has become what is listed: refused" "$?" 126
	umount layers/merged layers
	"$T" detect rm --all
}

module_is() { # module_is NAME: on the kernel's list
	grep -q "^$1 " /proc/modules
}

hidden_told() {
	signals | grep -c '^module-hidden '
}

test_modules() {
	local from=$cache/kernel-$(uname -r)/modules

	need "module-after-boot is attached" "$T" detect add module-after-boot
	need "module-hidden is attached" "$T" detect add module-hidden
	: >tried
	try module-after-boot silent module "$from/quota_tree.ko"
	judge_tried logged
	sha256sum "$from/tun.ko" >allowed
	need "it is armed" "$T" detect arm --digests allowed
	is "what is not on the list is refused" "$("$D" module "$from/vsock.ko")" EPERM
	is "... from memory, too" "$("$D" module-memory "$from/tun.ko")" EPERM
	: >tried
	try module-after-boot silent module "$from/tun.ko"
	"$T" detect set module-after-boot --action log
	try module-after-boot fires module "$from/vsock.ko"
	judge_tried logged
	is "the signal has the digest" "$("$T" detect watch --past --json |
		jq -r 'select(.evidence.path // "" | endswith("vsock.ko")) | .evidence.digest' | sort -u)" "$(sha256sum "$from/vsock.ko" | cut -d' ' -f1)"
	need "a module that hides is made" "$tests/detections/hidden.sh" "$from/tun.ko" hidden.ko
	is "it is loaded" "$("$D" module hidden.ko)" done
	module_is hidden
	is "... and not on the list" "$?" 1
	is "one goes as it should" "$("$D" module-away tun)" done
	WITHIN=60 comes_true eval '[ "$(hidden_told)" != 0 ]'
	report $? "module-hidden fires on it within a minute"
	is "... which is told by its name" "$(signals | grep -c '^module-hidden .* hidden ')" 1
	sleep 25 # and looks again
	is "module-hidden silent: one that is on the list, one that has gone, and the same one again" "$(hidden_told)" 1
	"$T" detect rm --all
}

# ---- actions ----

becomes() { # becomes FILE TEXT: a line of it
	grep -qxF "$2" "$1"
}

# Of go-on, which tries again and again. goes_on OUTPUT: its process in going.
goes_on() {
	copy goes
	"$place/goes" go-on >"$1" &
	going=$!
	wait_until grep -q '^open' "$1"
}

state_of() { # state_of PID: T, S, ...
	sed 's/.*) //; s/ .*//' "/proc/$1/stat"
}

outcome_of() { # outcome_of DETECTION: of the newest signal
	signals | awk -v d="$1" '$1 == d { found = $4 } END { print found }'
}

test_deny() {
	need "self-unlink is attached" "$T" detect add self-unlink --action deny
	need "preload is attached" "$T" detect add preload --action deny
	need "setuid-new is attached" "$T" detect add setuid-new
	copy self
	is "deny refuses" "$("$place/self" self-unlink)" EPERM
	is "... and the file is there" "$([ -e "$place/self" ] && echo there)" there
	is "... as the signal says" "$(outcome_of self-unlink)" refused
	is "the one that was begun to log only logs" "$("$D" setuid-new "$place/self")" done
	tsem detect set setuid-new --action deny
	is "an action is changed while it runs" "$status" 0
	copy plain
	is "... and is in force" "$("$D" setuid-new "$place/plain") $(stat -c %a "$place/plain")" "EPERM 755"
	is "who may not start a program so has it ended before it begins" "$("$D" preload 2>/dev/null)" EOWNERDEAD
	is "... and others start" "$("$D" preload-near)" done
	is "what was refused is counted" "$(attached self-unlink refused) $(attached setuid-new refused) $(attached preload refused)" "1 1 1"
}

test_kill() {
	"$T" detect set --all --action kill
	copy self
	"$place/self" self-unlink 2>/dev/null
	is "kill ends the process" "$? $(outcome_of self-unlink)" "137 killed"
	is "... before it has done it" "$([ -e "$place/self" ] && echo there)" there
	"$D" setuid-new "$place/self" 2>/dev/null
	is "... by another detection too" "$? $(stat -c %a "$place/self")" "137 755"
}

test_untrust() {
	need "there is a place for the untrusted" "$T" detect set --all --action untrust
	is "it is a session without tasks" "$(field untrusted tasks) $(field untrusted mode)" "0 enforcing"
	goes_on went
	is "what made it untrusted is refused" "$(head -n 1 went)" "unlink EPERM"
	is "... by a thread, and so is what another one does, and what it starts" "$(sed -n 2p went)" "open EPERM, exec EPERM"
	is "it is listed" "$("$T" ps --untrusted --json | jq -r --argjson pid $going '.[] | select(.pid == $pid) | "\(.comm) \(.session)"')" "goes untrusted"
	is "both of its threads are tasks there" "$(field untrusted tasks)" 2
	is "the signal says so" "$(outcome_of self-unlink)" untrusted
	tsem detect forgive $going
	is "nobody is let go without a reason" "$status" 2
	tsem detect forgive $going --reason 'it was me'
	is "it is let go" "$status" 0
	wait $going
	is "... and does what others do" "$(grep ^open went | tail -n 1)" "open done, exec done"
	is "... which is recorded" "$(signals | grep -c '^forgive .* it was me')" 1
	is "... and nobody is there any more" "$(field untrusted tasks) $("$T" ps --untrusted --json | jq length)" "0 0"
	copy self
	"$D" setuid-new "$place/self" >out
	is "another detection untrusts too" "$(<out) $(outcome_of setuid-new)" "EPERM untrusted"
	tsem detect forgive 1 --reason none
	like "who is not untrusted cannot be let go" "$errors" "*process 1 is not untrusted*"
}

# Who is untrusted is so with all that it starts; not who has started it.
test_inherits() {
	cp /bin/bash "$place/shell"
	"$T" detect set --all --action log
	"$T" detect add parent-unlink --action untrust >/dev/null
	copy gone
	"$place/shell" -c '"$0" parent-unlink; read -r line </etc/hostname || echo mine; (read -r line </etc/hostname || echo child; (read -r line </etc/hostname || echo grandchild))' "$place/gone" >out 2>/dev/null
	is "the child that did it is refused, not its parent" "$(<out)" "EPERM"
}

test_freeze() {
	"$T" detect set --all --action freeze
	copy goes
	"$place/goes" go-on >went &
	going=$!
	wait_until eval '[ "$(state_of '$going')" = T ]'
	report $? "freeze stops the process"
	is "... which is told and listed" "$(outcome_of self-unlink) $("$T" ps --untrusted --json | jq -r '.[].frozen')" "frozen true"
	setpriv --reuid 0 --bounding-set -mac_admin --inh-caps -mac_admin kill -CONT $going 2>/dev/null
	is "nobody without CAP_MAC_ADMIN lets it go on" "$(state_of $going)" T
	tsem detect forgive $going --reason 'looked at'
	wait $going
	is "who is let go goes on" "$(grep ^open went | tail -n 1)" "open done, exec done"
	copy self
	"$D" setuid-new "$place/self" >out &
	going=$!
	wait_until eval '[ "$(state_of '$going')" = T ]'
	report $? "another detection freezes too"
	kill -KILL $going
	wait $going 2>/dev/null
	"$T" detect set --all --action log
}

test_namespace() {
	copy goes
	"$T" learn -o m -- "$place/goes" go-on </dev/null >out 2>&1
	copy goes
	"$T" detect set self-unlink --action untrust
	"$T" run --model m --enforce --name inside --quiet -- "$place/goes" go-on </dev/null >out 2>/dev/null &
	going=$!
	wait_until grep -q '^open' out
	is "in a namespace that enforces, it is untrusted there" "$(sed -n 1,2p out | tr '\n' ' ')" "unlink EPERM open EPERM, exec EPERM "
	is "... and listed so" "$("$T" ps --untrusted --json | jq -r '.[].session')" inside
	tsem detect forgive "$("$T" ps --untrusted --json | jq -r '.[].pid')" --reason no
	like "... where it is not let go" "$errors" "*is in a namespace of its own, which does not forget*"
	is "the signal has its namespace and its TASK_ID" "$("$T" detect watch --past --json |
		jq -r 'select(.process.namespace > 0 and .outcome == "untrusted") | .process.task_id | length' | sort -u)" 64
	"$T" stop inside >/dev/null 2>&1
	wait $going
	"$T" detect set self-unlink --action log
}

test_scope() {
	local group=/sys/fs/cgroup/scoped

	mkdir -p $group/below
	"$T" detect set setuid-new --action deny --scope cgroup:$group
	copy plain
	is "outside of its control group nothing is refused" "$("$D" setuid-new "$place/plain")" done
	copy plain
	is "inside it is" "$(sh -c "echo \$\$ >$group/below/cgroup.procs; exec $D setuid-new $place/plain")" EPERM
	is "the scope is told" "$(attached setuid-new scope)" "cgroup $group"
	tsem detect set setuid-new --scope namespace:nobody
	like "a namespace that does not live is none" "$errors" "*there is no living namespace named nobody*"
	"$T" run --name somebody --quiet -- sleep 100 </dev/null >/dev/null 2>&1 &
	wait_until listed somebody
	"$T" detect set setuid-new --scope namespace:somebody
	copy plain
	is "outside of its namespace nothing is refused" "$("$D" setuid-new "$place/plain")" done
	"$T" stop somebody >/dev/null 2>&1
	wait
	"$T" run --name anybody --quiet -- sh -c "sleep 5; exec $D setuid-new $place/plain" </dev/null >out 2>/dev/null &
	wait_until listed anybody
	copy plain
	"$T" detect set setuid-new --scope namespace:anybody
	wait
	is "inside it is" "$(<out)" EPERM
	"$T" detect set setuid-new --action log --scope host
}

test_once() {
	local before

	need "mass-rename is attached" "$T" detect add mass-rename --once-per task
	(cd "$place" && "$D" mass-rename >/dev/null)
	is "one signal for each task" "$(attached mass-rename signals) $(attached mass-rename quiet)" "1 49"
	"$T" detect set mass-rename --once-per minute --action deny
	(cd "$place" && "$D" mass-rename && "$D" mass-rename) >out
	is "one in a minute; what it leads to happens each time" "$(attached mass-rename signals) $(<out)" "2 EPERM"
	"$T" detect rm mass-rename
}

# Others come, change and go, all the time; what is attached refuses each time.
test_changes() {
	local let=0 tried=0 changer

	"$T" detect set setuid-new --action deny
	(for i in 1 2 3; do
		"$T" detect add uid-zero && "$T" detect set --all --once-per task && "$T" detect add fileless && "$T" detect rm uid-zero &&
			"$T" detect rm fileless && "$T" detect set --all --once-per never
	done >changes 2>&1; echo end >>changes) &
	changer=$!
	copy plain
	while ! grep -q '^end' changes; do
		tried=$((tried + 1))
		[ "$("$D" setuid-new "$place/plain")" = EPERM ] || let=$((let + 1))
	done
	wait $changer
	is "nothing is let through while others are attached, changed and removed" "$let" 0
	like "... of many tries" "$tried" "[1-9][0-9]*"
	is "... which all went well" "$(grep -c attached changes)" 6
	(while [ ! -e stop ]; do "$D" setuid-new "$place/plain"; done) >/dev/null &
	for i in 1 2 3; do
		need "it is removed while it runs" "$T" detect rm setuid-new
		need "... and attached again" "$T" detect add setuid-new
	done
	touch stop
	wait
	is "... and counts anew" "$(($(attached setuid-new calls) < 1000))" 1
}

# Nobody takes the signals: what there is no room for is counted, and the rest comes later.
test_lost() {
	local before sent lost taken

	"$T" detect add mass-rename >/dev/null
	before=$("$T" detect ls --json | jq .signals)
	lost=$("$T" detect ls --json | jq .lost)
	need "who takes the signals is killed" pkill -KILL -f 'tsem detect add'
	(cd "$place" && "$D" mass-rename-flood >/dev/null)
	sent=$(($("$T" detect ls --json | jq .signals) - before))
	lost=$(($("$T" detect ls --json | jq .lost) - lost))
	taken=$("$T" detect watch --past --json | jq --argjson before "$before" 'select(.number > $before) | .number' | wc -l)
	is "as many as were sent, were taken or lost" "$sent" $((taken + lost))
	is "... and both were some" "$((taken > 100)) $((lost > 100))" "1 1"
	"$T" detect rm mass-rename
}

numbers() { # numbers AFTER: of the signals since then, in the order of the file
	"$T" detect watch --past --json | jq --argjson after "$1" 'select(.number > $after) | .number'
}

# Two processors send at a time, and whoever takes is behind: the record of the past has all, in order.
test_past() {
	local before sent taker

	"$T" detect rm --all >/dev/null
	need "a detection is attached" "$T" detect add kernel-config
	taker=$(pgrep -f 'tsem detect add')
	before=$("$T" detect ls --json | jq .signals)
	for _ in 1 2; do
		(for _ in {1..60}; do "$D" kernel-config; done >/dev/null) &
	done
	wait
	sent=$(($("$T" detect ls --json | jq .signals) - before))
	is "as many as deeds" "$sent" 120
	is "all are in the record, none twice" "$(numbers "$before" | sort -nu | wc -l)" "$sent"
	is "... in the order of their numbers" "$(numbers "$before")" "$(numbers "$before" | sort -n)"
	before=$((before + sent))
	kill -STOP "$taker"
	"$D" kernel-config >/dev/null
	(sleep 2 && kill -CONT "$taker") &
	is "who takes it late is waited for" "$(numbers "$before" | wc -l)" 1
	wait
	kill -STOP "$taker"
	"$D" kernel-config >/dev/null
	refused "who does not take it is told of" "the process that takes the signals *" detect watch --past
	kill -CONT "$taker"
	"$T" detect rm --all >/dev/null
	"$T" unload
	need "what is loaded anew" "$T" detect add kernel-config
	"$D" kernel-config >/dev/null
	is "... goes on with the numbers" "$(numbers $((before + 2)) | wc -l)" 1
	"$T" detect rm --all >/dev/null
}

# Whoever is to take the signals is behind, and very many are logged: what is refused then is told all the same.
test_flood() {
	local taker

	"$T" detect rm --all >/dev/null
	need "one detection logs" "$T" detect add mass-rename
	need "another one refuses" "$T" detect add self-unlink --action deny
	taker=$(pgrep -f 'tsem detect add')
	kill -STOP "$taker"
	(cd "$place" && "$D" mass-rename-flood >/dev/null)
	copy flooded
	"$place/flooded" self-unlink >/dev/null
	is "many were lost" "$(("$("$T" detect ls --json | jq .lost)" > 100))" 1
	kill -CONT "$taker"
	is "what was refused behind them is told" "$("$T" detect watch --past --json | jq -r 'select(.detection == "self-unlink") | .evidence.path' | grep -c "$place/flooded")" 1
	"$T" detect rm --all >/dev/null
}

# What takes the signals writes them to the system's log.
test_journal() {
	local reader

	"$T" detect rm --all
	python3 -u -c '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
print(s.recv(65536).decode())
' >log &
	reader=$!
	wait_until test -S /dev/log
	need "one is attached" "$T" detect add self-unlink
	copy self
	"$place/self" self-unlink >/dev/null
	wait $reader
	rm -f /dev/log
	like "a signal is in the log" "$(<log)" "*tsem\[*\]: detection: self-unlink logged \[T1070.004\] self\[*\] uid 0 $place/self, $place/self"
}

# What waited while nobody took it is in the log as well; and who takes them outlives a file that has no room.
test_keeper() {
	local each

	"$T" detect rm --all >/dev/null
	start_logger
	need "one is attached" "$T" detect add self-unlink
	need "who takes the signals is killed" pkill -KILL -f 'tsem detect add'
	copy waited
	"$place/waited" self-unlink >/dev/null
	need "another one is attached" "$T" detect add setuid-new
	comes_true contains log "$place/waited"
	report $? "what waited is in the log"
	need "there can be little in /run" mount -o remount,size=16M /run
	cat /dev/zero >/run/fill 2>/dev/null
	for each in 1 2 3 4 5 6; do
		copy full
		"$place/full" self-unlink >/dev/null
	done
	comes_true eval '[ "$(grep -c "$place/full" log)" = 6 ]'
	report $? "without room for them in their file they are in the log" "$(<log)"
	is "... and some are counted as lost" "$(("$("$T" detect ls --json | jq .lost)" > 0))" 1
	rm /run/fill
	copy room
	"$place/room" self-unlink >/dev/null
	comes_true contains log "$place/room"
	report $? "who takes them goes on"
	is "... and writes them" "$("$T" detect watch --past --json | jq -r .evidence.path | grep -c "$place/room")" 1
	"$T" detect rm --all
	kill $logger
	rm -f /dev/log
}

# As a finding of OCSF.
test_ocsf() {
	"$T" detect watch --past --format ocsf | tail -n 1 >finding
	is "it is a Detection Finding" "$(jq -r '"\(.class_uid) \(.type_uid) \(.metadata.version) \(.finding_info.attacks[0].technique.uid) \(.finding_info.analytic.name)"' finding)" \
		"2004 200401 1.3.0 T1070.004 self-unlink"
	is "... with evidence" "$(jq -r '.evidences[0] | "\(.actor.process.file.path) \(.data.evidence.path)"' finding)" "$place/self $place/self"
	is "... and its time" "$(jq '.time > 1600000000000 and .time < 4000000000000' finding)" true
}

test_stays() {
	is "it survives who has attached it" "$("$T" detect ls --json | jq -r '[.detections[].name] | sort | join(" ")')" \
		"parent-unlink preload self-unlink setuid-new"
	copy self
	need "it has a process that keeps the signals" pkill -KILL -f 'detect add self-unlink'
	"$place/self" self-unlink >/dev/null
	is "also who keeps the signals: they are taken later" "$(outcome_of self-unlink)" logged
	tsem unload
	like "it is not unloaded by mistake" "$errors" "*4 detections are attached*"
	"$T" detect rm --all
	is "all are removed" "$("$T" detect ls --json | jq '.detections | length')" 0
	copy self
	"$place/self" self-unlink >/dev/null
	is "... and nothing is refused any more" "$?" 0
	tsem unload
	is "... and tsem can be unloaded" "$status $errors" "0 "
	need "... and loaded again" "$T" load
}

# A workload that is root reaches neither their pins nor their objects.
test_guarded() {
	"$T" detect add self-unlink --action deny >/dev/null
	"$T" run --name guarded --quiet -- bash -c 'rm -r /sys/fs/bpf/tsem/detect/self-unlink 2>/dev/null || echo kept; ls /sys/fs/bpf/tsem/detect 2>/dev/null || echo hidden' </dev/null >out 2>/dev/null
	is "a workload that is root cannot remove it" "$(head -n 1 out)" kept
	is "... and it is there" "$("$T" detect ls --json | jq -r '.detections[].name')" self-unlink
	id=$(/usr/sbin/bpftool -j link show pinned /sys/fs/bpf/tsem/detect/self-unlink/path_unlink-* 2>/dev/null | jq .id)
	like "its link has a number" "$id" "[0-9]*"
	is "outside, it can be taken by it" "$("$build/objects" take link "$id")" "link $id"
	tsem run --name guarded2 --quiet -- sh -c '"$@"; echo "end $?"' sh "$build/objects" take link "$id" </dev/null
	is "a workload cannot" "$status:$output" "0:end 0"
	"$T" detect rm self-unlink
}

# ---- what is wrong ----

refused() { # refused NAME PATTERN WORDS...: one sentence, status 1
	local name=$1 pattern=$2

	shift 2
	tsem "$@"
	like "$name" "$status $errors" "1 tsem: $pattern"
	is "... in one line" "$(grep -c . err)" 1
}

W=$build/wrong

test_wrong() {
	refused "no object" "*there.o: No such file*" detect add ./there.o
	refused "no detection of that name" "tsem has no detection nothing with it*" detect add nothing
	refused "an object for another architecture" "*is for another architecture*" detect add "$W/foreign.o"
	echo text >text.o
	refused "a text" "*is no object of a detection*" detect add ./text.o
	head -c 3000 "$W/many.o" >cut.o
	refused "a part of an object" "*cut.o cannot be used*" detect add ./cut.o
	{ cat "$W/many.o" && head -c 5000000 /dev/zero; } >big.o
	refused "one that is too big" "*is too big for a detection*" detect add ./big.o
	refused "one that says nothing of itself" "*has no TSEM_DETECTION*" detect add "$W/unnamed.o"
	refused "no program" "*has no program*" detect add "$W/empty.o"
	refused "a hundred programs" "*has 100 programs; the most are 16" detect add "$W/hundred.o"
	refused "a program of another kind" "*the program on_rmdir is in the section kprobe/do_rmdir*" detect add "$W/traced.o"
	refused "no technique" "*the technique in TSEM_DETECTION*" detect add "$W/technique.o"
	refused "a hook that no kernel has" "*the kernel has no * path_nothing*" detect add "$W/unhooked.o"
	refused "a map of another layout" "*the map tsem_namespaces*another layout*" detect add "$W/layout.o"
	refused "one that reads beyond" "*the verifier refuses the program on_rmdir*at line 12 of beyond.bpf.c*: it may read or write beyond*" detect add "$W/beyond.o"
	refused "one that loops" "*the verifier refuses the program on_rmdir at line 10 of loops.bpf.c*: it may never end: infinite loop*" detect add "$W/loops.o"
	refused "to deny after the fact" "*cannot refuse anything*" detect add "$W/after.o" --action deny
	is "nothing of all that is attached" "$("$T" detect ls --json | jq '.detections | length')" 0
	none "... or pinned" find /sys/fs/bpf/tsem/detect -mindepth 2 -type f ! -path '*/+base/*'
	tsem detect test "$W/beyond.o"
	like "test says what is wrong in its first line, and then what the verifier says" "$(head -n 1 err)" "*the verifier refuses*"
	is "... at length" "$(($(wc -l <err) > 10))" 1
	tsem detect test "$W/many.o"
	is "test says that nothing is" "$status $output" "0 The kernel takes $W/many.o."
	is "... and attaches nothing" "$("$T" detect ls --json | jq '.detections | length')" 0
	need "one is attached" "$T" detect add "$W/many.o"
	refused "another one of that name" "a detection many-00 is attached already*" detect add "$W/many.o"
	refused "the name of none" "no detection many-01 is attached*" detect rm many-01
	refused "a list for one that has none" "the detection many-00 has no list of digests" detect set many-00 --digests text.o
	refused "words for one that has none" "the detection many-00 has no list of words" detect set many-00 --words A
	need "deny-digest is attached" "$T" detect add deny-digest
	refused "no digests" "text.o, line 1 is no SHA-256 digest*" detect set deny-digest --digests text.o
	"$T" detect rm --all
}

test_many() {
	local i

	"$T" detect add --all >/dev/null
	before=$("$T" detect ls --json | jq '.detections | length')
	for i in $(seq -w 1 33); do
		sed "s/many_00/many_$i/" "$W/many.o" >"many-$i.o"
		"$T" detect add "./many-$i.o" >/dev/null 2>"refused-$i" || break
	done
	is "32 detections are on one hook" "$i" 33
	like "... and the next one is refused with a sentence" "$(<"refused-33")" "*the hook path_rmdir has the maximum of 32 programs of detections*"
	mkdir gone && rmdir gone
	is "each of them is called" "$("$T" detect ls --json | jq '[.detections[] | select(.name | startswith("many")) | .signals] | add')" 32
	is "tsem has room beside them" "$("$T" learn -o m2 -- true </dev/null >out 2>&1; echo $?)" 0
	"$T" detect rm --all
	is "all go" "$("$T" detect ls --json | jq '.detections | length')" 0
}

test_without_clang() {
	printf '#include <tsem/detect.bpf.h>\n' >mine.bpf.c
	printf '#!/bin/sh\nPATH=/nowhere exec %s "$@"\n' "$T" >bare
	chmod +x bare
	T=$scratch/bare refused "no clang" "cannot run clang: *install the packages clang and libbpf-dev*" detect build mine.bpf.c
	need "what comes with tsem needs none" ./bare detect add self-unlink
	refused "no source" "cannot read nothing.bpf.c*" detect build nothing.bpf.c
	refused "another ending" "*has to end in .bpf.c" detect build mine.c
	"$T" detect rm --all
}

# What docs/detections.md says, and what `make demo-detections` shows.
test_page() {
	"$tests/detections/page.py" "$T" "$tests/../docs/detections.md" >page.out 2>&1
	is "the page comes true" "$? $(grep -A9 '^not ok' page.out)" "0 "
	is "... all of it" "$(($(grep -c '^ok' page.out) >= 20))" 1
	"$tests/story/detections.sh" "$T" >story.out 2>&1
	is "the demonstrations end as they tell" "$? $(grep 'as told' story.out)" "0 "
}

finish_boot() {
	local each

	for each in "$@"; do
		[ -n "$TESTS" ] && [[ " $TESTS " != *" $each "* ]] || "test_$each"
	done
}

case $boot in
fires) finish_boot fires digests noted grain layers ;;
acts) finish_boot deny kill untrust inherits freeze namespace scope once changes stays guarded journal ocsf past flood lost keeper ;;
modules) finish_boot modules ;;
page) finish_boot page ;;
bad) finish_boot wrong many without_clang ;;
esac
finish
