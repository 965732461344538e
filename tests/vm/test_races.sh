#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What changes while the kernel looks at it, by another thread or process, on
# another CPU: paths, addresses, links, names, memory, parents.
# lab: --parallel

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
place=$scratch/place

build() {
	if [ -x "$(dirname "$T")/race" ]; then
		cp "$(dirname "$T")/race" race
	else
		gcc -std=gnu11 -D_GNU_SOURCE -static -pthread -o race "$tests/deeds/race.c" || return
	fi
	mkdir place && mount -t tmpfs none place || return
	echo allowed >place/allowed
	echo secret! >place/secret_
	printf 'int main(void)\n{\n\treturn STATUS;\n}\n' >program.c
	gcc -static -DSTATUS=42 -o place/good_ program.c && gcc -static -DSTATUS=43 -o place/evil_ program.c
}

# race prints how often: the allowed one, the other one, refused, failed otherwise
rounds=20 # a race comes about when it does: on a busy machine later

raced() { # raced NAME WORDS...: something was refused, and the other one never came through
	local name=$1 wanted other refused rest i

	shift
	for ((i = 0; i < rounds; i++)); do
		tsem run "$@" </dev/null
		read -r wanted other refused rest <<<"$output"
		[ "$other" = 0 ] && [ "$refused" = 0 ] || break
	done
	[ "$other" = 0 ] && [ "$refused" -gt 0 ]
	report $? "$name" "$output"
}

real() { # real NAME WORDS...: the other one does come through where nothing is refused
	local name=$1 wanted other refused rest i

	shift
	for ((i = 0; i < rounds; i++)); do
		tsem learn "$@" </dev/null
		read -r wanted other refused rest <<<"$output"
		[ "$other" = 0 ] && [ "$refused" = 0 ] || break
	done
	[ "$other" -gt 0 ] && [ "$refused" = 0 ]
	report $? "$name: it is a race" "$output"
}

race() { # race NAME LEARNED_WORDS -- WORDS: a model of the first; then the second without and with it
	local name=$1 known=()

	shift
	while [ "$1" != -- ]; do
		known+=("$1")
		shift
	done
	shift
	tsem learn -o race.model --name race -- ./race "${known[@]}" </dev/null
	real "$name" -o other.model --name race -- ./race "$@"
	raced "$name" --model race.model --enforce --on-violation deny --quiet --name race -- ./race "$@"
}

test_races() {
	local pid

	race "a path that changes during open(2)" path "$place/allowed" "$place/allowed" 3 -- \
		path "$place/allowed" "$place/secret_" 2000
	race "a path that changes during execve(2)" exec "$place/good_" "$place/good_" 3 -- \
		exec "$place/good_" "$place/evil_" 150
	./race listen 7021 7022 &
	pid=$!
	race "an address that changes during connect(2)" connect 7021 7021 3 -- connect 7021 7022 500
	kill $pid
	wait $pid 2>/dev/null
	ln -sf "$place/allowed" place/turning
	tsem learn -o race.model --name race -- ./race open "$place/turning" 3 </dev/null
	ln -sf "$place/good_" place/going
	tsem learn -o run.model --name run -- ./race run "$place/going" 3 </dev/null
	./race turn "$place/turning" "$place/allowed" "$place/secret_" &
	pid=$!
	real "a symbolic link that changes during open(2)" -o other.model --name other -- ./race open "$place/turning" 1000
	raced "a symbolic link that changes during open(2)" --model race.model --enforce --on-violation deny --quiet --name race -- ./race open "$place/turning" 1000
	kill $pid
	wait $pid 2>/dev/null
	ln -sf good_ place/going
	cp place/good_ place/first && cp place/evil_ place/second
	tsem learn -o run.model --name run -- ./race run "$place/first" 3 </dev/null
	./race exchange "$place/first" "$place/second" &
	pid=$!
	real "a program that is renamed while it is executed" -o other.model --name other -- ./race run "$place/first" 100
	raced "a program that is renamed while it is executed" --model run.model --enforce --on-violation deny --quiet --name run -- ./race run "$place/first" 150
	kill $pid
	wait $pid 2>/dev/null
	cp -p place/allowed place/one && cp -p place/secret_ place/two
	tsem learn --digest all -o race.model --name race -- ./race open "$place/one" 3 </dev/null
	./race exchange "$place/one" "$place/two" &
	pid=$!
	real "a file that another one is renamed over while it is opened" --digest all -o other.model --name other -- ./race open "$place/one" 1000
	raced "a file that another one is renamed over while it is opened" --model race.model --enforce --on-violation deny --quiet --name race -- ./race open "$place/one" 1000
	kill $pid
	wait $pid 2>/dev/null
	tsem learn -o race.model --name race -- ./race memory "$place/good_" "$place/evil_" 3 </dev/null
	real "memory that changes while it is executed" -o other.model --name other -- ./race memory "$place/good_" "$place/evil_" 60
	raced "memory that changes while it is executed" --model race.model --enforce --on-violation deny --quiet --name race -- ./race memory "$place/good_" "$place/evil_" 60
}

