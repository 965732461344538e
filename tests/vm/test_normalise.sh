#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What differs from run to run is let in as the model's header says it, and what
# is just outside of it is refused. Then what a violation does to its task.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

vary=$(dirname "$T")/vary
mkdir made old
echo old >old/file
echo cut >cut

learn() { # learn MODEL [OPTION...], the deeds on standard input
	local model=$1

	shift
	cat >deeds
	tsem learn -o "$model" --name "learn-$model" "$@" -- "$vary" <deeds
	is "$model: learned" "$status:$output" "0:$(sed 's/^/done /' deeds)"
	rm -f made/*
}

enforce() { # enforce MODEL, the deeds on standard input
	tsem run --model "$1" --enforce --on-violation deny --name "run-$1" -- "$vary"
	rm -f made/*
}

let_in() { # let_in MODEL, the deeds on standard input
	local deeds

	deeds=$(cat)
	enforce "$1" <<<"$deeds"
	is "$1: let in: ${deeds//$'\n'/, }" "$status:$output:$errors" "0:$(sed 's/^/done /' <<<"$deeds"):"
}

refused() { # refused MODEL, lines DEED => PATTERN of what is said of it
	local lines line

	lines=$(cat)
	enforce "$1" <<<"$(sed 's/ => .*//' <<<"$lines")"
	is "$1: none of it was done" "$status:$output" 0:
	while IFS= read -r line; do
		like "$1: refused: ${line% => *}" "$errors" "*${line#* => }*: refused*"
	done <<<"$lines"
}

test_normalisers() {
	learn all.model <<-'E'
		process
		instance 3
		port 127.0.0.1
		terminal
		anonymous
		size 7
	E
	is "all of them are in the header" "$(sed -n 's/^normalise //p' all.model)" process,instance,port,terminal,anonymous,size,temporary,storage,inherited
	exec 7<>/dev/ptmx
	let_in all.model <<-'E'
		process
		port 127.0.0.1
		port 127.0.0.1 60999
		terminal
		anonymous
		anonymous 0beef
		size 19
	E
	exec 7<&-
	refused all.model <<-'E'
		process 1 => /proc/[[]pid]/status
		name old/file => /old/file
		port 127.0.0.1 32767 => 127.0.0.1 port 32767
		port 127.0.0.1 61000 => 127.0.0.1 port 61000
		port 127.0.0.2 => 127.0.0.2
		anonymous 0beeg => 0beeg
		anonymous 00beef => 00beef
		size 0 => /cut
	E
	tsem show ./all.model --json
	is "the model says what it lets in" "$(jq -r '[.lets_in[].by] | join(",")' <<<"$output")" \
		process,instance,port,terminal,anonymous,size,temporary,storage,inherited
}

# Many temporary files, learned with three: the names are made of the process's number and a count.
test_many_files() {
	learn files.model --pattern "$scratch/made/{alnum}" <<<'instance 3'
	let_in files.model <<<'instance 2000'
	learn names.model <<<'instance 3'
	enforce names.model <<<'instance 3'
	like "files: without the pattern their names are refused" "$output:$errors" ":*/made/*refused*"
}

keep_on() { # keep_on TYPE: the same file on a file system of that type
	mount -t "$1" -o mode=0755 none kept
	echo data >kept/file
}

# A file is the same on a disk, in layers and in memory; not where a driver or another machine answers.
test_storage() {
	mkdir kept
	echo data >kept/file
	learn storage.model <<<'name kept/file'
	learn typed.model --normalise process <<<'name kept/file'
	keep_on tmpfs
	let_in storage.model <<<'name kept/file'
	refused typed.model <<<'name kept/file => /kept/file'
	umount kept
	keep_on ramfs
	refused storage.model <<<'name kept/file => /kept/file'
	umount kept
	keep_on tmpfs
	learn memory.model <<-'E'
		memory job
		name kept/file
	E
	umount kept
	tsem show ./memory.model trajectory --json
	is "storage: a file in memory, and the kernel's own memory" \
		"$(grep -E '/kept/file|memfd:job' <<<"$output" | jq -r '.. | objects | select(has("s_magic")) | .s_magic' | tr '\n' ' ')" "0x1021994 0x1 "
}

