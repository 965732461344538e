#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Learning that ends and learning that does not: what is said about it, the page,
# the patterns that are proposed, and that they hold. Violations as they happen:
# in groups, at a rate, and in the system's log.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# Nothing in the page but what stands in it: no other file, markup that is closed, and one script, the search, which is the
# one that the policy of the page names.
page() { # page FILE
	/usr/bin/python3 - "$1" <<-'PYTHON'
	import base64, hashlib, re, sys, html.parser
	text = open(sys.argv[1], encoding="utf-8").read()
	class Page(html.parser.HTMLParser):
	    void = {"meta", "br"}
	    def __init__(self):
	        super().__init__()
	        self.open, self.bad = [], []
	    def handle_starttag(self, tag, attributes):
	        if tag in ("link", "img", "iframe", "object", "base", "form"):
	            self.bad.append(tag)
	        self.bad += [name for name, _ in attributes if name.startswith("on") or name in ("src", "href", "action")]
	        if tag not in self.void:
	            self.open.append(tag)
	    def handle_startendtag(self, tag, attributes):
	        pass
	    def handle_endtag(self, tag):
	        if not self.open or self.open.pop() != tag:
	            self.bad.append("/" + tag)
	page = Page()
	page.feed(text)
	page.close()
	scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
	named = re.findall(r"script-src ([^\";]*)", text)
	digests = ["'sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() + "'" for s in scripts]
	if len(scripts) != 1 or text.lower().count("<script") != 1 or named != digests:
	    page.bad.append("scripts")
	print(" ".join(page.bad + page.open) or "whole")
	PYTHON
}

# The second run finds what the first has made, and no run after it finds anything.
cat >converges.sh <<'END'
ls / >/dev/null
[ -e log ] || echo first >log
cat log
END

mkdir -p /srv/job
cat >never.sh <<'END'
f=$(mktemp -p /srv/job)
echo secret >"$f"
cat "$f"
d=$(mktemp -d /srv/job/work-XXXXXX.d)
mkdir "$d/inner"
rm -r "$f" "$d"
END

test_converges() {
	tsem learn --until-converged -o converges.model --report converges.html --name converges -- sh converges.sh </dev/null
	like "it converges" "$status:$errors" "0:*: 0 new coefficients*Converged: nothing new in the last 2 of [3-9] runs.*report converges.html written*"
	unlike "nothing is proposed then" "$errors" "*--pattern*"
	is "no more runs than it takes" "$(grep -c '^run [0-9]*: 0 new' "$scratch/err")" 2
	is "the page is whole" "$(page converges.html)" whole
	like "the page says it" "$(<converges.html)" "*Converged: nothing new*Files that it creates*log*Programs that it runs*>ls<*<svg*The tree of programs*/usr/bin/ls*Events of one run only*log*"
	unlike "nothing is to be decided" "$(<converges.html)" "*To decide*"
	tsem show ./converges.model review
	like "the same as text" "$status:$output" "0:Files that it creates*log  *Programs that it runs*ls  runs: /usr/bin/dash*Files that it reads*"
	tsem show ./converges.model review --json
	like "the same as JSON" "$status:$(jq -r '.[] | select(.question == "runs" and (.object | endswith("/ls"))) | .deed + " " + .program' "$scratch/out")" \
		"0:runs /usr/bin/dash"
	tsem learn -n 2 -o converges.model --name converges -- sh converges.sh </dev/null
	like "two runs are not enough to know" "$status:$errors" "0:*Perhaps converged: nothing new in the last 1 of 2 runs*"
	tsem learn -n 2 --stable 1 -o converges.model --name converges -- sh converges.sh </dev/null
	like "unless one quiet run is enough" "$status:$errors" "0:*Converged: nothing new in the last 1 of 2 runs.*"
	tsem learn --until-converged --accept-patterns -o converges.model --name converges -- sh -c 'sh converges.sh; exit 7' </dev/null
	is "the status is that of the workload" "$status" 7
	is "nothing is accepted where no name differs" "$(grep -c '^accepted' "$scratch/err")" 0
}

another_form() { # another_form MODEL: what is called never.sh makes a name of another form, under the model
	cp never.sh kept.sh
	sed 's/^f=.*/f=\/srv\/job\/tmp.x; echo x >$f; exit 3/' kept.sh >never.sh
	tsem run --model "$1" --enforce --on-violation deny --name other -- sh never.sh </dev/null
	cp kept.sh never.sh
}

test_never() {
	local command

	tsem learn --until-converged --max 4 -o never.model --report never.html --name never -- sh never.sh </dev/null
	cp "$scratch/err" said
	like "it does not converge: status, and says so" "$status:$errors" "124:*Not converged: * new events in the last 2 of 4 runs.*"
	like "what keeps changing, and in what it differs" "$errors" \
		"*/usr/bin/mktemp, started by /usr/bin/dash, creates /srv/job/tmp.*The nearest before: */srv/job/tmp.*The difference: /srv/job/tmp.* there, /srv/job/tmp.* here.*"
	tsem model verify never.model </dev/null
	is "the model is written all the same" "$status" 0
	is "the patterns" "$(grep -o "'/srv/job/[^']*'" said | sort | tr '\n' ' ')" "'/srv/job/tmp.{alnum 10}' '/srv/job/work-{alnum 6}.d' "
	like "what they explain" "$(<said)" "*These patterns of names would cover @([0-9]|[0-9][0-9]) of the *"
	is "which is all" "$(sed -nE 's/.*would cover ([0-9]+) of the ([0-9]+) new.*/\1 \2/p' said | awk '{ print $1 - $2 }')" 0
	is "the page is whole" "$(page never.html)" whole
	like "the page has the patterns" "$(<never.html)" "*Not converged*Events that keep changing*/srv/job/work-{alnum 6}.d*--pattern*"

	# The command as it stands there, typed into a shell.
	command=$(grep '^  tsem learn' said)
	PATH=$(dirname "$T"):$PATH timeout 60 sh -c "$command" </dev/null >"$scratch/out" 2>"$scratch/err"
	like "with the patterns it converges" "$?:$(<"$scratch/err")" "0:*Converged: *"
	tsem run --model never.model --enforce --name never -- sh never.sh </dev/null
	is "and can be enforced" "$status:$output:$errors" "0:secret:"
	another_form never.model
	like "a name of another form is refused" "$errors" "*creates /srv/job/tmp.x*: refused*"
}

