#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Namespaces that are bound to control groups: who joins, when, and what is judged then; who does not; what ends a
# binding; what cannot be bound. What fails, fails closed.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
groups=/sys/fs/cgroup
# tsem run takes it from its workload.
unprivileged=(setpriv --inh-caps=-mac_admin --bounding-set=-mac_admin)

within() { # within GROUP CMD...: CMD is executed in it
	local group=$groups/$1

	shift
	(echo "$BASHPID" >"$group/cgroup.procs" && exec "$@")
}

bind() { # bind GROUP NAME WORDS...: makes the group
	local group=$groups/$1 name=$2

	shift 2
	mkdir -p "$group"
	tsem bind "$group" --name "$name" "$@" </dev/null 8>&-
}

bound() { # bound NAME: the group of it, as tsem ps says
	"$T" ps --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .control_group'
}

bound_is() { # bound_is NAME GROUP
	[ "$(bound "$1")" = "$2" ]
}

ended() { # ended NAME
	[ "$(field "$1" live)" = false ]
}

release() { # release GROUP...: whatever is left of it
	local group

	for group; do
		"$T" unbind "$groups/$group" </dev/null >/dev/null 2>&1
		[ ! -e "$groups/$group/cgroup.kill" ] || echo 1 >"$groups/$group/cgroup.kill"
		wait_until rmdir "$groups/$group"
	done
}

echo secret >secret
echo page >page
cat >work.sh <<'END'
read -r line <page
echo "$line"
cat page
END

learned() { # the model of work.sh, as it is made in a group
	[ -e work.model ] && return
	bind first first --output work.model
	within first sh work.sh >/dev/null
	release first
}

test_learn() {
	bind work work --output learn.model
	like "bound: it is said" "$status:$output:$errors" "0:$groups/work is bound to session work, free. \`tsem unbind work\` ends that.:"
	is "bound: ps says where to" "$(bound work)" "$groups/work"
	like "bound: and in words" "$("$T" ps)" "*BOUND-TO*work *free *0 *$groups/work*"
	is "outside: nothing has joined" "$(field work tasks):$(field work events)" 0:0
	is "learned: what runs is not disturbed" "$(within work sh work.sh)" "page
page"
	is "learned: its tasks have ended, the session has not" "$(field work tasks):$(field work live)" 0:true
	tsem unbind work </dev/null
	like "unbound: it is said, and the model is there" "$status:$output:$(ls learn.model)" "0:Session work is unbound, and has ended.:learn.model"
	tsem show ./learn.model trajectory --json </dev/null
	is "learned: the first event is the program" "$(head -n 1 out | jq -r '.event.type')" file_open
	lacks "learned: what moved itself there is no part of it" "$(<out)" 'cgroup|/bash'
	release work
}

# What joins is judged as what tsem run starts.
test_same() {
	tsem learn -o run.model -- "${unprivileged[@]}" sh work.sh </dev/null
	tsem learn -o run.model --no-syscalls -- sh work.sh </dev/null
	bind same same --output same.model
	(unset BASHPID; "${unprivileged[@]}" bash -c 'echo $$ >'"$groups/same/cgroup.procs; exec sh work.sh" >/dev/null)
	tsem unbind "$groups/same" </dev/null
	tsem model diff run.model same.model </dev/null
	is "the model is that of tsem learn" "$status:$(tail -n 1 out)" "0:$(tail -n 1 out)"
	release same
}

test_enforce() {
	bind hard hard -m work.model --enforce --on-violation deny
	like "enforced: it is said" "$status:$output" "0:*bound to session hard, enforcing.*"
	for run in 1 2 3; do
		is "enforced: run $run does what was learned" "$(within hard sh work.sh 2>&1)" "page
page"
	done
	is "enforced: nothing was a violation" "$(field hard violations):$(field hard refused)" 0:0
	sed 's/cat page/cat secret/' work.sh >other.sh
	within hard sh other.sh >out 2>err
	like "enforced: another script is refused, as with tsem run" "$?:$(<out)" "[12]*:*"
	is "enforced: the secret was not read" "$(grep -c secret out)" 0
	within hard cat secret >out 2>err
	like "enforced: another program is not executed" "$?:$(<out):$(<err)" "126::*not permitted*"
	why hard
	like "enforced: why names it" "$status:$output" "3:In this model a process outside starts *, here it starts /usr/bin/cat.*a process outside opens /usr/bin/cat for execution: refused*"
	is "outside nothing is refused" "$(cat secret)" secret
	release hard
}