# Without them the very same deeds are refused: the test above does not pass by itself.
test_none() {
	learn none.model --normalise none <<-'E'
		process
		size 7
		port 127.0.0.1 40000
	E
	is "none is in the header" "$(grep -c '^normalise' none.model)" 0
	refused none.model <<-'E'
		process => /proc/*/status
		size 19 => /cut
		port 127.0.0.1 40001 => 127.0.0.1 port 40001
	E
}

test_patterns() {
	local dir=$scratch/p f

	for f in job.abc123 job.XYZ_-9 job.abc12 job.abc1234 job.ab.123 n7 n123456 n12x h00ff.log hF0f0.log h00fg.log h00ff.txt \
		sub-1/in sub-22/in sub-x/in sub-22/out other/job.abc123 job. n; do
		mkdir -p "$(dirname "$dir/$f")"
		echo "$f" >"$dir/$f"
	done
	learn p.model --pattern "$dir/job.{alnum 6}" --pattern "$dir/n{digit}" --pattern "$dir/h{hex}.log" \
		--pattern "$dir/sub-{digit}" <<-E
		name $dir/job.abc123
		name $dir/n7
		name $dir/h00ff.log
		name $dir/sub-1/in
	E
	is "the patterns are in the header" "$(grep -c '^pattern /' p.model)" 4
	let_in p.model < <(printf "name $dir/%s\n" job.abc123 job.XYZ_-9 n7 n123456 h00ff.log hF0f0.log sub-1/in sub-22/in)
	for f in job.abc12 job.abc1234 job.ab.123 job. n n12x h00fg.log h00ff.txt sub-x/in sub-22/out other/job.abc123; do
		echo "name $dir/$f => /${f/-22/-//}"
	done >outside
	refused p.model <outside
	tsem show ./p.model
	like "each pattern is shown with what it lets in" "$output" "*/job.{alnum 6}: a program that may touch*/sub-{digit}: a program*"
	tsem model verify p.model
	is "a model with patterns is whole" "$status" 0
}

# Several parts, and one beside a name that stays.
test_parts() {
	local dir=$scratch/parts f

	mkdir -p "$dir"
	for f in conf.tmp.12.345 conf.tmp.9.1 conf.tmp.9 conf.tmp.9.x conf.tmp.9.1.2 .a.txt.Xv4SDL .a.txt.2fs0PA .b.txt.2fs0PA \
		.a.txt.2fs0P xab-a.txt x9f-a.txt xab-b.txt; do
		echo "$f" >"$dir/$f"
	done
	learn parts.model --pattern "$dir/conf.tmp.{digit}.{digit}" --pattern "$dir/.{name}.{alnum 6}" --pattern "$dir/x{hex 2}-{name}" <<-E
		name $dir/conf.tmp.12.345
		name $dir/.a.txt.Xv4SDL
		name $dir/xab-a.txt
	E
	is "the model has them" "$(sed -n 's/^pattern //p' parts.model | sort)" "$(printf '%s\n' "$dir/.{name}.{alnum 6}" "$dir/conf.tmp.{digit}.{digit}" "$dir/x{hex 2}-{name}" | sort)"
	let_in parts.model < <(printf "name $dir/%s\n" conf.tmp.9.1 .a.txt.2fs0PA x9f-a.txt)
	for f in conf.tmp.9 conf.tmp.9.x conf.tmp.9.1.2 .a.txt.2fs0P; do
		echo "name $dir/$f => /$f"
	done >outside
	echo "name $dir/.b.txt.2fs0PA => /.b.txt.// " >>outside
	echo "name $dir/xab-b.txt => /x//-b.txt" >>outside
	refused parts.model <outside
}

# Names that are not those of files in directories.
test_kinds() {
	learn kinds.model --pattern './job-{digit}.sock' --pattern '@job-{digit}' --pattern './host-{digit}' \
		--pattern "/srv/rel/{digit 8}" --pattern '/memfd:job-{digit} (deleted)' --pattern "$scratch/job-{digit}.sock" <<-E
		named job-12.sock
		named @job-12
		leading lock host-12
		leading now /srv/rel/20260101/x
		memory job-12
	E
	let_in kinds.model <<-E
		named job-1234.sock
		named @job-1234
		leading lock host-1234
		leading now /srv/rel/20261231/x
		memory job-1234
	E
	refused kinds.model <<-E
		named job-x.sock => job-x.sock
		named @job-x => @job-x
		leading lock host-x => host-x
		leading lock job-//.sock => job-/.sock
		leading lock host-// => host-/
		leading now /srv/rel/20261231/y => rel////y
		leading now /srv/rel//x/x => rel/x/x
		memory job-x => memfd:job-x
	E
	learn made-up.model <<-E
		leading lock /var/tmp/made-1/socket
	E
	let_in made-up.model <<<'leading lock /var/tmp/other/socket'
	refused made-up.model <<-E
		leading lock /var/tmpx => /var/tmpx
		leading lock var/tmp/other => var/tmp/other
	E
}