# What is proposed, accepted without being asked, and told.
test_accept() {
	tsem learn --until-converged --accept-patterns -o accepted.model --name accepted -- sh never.sh </dev/null
	like "accepted: it converges" "$status:$errors" "0:*accepted the pattern /srv/job/*Converged: nothing new in the last 2 of *"
	is "accepted: each pattern is told, with what it lets in" \
		"$(sed -n 's/^accepted the pattern \([^:]*\): a program that may touch one name of the form .*/\1/p' "$scratch/err" | sort | tr '\n' ' ')" \
		"/srv/job/tmp.{alnum 10} /srv/job/work-{alnum 6}.d "
	is "accepted: the model begins anew, without the names that they replace" "$(grep -c 'srv/job/tmp\.[^/]' accepted.model)" 1
	tsem run --model accepted.model --enforce --name accepted -- sh never.sh </dev/null
	is "accepted: it can be enforced" "$status:$output:$errors" "0:secret:"
	another_form accepted.model
	like "accepted: a name of another form is refused" "$errors" "*creates /srv/job/tmp.x*: refused*"
	tsem learn --until-converged --accept-patterns --max 4 -o bounded.model --name bounded -- sh never.sh </dev/null
	is "accepted: --max bounds all runs" "$status:$(grep -c '^run [0-9]*: .* coefficients' "$scratch/err")" 124:4
}

# What only the first run does, because later ones find its cache, before learning begins anew.
test_cold() {
	cat >cold.sh <<-'JOB'
		[ -e /srv/cache ] || cp /etc/hostname /srv/cache
		f=$(mktemp -p /srv/job)
		cat /srv/cache >"$f"
		rm "$f"
	JOB
	rm -f /srv/cache
	tsem learn --until-converged --accept-patterns -o cold.model --name cold -- sh cold.sh </dev/null
	like "cold: a pattern is accepted, it converges" "$status:$errors" "0:*accepted the pattern /srv/job/tmp.*Converged:*"
	is "cold: nothing under the names that it replaces is kept" "$(grep -c 'srv/job/tmp\.[^/]' cold.model)" 1
	rm /srv/cache
	tsem run --model cold.model --enforce --on-violation deny --name cold -- sh cold.sh </dev/null
	is "cold: without the cache it can be enforced" "$status:$errors" 0:
}

