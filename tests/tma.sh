#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Modeling agents outside the kernel: `tsem tma`, agents that lie or die, bad lines. usage: tests/tma.sh TSEM
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
tsem=$(realpath "$1")
work=$(mktemp -d)
golden=tests/golden/events.model
small=tests/data/grep.model
pids=()
cleanup() {
	[ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

agent() { # agent CMD...: in the background; its pid is in $agent
	rm -f "$work/agent.err" # the shell that starts it empties it later than a wait for "ready" may look
	"$@" >"$work/agent.out" 2>"$work/agent.err" </dev/null &
	agent=$!
	pids+=("$agent")
}
process() { # process [OPTION...]: tsem tma at $sock
	rm -f "$work/sock"
	sock=unix:$work/sock
	agent "$tsem" tma --listen "$sock" "$@"
	wait_until grep -q ready "$work/agent.err"
	idle=$(has_read)
}
replay() { # replay FILE OPTION...: JSON in $out, its status in $status
	timeout 60 "$tsem" replay "$@" --json >"$work/out" 2>"$work/err" </dev/null
	status=$?
	out=$work/out
}
get() { jq -r "$1" "$out" 2>/dev/null; }
has_read() { # KiB, in all
	awk '/^rchar:/ { print int($2 / 1024) }' "/proc/$agent/io"
}
busy() { # busy KIB: the agent has read so much since it was ready
	[ "$(has_read)" -ge $((idle + $1)) ]
}
end_agent() {
	kill "$agent" 2>/dev/null
	wait "$agent" 2>/dev/null
}

# ---- the process trust root ----

process
uid=$(awk '/^Uid:/ {print $2}' /proc/$agent/status)
is "it becomes somebody" "$(awk '/^Uid:/ {print $2, $3, $4}' /proc/$agent/status)" "$uid $uid $uid"
if [ "$(id -u)" = 0 ]; then
	is "it is a user that no name and no other process has" "$(getent passwd "$uid"):$(pgrep -U "$uid" | xargs):$((uid >= 61184 && uid <= 65519))" ":$agent:1"
	setpriv --reuid 65534 --regid 65534 --clear-groups kill -STOP $agent 2>/dev/null
	is "who is nobody cannot stop it" "$?" 1
else
	is "it stays who has started it" "$uid" "$(id -u)"
fi
is "it has no capabilities" "$(awk '/^Cap(Inh|Prm|Eff|Amb):/ {print $2}' /proc/$agent/status | sort -u)" 0000000000000000
is "it is filtered and cannot gain privileges" "$(awk '/^(NoNewPrivs|Seccomp):/ {print $2}' /proc/$agent/status | xargs)" "1 2"
if [ "$(id -u)" = 0 ]; then
	is "its bounding set is empty" "$(awk '/^CapBnd:/ {print $2}' /proc/$agent/status)" 0000000000000000
	case $(readlink /proc/$agent/root) in
	*" (deleted)") ok "its root directory is empty for good" ;;
	*) not_ok "its root directory is empty for good" "$(readlink /proc/$agent/root)" ;;
	esac
fi
is "it has no descriptor but its own" "$(readlink /proc/$agent/fd/* | sed 's/:\[.*//; s/^\/.*/file/' | sort | xargs)" "anon_inode anon_inode file socket"
is "its socket is its owner's only" "$(stat -c %a "$work/sock")" 600
for model in $golden $small; do
	replay $model --tma "$sock"
	is "state of $model is that of tsem show" "$(get .state)" "$("$tsem" show ./$model state)"
	is "measurement of $model is that of tsem show" "$(get .measurement)" "$("$tsem" show ./$model measurement)"
	is "all events of $model are trusted" "$status $(get '"\(.untrusted) \(.trusted == .events)"')" "0 0 true"
done
for model in $golden $small; do
	replay <(cat "$model") --tma self:engine
	is "$model from a pipe" "$status $(get .state)" "0 $("$tsem" show "./$model" state)"
done
is "events at standard input" "$("$tsem" show ./$small trajectory --json | timeout 60 "$tsem" replay - --tma self:engine --json | jq -r .state)" "$("$tsem" show ./$small state)"
for hash in sha256 sm3; do
	replay $small --tma self:engine --hash $hash
	is "an agent in the same process, $hash: the same state and measurement" "$status $(get .state)
