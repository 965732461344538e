#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A workload at a terminal: it has one of its own, it stops and goes on as below a shell, and nothing that it does to its
# terminal keeps tsem from hearing of it.
. "$(dirname "$0")/lib.sh"

export TERM=xterm

# ... in an interactive shell, whose prompt is `outer> `.
at_shell() {
	at_terminal bash --norc -i < <(
		printf '%s\n' "send PS1='ou''ter> '; bind 'set enable-bracketed-paste off'\\n" 'expect outer> '
		cat
		printf '%s\n' 'send exit $?\n'
	)
}

good() { # good NAME: all steps came true
	report $((status != 0)) "$1" "status $status
$output"
}

test_own() {
	at_terminal bash -c "tty; '$T' run --name own -- bash -c 'tty; ps -o sid=,tpgid=,pgid= -p \$\$; exit 5'; echo \"status \$?\"" </dev/null
	like "CMD has a terminal of its own" "$output" "/dev/pts/*
/dev/pts/*
*status 5*"
	is "... not the one that tsem was started from" "$(sed -n 1,2p <<<"$output" | sort -u | wc -l)" 2
	read -r sid tpgid pgid < <(sed -n 3p <<<"$output")
	is "... and a session, in whose foreground it is" "$((sid != pgid)):$((tpgid == pgid))" 1:1
	at_terminal bash -c "tty; '$T' run --same-terminal --name own -- tty" </dev/null
	is "--same-terminal: it has the one of tsem" "$(sort -u <<<"$output" | wc -l)" 1
	at_terminal bash -c "'$T' run --name own -- tty >out 2>err; echo \"status \$?\"; '$T' run --name own -- bash -c 'test -t 0 && echo a terminal; test -t 1 || echo none' | cat" </dev/null
	like "what is no terminal stays what it is" "$(<out):$output" "/dev/pts/*:status 0
a terminal
none*"
	at_terminal bash -c "'$T' learn -o own.model --name own -- bash -c 'stty -g >/dev/null; tty >/dev/null' && '$T' run -m own.model -e --name own -- bash -c 'stty -g >/dev/null; tty >/dev/null'; echo \"status \$?\"" </dev/null
	like "a model that was learned there is enforced there" "$output" "*status 0*"
	tsem run -m own.model -e --on-violation deny --name own --same-terminal -- bash -c 'stty -g >/dev/null; tty >/dev/null' </dev/null
	is "... and elsewhere" "$(field own refused)" 0
}

test_type() {
	at_terminal bash -c "stty -g >before; '$T' run --name type -- bash -c 'echo \$(stty size); read -r a; echo got \$a; stty raw -echo; exit 4'; echo status \$?; stty -g >after" <<-'END'
		size 30 90
		sleep 1
		send word\n
		expect got word
		expect status 4
	END
	good "what is typed reaches CMD, and what it writes the screen"
	is "the terminal is as it was, whatever CMD has done to its own" "$(cmp before after && echo same)" same
	at_shell <<-END
		send $T run --name size -- bash --norc -i\n
		send PS1='in''ner> '\n
		expect inner>
		size 33 77
		sleep 0.3
		send stty size\n
		expect 33 77
		send exit 0\n
		expect outer>
		send $T run --name size -- bash -c 'trap "stty size" WINCH; echo re''ady; for i in {1..30}; do sleep 0.1; done'\n
		expect ready
		size 34 78
		expect 34 78
		expect outer>
	END
	good "the size, and its changes"
	at_terminal bash -c "seq 200000 | '$T' run --name much -- cat >out; '$T' run --name much -- seq 60000 | cksum; '$T' run --name much -- seq 20000; echo end" <<-'END'
		expect end
	END
	like "much that is written" "$(cksum <out):$(tail -n 2 <<<"$output" | tr '\n' ' ')" "$(seq 200000 | cksum):20000 end *"
	like "... all of it" "$output" "*$(seq 60000 | cksum)*"
}

test_jobs() {
	at_shell <<-END
		send stty -g >before\n
		send $T run --name jobs -- cat\n
		sleep 1
		send hello\n
		expect hello
		expect hello
		send \x1a
		expect Stopped
		expect outer>
		send fg\n
		expect run --name jobs
		sleep 0.5
		send again\n
		expect again
		expect again
		send \x04
		expect outer>
		send stty -g >after\n
		expect outer>
	END
	good "Ctrl-Z and fg, and an end of what is typed"
	is "... the terminal is as it was" "$(cmp before after && echo same)" same
	at_shell <<-END
		send $T run --name jobs -- bash --norc -i\n
		send PS1='in''ner> '\n
		expect inner>
		send sleep 100\n
		sleep 0.5
		send \x1a
		expect Stopped
		expect inner>
		send fg\n
		expect sleep 100
		sleep 0.5
		send \x03
		expect inner>
		send sleep 100 &\n
		expect inner>
		send kill %1; wait; echo a''ll\n
		expect all
		send suspend\n
		expect Stopped
		expect outer>
		send jobs; echo an''d\n
		expect Stopped
		expect and
		send fg\n
		send echo ba''ck\n
		expect back
		send exit 0\n
		expect outer>
	END
	good "job control of a shell inside, which itself is stopped and goes on"
	at_shell <<-END
		send $T run --name jobs -- cat &\n
		expect outer>
		sleep 2
		send \n
		expect Stopped
		send fg\n
		expect run --name jobs
		sleep 1
		send again\n
		expect again
		expect again
		send \x04
		expect outer>
	END
	good "in the background it stops when it reads, and goes on in the foreground"
	at_shell <<-END
		send $T run --name jobs -- bash -c 'echo in the back''ground; sleep 1; echo do''ne' &\n
		expect in the background
		expect done
		send \n
		expect outer>
	END
	good "in the background it writes"
}

test_pipeline() {
	at_shell <<-END
		send $T run --name pipe -- bash -c 'read a; echo got \$a' | cat\n
		sleep 1
		send word\n
		expect got word
		expect outer>
		send seq 1000 | $T run --name pipe -- less\n
		expect 10
		send q
		expect outer>
		send seq 900 | $T run --name pipe -- cat | less\n
		expect 10
		send G
		expect 900
		send q
		expect outer>
	END
	good "in pipelines, beside another that reads the terminal"
	at_shell <<-END
		send $T run --name pipe -- bash -c 'trap "echo int''errupted >&2; exit 9" INT; echo re''ady >&2; while :; do sleep 0.2; done' | cat\n
		expect ready
		send \x03
		expect interrupted
		expect outer>
		send echo \${PIPESTATUS[0]}\n
		expect 9
		expect outer>
	END
	good "Ctrl-C while the terminal is not CMD's"
}

test_programs() {
	at_shell <<-END
		send $T run --name vi -- vi -u NONE -N text\n
		expect [New]
		sleep 0.5
		send ihello\x1b
		send \x1a
		expect Stopped
		expect outer>
		send fg\n
		expect hello
		sleep 0.5
		send A world\x1b:wq\n
		expect written
		expect outer>
		send cat text\n
		expect hello world
		send $T run --name top -- top -d 1\n
		expect load average
		size 20 60
		sleep 1.5
		send q
		expect outer>
		send $T run --name tmux -- tmux -f /dev/null new 'echo in a win''dow; read a'\n
		expect in a window
		send \n
		expect exited
		expect outer>
	END
	good "vi stops and goes on; top; tmux"
}

test_signals() {
	at_shell <<-END
		send $T run --name key -- sleep 50; echo status \$?\n
		sleep 1
		send \x03
		expect status 130
		send $T run --name key -- bash -c 'trap "" INT QUIT; echo re''ady; sleep 2; echo st''ill'; echo status \$?\n
		expect ready
		send \x03\x1c
		expect still
		expect status 0
		send $T run --name key -- bash -c 'sleep 51 & sleep 52 & echo re''ady; wait' &\n
		expect ready
		send kill %1; wait; echo ended\n
		expect ended
		send sleep 1; pgrep -c -x sleep; $T run --name key -- bash -c 'sleep 53 & exit 0'; echo st''ayed \$(pgrep -c -x sleep)\n
		expect 0
		expect stayed 1
		send pkill -x sleep\n
		expect outer>
	END
	good "keys end CMD or not, as it wants; signals to the group reach its group; what it leaves behind stays"
	at_terminal "$T" run --name hangup -- bash -c 'trap "echo hung >hung; exit" HUP; touch there; while :; do sleep 0.1; done' <<-'END'
		sleep 1
		hangup
	END
	wait_until test -e hung
	report $? "a terminal that goes away hangs up"
	at_terminal bash -c "'$T' run --name killed -- bash -c 'echo ready; sleep 50'; echo status \$?" <<-'END' &
		expect ready
		expect status 137
	END
	wait_until eval 'pgrep -x sleep'
	kill -KILL "$(pgrep -f "$T run --name killed" | head -n 1)" 2>/dev/null
	wait $!
	wait_until eval '! listed killed'
	report $? "who kills the process that was started kills CMD"
}

# CMD stops the output of its terminal, has whoever writes to it in the background stopped, and stops its group; then it
# does what its model does not have, which nobody can print any more.
n=1500
silence='/usr/bin/python3 -c "import termios; termios.tcflow(1, termios.TCOOFF)"; stty tostop; exec 2>/dev/null; sleep 0.1
if [ -n "$EVIL" ]; then for ((i = 0; i < '$n'; i++)); do : >"/etc/none$i"; done; fi
echo over >over
[ -z "$EVIL" ] || until test -e go; do sleep 0.1; done
[ -n "$EVIL" ] || /usr/bin/python3 -c "import termios; termios.tcflow(1, termios.TCOON)"'

# The settings of a terminal that is somebody else's, too, are events.
silenced() { # silenced NAME WORDS...
	local name=$1

	shift
	rm -f over
	EVIL='' at_terminal "$T" learn "$@" -o "$name.model" --name silence -- bash -c "$silence" </dev/null
	rm -f over go said
	EVIL=1 at_terminal "$T" run --model "$name.model" --enforce --on-violation deny --name "$name" "$@" -- bash -c "$silence" <<-END &
		stall
		wait_for over
		wait_for go
	END
	wait_until test -e over || wait_until test -e over
	report $? "$name: it goes on"
	wait_until field_is "$name" violations $n
	is "$name: while nobody can print, all is taken and recorded" "$(field "$name" 'violations, .records - .delivered, .lost' | tr '\n' ' ')" "$n 0 0 "
	like "$name: why has it" "$("$T" why "$name" | tail -n 1)" "*$n distinct violations*"
	like "$name: the journal has it" "$(<log)" "*$name: */etc/none0*"
	touch go
	wait $!
	wait_until eval '! listed "$name"'
	report $? "$name: it ends"
}

test_silence() {
	local logger

	start_logger
	silenced own
	silenced same --same-terminal
	is "nothing is left out where it could be printed" "$(grep -c 'own: nobody read' log)" 0
	like "what was left out is counted in the journal" "$(<log)" "*same: nobody read [1-9]* lines of standard error*"
	kill "$logger"
	rm -f /dev/log
}

# Who carries the terminal is stopped: who drains goes on.
test_front() {
	rm -f over go
	EVIL=1 at_terminal "$T" run --model own.model --enforce --on-violation deny --quiet --name front -- bash -c "$silence" </dev/null &
	wait_until listed front
	kill -STOP "$(pgrep -o -x tsem)"
	wait_until test -e over || wait_until test -e over
	is "the process that was started is stopped: all is recorded" "$(field front 'violations, .lost' | tr '\n' ' ')" "$n 0 "
	kill -CONT "$(pgrep -o -x tsem)"
	touch go
	wait $!
	wait_until eval '! listed front'
	report $? "... it goes on, and ends"
}

for each in ${TESTS:-own type jobs pipeline programs signals silence front}; do
	[ -n "${loaded-}" ] || need "tsem load" "$T" load
	loaded=yes
	"test_$each" </dev/null
done
finish