# What is the same in all runs, and another one on another host or day.
test_elsewhere() {
	cat >elsewhere.sh <<-'JOB'
		echo $$ >/srv/job/$(uname -n).pid
		echo x >/srv/job/report-$(date +%Y%m%d)
		mv /srv/job/report-$(date +%Y%m%d) /srv/job/$(date +%F).txt
		rm /srv/job/*
	JOB
	tsem learn --until-converged -o here.model --name here -- sh elsewhere.sh </dev/null
	like "elsewhere: it converges, and what differs is said" "$status:$errors" "0:*Converged:*Some names have the host name, the date or the place of a device in them.*"
	is "elsewhere: with the patterns" "$(grep -o "'/srv/job/[^']*'" "$scratch/err" | sort | tr '\n' ' ')" \
		"'/srv/job/report-{digit 8}' '/srv/job/{alnum}.pid' '/srv/job/{digit 4}-{digit 2}-{digit 2}.txt' "
	tsem learn --until-converged --accept-patterns -o everywhere.model --name everywhere -- sh elsewhere.sh </dev/null
	is "elsewhere: accepted" "$status:$(grep -c '^accepted the pattern' "$scratch/err")" 0:3
	is "elsewhere: nothing more is said then" "$(grep -c 'the host name, the date' "$scratch/err")" 0
	hostname another-1
	date -s '+40 days' >/dev/null
	tsem run --model here.model --enforce --on-violation deny --name here -- sh elsewhere.sh </dev/null
	like "elsewhere: without them it is refused there" "$errors" "*another-1.pid*: refused*"
	tsem run --model everywhere.model --enforce --on-violation deny --name everywhere -- sh elsewhere.sh </dev/null
	is "elsewhere: with them it is not" "$status:$errors" 0:
}

# What the kernel has found at another place.
test_devices() {
	local devices

	mapfile -t devices < <(find /sys/devices/pci0000:00 -maxdepth 2 -path '*/0000:00:*/vendor')
	cat >devices.sh <<-'JOB'
		read -r file </srv/device
		read -r answer <"$file"
		echo "$answer"
	JOB
	echo "${devices[0]}" >/srv/device
	tsem learn --until-converged --accept-patterns -o devices.model --name devices -- sh devices.sh </dev/null
	like "devices: it converges" "$status:$errors" "0:*accepted the pattern /sys/devices/pci{hex}:{hex}:*Converged:*"
	echo "${devices[1]}" >/srv/device
	tsem run --model devices.model --enforce --on-violation deny --name devices -- sh devices.sh </dev/null
	is "devices: another one may be asked" "$status:$output:$errors" "0:$(<"${devices[1]}"):"
	echo "${devices[0]%/vendor}/class" >/srv/device
	tsem run --model devices.model --enforce --on-violation deny --name devices -- sh devices.sh </dev/null
	like "devices: for the same only" "$errors" "*opens /sys/devices/pci*/class for reading: refused*"
}