test_dying() {
	race "a parent that dies while its child is being made" dying "$place/allowed" 1 -- dying "$place/secret_" 60
	wait_until eval '[ "$("$T" ps --all --json | jq "[.[] | select(.name != \"keeper\").tasks] | add")" = 0 ]'
	is "no task is left over" "$("$T" ps --all --json | jq '[.[] | select(.name != "keeper").tasks] | add')" 0
}

# Who replaces a file, as every program does that updates one, makes nobody violate who opens or executes it by its name.
test_replaced() {
	mkdir -p replaced
	echo text >replaced/conf
	cp /bin/true replaced/true
	cat >replacer <<-'PYTHON'
	import os, shutil
	while not os.path.exists("enough"):
	    for name in ("conf", "true"):
	        shutil.copy("replaced/" + name, "replaced/new")
	        os.rename("replaced/new", "replaced/" + name)
	PYTHON
	cat >reader <<-'PYTHON'
	import os, sys
	bad = 0
	for turn in range(int(sys.argv[1])):
	    try:
	        open("replaced/conf").close()
	        if turn % 20 == 0:
	            bad += os.spawnv(os.P_WAIT, "replaced/true", ["true"]) != 0
	    except OSError:
	        bad += 1
	print("failed:", bad)
	PYTHON
	rm -f enough
	tsem learn -o replaced.model --name replaced -- /usr/bin/python3 reader 21 </dev/null
	/usr/bin/python3 replacer &
	tsem run -m replaced.model --enforce --quiet --name replaced -- /usr/bin/python3 reader 4000 </dev/null
	: >enough
	wait
	is "a file that is replaced: opened and executed by its name" "$status:$output" "0:failed: 0"
	why replaced
	is "... without a violation" "$output" "No violations."
}

# Nor does who gives it one more name, as a package manager and a backup do, or another mode.
test_linked() {
	mkdir -p linked
	cp /bin/true linked/true
	truncate -s +8M linked/true
	cat >linker <<-'PYTHON'
	import os
	while not os.path.exists("enough"):
	    os.link("linked/true", "linked/backup")
	    os.chmod("linked/true", 0o755)
	    os.unlink("linked/backup")
	PYTHON
	cat >runner <<-'PYTHON'
	import os, sys
	print("failed:", sum(os.spawnv(os.P_WAIT, "linked/true", ["true"]) != 0 for _ in range(int(sys.argv[1]))))
	PYTHON
	rm -f enough
	tsem learn -o linked.model --name linked -- /usr/bin/python3 runner 2 </dev/null
	/usr/bin/python3 linker &
	tsem run -m linked.model --enforce --quiet --name linked -- /usr/bin/python3 runner 20 </dev/null
	: >enough
	wait
	is "a file that gets other names: executed" "$status:$output" "0:failed: 0"
	why linked
	is "... without a violation" "$output" "No violations."
}

# Who gives a file, or a directory above it, another name while somebody opens it by its name makes nobody violate; a
# workload that does so itself escapes nothing.
test_renamed() {
	local how

	mkdir -p renamed/sub
	for each in conf next sub/conf; do echo "$each" >renamed/$each; done
	cat >renamer <<-'PYTHON'
	import ctypes, os, sys, time
	libc = ctypes.CDLL(None)
	def exchange():
	    libc.renameat2(-100, b"renamed/conf", -100, b"renamed/next", 2)
	def rotate():
	    os.rename("renamed/conf", "renamed/conf.1")
	    os.close(os.open("renamed/conf", os.O_CREAT | os.O_WRONLY, 0o644))
	def directory():
	    os.rename("renamed/sub", "renamed/sub.1")
	    os.rename("renamed/sub.1", "renamed/sub")
	while not os.path.exists("enough"):
	    for _ in range(1000):
	        globals()[sys.argv[1]]()
	        time.sleep(float(sys.argv[2]))
	PYTHON
	cat >opener <<-'PYTHON'
	import errno, os, sys
	bad = 0
	for turn in range(int(sys.argv[2])):
	    try:
	        os.close(os.open(sys.argv[1], os.O_RDONLY))
	    except OSError as e:
	        bad += e.errno == errno.EPERM
	print("refused:", bad)
	PYTHON
	tsem learn -o renamed.model --name renamed -- /usr/bin/python3 opener renamed/conf 5 </dev/null
	tsem learn -o renamed.sub.model --name renamed -- /usr/bin/python3 opener renamed/sub/conf 5 </dev/null
	for how in exchange rotate directory; do
		set -- conf renamed.model
		[ $how = directory ] && set -- sub/conf renamed.sub.model
		opened_meanwhile "$1" "$2" 0
		[ "$status" = 0 ] && [ "${output##*: }" -lt 20000 ]
		report $? "another name all the time, $how: nobody is lost" "$status: $output of 20,000"
		opened_meanwhile "$1" "$2" 0.005
		[ "$status" = 0 ] && [ "${output##*: }" -le 10 ]
		report $? "another name now and then, $how: the kernel looks once more, and hardly an opening is refused" "$status: $output of 20,000"
	done
}