$(get .measurement)" "0 $(python3 tests/tma/recompute.py $small $hash)"
done
replay $golden --tma self:engine --model $small
is "it trusts no other workload" "$status $(get '"\(.trusted)"')" "3 0"
like "nobody can connect to it" "$("$tsem" tma --listen self:engine 2>&1; echo $?)" "tsem: no client can connect to self:engine*
1"
replay $small --tma "$sock" --times 50
is "repeated events change neither state nor measurement" "$(get '"\(.events) \(.trusted) \(.state) \(.measurement)"')" \
	"400 400 $("$tsem" show ./$small state) $("$tsem" show ./$small measurement)"
replay $small --tma "$sock" --model $small
is "a sealed model trusts its own events, for good" "$status $(get '"\(.trusted) \(.same)"')" "0 8 8"
is "and its measurement counts only what was seen" "$(get .measurement)" "$("$tsem" show ./$small measurement)"
"$tsem" show ./$small trajectory --json | sed 's#/etc/passwd#/etc/shadow#' >"$work/changed"
replay "$work/changed" --tma "$sock" --model $small
is "what is not in the model is not trusted" "$status $(get '"\(.untrusted) \(.reasons.violation)"')" "3 1 1"
replay $golden --tma "$sock" --model $small
is "events of another workload are not trusted" "$status $(get '"\(.trusted)"')" "3 0"
"$tsem" show ./$small trajectory --json | head -n 3 | sed 's/"flags":"0x0","coe/"flags":"0x4","coe/' >"$work/untrusted"
replay "$work/untrusted" --tma "$sock" --model $small
is "nor is a good event of an untrusted task" "$(get '"\(.untrusted) \(.reasons.task) \(.same)"')" "3 3 0"

for hash in sha256 sha384 sha512 sha3-256 sm3; do
	replay $small --tma "$sock" --hash $hash
	is "$hash: state and measurement are those of the second implementation" "$(get .state)
$(get .measurement)" "$(python3 tests/tma/recompute.py $small $hash)"
	replay $small --tma "$sock" --hash $hash --model $small
	is "$hash: the model is loaded from its events and trusts them" "$status $(get .trusted)" "0 8"
	replay "$work/changed" --tma "$sock" --hash $hash --model $small
	is "$hash: what is not in it is not trusted" "$status $(get '"\(.untrusted)"')" "3 1"
done
replay $golden --tma "$sock" --hash sha512
# Three of the four vectors of each event are of a program.
is "programs whose exec was never seen are not trusted with another function" "$(get '"\(.reasons.identity)"')" \
	$((3 * $(grep -c '^TSEM_EVENT(' abi/events.def)))
nonce=$(printf '%064d' 7) aggregate=$(printf '%064d' 9)
replay $small --tma "$sock" --base "$nonce" --aggregate "$aggregate"
is "base nonce and aggregate enter state and measurement" "$(get .state)
$(get .measurement)" "$(python3 tests/tma/recompute.py $small sha256 "$nonce" "$aggregate")"
for each in "${nonce:2}" "${nonce}00" "${nonce:1}g" $'\t'"${nonce:1}" "${nonce:1} " "0x${nonce:2}" "${nonce:1}F"; do
	replay $small --tma "$sock" --base "$each"
	is "no digest: $(printf %q "$each")" \
		"$status $(grep -c "is not a digest of 32 bytes in lower-case hexadecimal digits" "$work/err")" "1 1"
done
program=$("$tsem" show ./$small trajectory --json | jq -r 'select(.event.type == "bprm_committed_creds") | .bprm_committed_creds.file.path.pathname' | head -n 1)
for hash in sha256 sha384; do
	replay $small --tma "$sock" --hash $hash --pseudonym "$program"
	is "$hash: a pseudonym takes the content of $program out" "$(get .state)
$(get .measurement)" "$(python3 tests/tma/recompute.py $small $hash "" "" "$program")"
done

# ---- many, and bad, clients ----

# ---- who may connect: the abstract name space is open to everybody ----