# Each deed with the place in the review where somebody who approves the model looks for it.
test_review() {
	mkdir -p /srv/review /etc/review.d
	cat >review.py <<'END'
import ctypes, os, socket, stat
os.chdir("/srv/review")
os.rename("n1", "/etc/review.d/renamed")
os.link("n2", "/etc/review.d/linked")
os.rename("n3", "/etc/shadow-review")
ctypes.CDLL(None).renameat2(-100, b"n4", -100, b"/etc/review.d/other", 2)
os.symlink("../../etc/shadow", "leads")
os.chmod("n2", 0o4755)
os.setxattr("n2", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(7, 0))
socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
tree = ctypes.CDLL(None).syscall(428, -100, b"/etc", 1)
os.close(os.open("shadow", os.O_RDONLY, dir_fd=tree))
END
	touch /srv/review/n{1,2,3,4} /etc/review.d/other
	tsem learn -n 1 -o review.model --report review.html --name review -- python3 review.py </dev/null
	like "it does all of it" "$status:$errors" "0:*"
	tsem show ./review.model review --json
	is "each name has its answer" "$(jq -r '.[] | select(.object | test("review|/shadow$|raw packet")) | select(.question != "reads" and .question != "runs") |
		[.question + ":", .object, (.deed // empty)] | join(" ")' "$scratch/out" | sort -u)" \
		"$(sort -u <<-'END'
			secrets: /shadow reads
			secrets: /etc/shadow lets the symbolic link /srv/review/leads lead to it
			secrets: /etc/shadow-review creates by renaming /srv/review/n3
			rights: /srv/review/disk creates the block device 7:0
			rights: /srv/review/n2 changes the mode (mode 04755: setuid)
			rights: /srv/review/n2 sets the attribute security.capability
			writes: /etc/review.d/linked creates as another name of /srv/review/n2
			writes: /etc/review.d/other exchanges with /srv/review/n4
			writes: /etc/review.d/renamed creates by renaming /srv/review/n1
			writes: /srv/review/leads creates as a symbolic link to ../../etc/shadow
			writes: /srv/review/n1 renames to /etc/review.d/renamed
			writes: /srv/review/n2 gives the other name /etc/review.d/linked
			writes: /srv/review/n3 renames to /etc/shadow-review
			writes: /srv/review/n4 exchanges with /etc/review.d/other
			contacts: creates a raw packet socket of type raw
			END
		)"
	like "the page has them" "$(<review.html)" "*Files that hold secrets*shadow-review*Files that get rights*04755*exchanges with /etc/review.d/other*"
	rm -r /srv/review /etc/review.d /etc/shadow-review
}

test_hostile() {
	# shellcheck disable=SC2016
	tsem learn -n 3 -o hostile.model --report hostile.html --name hostile -- sh -c 'n=$(date +%N)
		for f in "<script>alert(1)</script>$n" "\"onload=x $n" "'"'"'&amp;$n" "$(printf "a\033[31m\377")$n"; do echo x >"$f"; cat "$f"; rm "$f"; done' </dev/null
	is "hostile names: the page is whole" "$status:$(page hostile.html)" 0:whole
	like "hostile names: they are in it" "$(<hostile.html)" "*&lt;script&gt;alert(1)&lt;/script&gt;*"
	grep -q '&amp;amp;' hostile.html && grep -q 'a\\x1b\[31m\\xff' hostile.html
	report $? "hostile names: all of them"
	! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' hostile.html
	report $? "hostile names: nothing but text"
	! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' "$scratch/err"
	report $? "hostile names: nothing but text on the terminal"
}

# What cannot be written is found before the workload runs; what was there stays.
test_report_unwritable() {
	mkdir full
	mount -t tmpfs -o size=8k none full
	echo before >full/page.html
	tsem learn -o fits.model --report full/page.html --name full -- true </dev/null
	like "no room for the page: said" "$status:$errors" "125:*report: full/page.html was not written: no space left*"
	is "no room for the page: the old one is there, and nothing else" "$(ls full):$(<full/page.html)" page.html:before
	tsem model verify fits.model </dev/null
	is "no room for the page: the model was written" "$status" 0
	umount full
	tsem learn -o m --report full -- touch has-run </dev/null
	like "a directory: said before anything runs" "$status:$errors:$(ls has-run m 2>&1 | grep -c 'No such')" "125:*cannot write full: Is a directory:2"
}

test_why() {
	mkdir many
	for i in $(seq 40); do echo "$i" >"many/$i"; done
	# shellcheck disable=SC2016
	local told counted script='for i in $1; do read -r l <many/$i; done; exit 0'

	tsem learn -o why.model --name why -- sh -c "$script" sh '1 2' </dev/null
	tsem run -m why.model -e --on-violation deny --name why -- sh -c "$script" sh "$(seq -s ' ' 40)" </dev/null
	cp "$scratch/err" said
	# Not only at the beginning of a line: the shell writes its own errors piece by piece, and these come between.
	told=$(grep -o 'tsem: /usr/bin/dash' said | wc -l)
	counted=$(grep -o 'tsem: [0-9]* more violation' said | awk '{ n += $2 } END { print n + 0 }')
	is "as it happens: no more than 20 and a few" "$((told < 25)):$((told >= 20))" 1:1
	is "as it happens: none is forgotten" "$((told + counted))" 38
	like "as it happens: where the rest is" "$(tail -n 1 said)" 'tsem: * more violations: `tsem why why`'
	why why
	like "why: one sentence for all of a kind" "$status:$output" \
		"3:/usr/bin/dash, started by tsem, opens $scratch/many/3 for reading: refused at *The difference: */many/* there, */many/3 here.*And 37 more like it, in all 38 times: $scratch/many/4, $scratch/many/5, $scratch/many/6, ...*38 distinct violations*"
	why why --verbose
	is "why --verbose: each" "$(grep -c 'opens .*/many/.*refused' "$scratch/out")" 38
	tsem why why --json </dev/null
	/usr/bin/python3 - "$scratch/out" >json <<-'PYTHON'
	import json, re, sys
	why = json.load(open(sys.argv[1]))
	events = why["events"]
	print(len(events), {event["like"] for event in events}, {tuple(event["programs"]) for event in events},
	      all(event["nearest"]["difference"] and event["refused"] and event["count"] == 1 for event in events),
	      all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event["first"]) for event in events))
	PYTHON
	is "why --json: all of it" "$(<json)" "38 {0} {('tsem', '/usr/bin/dash')} True True"
	tsem learn -o nest.model --name nest -- sh -c 'bash -c "ls / >/dev/null; exit 0"; exit 0' </dev/null
	tsem run -q -m nest.model -e --on-violation deny --name nest -- sh -c 'bash -c "ls /usr >/dev/null; exit 0"; exit 0' </dev/null
	why nest
	like "why: the programs by which it came to it" "$status:$output" \
		"3:*/usr/bin/ls, started by /usr/bin/bash, opens /usr for reading: refused*The programs: tsem > /usr/bin/dash > /usr/bin/bash > /usr/bin/ls.*"
	tsem run -m why.model -e --name none -- sh -c "$script" sh 1 </dev/null
	why none
	is "why: without violations" "$status:$output" "0:No violations."
}

