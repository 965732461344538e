#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A web server whose CGI programs have holes: used, learned, attacked, and still serving.
# boots: learn enforce
# long boots: agent

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

site=$scratch/cgi
workloads=$tests/workloads
script=$workloads/cgi-test.sh
uploaded=/tmp/.uploaded
secret=$(grep ^root: /etc/shadow)

start() { # start COMMAND OF tsem, WORDS...: the server as a workload, until stop
	timeout 200 "$T" "$@" -- "$script" "$site" serve </dev/null >serve.out 2>serve.err &
	workload=$!
	wait_until answers
	server=$(process 1 /usr/bin/busybox httpd)
}

# process PARENT WORDS...: the lowest PID among the processes whose command line
# begins with WORDS: of the children of PARENT, or with 1 of all.
process() {
	local each state words found='' parent=$1

	shift
	for each in /proc/[0-9]*; do
		mapfile -d '' -t words 2>/dev/null <"$each/cmdline" && read -r -a state 2>/dev/null <"$each/stat" || continue
		each=${each#/proc/}
		if [ "${words[*]:0:$#}" = "$*" ] && { [ "$parent" = 1 ] || [ "${state[3]}" = "$parent" ]; }; then
			[ "${found:-$each}" -lt "$each" ] || found=$each
		fi
	done
	echo "${found:?no process: $*}"
}

answers() { [ "$(curl -q -s --max-time 5 http://127.0.0.1:8081/)" = "$(cat "$site/www/index.html")" ]; }

stop() { # as the operator does it: status
	kill "$(process "$workload")" # timeout has one child, tsem
	wait "$workload"
	status=$?
}

benign() { # benign NAME: the site does what it is for
	"$script" "$site" request >out 2>&1
	is "$1" "$?:$(cat out)" "0:cgi-test: page: $(cat "$site/www/index.html")
cgi-test: missing page: 404
cgi-test: note: hello, world
cgi-test: other note: buy milk
cgi-test: port: open
cgi-test: trace of nothing: errno 3: No such process"
}

serves() { # serves NAME: short form, after an attack: the same server, another CGI program
	local note

	note=$(curl -q -s --max-time 20 -d shopping http://127.0.0.1:8081/cgi-bin/note)
	is "$1: the server goes on serving" "$note:$(process 1 /usr/bin/busybox httpd)" "buy milk:$server"
}

attack() { # attack WORDS...: answer is what the attacker sees
	answer=$("$workloads/cgi-attack.sh" "$@" 2>&1 | tr -d '\0')
}

violations() { # violations NAME: how many were counted
	timeout 30 "$T" ps </dev/null | awk -v name="$1" '$1 == name { print $5 }'
}

# The attacker's own machine: outside of the namespace, with a command for whoever calls.
listen() {
	# shellcheck disable=SC2016
	echo 'echo shell-$((6*7)); exit' >orders
	nc -N -l -v -n 127.0.0.1 4444 <orders >caller 2>calls &
	listener=$!
	wait_until contains calls Listening
}

called() { # called: has anybody called since listen?
	contains calls 'Connection received'
}

hang_up() {
	kill "$listener" 2>/dev/null
	wait "$listener" 2>/dev/null
}

why_says() { # why_says NAME SESSION PATTERN
	why "$2" --verbose
	like "$1: why names it" "$status:$output" "3:$3"
}

# What the attacks do where nothing refuses them: each is a real hole, and each check can fail.
test_holes() {
	attack shadow
	like 'without enforcement: shadow is printed' "$answer" "*$secret*"
	attack shadow-shell
	like 'without enforcement: shadow is read by the shell' "$answer" "*$secret*buy milk*"
	for each in reverse-bash reverse-nc; do
		listen
		attack $each
		called && contains caller shell-42 || [[ $answer == *shell-42* ]]
		report $? "without enforcement: $each gives a shell" "$answer $(cat calls caller)"
		hang_up
	done
	attack upload "$site/bin/ptracer" "$server"
	like 'without enforcement: an uploaded program attaches' "$answer" '*attached*'
	[ -x "$uploaded" ]
	report $? 'without enforcement: it is there'
	rm -f "$uploaded"
	attack python "$server"
	like 'without enforcement: python attaches' "$answer" '*attached*'
	attack trace "$server"
	like "without enforcement: the site's own tool attaches" "$answer" attached
}

boot_learn() {
	tsem learn -o cgi.model --name learn -- "$script" "$site" </dev/null
	is 'learning: status' "$status" 0
	unlike 'learning: nothing was left out' "$errors" '*could not be modeled*'
	is 'learning: all answers are right' "$(grep -c '^cgi-test: ' <<<"$output") $(grep -c got <<<"$output")" '7 0'
	# A model with the attacks in it: nobody should have one, but the next boot shows that it would let them.
	start learn --keep-partial -o bad.model --name bad
	benign 'free: benign requests work'
	test_holes
	attack kill "$server"
	wait "$workload"
	tsem model verify bad.model </dev/null
	is 'free: the attacked server is gone, its model written' "$status:$answer" "0:hello, world
killed"
	cp "$site/bin/ptracer" ptracer
	keep cgi.model bad.model ptracer
}

test_refused() { # with deny; each attack, what is refused, and the next customer
	attack shadow
	unlike 'shadow: nothing of it is printed' "$answer" "*${secret%%:*}:*"
	like 'shadow: refused' "$answer" '*hello, world*/etc/shadow: Operation not permitted*'
	serves 'shadow'
	attack shadow-shell
	unlike 'shadow by the shell itself: nothing of it is printed' "$answer" "*${secret%%:*}:*"
	like 'shadow by the shell itself: only that is refused' "$answer" '*hello, world*not permitted*buy milk*'
	serves 'shadow by the shell itself'
	why_says 'shadow' deny '*/usr/bin/cat*opens /etc/shadow*: refused*/usr/bin/dash*opens /etc/shadow*: refused*'

	listen
	attack reverse-bash
	like 'reverse shell: refused' "$answer" '*bash: Operation not permitted*'
	attack reverse-nc
	like 'reverse shell with an allowed program: refused' "$answer" '*not permitted*'
	unlike 'reverse shell: there is none' "$answer$(cat caller)" '*shell-42*'
	! called
	report $? 'reverse shell: nobody called' "$(cat calls)"
	# The listener was there all the time: from outside of the namespace it can be called.
	timeout 10 nc -N 127.0.0.1 4444 </dev/null >/dev/null
	called
	report $? 'reverse shell: the listener would have noticed' "$(cat calls)"
	hang_up
	serves 'reverse shell'
	why_says 'reverse shell' deny '*/usr/bin/dash*opens /usr/bin/bash*: refused*/usr/bin/nc*connects*127.0.0.1*4444: refused*'

	attack upload "$site/bin/ptracer" "$server"
	unlike 'ptrace by an uploaded program: it does not attach' "$answer" '*attached*'
	[ ! -e "$uploaded" ]
	report $? 'ptrace by an uploaded program: it could not even be uploaded' "$(ls -l "$uploaded" 2>&1)"
	# Were it there already, it could not be run.
	cp "$site/bin/ptracer" "$uploaded"
	attack upload "$site/bin/ptracer" "$server"
	unlike 'ptrace by a program that is there: it does not attach' "$answer" '*attached*'
	like 'ptrace by a program that is there: it does not run' "$answer" "*$uploaded: Operation not permitted*"
	rm -f "$uploaded"
	attack python "$server"
	unlike 'ptrace by python: it does not attach' "$answer" '*attached*'
	like 'ptrace by python: it does not run' "$answer" '*python3*Operation not permitted*'
	serves 'ptrace by another program'
	why_says 'ptrace by another program' deny "*$uploaded*: refused*/usr/bin/python3*: refused*"
}

# What the kernel refuses at hooks that cannot sleep.
test_refused_at_once() {
	attack trace "$server"
	is "ptrace by the site's own tool: refused by the kernel" "$answer" 'errno 1: Operation not permitted'
	is 'ptrace: the server has no tracer' "$(awk '$1 == "TracerPid:" { print $2 }' "/proc/$server/status")" 0
	serves 'ptrace'
	why_says 'ptrace, with the program that was to be traced' deny "*$site/bin/ptracer*traces*/usr/bin/busybox*: refused*"

	attack kill "$server"
	like 'kill: refused' "$answer" '*not permitted*'
	serves 'kill'
}

test_deny() {
	start run --model cgi.model --enforce --on-violation deny --name deny
	benign 'deny: benign requests work'
	is 'deny: without a violation' "$(violations deny):$(cat serve.err)" 0:
	test_refused
	test_refused_at_once
	benign 'deny: after all attacks, all benign requests work'
	stop
	is 'deny: the server is stopped as usual' "$status" 0
}

# By default the attacked process is through, and nobody else.
test_untrust() {
	local before

	start run --model cgi.model --enforce --name untrust
	attack shadow-shell
	like 'untrust: the attacked process may do nothing more' "$answer" '*hello, world*not permitted*'
	unlike 'untrust: not even what the model has' "$answer" '*buy milk*'
	unlike 'untrust: nothing of shadow is printed' "$answer" "*${secret%%:*}:*"
	why untrust
	like 'untrust: why counts what followed' "$status:$output" '3:*/usr/bin/dash*opens /etc/shadow*: refused*now untrusted process*refused*'
	before=$(violations untrust)
	serves 'untrust, after the attack'
	is 'untrust: which adds no violation' "$(violations untrust)" "$before"
	attack trace "$server"
	is 'untrust: ptrace is refused' "$answer" 'errno 1: Operation not permitted'
	serves 'untrust, after another'
	stop
	is 'untrust: the server is stopped as usual' "$status" 0
}

# The checks above can fail: enforced, but with the attacks in the model, they succeed.
test_bad_model() {
	start run --model bad.model --enforce --name bad
	attack shadow
	like 'a model with the attack in it: shadow is printed' "$answer" "*$secret*"
	attack trace "$server"
	like 'a model with the attack in it: the server is traced' "$answer" attached
	attack upload "$site/bin/ptracer" "$server"
	like 'a model with the attack in it: an uploaded program attaches' "$answer" '*attached*'
	is 'a model with the attack in it: no violation' "$(violations bad):$(cat serve.err)" 0:
	kill -KILL "$server" # who traces it has stopped it, and it would not hear of SIGTERM
	stop
}

boot_enforce() {
	tsem run --model cgi.model --enforce --name test -- "$script" "$site" </dev/null
	is 'enforced: the whole test again' "$status:$errors:$(grep -c '^cgi-test: ' <<<"$output")" 0::7
	test_deny
	test_untrust
	test_bad_model
}

# The same decided by an agent outside the kernel. What does not wait for it has happened when it is refused: everything ends.
boot_agent() {
	local agent each sock=$scratch/sock

	agent_starts "unix:$sock"
	start run --tma "unix:$sock" --model cgi.model --enforce --on-violation deny --name deny
	benign 'agent: benign requests work'
	is 'agent: without a violation' "$(violations deny)" 0
	test_refused
	benign 'agent: after these attacks, all benign requests work'
	stop
	is 'agent: the server is stopped as usual' "$status" 0
	for each in trace kill; do
		start run --tma "unix:$sock" --model cgi.model --enforce --on-violation deny --name $each
		attack $each "$server"
		wait "$workload"
		is "agent: $each: the whole workload is ended" "$?:$(pgrep -f "httpd.*$site")" 137:
		why $each
		like "agent: $each: why names it" "$status:$output" '3:*/usr/bin/busybox*'
	done
	kill "$agent"
}

if [ "$boot" = learn ]; then
	need 'the site is made' "$workloads/cgi-site.sh" "$site"
else
	need 'the models were kept' kept
	need 'the site is made' "$workloads/cgi-site.sh" "$site" ptracer
fi
need 'the kernel side loads' "$T" load
"boot_$boot"
finish