as_nobody() { # as_nobody CMD...
	setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"
}
abstract=@tsem-test-$$
knock='
import socket, sys
line = socket.socket(socket.AF_UNIX)
line.settimeout(5)
line.connect("\0" + sys.argv[1][1:])
try:
    line.sendall(b"x" * 10)
    print("closed" if line.recv(1) == b"" else "answered")
except (ConnectionResetError, BrokenPipeError):
    print("closed")
except TimeoutError:
    print("open")'
was=$agent
agent "$tsem" tma --listen "unix:$abstract"
named=$agent
wait_until grep -q ready "$work/agent.err"
replay $small --tma "unix:$abstract"
is "an abstract name: its owner is served" "$status" 0
if [ "$(id -u)" = 0 ]; then
	is "an abstract name: nobody else is" "$(as_nobody /usr/bin/python3 -c "$knock" "$abstract")" closed
	cp "$tsem" "$work/tsem" && chmod 755 "$work" "$work/tsem" && cp $small "$work/small" && chmod 644 "$work/small"
	out=$(as_nobody "$work/tsem" replay "$work/small" --tma "unix:$abstract" 2>&1)
	like "an abstract name: nor a client of nobody's" "$?:$out" "1:tsem: *"
	is "an abstract name: and the agent goes on" "$(kill -0 $named && "$tsem" replay $small --tma "unix:$abstract" >"$work/out" 2>&1; echo $?)" 0
	# Somebody has taken the name before: he is not asked.
	as_nobody "$work/tsem" tma --listen "unix:$abstract-taken" 2>"$work/taken.err" &
	taken=$!
	pids+=("$taken")
	wait_until grep -q ready "$work/taken.err"
	replay $small --tma "unix:$abstract-taken"
	like "an abstract name: taken by somebody else" "$status:$(<"$work/err")" "1:*belongs to user 65534, who is neither you nor root: tsem does not ask it"
	out=$(timeout 20 "$tsem" run --tma "unix:$abstract-taken" -- touch "$work/has-run" 2>&1)
	is "an abstract name: taken, and nothing runs" "$?:$(ls "$work/has-run" 2>&1 | grep -c 'No such')" 125:1
	is "an abstract name: who has taken it serves himself" "$(as_nobody "$work/tsem" replay "$work/small" --tma "unix:$abstract-taken" >"$work/out" 2>&1; echo $?)" 0
	kill $taken
	rm "$work/taken.err"
	mkdir -m 777 "$work/open"
	as_nobody "$work/tsem" tma --listen "unix:$work/open/sock" 2>"$work/taken.err" &
	taken=$!
	pids+=("$taken")
	wait_until grep -q ready "$work/taken.err"
	replay $small --tma "unix:$work/open/sock"
	is "a file: its owner is trusted by who names it" "$status" 0
	kill $taken
fi
kill $named
agent "$tsem" tma --listen "unix:$abstract" --per-peer 3
named=$agent
wait_until grep -q ready "$work/agent.err"
/usr/bin/python3 -c '
import select, socket, sys, time
name = "\0" + sys.argv[1][1:]
lines = []
for _ in range(10):
    lines.append(socket.socket(socket.AF_UNIX))
    lines[-1].connect(name)
time.sleep(0.5)
print(10 - len(select.select(lines, [], [], 0)[0]), flush=True)
time.sleep(5)' "$abstract" >"$work/peer" &
pids+=("$!")
wait_until test -s "$work/peer"
is "one process has so many connections" "$(<"$work/peer")" 3
replay $small --tma "unix:$abstract"
is "and others are served meanwhile" "$status" 0
kill $named
agent=$was