# The kernel's names for its namespaces.
cat >spaces.sh <<'E'
for each in net uts ipc mnt pid user cgroup; do
	read -r -N 1 one <"/proc/self/ns/$each"
done
unshare -n -u bash -c 'read -r -N 1 one <"/proc/self/ns/net"; read -r -N 1 one <"/proc/$1/ns/uts"' bash $$
exit 0
E

test_spaces() {
	tsem learn --until-converged -o spaces.model --name spaces -- bash spaces.sh </dev/null
	like "namespaces: learned" "$status:$errors" "0:*Converged*"
	tsem run -m spaces.model -e --name spaces -- bash spaces.sh </dev/null
	is "namespaces: others of the same kind" "$status:$(field spaces violations)" 0:0
	tsem show spaces trajectory </dev/null
	like "namespaces: its own" "$output" "*net:?own?*"
	like "namespaces: others" "$output" "*uts:?else?*"
}

# Programs make the key of System V memory of the number of a file, which is another one each time.
test_segments() {
	cat >segment.py <<-'END'
		import ctypes, sys
		c = ctypes.CDLL(None)
		c.shmat.restype = ctypes.c_void_p
		number = c.shmget(int(sys.argv[1]), 4096, 0o1600)
		memory = c.shmat(number, None, 0)
		c.shmctl(number, 0, None)
		sys.exit(memory in (None, 2**64 - 1))
	END
	tsem learn -o segment.model --name segment -- /usr/bin/python3 -I -S segment.py 17 </dev/null
	is "a segment is learned" "$status" 0
	tsem run -m segment.model -e --name segment -- /usr/bin/python3 -I -S segment.py 4711 </dev/null
	is "a segment of another key" "$status:$errors" "0:"
}

test_bad_patterns() {
	local text

	for text in 'job.{alnum}' '/tmp/x' '/tmp/{word}' '/tmp/{digit 0}' '/tmp/{digit 65}' '/tmp/{digit}/x' '/tmp/{digit}7' \
		'/tmp/{digit}{hex}' '/tmp/{name}' '/tmp/{name}{name}{digit}'; do
		tsem learn -o bad.model --pattern "$text" -- true </dev/null
		like "no pattern: $text" "$status:$errors" "2:tsem*not a pattern of names*"
	done
	tsem learn -o bad.model --normalise process,speed -- true </dev/null
	like "no normaliser: speed" "$status:$errors" "2:*--normalise cannot be 'speed'*"
	[ ! -e bad.model ]
	report $? "nothing was written"
}

# The same container with other ids: the users inside are the same. The file belongs to its root before it begins.
cat >shifted.sh <<'E'
first=$(cat first)
rm -f fifo
mkfifo fifo
unshare -U sh -c 'read -r go <fifo; exec sh -c "id -u; read -r l <owned && echo read"' &
sleep 0.5
echo "0 $first 1000" >"/proc/$!/uid_map"
echo "0 $first 1000" >"/proc/$!/gid_map"
echo go >fifo
wait
E

shift_to() { # shift_to FIRST: root of the next container is FIRST outside
	echo "$1" >first
	echo owned >owned
	chown "$1:$1" owned
}

test_ids() {
	shift_to 100000
	tsem learn -n 3 --ids current -o ids.model --name ids -- bash shifted.sh </dev/null
	is "ids: learned" "$status" 0
	is "ids: in the header" "$(grep -c '^ids current$' ids.model)" 1
	tsem learn -n 3 -o initial.model --name initial -- bash shifted.sh </dev/null
	tsem run -m initial.model --enforce --name initial -- bash shifted.sh </dev/null
	is "ids: of the machine: the same range" "$status:$output:$errors" "0:65534
read:"
	shift_to 300000
	tsem run -m ids.model --enforce --name ids -- bash shifted.sh </dev/null
	is "ids: the same with another range" "$status:$output:$errors" "0:65534
read:"
	tsem run -m initial.model --enforce --name initial -- bash shifted.sh </dev/null
	like "ids: of the machine they are others" "$errors" "*refused*"
}

