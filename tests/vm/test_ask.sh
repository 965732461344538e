#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# tsem run --ask: what the model lacks is put to a person, on the terminal or elsewhere; --tree: what needs no question,
# given to a run or in the model.
. "$(dirname "$0")/lib.sh"

export TERM=xterm

# The workload: what it does follows its first word. All programs and what they need are in the model, by `quiet`.
prepare() {
	local i

	mkdir -p files many
	touch go
	for i in 1 2 3 4 5 6 7; do echo "secret $i" >files/$i; done
	cp /usr/bin/cat files/newcat
	for ((i = 0; i < 100; i++)); do echo "number $i" >many/$i; done
	echo plain >plain
	cat >work <<-'END'
		trap '' TERM
		until [ -e go ]; do sleep 0.1; done
		case $1 in
		quiet) ;;
		answers)
			cat files/1; cat files/1; cat files/2; cat files/2; cat files/3; cat files/4; cat files/4
			read -r x <files/4; echo more >>files/4
			files/newcat plain; cat files/6 ;;
		always) cat files/3 ;;
		locked) cat files/5; chmod 644 "$TSEM_REASONS" & sleep 0.01; sleep 0.01; cat files/5; wait; echo over ;;
		one) cat files/5 ;;
		away) cat files/5; cat files/6; read -r x; cat files/7 ;;
		two) cat files/5; cat files/6 ;;
		noise)
			for i in 0 1 2 3 4 5 6 7 8 9; do echo FORGED; sleep 0.2; done &
			cat files/5; wait; echo over ;;
		late) echo ready; sleep 1.5; cat files/5; read -r x; echo "line $x" ;;
		many) for file in many/*; do cat "$file" & done; wait ;;
		guarded)
			read -r orchestrator
			kill -KILL $orchestrator; kill -0 $orchestrator; echo x >/run/tsem/sessions/guarded/ask; cat files/7 ;;
		esac
		cat plain
		[ "$1" = quiet ] || cat "$TSEM_REASONS"
		for file in many/*; do :; done
		chmod 644 plain; sleep 0.01; : <plain; kill -0 $$; sleep 0.01 & wait
	END
	tsem learn -o work.model -- sh work quiet </dev/null
	is "a model of the quiet workload" "$status" 0
}

# Somebody at a front end of its own. The workload begins when he is there; what the front end got is in NAME.log.
person() { # person NAME WORDS...
	rm -f go
	/usr/bin/python3 "$vm/answers.py" "$1" "$1.log" go "${@:2}" &
	front=$!
}

count() { # count TEXT: how often it is in the output
	grep -oF -e "$1" <<<"$output" | wc -l
}

answer() { # answer LETTER...: steps: each as soon as a person can have read the question
	local letter

	for letter; do printf '%s\n' 'expect letter and Enter' 'sleep 0.7' "send $letter\\n"; done
}

test_answers() {
	cp work.model m.model
	at_terminal "$T" run -m m.model --ask --name terminal -- sh work answers < <(answer o o r a d l k)
	is "kill: the workload is killed" "$status" 137
	like "... for what was answered so" "$("$T" why --verbose terminal)" "*opens $scratch/files/6 for reading: refused*"
	is "each is asked once, but for what was allowed once" "$(count 'letter and Enter')" 7
	like "once, run, always" "$output" "*secret 1*secret 1*secret 2*secret 2*secret 3*"
	unlike "deny" "$output" "*secret 4*"
	is "deny: another try, another program and another way are no new question" "$(grep -c '^      /.*files/4' <<<"$output")" 1
	like "... and are refused" "$output" "*3 events refused, because this object was refused before*"
	like "like: a program that the model lacks does what the others may" "$output" "*plain*"
	tsem model diff work.model m.model </dev/null
	like "always: model diff shows it" "$output" "*opens $scratch/files/3 for reading*"
	unlike "... and nothing else" "$output" "*files/[!3]*"
	tsem run -m m.model -e --on-violation deny --name always -- sh work always </dev/null
	is "... it is enforced without a question" "$status:${output%%plain*}:$(field always violations)" "0:secret 3
:0"
}

# Who has decided what for good is in the model, and holds for later sessions.
test_noted() {
	cp work.model n.model
	at_terminal "$T" run -m n.model --ask --name noted -- sh work two < <(answer n a)
	like "never: refused, always: allowed" "$status:$output" "0:*secret 6*"
	"$T" show n.model decisions >decisions
	like "the model says who has decided what" "$(<decisions)" "*root@terminal*files/6*"
	like "... also what is refused for good" "$(<decisions)" "*root@terminal*files/5*"
	tsem model diff work.model n.model </dev/null
	like "model diff shows both" "$output" "*always allowed by root@terminal on *files/6*always refused by root@terminal on *files/5*"
	at_terminal "$T" run -m n.model --ask --name again -- sh work two <<<'expect over'
	is "... and neither is asked again" "$(count 'letter and Enter')" 0
	like "... one is refused, the other allowed" "$output" "*secret 6*refused, because this object was refused before: *files/5*"
}

# The question about a file that tsem itself writes keeps the file locked: tsem would wait for its own answer.
test_locked() {
	local from=$SECONDS

	at_terminal timeout 60 "$T" run -m work.model --ask --name locked -- sh work locked < <(answer d; echo 'expect over')
	like "who locks what tsem writes to is refused, and the workload goes on" "$status:$output" "0:*over*"
	report $((SECONDS - from > 40)) "... after some seconds"
	tsem why locked </dev/null
	like "... and it is a violation" "$output" "*changes the mode of*tsem-reasons*"
	mkdir -p project
	cp work.model project/own.model
	tsem run -m project/own.model --ask --tree project:rw -- sh work quiet </dev/null
	like "a model that the workload could change is refused" "$status:$errors" "2:*project/own.model is below the tree *"
	tsem run -m work.model --ask --on-violation log -- sh work quiet </dev/null
	like "... as is an action that refuses nothing" "$status:$errors" "2:*--on-violation log refuses nothing*"
}

test_unattended() {
	local from=$SECONDS

	tsem run -m work.model --ask --name nobody -- sh work two </dev/null
	is "nobody is there: refused, and the workload goes on" "$status:$(count secret)" 0:0
	like "... the reason can be read by the workload" "$output" "*refused, because nobody is there to be asked: *opens $scratch/files/5*
*files/6*"
	report $((SECONDS - from > 15)) "... at once"
	at_terminal bash --norc -i <<-END
		send PS1='outer''> '; $T run -m work.model --ask --name back -- sh work one >out 2>&1 & wait; cat out; echo en''ded\n
		expect ended
		send exit\n
	END
	like "a job in the background asks nobody either" "$(<out)" "*refused, because nobody is there*"
}

test_forged() {
	at_terminal "$T" run -m work.model --ask --name noise -- sh work noise <<-'END'
		expect FORGED
		expect letter and Enter
		sleep 1
		absent FORGED
		send o\n
		expect FORGED
		expect over
	END
	report $((status != 0)) "while a question is open, nothing that the workload prints appears" "$output"
	at_terminal "$T" run -m work.model --ask --name late -- sh work late <<-'END'
		expect ready
		send o\n
		expect letter and Enter
		sleep 1
		absent secret
		send a b\n
		expect one of the letters
		send d\n
		expect line o
	END
	like "a line that was typed before is no answer, and CMD gets it" "$status:$(count secret)" 0:0
	report $((status != 0)) "... the steps came true" "$output"
}

test_stops() {
	at_terminal bash --norc -i <<-END
		send PS1='ou''ter> '; bind 'set enable-bracketed-paste off'\n
		expect outer>
		send $T run -m work.model --ask --name stop -- sh work one\n
		expect letter and Enter
		sleep 0.7
		send \x1a
		expect Stopped
		expect outer>
		send fg\n
		expect letter and Enter
		sleep 0.7
		send o\n
		expect secret 5
		expect outer>
		send $T run -m work.model --ask --name stop -- sh work one; echo st''atus \$?\n
		expect letter and Enter
		sleep 0.7
		send \x03
		expect status 130
		send exit 0\n
	END
	report $((status != 0)) "Ctrl-Z leaves the question and fg shows it again; Ctrl-C ends CMD" "$output"
	at_terminal "$T" run -m work.model --ask --ask-timeout 2 --name away -- sh work away <<-'END'
		expect letter and Enter
		expect this question is closed
		expect files/6: Operation not permitted
		absent letter and Enter
		send back\n
		expect letter and Enter
		sleep 0.7
		send o\n
		expect secret 7
	END
	report $((status != 0)) "who has not answered in time is not asked again, until he types something" "$output"
	at_terminal "$T" run -m work.model --ask --name hang -- sh work one <<-'END'
		expect letter and Enter
		hangup
	END
	wait_until eval '! listed hang'
	report $? "the window is closed: it ends"
}

test_fronts() {
	local logger

	person fronts files/5=once slow
	(until "$T" ask fronts --json >two.log 2>/dev/null; do sleep 0.05; done) < <(sleep 60) &
	tsem run -m work.model --ask --name fronts -- sh work two </dev/null
	like "a front end answers: one is allowed, the other one not" "$status:$output" "0:secret 5
plain*files/6*"
	wait $!
	is "... two get each question, and the answer of the first" \
		"$(cmp fronts.log two.log && jq -s -c '[.[] | [.question // .closed, .answer, .by]]' two.log)" \
		'[[1,null,null],[1,"once","root@ask"],[2,null,null],[2,"deny","root@ask"]]'
	like "... as the model names the event" "$(jq -s -r '.[0].events[0].sentence' two.log)" "/usr/bin/cat, started by /usr/bin/dash, opens $scratch/files/5 for reading"
	is "... with the event itself" "$(jq -s -r '.[0] | [.session, .count, .events[0].event.event.type] | join(" ")' two.log)" "fronts 1 file_open"
	start_logger
	person words wait
	tsem run -m work.model --ask --name words -- sh work one </dev/null &
	wait_until test -s words.log
	(echo early; sleep 1.5; echo nonsense; sleep 0.2; echo o) | "$T" ask words >said
	wait $front
	wait_until contains log 'words: allowed, because root@ask decided: /usr/bin/cat'
	report $? "the log has who allowed what"
	kill $logger
	rm -f /dev/log
	wait
	like "tsem ask: words on a terminal" "$(<said)" "*words asks, question 1:*letter and Enter*one of the letters: *tsem: once, by root@ask*"
}

test_many() {
	person many many/=run slow
	(until /usr/bin/python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX)
s.connect("/run/tsem/sessions/many/ask")
time.sleep(20)' 2>/dev/null; do sleep 0.1; done) & # who does not read
	silent=$!
	output=$("$T" run -m work.model --ask --name many -- sh work many </dev/null 2>err)
	wait $front
	kill $silent
	is "a hundred at a time are allowed" "$(count number)" 100
	report $(($(jq -s '[.[] | select(.question)] | length' many.log) > 8)) "... by few questions" "$(wc -l many.log)"
	is "... that name each of them" "$(jq -s '[.[] | select(.question) | .events | length] | add' many.log)" 100
}

test_guarded() {
	person guarded files/7=once
	{ wait_until test -e go && field guarded orchestrator; } | "$T" run -m work.model --ask --name guarded -- sh work guarded >out 2>err
	wait
	is "what is guarded is refused without a question" "$(jq -s -r '.[] | select(.question) | .events[].sentence' guarded.log)" \
		"/usr/bin/cat, started by /usr/bin/dash, opens $scratch/files/7 for reading"
	like "... and the orchestrator goes on" "$(<out)" "*secret 7*"
	is "... though both were tried" "$(grep -c 'not permitted\|cannot create' err)" 3
}

# Whoever asks goes away while a task waits: it is refused.
test_ends() {
	local how

	for how in kill term stop; do
		person ends-$how wait
		"$T" run -m work.model --ask --name ends-$how -- sh work one </dev/null >out 2>err &
		wait_until test -s ends-$how.log
		case $how in
		kill) kill -KILL "$(field ends-kill orchestrator)" ;;
		term) kill -TERM $! ;;
		stop) "$T" stop ends-stop --timeout 2 >/dev/null 2>&1 ;;
		esac
		wait_until eval '! listed ends-'$how
		report $? "$how during a question: it ends"
		is "... without what was asked for" "$(grep -c secret out)" 0
		kill $front 2>/dev/null
		wait
	done
}

# A project, and somebody who works on it: builds, tests, commits, clones, and then what nobody has asked for.
project() {
	local socket='import socket; s = socket.socket(); s.settimeout(5); s.connect_ex(("127.0.0.1", int(sys.argv[1])))'

	rm -rf project home
	mkdir -p project/.tmp home/.ssh
	echo "private key" >home/.ssh/id_ed25519
	echo "# none" >home/.bashrc
	printf '[user]\nname = A\nemail = a@example.org\n[gc]\nauto = 0\n' >home/.gitconfig
	printf 'greet: main.c words.h\n\tgcc -o greet main.c\ntest: greet\n\t./greet\n\t/usr/bin/python3 -B test.py 9\n' >project/Makefile
	printf '.tmp\ncopy*\ngreet\n' >project/.gitignore
	printf 'import os, sys\n%s\nprint("tested", os.path.getsize("greet") > 0)\n' "$socket" >project/test.py
	HOME=$PWD/home git -C project init -q
	cat >assistant <<-'END'
		until [ -e go ]; do sleep 0.1; done
		cd project
		printf '#include <stdio.h>\n#include "words.h"\n%s\nint main(void) { puts(WORDS); return 0; }\n' "$2" >main.c
		printf '#define WORDS "%s"\n' "$1" >words.h
		make -s test && git add -A && git commit -q -m "$1" && git clone -q . "copy-$1" && git -C "copy-$1" log --format=%s -1
		cat words.h >.tmp/seen; /usr/bin/python3 -B test.py 9
		[ -z "$3" ] || { mkdir -p new/deep; echo text >new/deep/$3; mv new/deep/$3 new/$1; rm -r new; }
		[ -z "$4" ] || { cat ~/.ssh/id_ed25519; echo evil >>~/.bashrc; /usr/bin/python3 -B test.py 4444; }
	END
	export HOME=$PWD/home TMPDIR=$PWD/project/.tmp
	tsem learn -o project.model -- sh assistant first '' old </dev/null
	like "trees: one run is learned" "$status:$output" "0:first
tested True
first
tested True"
}

test_trees() {
	local tree="$PWD/project:rwx" before=$HOME

	project
	tsem run -m project.model --ask --tree "$tree" --tree /usr/include:r --name tree -- sh assistant second '#include <math.h>' new </dev/null
	like "trees: changed sources, a new program, new files, a commit, a clone and a test need no question" \
		"$status:$output:$(field tree violations)" "0:second
tested True
second
tested True:0"
	tsem run -m project.model --ask --tree "$tree" --name tree -- sh assistant third '' '' evil </dev/null
	like "... what is outside is refused while nobody is there" "$output:$(<home/.bashrc)" "third*third*:# none"
	is "... a key, a start file, a peer" "$("$T" why tree | grep -cE '^[^ ].*(opens .*id_ed25519 for reading|opens .*bashrc for writing, at its end|connects to 127.0.0.1 port 4444): refused')" 3
	rm -f tree.log
	person tree id_ed25519=deny bashrc=deny 4444=once
	tsem run -m project.model --ask --tree "$tree" --name tree -- sh assistant fourth '' '' evil </dev/null
	wait
	is "... and asked when somebody is" \
		"$(jq -s -r '.[] | select(.question) | .events[].sentence' tree.log | grep -oE 'id_ed25519|bashrc|port 4444' | tr '\n' ' ')" \
		"id_ed25519 bashrc port 4444 "
	tsem run -m project.model -e --on-violation deny --tree "${tree%wx}" --name tree -- sh assistant fifth </dev/null
	like "r: nothing is written" "$output$errors:$(<project/words.h)" '*not permitted*:*"fourth"*'
	HOME=$before
	unset TMPDIR
}

asks() { # asks PATH WORDS...: of the receiver; then options
	tsem run -m h.model --ask --ask-webhook "http://127.0.0.1:18090$1" --name hook "${@:2}" -- sh work one </dev/null
}

# Whom a question was shown to is gone: nobody waits for an answer of his.
leaves() {
	local before=$EPOCHREALTIME

	: >hook.log
	person hook wait
	(wait_until grep -q question hook.log && sleep 2 && kill $front) &
	asks /wrong/once --ask-timeout 100
	is "webhook: nobody there, and then nobody at a front end" "$(count secret):$(count 'because nobody is there')" 0:1
	report "$(awk "BEGIN { print ($EPOCHREALTIME - $before > 60) }")" "webhook: ... which is not waited for"
	touch go
	: >hook.log
	{
		wait_until grep -q question hook.log
		pkill -9 -x tsem-webhook
	} &
	asks /silent --ask-timeout 100
	like "webhook: its process has ended" "$(count secret):$(count 'because nobody is there'):$errors" \
		"0:1:*the process that asks http://127.0.0.1:18090 has ended, so nobody is asked there any more*"
}

# Questions that are put to somebody by HTTP, and what he answers.
test_webhook() {
	local receiver word

	ip link set lo up
	touch go
	cp work.model h.model
	/usr/bin/python3 "$vm/receiver.py" 18090 hook.log &
	receiver=$!
	wait_until bash -c ": >/dev/tcp/127.0.0.1/18090"
	asks /answer/once
	like "webhook: an answer" "$status:$output" "0:*secret 5*"
	is "... to the question as every front end gets it" "$(cut -d ' ' -f 3- hook.log | head -n 1 |
		jq -r '[.question, .session, .count, (.text | contains("files/5")), (.events[0].event | has("event"))] | map(tostring) | join(" ")')" "1 hook 1 true true"
	asks /answer/deny
	is "webhook: a refusal" "$(count secret)" 0
	like "... by whom it is" "$output" "*refused, because a person decided*"
	for word in /wrong/once /answer/sudo /ok /fail /moved; do
		asks $word
		is "webhook: $word is no answer, and is said" \
			"$(count secret):$(count 'because nobody is there'):$(grep -c 'http://127.0.0.1:18090 gave no answer to a question: ' <<<"$errors")" 0:1:1
	done
	{
		wait_until grep -q ^/silent hook.log
		awk '/^(Uid|CapEff):/ { print $2 }' "/proc/$(pgrep -x tsem-webhook)/status" >who
	} &
	asks /silent --ask-timeout 10 # time enough to look at it
	is "webhook: who asks has no privileges, and a user of its own" \
		"$(awk 'NR == 1 { print ($1 >= 61184 && $1 <= 65519) } NR > 1' who | xargs)" "1 0000000000000000"
	is "webhook: no answer in time" "$(count secret):$(count 'because nobody answered in time')" 0:1
	tsem run -m h.model --ask --ask-webhook http://127.0.0.1:18090/late/once --ask-timeout 3 --name hook -- sh work two </dev/null
	is "webhook: ... and the next question is asked again" "$(count 'because nobody answered in time'):$(count 'secret 6')" 1:1
	leaves
	asks /answer/always
	like "webhook: always" "$output:$("$T" show ./h.model decisions)" "*secret 5*:always allowed by webhook on *files/5*"
	kill $receiver
	wait $receiver 2>/dev/null
	cp work.model h.model
	asks /answer/once
	is "webhook: nobody listens" "$(count secret):$(count 'because nobody is there')" 0:1
}

# The trees of the model: no run names them.
test_modelled() {
	local before=$HOME tree=$PWD/project

	project
	tsem learn -o trees.model --tree project:rwx --tree /usr/include:r -- sh assistant start '' old </dev/null
	is "learn --tree: the model has them" "$status:$(grep ^tree trees.model)" "0:tree $tree:rwx
tree /usr/include:r"
	like "... and says what it has not learned" "$errors" "*run 1: * events below trees, which the model allows anyway*"
	"$T" show ./trees.model trajectory >trajectory
	is "... but for the starts of programs" \
		"$?:$(sed 's/^[^:]*: //' trajectory | grep -F "$tree" | cut -d ' ' -f 1 | sort -u)" 0:runs
	tsem learn -o again.model --continue trees.model -- sh assistant again '' new </dev/null
	is "learn --continue keeps them" "$status:$(grep ^tree again.model)" "0:$(grep ^tree trees.model)"
	tsem run -m trees.model -e --name own -- sh assistant second '#include <stdlib.h>' new </dev/null
	like "run -e: no option is needed for changed sources and a new program" "$status:$output:$(field own violations)" "0:second
tested True
second
tested True:0"
	tsem run -m trees.model -e --name own -- sh assistant third '' '' evil </dev/null
	like "... what is outside is refused, and no more" "$output:$(<home/.bashrc)" "third*third*:# none"
	is "... a key, a start file, a peer" "$("$T" why own | grep -cE '^[^ ].*(opens .*id_ed25519 for reading|opens .*bashrc for writing, at its end|connects to 127.0.0.1 port 4444): refused')" 3
	tsem run -m trees.model --name seen -- sh assistant fourth '' '' evil </dev/null
	like "run: without -e nothing is refused" "$output:$(<home/.bashrc)" "fourth*private key*:# none
evil"
	is "... and only what is outside is a violation" "$(field seen refused):$("$T" why seen | grep '^[^ ].*let through' | grep -c "$tree")" 0:0
	is "... which is told" "$(grep -cE '(opens .*id_ed25519 for reading|opens .*bashrc for writing, at its end|connects to 127.0.0.1 port 4444)' <<<"$errors")" 3
	echo "# none" >home/.bashrc
	tsem run -m trees.model -e --tree project:r --name less -- sh assistant fifth </dev/null
	like "a given tree counts more than the model's" "$output$errors:$(<project/words.h)" '*not permitted*:*"fourth"*'
	modelled_gone
	modelled_elsewhere "$tree"
	HOME=$before
	unset TMPDIR
}

# A run may remove the directory of a tree, or replace it by another one or by a link.
modelled_gone() {
	local run

	for run in 'rm -r gone' 'rm -r gone; ln -s project gone' 'rm -r gone; mkdir gone; echo new >gone/file'; do
		rm -rf gone gone.model
		mkdir gone
		tsem learn -o gone.model --runs 2 --tree gone:rw -- sh -c "mkdir -p gone; echo made >gone/made; $run" </dev/null
		is "trees: what was learned is kept: $run" "$status:$(sed -n 's/^runs *//p' gone.model):$(grep ^tree gone.model)" "0:2:tree $PWD/gone:rw"
		lacks "... and no event below it: $run" "$("$T" show ./gone.model trajectory)" "opens $PWD/gone/"
	done
	rm -rf gone
}