check "garbage, half frames and lies do not hurt it" timeout 60 python3 tests/tma/clients.py "$work/sock" bad
check "1,000 connections at one time" timeout 120 python3 tests/tma/clients.py "$work/sock" many
check "one namespace cannot see another; memory has an end" timeout 60 python3 tests/tma/clients.py "$work/sock" spaces
check "long requests of one client: others have their turn in between" timeout 120 python3 tests/tma/clients.py "$work/sock" turns
check "a request that comes twice is answered twice and done once" timeout 60 python3 tests/tma/clients.py "$work/sock" twice
check "the vectors of the document" timeout 60 python3 tests/tma/vectors.py "$work/sock" docs/tma-protocol.md
replay $small --tma "$sock"
is "after all that it serves" "$status $(get .trusted)" "0 8"
kill -TERM "$agent"
wait "$agent"
is "SIGTERM ends it with status 0" $? 0
process
is "what a dead agent left of its socket is replaced" "$(test -S "$work/sock" && echo yes)" yes
timeout 5 "$tsem" tma --listen "$sock" >"$work/out" 2>"$work/err"
is "a second agent at the same address is refused" "$? $(grep -c 'in use' "$work/err")" "1 1"

# The same clients, under the sanitizers: a finding is a status that is not 0.
rm -f "$work/sock"
agent "$(dirname "$tsem")/tma-san" "unix:$work/sock"
wait_until test -S "$work/sock"
for what in bad many spaces turns twice; do
	check "sanitizers: $what" timeout 120 python3 tests/tma/clients.py "$work/sock" $what
done
kill -TERM "$agent"
wait "$agent"
status=$?
if [ $status = 0 ]; then ok "sanitizers: no finding"; else not_ok "sanitizers: no finding" "status $status: $(cat "$work/agent.err")"; fi
process

# ---- the agent dies, stops, comes back ----

timeout 60 "$tsem" replay $golden --tma "$sock" --times 20000 --json >"$work/out" 2>"$work/err" &
client=$!
wait_until busy 100
kill -KILL "$agent"
wait "$agent" 2>/dev/null
wait $client
is "killed: the rest is untrusted" "$? $(jq -r '"\(.trusted + .untrusted == .events) \(.untrusted > 1000000) \(.reasons.dead == .untrusted)"' "$work/out")" "3 true true true"
replay $small --tma "$sock"
is "gone: no verdict at all" "$status $(grep -c 'cannot connect' "$work/err")" "1 1"
process
timeout 60 "$tsem" replay $small --tma "$sock" --times 50000 --deadline 200 --json >"$work/out" 2>"$work/err" &
client=$!
wait_until busy 100
kill -STOP "$agent"
sleep 1 # which is five deadlines
kill -CONT "$agent"
wait $client
is "stopped: what it does not answer in time is untrusted, then it goes on" \
	"$? $(jq -r '"\(.reasons.late > 0) \(.reasons.late == .untrusted) \(.trusted > 0) \(.trusted + .untrusted == .events)"' "$work/out")" \
	"3 true true true true"
end_agent

# ---- an agent of another kind ----

sock=unix:$work/simple
agent python3 tests/tma/simple_tma.py "$work/simple" 8
wait_until test -S "$work/simple"
replay $small --tma "$sock"
is "the second agent trusts the start" "$status $(get '"\(.agent) \(.trusted) \(.reasons.rule)"')" "0 simple 8 8"
{ "$tsem" show ./$small trajectory --json; cat "$work/changed"; } >"$work/again"
replay "$work/again" --tma "$sock"
is "and whatever the same programs do later" "$status $(get .trusted)" "0 16"
{ "$tsem" show ./$small trajectory --json; "$tsem" show ./$small trajectory --json | sed "s#\"$program\"#\"/tmp/x\"#"; } >"$work/new"
replay "$work/new" --tma "$sock"
is "but no new program" "$status $(get '"\(.untrusted > 0) \(.reasons.rule == .events)"')" "3 true true"
end_agent

# ---- agents that say yes to everything, wrongly ----