test_children() {
	bind tree tree --output tree.model
	within tree sh -c 'sleep 50 & sleep 50 & wait' &
	wait_until field_is tree tasks 3
	is "children are in it" "$(field tree tasks)" 3
	echo "$(pgrep -x sleep | head -n 1)" >$groups/cgroup.procs
	is "who leaves the group stays in it" "$(field tree tasks)" 3
	within tree sleep 51 &
	wait_until field_is tree tasks 4
	is "who comes from outside joins by what it executes" "$(field tree tasks)" 4
	tsem unbind tree </dev/null
	like "unbound: those that run go on in it" "$status:$output" "0:Session tree is unbound. Its 4 tasks stay in it until they end."
	within tree sleep 52 &
	wait_until pgrep -f 'sleep 52'
	is "... and nobody else joins" "$(field tree tasks)" 4
	pkill -x sleep
	wait
	wait_until ended tree
	wait_until test -s tree.model
	is "the model is written when the last has ended" "$(ls tree.model)" tree.model
	release tree
}

test_left() { # the group, in an enforcing namespace
	cat >named.sh <<'END'
read -r file
read -r line <"$file"
echo "$line"
END
	bind left learns --output named.model
	within left sh named.sh <<<page >out
	tsem unbind learns </dev/null
	bind left left -m named.model --enforce --on-violation deny
	mkfifo go
	within left sh named.sh <go >out 2>err &
	exec 9>go
	wait_until field_is left tasks 1
	echo $! >$groups/cgroup.procs
	is "outside the group it is in the namespace" "$(cut -d: -f3 <"/proc/$!/cgroup"):$(field left tasks)" /:1
	echo secret >&9
	exec 9>&-
	wait $!
	is "... and is judged there" "$(<out):$(field left refused)" :1
	rm go
	release left
}

test_nested() {
	bind outer outer --output outer.model
	bind outer/inner inner --output inner.model
	mkdir -p $groups/outer/inner/deep $groups/outer/beside/deep
	within outer/inner/deep sleep 50 &
	within outer/beside/deep sleep 50 &
	wait_until field_is inner tasks 1
	wait_until field_is outer tasks 1
	is "the nearest binding counts" "$(field inner tasks):$(field outer tasks)" 1:1
	pkill -x sleep
	wait
	tsem unbind inner </dev/null
	within outer/inner/deep true
	is "without it, the next above" "$(field inner live):$([ "$(field outer execs 2>/dev/null)" != 0 ] && echo joined)" false:joined
	rmdir $groups/outer/inner/deep $groups/outer/inner $groups/outer/beside/deep $groups/outer/beside
	release outer
}

test_anew() {
	bind name former --output former.model
	within name true
	rmdir $groups/name
	mkdir $groups/name
	within name sh work.sh >/dev/null
	WITHIN=10 wait_until ended former
	wait_until test -s former.model
	is "removed: the session has ended, and its model is there" "$(field former live):$(ls former.model)" false:former.model
	lacks "made anew under one name: nobody has joined" "$("$T" show ./former.model trajectory)" dash
	bind name second --output second.model
	is "the new one can be bound" "$status:$(bound second)" "0:$groups/name"
	release name
}

test_killed() {
	bind kept kept -m work.model --enforce --on-violation deny
	kill_orchestrator kept
	is "killed: no orchestrator" "$(field kept orchestrated):$(field kept live)" false:true
	is "killed: what was learned is allowed" "$(within kept sh work.sh 2>&1)" "page
page"
	within kept cat secret >out 2>err
	is "killed: what was not is refused" "$?:$(<out)" 126:
	why kept
	like "killed: and explained" "$status:$output" "3:*opens /usr/bin/cat for execution: refused*"
	rmdir $groups/kept
	is "killed: removed with the group" "$(bound kept):$(field kept live)" :false
	bind kept again -m work.model --enforce
	kill_orchestrator again
	tsem unbind again </dev/null
	is "killed: unbound by another tsem" "$status:$(field again live)" 0:false
	within kept cat secret >out
	is "killed: then nobody joins" "$?:$(<out)" 0:secret
	release kept
}

# As a unit or a parent can have it.
test_caller() {
	mkdir $groups/odd
	(ulimit -t 1 -f 1 && exec env --ignore-signal=CHLD "$T" bind $groups/odd --name odd -m work.model --enforce --on-violation deny) \
		</dev/null >out 2>err 8>&-
	like "whatever limits and signals its caller has: it binds" "$?:$(<out):$(<err)" "0:$groups/odd is bound to session odd, enforcing.*:"
	like "... and what stays has no limit of processor time" "$(grep '^Max cpu' "/proc/$(<$groups/tsem/cgroup.procs)/limits")" \
		"Max cpu time *unlimited *unlimited *"
	is "... what was learned is allowed" "$(within odd sh work.sh 2>&1)" "page
page"
	release odd
}