# A log that reads: prints each message on a line, until its standard input ends.
log_reader() {
	exec /usr/bin/python3 -u -c '
import os, select, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
open("listening", "w").close()
while True:
    ready = select.select([s, sys.stdin], [], [])[0]
    if s in ready:
        print(s.recv(65536).decode().replace("\n", "NEWLINE"))
    elif sys.stdin in ready:
        break
'
}

stop_log() {
	exec 3>&-
	wait "$log"
	rm -f /dev/log listening
}

start_log() { # start_log FILE
	rm -f /dev/log listening hold
	mkfifo hold
	log_reader <hold >"$1" &
	log=$!
	exec 3>hold
	wait_until test -e listening
}

# Reads many/3, which the model does not have; prints what the terminal got.
violate() { # violate WORDS OF tsem run...
	# shellcheck disable=SC2016
	timeout 60 "$T" run -m why.model -e --on-violation deny --name logged "$@" -- sh -c \
		'for i in $1; do read -r l <many/$i; done; exit 0' sh 3 </dev/null 2>&1
}

test_journal() {
	rm -f /dev/log
	like "without a log: as ever" "$(violate)" "*tsem: *many/3 for reading: refused*"
	start_log log
	violate >said
	stop_log
	is "with a log: one message" "$(wc -l <log)" 1
	like "with a log: priority, name, session, sentence" "$(<log)" \
		"<84>[A-Z][a-z][a-z] [ 123][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] tsem\[[0-9]*\]: logged: /usr/bin/dash, started by tsem, opens $scratch/many/3 for reading: refused. The nearest that the model allows: *"
	unlike "with a log: one line" "$(<log)" "*NEWLINE*"
	like "with a log: the terminal has it, too" "$(<said)" "*tsem: *many/3 for reading: refused*"
	start_log log
	unlike "-q: nothing on the terminal" "$(violate -q)" "*tsem:*"
	violate --no-journal >said
	stop_log
	is "-q: in the log it is; --no-journal: there it is not" "$(wc -l <log)" 1
	: >/dev/log
	like "a log that is no socket" "$(violate)" "*tsem: *many/3 for reading: refused*"
	rm -f /dev/log
}

# A reader that is stopped with its socket full, or that is gone: the workload does not wait.
test_journal_stuck() {
	local from

	start_log log
	kill -STOP "$log"
	/usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
s.connect("/dev/log")
sent = 0
try:
    while True:
        s.send(b"x" * 1000)
        sent += 1
except BlockingIOError:
    print(sent)
' >filled
	[ "$(<filled)" -gt 0 ]
	report $? "the log is full" "$(<filled)"
	from=$SECONDS
	violate >said
	is "full log: nobody waits" "$?:$((SECONDS - from < 10))" 0:1
	like "full log: what it did not take is said" "$(<said)" "*tsem: *many/3*tsem: the system's log did not take 1 message"
	kill -CONT "$log"
	stop_log

	# Gone while the workload runs: its socket file is left.
	start_log log
	rm -f go
	# shellcheck disable=SC2016
	tsem learn -o late.model --name late -- sh -c 'until test -e go; do sleep 0.1; done; read -r l <many/1; exit 0' < <(touch go)
	rm -f go
	# shellcheck disable=SC2016
	timeout 60 "$T" run -m late.model -e --on-violation deny --name late -- \
		sh -c 'until test -e go; do sleep 0.1; done; read -r l <many/9; exit 0' </dev/null >late.said 2>&1 &
	wait_until eval '"$T" ps -q | grep -q late'
	kill -KILL "$log"
	wait "$log" 2>/dev/null
	exec 3>&-
	touch go
	wait -n
	like "the log is gone: the terminal has it" "$(<late.said)" "*many/9 for reading: refused*"
	rm -f /dev/log
}

shopt -s extglob
need 'the kernel side loads' "$T" load
for each in ${TESTS:-converges never accept cold elsewhere devices review hostile report_unwritable why journal journal_stuck}; do
	"test_$each"
done
finish