fault() { # fault FAULT REASON
	rm -f "$work/evil"
	agent python3 tests/tma/evil_tma.py "$work/evil" "$1"
	wait_until test -S "$work/evil"
	local began=$SECONDS
	replay $small --tma "unix:$work/evil" --deadline 250
	is "$1: nothing is trusted" "$status $(get '"\(.trusted) \(.reasons | keys | join(","))"')" "3 $3 $2"
	[ $((SECONDS - began)) -le 10 ] || not_ok "$1: in time" "it took $((SECONDS - began)) s"
	end_agent
}
fault late late 0
fault silent late 0
fault sequence garbled,late 0
fault ticket garbled 0
fault namespace garbled 0
fault session late 0
fault kind garbled 0
fault verdict garbled 0
fault short garbled 0
fault long garbled 0
fault reserved garbled 0
fault checksum late 0
fault oversize late 0
fault garbage late 0
fault flood late 0
fault strays late 0
fault drip late 0
fault half dead 0
fault dead dead 0
fault error refused 0
fault earlier garbled,late 0
rm -f "$work/evil"
agent python3 tests/tma/evil_tma.py "$work/evil" nonce
wait_until test -S "$work/evil"
replay $small --tma "unix:$work/evil" --deadline 250
is "an agent that answers another greeting is none" "$status $(grep -c 'did not greet' "$work/err")" "1 1"
end_agent

# ---- serial lines ----

serial() { # serial ERRORS-PER-MILLION SEED
	rm -f "$work/a" "$work/b"
	agent python3 tests/tma/serial.py "$work/a" "$work/b" "$1" "$2"
	line=$agent
	wait_until test -e "$work/b"
	"$tsem" tma --listen "tty:$work/b,921600" 2>"$work/tty.err" </dev/null &
	agent=$!
	pids+=("$agent")
	wait_until grep -q ready "$work/tty.err"
}
end_serial() {
	end_agent
	agent=$line
	end_agent
}
serial 0 1
replay $small --tma "tty:$work/a,921600"
is "a good serial line: everything as ever" "$status $(get '"\(.trusted) \(.repeated) \(.state)"')" "0 8 0 $("$tsem" show ./$small state)"
end_serial
for seed in 1 2 3; do
	serial 500 $seed
	replay "$work/again" --tma "tty:$work/a,921600" --model $small --deadline 3000
	is "a bad serial line ($seed): each event is answered right or untrusted" \
		"$(get '"\(.trusted + .untrusted == .events) \(.trusted <= 15) \((.reasons.violation // 0) <= 1) \((.reasons | keys) - ["known", "violation", "late"] == [])"')" \
		"true true true true"
	is "and most are answered, by asking again ($seed)" "$(get '"\(.trusted >= 12)"')" true
	"$tsem" show ./$golden trajectory --json | head -n 40 >"$work/others"
	seed_line=$(get '"\(.repeated) requests sent again, \(.skipped) bytes skipped, \(.stray) stray answers"')
	echo "# serial line $seed: $(get '"\(.trusted) of \(.events) trusted"'), $seed_line"
	replay "$work/others" --tma "tty:$work/a,921600" --model $small --deadline 3000
	is "nothing is trusted that should not be ($seed)" "$status $(get '"\(.events) \(.trusted) \(.reasons.violation + .reasons.task >= 30)"')" "3 40 0 true"
	end_serial
done

# ---- other lines, and addresses that are none ----

mkfifo "$work/to" "$work/from"
"$tsem" tma --listen fd:0,1 <"$work/to" >"$work/from" 2>"$work/agent.err" &
agent=$!
pids+=("$agent")
timeout 60 "$tsem" replay $small --tma fd:8,9 --json 9>"$work/to" 8<"$work/from" >"$work/out" 2>"$work/err"
status=$?
out=$work/out
is "two pipes" "$status $(get '"\(.trusted) \(.state)"')" "0 8 $("$tsem" show ./$small state)"
wait "$agent"
is "the agent ends with its only line" $? 0
for address in nowhere carrier:pigeon unix: unix:/nonexistent/socket "unix:$(printf 'x%.0s' $(seq 200))" vsock:1 vsock:x:9 vsock:2:99999999999 \
	tty:/dev/null "tty:/dev/tty99999" "tty:/dev/null,17" fd:x fd:7777 fd:1,2,3; do
	replay $small --tma "$address" --deadline 300
	is "the address $address is refused in a sentence" "$status $(wc -l <"$work/err")" "1 1"
done
timeout 5 "$tsem" tma --listen "unix:$work/x" --user nobody-of-that-name >"$work/out" 2>"$work/err"
is "an unknown user is refused" "$? $([ "$(id -u)" != 0 ] || grep -c 'no user' "$work/err")" "1 1"
finish