# The namespace under a binding is not there any more.
test_gone() {
	local value

	bind shut shut -m work.model --enforce --on-violation deny
	bind open open --output open.model
	for name in shut open; do
		read -r key value < <(bpftool -j map dump pinned /sys/fs/bpf/tsem/tsem_bindings |
			jq -r --arg id "$(printf '0x%02x' "$(field $name namespace)")" '.[] | select(.value[0] == $id) | (.key | join(",")) + " " + (.value | join(","))')
		value=0xff,0xff,${value#*,*,}
		# shellcheck disable=SC2086
		bpftool map update pinned /sys/fs/bpf/tsem/tsem_bindings key ${key//,/ } value ${value//,/ }
	done
	within shut true >out 2>err
	like "gone: an enforcing binding refuses every exec" "$?:$(<err)" "126:*not permitted*"
	within open true
	is "gone: one that learns does not" "$?" 0
	bind shut anew -m work.model --enforce --on-violation deny
	is "gone: it can be bound anew" "$status:$(within shut sh work.sh 2>&1 | head -n 1)" 0:page
	release shut
	rmdir $groups/open
	"$T" ps >/dev/null
	is "gone: what nobody joins any more ends" "$(field open live):$(field shut live)" false:false
}

test_no_model() {
	bind none none -m none.model --enforce
	like "no model: nothing is bound" "$status:$errors:$(bound none)" "1:tsem: *none.model*:"
	within none true
	is "no model: and nobody joins" "$?" 0
	head -c 300 work.model >short.model
	bind none none -m short.model --enforce
	like "a model that is cut: the same" "$status:$(bound none)" "1:"
	bind none none -m work.model --require-signed . --enforce
	like "one that is not signed: the same" "$status:$errors:$(bound none)" "1:tsem: *:"
	bind none none --output none/there.model
	like "what cannot be written: the same" "$status:$errors:$(bound none)" "1:tsem: *none*:"
	lacks "no session is left" "$("$T" ps --all --json)" '"none"'
	release none
}

test_places() {
	local deep=$groups/d level

	tsem bind $groups --output x.model </dev/null
	like "the root group" "$status:$errors" "1:tsem: the root control group holds the whole machine*"
	tsem bind /tmp --output x.model </dev/null
	like "a directory of another kind" "$status:$errors" "1:tsem: there is no control group /tmp: it is a directory of another kind"
	tsem bind /none --output x.model </dev/null
	like "nothing" "$status:$errors" "1:tsem: there is no control group /none: No such file*"
	for ((level = 2; level <= 33; level++)); do deep+=/d; done
	mkdir -p "$deep"
	tsem bind "$deep" --output x.model </dev/null
	like "too deep" "$status:$errors" "1:tsem: *is 33 levels deep; at most 32 can be bound"
	tsem bind "${deep%/d}" --name deep --output deep.model </dev/null
	is "as deep as can be" "$status" 0
	within "${deep#"$groups/"}" sleep 50 &
	wait_until field_is deep tasks 1
	is "who is deeper joins" "$(field deep tasks)" 1
	pkill -x sleep
	wait
	"$T" unbind deep >/dev/null
	while [ "$deep" != $groups ]; do rmdir "$deep"; deep=${deep%/*}; done
	mkdir $groups/twice
	tsem bind /twice --name one --output x.model </dev/null
	is "the name of /proc/PID/cgroup will do" "$status:$(bound one)" "0:$groups/twice"
	tsem bind $groups/twice --name two --output y.model </dev/null
	like "bound already" "$status:$errors" "1:tsem: $groups/twice is bound already, to session one: \`tsem unbind one\` first"
	tsem unload </dev/null
	like "who is bound lives by the programs" "$status:$errors" "1:tsem: workloads are still modeled*"
	mkdir $groups/other
	tsem bind $groups/other --name one --output y.model </dev/null
	like "a name that lives" "$status:$errors" "1:tsem: a namespace named one is living already*"
	release twice
	tsem unbind $groups/other </dev/null
	like "unbind: not bound" "$status:$errors" "1:tsem: $groups/other is not bound*"
	tsem unbind one </dev/null
	like "unbind: not any more" "$status:$errors" "1:tsem: session one is not bound*"
	rmdir $groups/other
	tsem bind --unit none.service --output x.model </dev/null
	like "a unit that does not run" "$status:$errors" "1:tsem: systemctl cannot say where none.service is*"
	tsem bind --unit ../etc --output x.model </dev/null
	like "what is no unit" "$status:$errors" '1:tsem: "../etc" cannot be the name of a unit'
}

test_versions() {
	mkdir -p $groups/later v1
	mount -t cgroup -o none,name=other other v1
	tsem bind $groups/later --output x.model </dev/null
	like "version 1 beside version 2 is refused" "$status:$errors" "1:tsem: this machine also uses control groups of version 1*systemd.unified_cgroup_hierarchy=1"
	mkdir -p v1/work
	tsem bind "$PWD/v1/work" --output x.model </dev/null
	is "one of version 1, too" "$status" 1
	rmdir v1/work
	umount v1
	unshare -m sh -c "mount -t tmpfs none $groups; mkdir $groups/later; '$T' bind $groups/later --output x.model" 2>err
	like "version 2 is not there" "$?:$(<err)" "1:tsem: control groups of version 2 are not mounted on $groups*"
	comes_true eval '! grep -qv ^0:: /proc/self/cgroup'
	report $? "version 1 is gone again"
	rmdir $groups/later
}

test_stop() {
	bind stops stops --output stops.model
	within stops sleep 50 &
	wait_until field_is stops tasks 1
	tsem stop stops </dev/null
	is "stop: its processes end" "$status:$(pgrep -x sleep)" 0:
	is "stop: the binding goes on" "$(bound stops)" $groups/stops
	within stops sh -c 'trap "" TERM; while :; do sleep 0.1; done' &
	wait_until field_is stops live true
	wait_until eval '[ "$(field stops tasks)" -gt 0 ]'
	tsem stop stops --timeout 1 </dev/null
	is "stop: also those that do not want to" "$status" 0
	within stops sh -c 'sleep 50 & wait' &
	wait_until field_is stops tasks 2
	is "stop: what comes then joins, and has children" "$(field stops tasks)" 2
	pkill -x sleep
	wait
	release stops
}

# Whoever unbinds is in the group, as a service manager starts it, and is not of the workload.
test_tool() {
	bind tool tool -m work.model --enforce --on-violation deny
	within tool "$T" ps --quiet >out 2>err
	is "tsem does not join" "$?:$(<out):$(field tool violations)" 0:tool:0
	cp "$(command -v cat)" ./tsem
	within tool ./tsem secret >out 2>err
	is "what is only called so does" "$?:$(<out)" 126:
	unshare -m sh -c "mount --bind ./tsem '$T'; echo 0 >$groups/tool/cgroup.procs; exec '$T' secret" >out 2>err
	is "what has its place for somebody else does" "$?:$(<out)" 126:
	mkdir -p "jail$(dirname "$T")"
	cp /bin/busybox "jail$T"
	/usr/bin/python3 -c "import os; open('$groups/tool/cgroup.procs', 'w').write('0'); os.chroot('jail'); os.execv('$T', ['cat'])" \
		</dev/null >out 2>err
	like "what has its place below another root does" "$?:$(<err)" "1:*Operation not permitted*"
	"${unprivileged[@]}" bash -c "echo \$\$ >$groups/tool/cgroup.procs; exec '$T' ps" >out 2>err
	is "who may not control namespaces does" "$?:$(<out)" 126:
	within tool "$T" unbind tool >out 2>err
	is "it can unbind" "$?:$(bound tool)" 0:
	release tool
}

# The inode of a mount namespace that has ended is soon another's: there the paths are not those of the first.
test_numbers() {
	local count

	mkdir -p near far
	touch near/out far/out far/in
	cat >apart.py <<-'E'
		import ctypes, sys
		kernel = ctypes.CDLL(None)
		def append():
		    open("near/out", "a").write("written\n")
		append()
		for i in range(int(sys.argv[1])):
		    kernel.unshare(0x20000)
		kernel.mount(None, b"/", None, 0x44000, None)
		kernel.mount(b"far", b"near", None, 0x1000, None)
		open("near/in").close()
		if sys.argv[2] == "append":
		    append()
	E
	# It joins in a mount namespace of its own.
	apart() { unshare -m bash -c 'echo $$ >"$0" && exec /usr/bin/python3 -E -S -B apart.py "$@"' "$groups/numbers/cgroup.procs" "$@"; }
	mkdir -p $groups/numbers
	apart 2 append
	is "without tsem the second file is written" "$(wc -l <near/out):$(wc -l <far/out)" 1:1
	bind numbers numbers --output numbers.model
	apart 1 no
	apart 2 no
	"$T" unbind numbers </dev/null >/dev/null
	wait_until ended numbers
	bind numbers apart -m numbers.model --enforce --on-violation deny
	apart 2 no
	is "what was learned is done" "$?:$(field apart refused)" 0:0
	for count in 1 2 3; do
		apart "$count" append 2>/dev/null
		is "after $count others the first mount namespace is none of them" "$(wc -l <far/out)" 1
	done
	like "... and it is named" "$("$T" why apart)" "*near/out*refused*"
	release numbers
}

# What was learned under other patterns is not added to: its names would mean something else.
test_added() {
	bind added added --add --output added.model
	within added sh work.sh >/dev/null
	release added
	is "added: learned" "$(grep -c '^[0-9a-f]\{64\}$' added.model)" "$(grep -c '^[0-9a-f]\{64\}$' work.model)"
	bind added again --add --output added.model
	within added sh work.sh >/dev/null
	"$T" learn --pattern "$scratch/{alnum}" -o added.model -- sh work.sh </dev/null >/dev/null 2>&1
	cp added.model kept.model
	release added
	wait_until test -e added.model.again
	report $? "added: a model that has other patterns by then is not added to, and ours goes beside it"
	cmp added.model kept.model
	report $? "added: it stays as it was"
}

# Many at once: the first of each is the first of its namespace, too.
test_many() {
	local i

	bind many many -m work.model --enforce --on-violation deny
	for i in {1..60}; do within many sh work.sh >"many.$i" 2>&1 & done
	wait
	is "60 at once: all do what was learned" "$(cat many.* | sort | uniq -c | tr -s ' ')" " 120 page"
	is "60 at once: none is left, nothing was refused" "$(field many tasks):$(field many refused)" 0:0
	release many
	for i in {1..20}; do
		mkdir $groups/each$i
		"$T" bind $groups/each$i --name each$i -m work.model --enforce >/dev/null &
	done
	wait
	is "20 bindings made at once" "$("$T" ps --quiet | grep -c '^each')" 20
	rmdir $groups/each*
	is "removed with their groups" "$("$T" ps --quiet && echo none)" none
}

# ---- what runs already: --now

# A server with a child that it has forked, one that it has executed, and three threads. It does what it reads.
cat >server.py <<'END'
import os, queue, socket, sys, threading

def shown(name):
    try:
        with open(name) as file:
            return file.read().strip()
    except OSError as error:
        return error.strerror

def loop(stream, say):
    for name in stream:
        say(shown(name.strip()))

def say(text):
    os.write(1, text.encode() + b"\n")

def thread(names):
    while True:
        say(shown(names.get()))

listener = socket.create_server(("127.0.0.1", 7777))
end, forked = os.pipe()
if not os.fork():
    os.close(forked)
    loop(os.fdopen(end), say)
    os._exit(0)
os.close(end)
names = queue.Queue()
for _ in range(3):
    threading.Thread(target=thread, args=(names,), daemon=True).start()
helper, pipe = os.pipe()
if not os.fork():
    os.dup2(helper, 0)
    os.execv("/bin/sh", ["sh", "helper.sh"])
os.close(helper)
say("ready")
for line in sys.stdin:
    where, name = line.split()
    if where == "thread":
        names.put(name)
    elif where == "forked":
        os.write(forked, name.encode() + b"\n")
    elif where == "helper":
        os.write(pipe, name.encode() + b"\n")
    elif where == "accept":
        listener.accept()[0].close()
        say("accepted")
    elif where == "run":
        try:
            if not os.fork():
                os.execv("/bin/cat", ["cat", name])
            os.wait()
        except OSError as error:
            say(error.strerror)
            os._exit(1)
    else:
        say(shown(name))
END
cat >helper.sh <<'END'
while read -r name; do
	read -r line <"$name" && echo "$line"
done
END

serve() { # serve GROUP: the server in the group, its words to descriptor 8, what it says in the file said
	rm -f orders
	mkfifo orders
	mkdir -p "$groups/$1"
	within "$1" /usr/bin/python3 -E -S -B server.py <orders >said 2>&1 &
	server=$!
	exec 8>orders
	wait_until grep -q ready said
}

order() { # order WORD...: and what is said then
	local before

	before=$(wc -l <said)
	echo "$*" >&8
	if ! comes_true eval '[ "$(wc -l <said)" -gt '"$before"' ]'; then
		echo "nothing is said"
	fi
	tail -n +$((before + 1)) said
}

dismiss() {
	exec 8>&-
	wait $server
}

learned_server() { # its model, of a start
	[ -e server.model ] && return
	bind learns learns --output server.model
	serve learns
	order self page >out
	order thread page >>out
	order forked page >>out
	order helper page >>out
	order run page >>out
	echo "accept -" >&8
	wait_until reach
	dismiss
	release learns
}

reach() { # from outside
	(exec 7<>/dev/tcp/127.0.0.1/7777) 2>/dev/null
}

accepted() {
	echo "accept -" >&8
	wait_until reach
	comes_true grep -q accepted said
	report $? "$1"
}

test_now() {
	learned_server
	like "it was learned from its start on" "$(<out)" "*page*page*page*page*page*"
	serve now
	is "unbound it may do all" "$(order self secret):$(order helper secret)" secret:secret
	bind now now --now -m server.model --enforce --on-violation deny
	like "it is said how many have joined" "$status:$output:$errors" \
		"0:$groups/now is bound to session now, enforcing. \`tsem unbind now\` ends that.*3 processes that ran already, with 6 tasks, have joined.:"
	is "they are in it at once" "$(field now tasks):$(cat $groups/now/cgroup.freeze)" 6:0
	is "it goes on with what it has learned" "$(order self page):$(order thread page):$(order forked page):$(order helper page)" page:page:page:page
	is "... also to start programs" "$(order run page)" page
	accepted "... also with a socket that it had before"
	is "nothing of it was refused" "$(field now refused):$(field now violations)" 0:0
	like "what it has not learned is refused" "$(order self secret):$(order forked secret)" "Operation not permitted:Operation not permitted"
	is "a thread is no way around it" "$(order thread secret)" "Operation not permitted"
	is "nor is who was started before" "$(order helper page; order helper secret)" "page
helper.sh: 2: cannot open secret: Operation not permitted"
	like "nor is who is started now" "$(order run secret)" "*cat: secret: Operation not permitted"
	why now
	like "and named" "$status:$output" "3:*/usr/bin/python3*, started from outside, opens $scratch/secret for reading: refused*"
	like "... with who started the others" "$output" "*/usr/bin/dash, started by /usr/bin/python3*, opens $scratch/secret for reading: refused*"
	is "outside nothing is refused" "$(cat secret)" secret
	dismiss
	wait_until field_is now tasks 0
	is "they end, the binding does not" "$(bound now)" "$groups/now"
	within now cat secret >out 2>err
	is "who comes later joins by its exec" "$?:$(<out)" 126:
	release now
}

# Who forks all the time is not faster.
test_now_storm() {
	local i threads

	cat >storm.sh <<-'END'
		until [ -e calm ]; do
			(: ; :) &
			(: | :) &
			wait
		done
	END
	bind learns storms --output storm.model
	within learns sh storm.sh &
	sleep 1
	: >calm
	wait
	release learns
	rm calm
	mkdir -p $groups/storm/below
	for i in 1 2; do
		within storm sh storm.sh &
		within storm sh storm.sh &
		within storm/below sh storm.sh &
		wait_until pgrep -f storm.sh
		bind storm storm$i --now -m storm.model --enforce --on-violation deny
		like "fork storm $i: it is bound" "$status:$output:$errors" "0:*processes that ran already, with *joined.:"
		echo 1 >$groups/storm/cgroup.freeze
		wait_until grep -q 'frozen 1' $groups/storm/cgroup.events
		threads=$(cat $groups/storm/cgroup.threads $groups/storm/below/cgroup.threads | wc -l)
		is "fork storm $i: each task is in it" "$(field storm$i tasks):$((threads >= 3))" "$threads:1"
		echo 0 >$groups/storm/cgroup.freeze
		sleep 1
		is "fork storm $i: nothing of it was refused" "$(field storm$i refused):$(field storm$i violations)" 0:0
		: >calm
		wait
		is "fork storm $i: all are counted off" "$(field storm$i tasks)" 0
		rm calm
		"$T" unbind storm$i >/dev/null
	done
	rmdir $groups/storm/below
	release storm
}

# All or nothing.
test_now_refused() {
	local stranger

	learned_server
	serve other
	within other sleep 1000 8>&- &
	wait_until pgrep -x sleep
	stranger=$(pgrep -x sleep)
	bind other other --now -m server.model --enforce
	like "a program that the model does not have: nothing is bound" "$status:$output:$errors" \
		"1::tsem: process $stranger runs /usr/bin/sleep, which the model does not start as it is here: nothing was bound; end it or start it anew, or bind without --now"
	is "... and all go on as before" "$(bound other):$(cat $groups/other/cgroup.freeze):$(order self secret)" :0:secret
	lacks "... no session is left" "$("$T" ps --all --json)" '"other"'
	bind other other --now --output server.model --add
	like "the same while it learns" "$status:$errors" "1:tsem: process $stranger runs /usr/bin/sleep, *"
	bind other other --now -m server.model --json
	is "where nothing is refused it joins" "$status:$(jq -c .joined <<<"$output")" '0:{"processes":4,"tasks":7,"unknown":1}'
	is "... and what others do is a violation" "$(order self secret):$([ "$(field other violations)" -gt 0 ] && echo recorded)" secret:recorded
	kill $stranger
	dismiss
	release other
	bind inside inside --output inside.model
	within inside "$T" bind $groups/inside --now -m server.model --enforce >out 2>err
	like "tsem in the group" "$?:$(<err)" "1:tsem: this tsem is in $groups/inside itself: start it from outside"
	release inside
	tsem bind $groups/inside --now --output new.model </dev/null
	like "a new model has no programs" "$status:$errors" "2:tsem: --now --output needs --add, *"
	mkdir -p $groups/inside/threads
	echo threaded >$groups/inside/threads/cgroup.type
	bind inside/threads inside --now -m server.model
	like "a group of single threads" "$status:$errors" "1:tsem: $groups/inside/threads has single threads of processes*"
	rmdir $groups/inside/threads
	release inside
	# One that nobody can stop: its file system does not answer.
	mkdir -p $groups/stuck mute
	/usr/bin/python3 -c 'import ctypes, os, time
fd = os.open("/dev/fuse", os.O_RDWR)
ctypes.CDLL(None).mount(b"mute", b"mute", b"fuse", 0, f"fd={fd},rootmode=40000,user_id=0,group_id=0".encode())
time.sleep(1000)' &
	stranger=$!
	wait_until grep -q "$PWD/mute" /proc/mounts
	serve stuck
	within stuck /bin/ls mute 8>&- &
	wait_until pgrep -x ls
	bind stuck stuck --now -m server.model
	like "one that cannot be stopped: nothing is bound" "$status:$errors" "1:tsem: a process of $groups/stuck waits in the kernel and cannot be stopped*"
	is "... and all go on" "$(bound stuck):$(cat $groups/stuck/cgroup.freeze):$(order self secret)" :0:secret
	"$T" bind $groups/stuck --name stuck --now -m server.model >out 2>err 8>&- &
	wait_until grep -q 1 $groups/stuck/cgroup.freeze
	kill -KILL "$(field stuck orchestrator)"
	wait_until grep -q 0 $groups/stuck/cgroup.freeze
	wait $!
	is "killed on its way: all go on, nothing is bound" "$?:$(bound stuck):$(order self secret)" 1::secret
	umount -l mute
	kill $stranger
	dismiss
	release stuck
}

nested() { # nested make|remove: groups below `below`, so deep that no path leads to the last one
	/usr/bin/python3 - "$1" <<-'END'
		import os, sys
		os.chdir("/sys/fs/cgroup/below")
		for i in range(17):
		    if sys.argv[1] == "make":
		        os.mkdir("d" * 255)
		    os.chdir("d" * 255)
		for i in range(17 if sys.argv[1] == "remove" else 0):
		    os.chdir("..")
		    os.rmdir("d" * 255)
	END
}

# Wherever below the group: also under a name that listings leave out. Who cannot be found there is not left out.
test_now_below() {
	mkdir -p $groups/below/.hidden
	within below/.hidden sleep 1000 &
	wait_until grep -q . $groups/below/.hidden/cgroup.procs
	bind below below --now -m work.model --json
	is "below a name with a dot: who runs there joins" "$status:$(jq -c .joined <<<"$output")" '0:{"processes":1,"tasks":1,"unknown":1}'
	"$T" unbind below </dev/null >/dev/null
	pkill -x sleep
	wait
	wait_until ended below
	rmdir $groups/below/.hidden
	need "groups are made deeper than a path can lead" nested make
	bind below deep --now -m work.model
	like "below where no path leads: nothing is bound" "$status:$output:$errors" \
		"1::tsem: $groups/below has groups below it whose paths are too long, so nothing was bound"
	is "... and nobody is stopped" "$(bound deep):$(cat $groups/below/cgroup.freeze)" :0
	need "they are removed" nested remove
	release below
}

cat >special.py <<'END'
import ctypes, fcntl, os, struct, sys, threading, time
kernel = ctypes.CDLL(None)
arm = os.uname().machine == "aarch64"

def loop():
    for name in sys.stdin:
        try:
            with open(name.strip()) as file:
                said = file.read()
        except OSError as error:
            said = error.strerror + "\n"
        os.write(1, said.encode())

def map_of(path):
    name = ctypes.create_string_buffer(path)
    asked = ctypes.create_string_buffer(struct.pack("QI", ctypes.addressof(name), 0), 128)
    return kernel.syscall(280 if arm else 321, 7, asked, 128)

if os.path.exists("map"):
    os.close(map_of(b"/sys/fs/bpf/tsem/tsem_bindings"))
os.write(1, b"ready\n")
if os.path.exists("lock"):
    while not os.path.exists("/run/tsem/sessions/locked"):
        time.sleep(0.01)
    with open("/run/tsem/lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(1, b"locked\n")
        time.sleep(3)
if os.path.exists("end"):
    threading.Thread(target=loop).start()
    kernel.syscall(93 if arm else 60, 0)
loop()
END

special() { # special GROUP [WHAT]: as serve, of special.py: its first thread ends, it has had a map, it has the lock
	rm -f orders map lock end
	[ -z "${2-}" ] || : >"$2"
	mkfifo orders
	mkdir -p "$groups/$1"
	within "$1" /usr/bin/python3 -E -S -B special.py <orders >said 2>&1 &
	server=$!
	exec 8>orders
	wait_until grep -q ready said
}

learned_special() {
	[ -e special.model ] && return
	bind learns learns --output special.model
	special learns end
	order page >out
	dismiss
	release learns
}

untrusted_is() { # untrusted_is SESSION COUNT
	[ "$("$T" ps --untrusted --json | jq "[.[] | select(.session == \"$1\")] | length")" = "$2" ]
}

# What the whole process is, is known also when its first thread has ended.
test_now_ended() {
	learned_special
	special ended end
	wait_until eval '[ "$(grep -c . $groups/ended/cgroup.threads)" = 1 ]'
	bind ended ended --now -m special.model --enforce --on-violation untrust --json
	is "first thread ended: the other one joins" "$status:$(jq -c .joined <<<"$output"):$(field ended tasks)" '0:{"processes":1,"tasks":1,"unknown":0}:1'
	is "... it goes on with what it has learned" "$(order page)" page
	is "... and with nothing else" "$(order secret)" "Operation not permitted"
	check "... it is listed as untrusted" untrusted_is ended 1
	tsem stop ended --timeout 2 </dev/null
	is "... and can be stopped" "$status:$(grep -c . $groups/ended/cgroup.procs)" 0:0
	dismiss
	release ended
}

# Who has had a map of tsem would be left outside.
test_now_spared() {
	learned_special
	special spared map
	bind spared spared --now -m special.model --enforce
	like "it has had a map of tsem: nothing is bound" "$status:$output:$errors" \
		"1::tsem: task * has had a map of tsem, and counts as tsem's own until it executes something: nothing was bound; *"
	is "... and it goes on" "$(bound spared):$(order secret)" :secret
	bind spared spared --now -m special.model --json
	is "where nothing is refused the rest joins" "$status:$(jq -c .joined <<<"$output")" '0:{"processes":0,"tasks":0,"unknown":0}'
	dismiss
	release spared
}

# Nobody who is stopped has what is waited for.
test_now_locked() {
	learned_special
	special locked lock
	bind locked locked --now -m special.model --enforce --json
	check "the lock of the state was not free" grep -q locked said
	is "it had the lock of the state: it joins when it has it no more" "$status:$(jq -c .joined <<<"$output"):$errors" \
		'0:{"processes":1,"tasks":1,"unknown":0}:'
	is "... and is judged" "$(order page):$(order secret)" "page:Operation not permitted"
	dismiss
	release locked
}

labels() { # labels NAME: as ps has them
	listed "$1" | jq -r '.labels | to_entries | map(.key + "=" + .value) | sort | join(" ")'
}

test_labels() {
	local file=/run/tsem/sessions/marked/labels

	bind marked marked -m work.model --label pod=shop-1 --label container=web
	is "labels: ps has them" "$status:$(labels marked)" "0:container=web pod=shop-1"
	tsem reload marked work.model
	is "labels: after a reload, too" "$status:$(labels marked)" "0:container=web pod=shop-1"
	# What is no label there is left out, and nothing else is said of the session than before.
	{ printf 'pod=shop-2\n\377\001=x\nPod=y\ncontainer=a\033[31mb\n=\nuid=%300s\nnamespace=front' ' ' && head -c 70000 /dev/zero; } >"$file"
	is "labels: of a damaged file those that can be read" "$(labels marked)" "namespace=front pod=shop-2"
	: >"$file"
	is "labels: of an empty file none" "$(labels marked):$(field marked live)" :true
	rm "$file"
	is "labels: of a missing file none" "$(labels marked):$(field marked live)" :true
	release marked
	bind marked marked -m work.model --label pod=shop-3
	release marked
	is "labels: a session that has ended keeps them" "$(field marked live):$("$T" ps --all --json | jq -r '.[] | select(.name == "marked") | .labels.pod')" false:shop-3
	bind marked marked -m work.model
	is "labels: another one of that name does not have them" "$status:$(labels marked)" 0:
	release marked
}

need 'the kernel side loads' "$T" load
learned
for each in ${TESTS:-learn same enforce children left nested anew killed caller gone no_model places versions stop tool numbers added labels many now_below now_ended now_spared now_locked ${TSEM_LONG:+now now_storm now_refused}}; do
	"test_$each"
done
finish
