#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# From the test to production: a server is learned as production starts it, used by a driver from outside, and stopped as
# production stops it. What a run that only observes has to show. What is said when a process becomes untrusted.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir -p site
echo page >site/index.html
echo notes >site/notes.txt
cat >nginx.conf <<END
pid $scratch/nginx.pid;
error_log $scratch/error.log;
events {}
http {
	access_log off;
	server {
		listen 127.0.0.1:8080;
		root $scratch/site;
	}
}
END
serve=(nginx -c "$scratch/nginx.conf" -g 'daemon off;')
cat >driver.sh <<'END'
for page; do
	until code=$(curl -s -m 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:8080$page"); do sleep 0.1; done
	echo "$page $code"
done
END

begin_server() { # begin_server NAME WORDS...: as a unit would, with tsem run before it
	local name=$1

	shift
	"$T" run --name "$name" "$@" -- "${serve[@]}" </dev/null >"$name.out" 2>"$name.err" &
	server=$!
	wait_until test -s nginx.pid
}

end_server() {
	kill -QUIT "$(<nginx.pid)"
	wait "$server"
}

# The model of a server holds for the server, whoever tests it.
test_drive() {
	tsem learn -o web.model --name learned --until-converged --stop-signal QUIT \
		--drive 'sh driver.sh / /missing' -- "${serve[@]}" </dev/null
	like "learned: both are started anew until nothing is new" "$status:$output:$errors" \
		"0:/ 200?/missing 404?/ 200*:*run [3-9]: 0 new*Converged: nothing new in the last 2 of *"
	tsem show ./web.model trajectory --json </dev/null
	lacks "learned: of the driver nothing is in it" "$output" 'curl|dash|driver'
	like "learned: what the end does is in it" "$(tsem show ./web.model trajectory </dev/null; echo "$output")" "*deletes file number 0 that it created in $scratch*"
	begin_server produced -m web.model --enforce
	is "enforced: the server serves" "$(sh driver.sh / /missing | tr '\n' ' ')" "/ 200 /missing 404 "
	end_server
	is "enforced: it ends well, and nothing was refused" "$?:$(<produced.err)" 0:
	why produced
	is "enforced: no violation" "$status:$output" "0:No violations."
}

test_drive_ends() {
	tsem learn -o x.model --drive 'exit 5' -- sleep 50 </dev/null
	like "its status decides" "$status:$errors" "5:*run 1: the driver ended with status 5*"
	# shellcheck disable=SC2016
	tsem learn -o x.model --drive 'echo "$(readlink /proc/$MAINPID/exe) $(id -u)"; read -r l || echo no input' -- sleep 50 <<<"input of CMD"
	is "it knows the process, and has its own input" "$status:$output" "0:$(realpath "$(command -v sleep)") 0
no input"
	tsem learn -o x.model --stop-timeout 1 --drive 'sleep 2' -- sh -c 'trap "" TERM; while :; do sleep 0.2; done' </dev/null
	like "what does not end in time is killed, and it is said" "$status:$errors" "0:*sh did not end within 1 second* and is killed*"
	tsem learn -o x.model --stop-signal USR1 --drive 'sleep 1' -- sh -c 'trap "echo got it; exit" USR1; while :; do sleep 0.2; done' </dev/null
	is "the signal that is asked for" "$status:$output" "0:got it"
	# shellcheck disable=SC2016
	tsem learn -o x.model --stop 'kill -USR2 $MAINPID' --drive 'sleep 1' -- sh -c 'trap "echo second; exit" USR2; while :; do sleep 0.2; done' </dev/null
	is "the command that is asked for" "$status:$output" "0:second"
	tsem learn -o x.model --drive 'sleep 1' -- sh -c 'sleep 60 & sleep 60 & exit 0' </dev/null
	is "what it has left gets the signal too" "$status:$(pgrep -x sleep)" 0:
	tsem learn -o x.model --drive 'sleep 300' -- sh -c 'exit 3' </dev/null
	like "a server that fails ends a driver that waits for it" "$status:$errors" "143:*sh has ended with status 3, and there is nothing left to drive*"
	# Loops of a shell that ends with its process group only, and not by SIGTERM.
	tsem learn -o x.model --stop-timeout 1 --drive 'trap "" TERM; while :; do sleep 0.2; done' -- sh -c 'exit 3' </dev/null
	like "and one that does not end when it is asked to" "$status:$errors" "137:*the driver ended with status 137*"
	# shellcheck disable=SC2016
	tsem learn -o x.model --stop-timeout 1 --stop 'trap "" TERM; while :; do sleep 0.2; done' --drive true -- sleep 50 </dev/null
	like "a command to stop that does not end is killed with what it was to stop" "$status:$errors:$(pgrep -x sleep)" "0:*ended with status 137*:"
	tsem learn -o x.model --drive 'touch driven' -- ./none </dev/null
	is "nothing is driven that does not start" "$status:$(ls driven 2>&1 | grep -c 'No such')" 127:1
	"$T" learn -o interrupted.model --drive 'touch drives; sleep 300' -- sleep 300 </dev/null >/dev/null 2>said &
	wait_until test -e drives
	kill -TERM $!
	wait $!
	is "an interruption ends both" "$?:$(pgrep -x sleep):$(ls interrupted.model 2>&1 | grep -c 'No such')" 125::1
}

# The first program is another one: that explains all that follows.
test_beginning() {
	[ -e web.model ] || tsem learn -o web.model --stop-signal QUIT --drive 'sh driver.sh /' -- "${serve[@]}" </dev/null
	tsem run -m web.model --enforce --name other -- sh driver.sh / </dev/null
	like "said as it happens" "$status:$errors" "126:*opens /usr/bin/dash for execution: refused*This model begins with /usr/sbin/nginx, this run begins with /usr/bin/dash*"
	is "said once" "$(grep -c 'This model begins' <<<"$errors")" 1
	why other
	like "why says it first" "$output" "This model begins with /usr/sbin/nginx, this run begins with /usr/bin/dash*"
	tsem learn -o sh.model --name sh -- sh -c 'cat site/index.html' </dev/null
	tsem run -m sh.model --name inside -- sh -c 'head -n 1 site/index.html' </dev/null
	like "another program comes later: it is told" "$status:$errors" "0:*opens /usr/bin/head for execution: not in the model*"
	unlike "... and not as a beginning" "$errors" "*This model begins*"
}

# Nothing that the model lacks is hidden behind something else.
test_observe() {
	mkdir made
	tsem learn -o observe.model --name observe -- bash -c 'for f in site/index.html; do read -r l <$f; done; exit 0' </dev/null
	tsem run -m observe.model --name observe -- bash -c 'for f in /etc/hostname /etc/shadow site/notes.txt /etc/group /etc/gshadow site/index.html; do
		read -r l <$f; done; for n in 1 2 3; do : >made/$n; done; exit 0' </dev/null
	is "observed: the status is that of the workload" "$status" 0
	why observe
	for each in /etc/hostname /etc/shadow "$scratch/site/notes.txt" /etc/gshadow; do
		like "observed: a sentence about $each" "$output" "*/usr/bin/bash, started by tsem, opens $each for reading: not in the model, let through*"
	done
	is "observed: one sentence for what one program does in one directory" "$(grep -c 'creates .*made/' <<<"$output")" 1
	like "observed: with the others below it" "$output" "*creates $scratch/made/1*And 2 more like it, in all 3 times: $scratch/made/2, $scratch/made/3; *"
	unlike "observed: nothing is a consequence" "$output" "*untrusted*"
	lacks "observed: what is in the model is none" "$output" 'index.html for reading: not'
	tsem ps --all --json </dev/null
	is "observed: the action is log" "$(jq -r '.[] | select(.name == "observe") | .on_violation' <<<"$output")" log
	# Secrets are named as they happen, however many other things do.
	# shellcheck disable=SC2016
	tsem run -m observe.model --name many -- bash -c 'for n in {1..60}; do : >made/many$n; done; for f in /etc/shadow /etc/gshadow; do read -r l <$f; done; exit 0' </dev/null
	like "observed: a secret after many others" "$errors" "*opens /etc/shadow for reading: not in the model*opens /etc/gshadow for reading: not in the model*"
}

# Untrust is said when it happens, with the way out, and what follows is a number.
test_untrust() {
	tsem learn -o job.model --name job -- bash -c 'for f in site/index.html; do read -r l <$f; done; exit 0' </dev/null
	# shellcheck disable=SC2016
	tsem run -m job.model --enforce --name job -- bash -c 'for f in site/notes.txt site/index.html; do read -r l <$f; done; for n in {1..30}; do read -r l </etc/hostname; read -r l <site/index.html; done; exit 0' </dev/null
	is "untrust: one sentence names what helps a server" "$(grep -c 'from now on every event of process [0-9]* and its children is refused.*--on-violation deny' <<<"$errors")" 1
	is "untrust: one violation is explained" "$(grep -c 'The nearest that the model allows' <<<"$errors")" 1
	like "untrust: the rest is a number" "$errors" '*tsem: [1-9]* more event* of untrusted processes, regardless of the model, refused: `tsem why job`*'
	is "untrust: in one line" "$(grep -c 'untrusted processes' <<<"$errors")" 1
	why job
	like "untrust: why has them in one line" "$output" "*Then * more event* of the now untrusted process *refused, * times in all; --verbose*1 distinct violation; in all * events outside the model, * of them because the process was untrusted already, * refused."
	is "untrust: all of them" "$(sed -nE 's/.*in all ([0-9]+) events outside.*, ([0-9]+) of them.*/\1 \2/p' <<<"$output" | awk '{ print ($2 > 60) ($1 - $2) }')" 11
	sed 's/^runs /on-violation deny\n&/;/^end /d' job.model >carries.model
	echo "end $(sha256sum <carries.model | cut -d' ' -f1)" >>carries.model
	# shellcheck disable=SC2016
	tsem run -m carries.model --enforce --name carries -- bash -c 'for f in site/notes.txt site/index.html; do read -r l <$f && echo $l; done' </dev/null
	is "a model carries the action" "$output" page
	# shellcheck disable=SC2016
	tsem run -m carries.model --enforce --on-violation untrust --name carries -- bash -c 'for f in site/notes.txt site/index.html; do read -r l <$f && echo $l; done' </dev/null
	is "what is said holds before it" "$status:$output" 1:
	tsem learn -o kept.model --on-violation kill -- true </dev/null
	is "learn writes what it is told" "$(grep '^on-violation' kept.model)" "on-violation kill"
	tsem learn -o kept.model --drive true -- sleep 9 </dev/null
	is "and deny for a server" "$(grep '^on-violation' kept.model)" "on-violation deny"
	is "else none" "$(grep -c '^on-violation' job.model)" 0
}

# What a model is written to is looked at before the workload runs, and what was there stays what it was.
test_output() {
	local before

	before=$(readlink /dev/stdout; stat -c '%F %t:%T %a' /dev/null)
	"$T" learn -o /dev/stdout -- true </dev/null 2>"$scratch/err" | head -c 12 >begins
	is "output: /dev/stdout is where standard output goes" "$(head -n 1 begins)" tsem-model\ 1
	{
		echo before
		"$T" learn -o /dev/stdout -- true
		echo after
	} </dev/null >all 2>"$scratch/err"
	is "output: a file gets it behind what is there" "$(sed -n '1p;2p;$p' all | tr '\n' '|')" "before|tsem-model 1|after|"
	tsem learn -o /dev/null -- touch has-run </dev/null
	like "output: /dev/null is refused" "$status:$errors" "125:tsem: cannot write /dev/null: a device keeps nothing*"
	tsem run -o /dev/null -- touch has-run </dev/null
	like "output: also by run" "$status:$errors" "125:tsem: cannot write /dev/null: a device keeps nothing*"
	is "output: before anything has run" "$(ls has-run 2>&1 | grep -c 'No such')" 1
	is "output: the devices are as they were" "$(readlink /dev/stdout; stat -c '%F %t:%T %a' /dev/null)" "$before"
	mkdir -p models
	: >models/real
	chown 123:456 models/real
	chmod 640 models/real
	ln -sf models/real link.model
	tsem learn -o link.model -- true </dev/null
	is "output: through a link, with its owner and mode" "$status:$(readlink link.model):$(stat -c '%u:%g %a' models/real):$(head -n 1 models/real)" \
		"0:models/real:123:456 640:tsem-model 1"
	: >mounted
	mount --bind mounted mounted
	tsem learn -o mounted -- true </dev/null
	umount mounted
	is "output: a file that is mounted by itself, as in containers" "$status:$(head -n 1 mounted)" "0:tsem-model 1"
	none "output: nothing else is left" find . -name '*.tmp'
}

# What a thing is called, and how many there are, is the same wherever it is said.
test_names() {
	local ps

	tsem learn -o web.site.model --report page.html --name session -- sh -c 'cat site/index.html' </dev/null
	is "names: the model is called after its file" "$(sed -n 2p web.site.model)" "name web.site"
	like "names: so is the report" "$(<page.html)" "*<title>tsem: web.site*"
	"$T" learn -o /dev/stdout --name session -- true </dev/null 2>"$scratch/err" >out.model
	is "names: a descriptor is no name" "$(sed -n 2p out.model)" "name session"
	tsem run -o seen.model -- true </dev/null
	is "names: also by run" "$(sed -n 2p seen.model)" "name seen"
	tsem run -m web.site.model -e -q --name twice -- sh -c 'cat site/notes.txt' </dev/null
	ps=$(field twice coefficients)
	tsem show twice </dev/null
	like "numbers: show and ps count the same coefficients" "$output" "*coefficients *$ps, 1 of them not in the model*"
	is "numbers: so do the events" "$(sed -n 's/^events *\([0-9].*\)/\1/p' <<<"$output" | grep -o '[0-9]*' | paste -sd+ | bc)" "$ps"
	tsem show twice --json </dev/null
	is "numbers: in JSON too" "$(jq -r .coefficients <<<"$output")" "$ps"
}

# More is learned into a model that is there, and what it knew counts.
test_continue() {
	tsem learn -n 2 -o first.model --name first -- sh -c 'cat site/index.html' </dev/null
	tsem learn --until-converged --continue first.model -o second.model --name second -- sh -c 'cat site/index.html; cat site/notes.txt' </dev/null
	like "continue: only what is new is new" "$status:$errors" "0:run 1: [1-9] new coefficient*Converged: *"
	is "continue: the runs are counted on" "$(sed -n 's/^runs //p' first.model):$(($(sed -n 's/^runs //p' second.model) > 4))" 2:1
	tsem model verify second.model </dev/null
	is "continue: it is a whole model" "$status" 0
	for each in site/index.html site/notes.txt; do
		like "continue: it has $each" "$(tsem show ./second.model trajectory </dev/null; echo "$output")" "*opens $scratch/$each for reading*"
	done
	tsem learn --continue first.model --profile exact -o x.model -- true </dev/null
	like "continue: what is modeled is settled" "$status:$errors" "2:*come from the model of --continue"
}

# What somebody has decided stays when more is learned, and when a violation is added.
test_decisions() {
	local kind="deny 2026-11-30T14:04:00Z $(printf '%064x' 5) u1000@terminal <script>alert(1)</script>"
	local allow="allow 2026-11-30T14:03:22Z %s root@terminal sh may read"

	tsem learn -o plain.model --name plain -- sh -c 'cat site/index.html' </dev/null
	# shellcheck disable=SC2059 # the format has the place of the coefficient
	allow=$(printf "$allow" "$(grep -xm 1 '[0-9a-f]\{64\}' plain.model)")
	{
		sed '/^coefficients/,$d' plain.model
		printf 'decisions 2\n%s\n%s\n' "$allow" "$kind"
		sed -n '/^coefficients/,$p' plain.model | sed '$d'
	} >decided.model
	echo "end $(sha256sum <decided.model | cut -d ' ' -f 1)" >>decided.model
	tsem learn --continue decided.model -o more.model --report decided.html --name more -- sh -c 'cat site/index.html' </dev/null
	is "decisions: kept by --continue" "$status:$(grep -A 2 ^decisions more.model)" "0:decisions 2
$allow
$kind"
	like "decisions: in the report" "$(<decided.html)" \
		"*<li>always allowed by root@terminal on 2026-11-30 14:03 UTC: sh may read</li>*always refused by u1000@terminal *&lt;script&gt;alert(1)*"
	tsem run -m decided.model -e -q --name decided -- sh -c 'cat site/notes.txt' </dev/null
	tsem model learn-from decided --forensics --all -o adopted.model </dev/null
	is "decisions: kept by learn-from" "$status:$(grep -A 2 ^decisions adopted.model)" "0:decisions 2
$allow
$kind"
	tsem show decided decisions </dev/null
	like "decisions: of a session" "$status:$output" "0:always allowed by root@terminal *"
	tsem run -q --name free -- true </dev/null
	tsem show free decisions </dev/null
	like "decisions: of a session without a model" "$status:$errors" "1:tsem: 'free' has no decisions: it has no model"
}

# A session is ended from outside, also without the tsem that ran it.
test_stop() {
	"$T" run --name stopped -- sh -c 'trap "touch trapped; exit 0" USR1; sleep 300 & while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 &
	wait_until listed stopped
	kill -KILL "$(field stopped orchestrator)"
	tsem stop stopped --signal USR1 </dev/null
	is "stop: every process got the signal, and the session has ended" "$status:$output:$(ls trapped):$(field stopped tasks)" \
		"0:Session stopped has ended.:trapped:0"
	tsem stop stopped </dev/null
	is "stop: again" "$status:$output" "0:Session stopped has ended already."
	"$T" run --name stubborn -- sh -c 'trap "" TERM; while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 &
	wait_until listed stubborn
	tsem stop stubborn --timeout 1 </dev/null
	like "stop: what does not end is killed" "$status:$output:$errors" "0:Session stubborn has ended.:tsem: stubborn did not end within 1 second and is killed"
	"$T" run --name bomb -- "$(dirname "$T")/swarm" bomb 60 </dev/null >/dev/null 2>&1 &
	wait_until eval '[ "$(pgrep -c swarm)" -ge 50 ]'
	tsem stop bomb --timeout 1 </dev/null
	is "stop: what forks all the time is killed, too" "$status:$output:$(pgrep -c swarm)" "0:Session bomb has ended.:0"
	pkill -KILL swarm
	tsem stop never-begun </dev/null
	like "stop: no such session" "$status:$errors" "1:tsem: there is no *never-begun*"
	wait
}

# Events as they happen, and only those that are asked for.
test_watch() {
	# shellcheck disable=SC2016
	local all script='for f; do read -r l <$f; done; exit 0'

	tsem learn -o watch.model --name job -- bash -c "$script" bash site/index.html </dev/null
	"$T" watch >seen 2>&1 &
	all=$!
	"$T" watch --path '/etc/*' --violations >filtered 2>&1 &
	sleep 1
	tsem run -q -m watch.model -e --on-violation deny --name watched -- bash -c "$script" bash site/notes.txt /etc/hostname site/index.html </dev/null
	wait_until contains seen /etc/hostname
	wait_until contains filtered /etc/hostname
	like "watch: each violation of a session that has begun meanwhile" "$(<seen)" \
		"*watched /usr/bin/bash?*? opens $scratch/site/notes.txt for reading: refused*watched /usr/bin/bash?*? opens /etc/hostname for reading: refused*"
	is "watch: what the model allows is none" "$(grep -c index.html seen)" 0
	is "watch: only what matches" "$(grep -c . filtered):$(grep -c 'opens /etc/hostname for reading: refused' filtered)" 1:1
	kill "$all" $!
	wait
	tsem watch watched --all </dev/null
	is "watch: one that has ended" "$status:$(grep -c refused <<<"$output")" 0:2
	lacks "watch: no colour where nobody looks" "$output" $'\033'
	TERM=xterm script -qec "'$T' watch watched --all" typescript </dev/null >coloured
	is "watch: colour on a terminal" "$(grep -c $'\033\\[31m.*refused' coloured)" 2
	tsem watch watched --all --json </dev/null
	is "watch: as JSON, a line for each" "$status:$(jq -r '"\(.session) \(.program) \(.action) \(.violation) \(.refused) \(.record.event.type)"' <<<"$output"):$(wc -l <<<"$output")" \
		"0:watched /usr/bin/bash opens $scratch/site/notes.txt for reading true true file_open
watched /usr/bin/bash opens /etc/hostname for reading true true file_open:2"
}

# Another model for a session that lives: from then on, and for all that was done before.
cat >reads.sh <<'END'
while read -r name; do
	if read -r line <"$name"; then echo "$name $line"; else echo "$name refused"; fi 2>/dev/null
done
END

reads() { # reads NAME...: what came of each
	local name before

	before=$(wc -l <read-so-far)
	printf '%s\n' "$@" >&9
	wait_until eval '[ $(wc -l <read-so-far) -eq '$((before + $#))' ]'
	tail -n "$#" read-so-far
}

test_reload() {
	local pid turn

	for name in one two three; do echo "$name" >"read-$name"; done
	mkfifo orders
	tsem learn -o a.model --name a -- bash reads.sh < <(printf '%s\n' read-one read-two)
	tsem learn -o b.model --name b -- bash reads.sh < <(printf '%s\n' read-one read-three)
	tsem learn -o none.model --name none --normalise none -- bash reads.sh < <(printf '%s\n' read-one read-three)
	: >read-so-far
	"$T" run -m a.model -e --on-violation deny --name reading -- bash reads.sh <orders >read-so-far 2>told-reading &
	exec 9>orders
	is "reload: before" "$(reads read-one read-two read-three read-two read-two)" "read-one one
read-two two
read-three refused
read-two two
read-two two"
	pid=$(pgrep -f 'bash reads.sh' | tail -n 1)
	tsem reload reading b.model </dev/null
	like "reload: said" "$status:$output" "0:Model b now judges session reading: * coefficients."
	is "reload: the other model, at once" "$(reads read-one read-two read-three read-three)" "read-one one
read-two refused
read-three three
read-three three"
	is "reload: the same process" "$(pgrep -f 'bash reads.sh' | tail -n 1)" "$pid"
	why reading --verbose
	like "reload: violations are explained by the other model" "$output" "*opens $scratch/read-two for reading: refused*The nearest that the model allows: *The difference: * there, *read-two here*"
	wait_until contains told-reading read-two
	like "reload: also as they happen" "$(grep -A 1 read-two told-reading)" "*read-two for reading: refused*The nearest that the model allows: *The difference: * there, *read-two here*"
	tsem show reading </dev/null
	is "reload: the same count everywhere" "$(sed -n 's/^coefficients *\([0-9]*\).*/\1/p' <<<"$output")" "$(field reading coefficients)"
	kill_orchestrator reading
	tsem reload reading a.model </dev/null
	is "reload: without who has started it" "$status:$(reads read-two read-three)" "0:read-two two
read-three refused"
	tsem reload reading none.model </dev/null
	like "reload: not what models otherwise" "$status:$errors" '1:*cannot take each other*"normalise *'
	head -n 3 b.model >cut.model
	tsem reload reading cut.model </dev/null
	is "reload: no model that is not whole" "$status" 1
	is "reload: and all is as it was" "$(reads read-two read-three)" "read-two two
read-three refused"
	# Both allow it: whenever it is asked, and however often the model changes.
	tsem learn -o both.model --name both -- bash -c 'for ((turn = 0; turn < 3; turn++)); do read -r line <read-one; /bin/true; done' </dev/null
	for turn in 1 2; do sed "s/^name .*/name both$turn/;/^end /d" both.model >"both$turn"; echo "end $(sha256sum <"both$turn" | cut -d' ' -f1)" >>"both$turn"; done
	"$T" run -m both1 -e --on-violation deny --name under-load -- bash -c 'for ((turn = 0; turn < 3000; turn++)); do read -r line <read-one; /bin/true || exit 9; done' </dev/null 2>told-load &
	wait_until listed under-load
	for turn in 1 2 1 2 1 2 1 2; do
		listed under-load >/dev/null && "$T" reload under-load "both$turn" </dev/null >/dev/null && echo "$turn"
	done >reloads
	"$T" stop under-load </dev/null >/dev/null
	is "reload: under load nothing is refused that both allow" "$(($(wc -l <reloads) > 3)):$(<told-load)" "1:"
	exec 9>&-
	wait
	tsem reload reading a.model </dev/null
	like "reload: not what has ended" "$status:$errors" "1:tsem: session reading has ended*"
	tsem reload never-begun a.model </dev/null
	like "reload: no such session" "$status:$errors" "1:tsem: there is no *never-begun*"
}

# When it says that it is gone, it is gone.
test_unload() {
	local before

	before=$(bpftool -j prog show | jq '[.[] | select(.type == "lsm" or .type == "tracing")] | length')
	tsem unload </dev/null
	is "unload: said" "$status:$output" "0:The kernel side is unloaded."
	is "unload: $before programs, none of them is left" "$((before > 30)):$(bpftool -j prog show | jq '[.[] | select(.type == "lsm" or .type == "tracing")] | length')" 1:0
	need "unload: it can be loaded again" "$T" load
	# Somebody holds a program.
	/usr/bin/python3 -c '
import ctypes, os, platform, struct, sys, time
attr = ctypes.create_string_buffer(struct.pack("QII", ctypes.addressof(path := ctypes.create_string_buffer(sys.argv[1].encode())), 0, 0), 128)
fd = ctypes.CDLL(None, use_errno=True).syscall(321, 7, attr, 128)
assert fd >= 0, os.strerror(ctypes.get_errno())
open("holds", "w").close()
time.sleep(300)' "$(find /sys/fs/bpf/tsem/links -type f | head -n 1)" &
	holder=$!
	need "unload: a program is held" wait_until test -e holds
	timeout 120 "$T" unload </dev/null >"$scratch/out" 2>"$scratch/err"
	like "unload: what is held is said" "$?:$(<"$scratch/err")" "1:tsem: 1 of [1-9]* programs are still attached after 60 seconds*"
	kill -KILL "$holder"
	wait "$holder" 2>/dev/null
}

need 'the kernel side loads' "$T" load
for each in ${TESTS:-drive drive_ends beginning observe untrust output names continue decisions stop watch reload unload}; do
	"test_$each"
done
finish