reloads() { # reloads MODEL OTHER: a session of MODEL
	"$T" run -m "$1" --name plain -- sleep 300 </dev/null >/dev/null 2>&1 &
	wait_until field_is plain live true
	tsem reload plain "$2"
	"$T" stop plain >/dev/null 2>&1
	wait $!
}

modelled_reload() {
	tsem learn -o plain.model -- sleep 1 </dev/null
	reloads plain.model trees.model
	like "trees: a session that has none does not get some" "$status:$errors" "1:tsem: model trees has trees, about which nobody decides in session plain: *"
	reloads trees.model plain.model
	like "trees: one that has some gets no other model" "$status:$errors" "1:tsem: session plain asks about what its model lacks, and gets no other model"
}

# Whoever cannot look at trees does not enforce half of such a model.
modelled_elsewhere() {
	tsem run -m trees.model -e --tma self:engine -- true </dev/null
	like "trees and an agent" "$status:$errors" "2:tsem: model trees has trees, about which no agent decides: --tma excludes it"
	tsem run -m trees.model -e --in-place -- true </dev/null
	like "trees in place" "$status:$errors" "2:tsem: model trees has trees, *: --in-place excludes it"
	mkdir -p /sys/fs/cgroup/trees
	tsem bind -m trees.model -e /sys/fs/cgroup/trees </dev/null
	like "trees in a control group" "$status:$errors" "1:tsem: model trees has trees, about which nobody decides here: only tsem run can use it"
	tsem bind -m trees.model /sys/fs/cgroup/trees </dev/null
	like "... also to observe" "$status:$errors" "1:tsem: model trees has trees, *"
	rmdir /sys/fs/cgroup/trees
	modelled_reload
	cp trees.model project/own.model
	tsem run -m project/own.model -e -- true </dev/null
	like "trees: a model that the workload could change" "$status:$errors" "2:*project/own.model is below the tree *"
	mv project elsewhere
	tsem run -m trees.model -e -- true </dev/null
	like "trees: a directory that is gone" "$status:$errors" "125:tsem: cannot find the directory $1, which is a tree of model trees: *"
	ln -s elsewhere project
	tsem run -m trees.model -e -- true </dev/null
	like "trees: a link in its place" "$status:$errors" "125:tsem: $1 is a tree of model trees, but here it leads to ${1%project}elsewhere: *"
	rm project
	mv elsewhere project
}

for each in ${TESTS:-answers noted locked unattended forged stops fronts many guarded ends webhook trees modelled}; do
	[ -n "${loaded-}" ] || need "tsem load" "$T" load
	[ -n "${loaded-}" ] || prepare
	loaded=yes
	from=$SECONDS
	"test_$each" </dev/null
	echo "# $each: $((SECONDS - from)) s"
done
finish