opened_meanwhile() { # opened_meanwhile FILE MODEL PAUSE, in seconds, of the one who renames
	rm -f enough
	/usr/bin/python3 renamer "$how" "$3" &
	tsem run -m "$2" --enforce --quiet --name "$how" -- /usr/bin/python3 opener "renamed/$1" 20000 </dev/null
	: >enough
	wait
}

test_renamed_by_itself() {
	mkdir -p renamed
	echo text >renamed/conf
	echo text >renamed/own
	cat >both <<-'PYTHON'
	import os, sys, threading, time
	def renames():
	    while True:
	        os.rename("renamed/own", "renamed/own.1")
	        os.rename("renamed/own.1", "renamed/own")
	sys.setswitchinterval(1e-5)
	threading.Thread(target=renames, daemon=True).start()
	time.sleep(0.1)
	bad = 0
	for name in [sys.argv[1]] * 200 + ["renamed/conf"]:
	    try:
	        os.close(os.open(name, os.O_RDONLY))
	    except OSError:
	        bad += 1
	print("refused:", bad, flush=True)
	os._exit(0)
	PYTHON
	tsem learn -o both.model --name both -- /usr/bin/python3 both renamed/conf </dev/null
	tsem run -m both.model --enforce --quiet --name both -- /usr/bin/python3 both /etc/issue </dev/null
	is "who changes names itself is punished for what is outside of its model" "$output" "refused: 201"
}

# An overlay changes names in its layers for a task that removes and makes a file. A way by many links is not looked at
# twice: the kernel follows forty.
test_renamed_below() {
	local links

	mkdir -p below way
	mount -t tmpfs none below
	mkdir below/{low,up,work,seen}
	echo text >below/low/file
	echo text >way/allowed
	echo secret >way/secret
	mount -t overlay -o lowerdir=below/low,upperdir=below/up,workdir=below/work none below/seen
	# Each link leads up and down so often that a name changes meanwhile.
	/usr/bin/python3 -c 'import os
for i in range(30):
    os.symlink(os.path.abspath("way") + "/../way" * 580 + ("/secret" if i == 29 else "/link%d" % (i + 1)), "way/link%d" % i)'
	is "the secret is there by thirty links" "$(cat way/link0)" secret
	tsem learn -n 2 -o below.model --name below -- ./race below below/seen/file way/allowed 20000 </dev/null
	tsem run -m below.model --enforce --on-violation kill --quiet --name below -- ./race below below/seen/file way/allowed 20000 </dev/null
	is "an overlay changes names: nothing of the model is refused" "$status:$output" "0:20000 0 0 0"
	for links in 30 18; do
		tsem run -m below.model --enforce --on-violation kill --quiet --name "below-$links" -- \
			./race below below/seen/file "way/link$((30 - links))" 200 </dev/null
		is "an overlay changes names: the process that opens another file by $links links is killed" "$status:$output" "137:"
		like "... and it is recorded" "$("$T" why "below-$links")" "*way/secret*refused*"
	done
	umount below/seen below
}

# The second look that is promised to an opening never comes when the caller has said that the kernel may not wait.
test_look_prevented() {
	local field

	mkdir -p way
	mount -t tmpfs none way
	echo text >way/allowed
	echo secret >way/secret
	echo own >way/own
	/usr/bin/python3 -c 'import os
for i in range(18):
    os.symlink(os.path.abspath("way") + "/../way" * 550 + ("/secret" if i == 17 else "/link%d" % (i + 1)), "way/link%d" % i)'
	./race cached way/own way/link0 100 >tally
	is "without tsem: each opening finds the secret" "$(cut -d' ' -f2 tally)" 100
	tsem learn -n 2 -o cached.model --name cached -- ./race cached way/own way/allowed 2000 </dev/null
	tsem run -m cached.model --enforce --on-violation kill --quiet --name cached -- ./race cached way/own way/allowed 2000 </dev/null
	is "names change: nothing of the model is refused" "$status:$output" "0:2000 0 0 0"
	tsem run -m cached.model --enforce --on-violation deny --quiet --name denied -- ./race cached way/own way/link0 200 </dev/null
	field=($output)
	is "names change: nobody opens the secret" "$status:${field[0]}:${field[1]}" 0:0:0
	is "... and all but a few of the openings are recorded ($output)" "$((field[3] <= 20)):$((field[2] + field[3])):$("$T" why --json denied | jq .violations)" \
		"1:200:${field[2]}"
	tsem run -m cached.model --enforce --on-violation kill --quiet --name killed -- ./race cached way/own way/link0 200 </dev/null
	is "... and who tries is killed" "$status:$output" "137:"
	like "... for that" "$("$T" why killed)" "*way/secret*refused*"
	umount way
}

need "there is another CPU" test "$(nproc)" -gt 1
need "the program is built" build
need "load" "$T" load
need "what learning patches is patched" keep_patched
for each in ${TESTS:-races dying replaced linked renamed renamed_by_itself renamed_below look_prevented}; do
	"test_$each"
done
finish