test_kill() {
	tsem learn -o life.model --name life -- sh -c 'true; cat told; true' </dev/null >/dev/null
	tsem run -m life.model --enforce --on-violation kill --name kill -- sh -c 'cat secret; echo "$?"; true' </dev/null
	is "kill: the task is dead before it has read anything" "$output" 137
	like "kill: and it is said why" "$errors" "*/secret*refused*"
	tsem run -m life.model --on-violation kill --name kill -- sh -c 'cat secret; echo "$?"; true' </dev/null
	is "kill: also of a model that is only watched" "$output" 137
	tsem ps --all --json
	is "kill: in the list" "$(jq -r '[.[] | select(.name == "kill")][0].on_violation' <<<"$output")" kill
}

stopped() { # stopped NAME: the program of that name stands still
	ps -C "$1" -o stat= | grep -q '^T'
}

test_freeze() {
	tsem learn -o frost.model --name frost -- sh -c 'cat told & sleep 0.2; kill -CONT $$; kill -CONT $! 2>/dev/null; wait' </dev/null
	is "freeze: learned" "$status" 0
	"$T" run -m frost.model --enforce --on-violation freeze --name freeze -- \
		sh -c 'cat secret & sleep 2; kill -CONT $!; echo "inside: $?"; wait' </dev/null >frozen 2>why &
	comes_true stopped cat
	report $? "freeze: the task is stopped" "$(ps ax -o pid,stat,args | tail -5)"
	# The shell that lets it go on does what no model has: it is stopped itself.
	comes_true contains why 'stopped for inspection'
	report $? "freeze: who continues it from inside is stopped too, and tsem says so" "$(cat why)"
	stopped cat && stopped sh
	report $? "freeze: both stand still" "$(ps ax -o pid,stat,args | tail -5)"
	pkill -CONT -x sh
	wait_until contains frozen inside
	is "freeze: from outside it goes on, and had no success" "$(cat frozen)" "inside: 1"
	pkill -KILL -x cat
	wait
	like "freeze: explained" "$(cat why)" "*/secret*refused*"
}

# It has asked for SIGCONT when its parent ends, who is outside and may do all: nobody has decided that.
test_freeze_parent() {
	mkdir -p /sys/fs/cgroup/ice
	cat >frozen.py <<-'E'
		import ctypes, os, sys, time
		ctypes.CDLL(None).prctl(1, 18)
		ticks = os.open("ticks", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
		open("parent-may-end", "w").close()
		try:
		    open(sys.argv[1]).close()
		except OSError:
		    pass
		for i in range(10):
		    time.sleep(0.2)
		    os.write(ticks, b".")
	E
	cat >parent.sh <<-'E'
		(
			echo "$BASHPID" >/sys/fs/cgroup/ice/cgroup.procs
			exec /usr/bin/python3 -E -S -B frozen.py "$1"
		) &
		until [ -e parent-may-end ]; do sleep 0.1; done
		sleep 1
	E
	parent() { rm -f ticks parent-may-end && timeout --foreground 60 bash parent.sh "$1" </dev/null; }
	ticks_are() { [ "$(<ticks)" = "$1" ]; }
	"$T" bind /sys/fs/cgroup/ice --name ice --output ice.model </dev/null >/dev/null
	for _ in 1 2; do
		parent told
		wait_until ticks_are ..........
	done
	"$T" unbind ice </dev/null >/dev/null
	wait_until field_is ice live false
	"$T" bind /sys/fs/cgroup/ice --name ice -m ice.model --enforce --on-violation freeze </dev/null >/dev/null
	parent secret
	sleep 3
	is "freeze: the end of its parent outside does not continue it" "$(<ticks):$(field ice refused)" :1
	pkill -CONT -f frozen.py
	wait_until ticks_are ..........
	report $? "... whoever continues it does"
	echo 1 >/sys/fs/cgroup/ice/cgroup.kill
	wait_until rmdir /sys/fs/cgroup/ice
}

need 'the programs can be loaded' "$T" load
echo told >told
echo secret >secret
for name in ${TESTS:-normalisers storage none many_files patterns parts kinds spaces segments bad_patterns ids kill freeze freeze_parent}; do
	echo "# $name"
	"test_$name"
done
finish
