#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/sinks.sh PATH_TO_TSEM: where exported events go, from recorded lines: files, sockets, a broker of our own,
# outages of it, spools that are full, damaged or taken over. No kernel side.
# TESTS="file mqtt ..." runs these only.

set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
. tests/sinks/hostile.sh
. tests/sinks/epoch.sh
export LC_ALL=C.UTF-8
unset TSEM_MQTT_USER TSEM_MQTT_PASSWORD TSEM_MQTT_CA TSEM_MQTT_CERT TSEM_MQTT_KEY
T=$(realpath "${1:?usage: tests/sinks.sh PATH_TO_TSEM}")
PATH=$PATH:/usr/sbin
scratch=$(mktemp -d "${TMPDIR:-/tmp}/sinks-test.XXXXXX")
started=()
cleanup() {
	kill -9 "${started[@]}" 2>/dev/null
	mountpoint -q "$scratch/small" && umount "$scratch/small"
	rm -rf "$scratch"
}
trap cleanup EXIT
cd "$scratch" || exit 1

# Lines as an export writes them: numbers FROM to FROM + COUNT - 1.
lines() { # lines COUNT [FROM [CONTEXT]]
	/usr/bin/python3 - "$@" <<-'END'
		import sys
		count, first, context = int(sys.argv[1]), int((sys.argv + [0, "1"])[2] or 1) if len(sys.argv) > 2 else 1, sys.argv[3] if len(sys.argv) > 3 else "7"
		head = '{"export":{"type":"event"},"event":{"pid":"412","tid":"412","ppid":"400","context":"%s","number":"%d","process":"cat","type":"%s","ttd":"1","p_ttd":"0","task_id":"' + "1" * 64 + '","p_task_id":"' + "0" * 64 + '","ts":"%d","flags":"0x10"},"COE":{"uid":"1000","euid":"1000","suid":"1000","gid":"1000","egid":"1000","sgid":"1000","fsuid":"1000","fsgid":"1000","capeff":"0x0"},'
		file = '"file_open":{"file":{"flags":"0x8000","inode":{"uid":"0","gid":"0","mode":"0100644","s_magic":"0xef53","s_id":"","s_uuid":"' + "0" * 32 + '"},"path":{"type":"root","pathname":"/etc/hostname"},"digest":"' + "0" * 64 + '"}}}'
		capset = '"capset":{"effective":"0x0","inheritable":"0x0","permitted":"0x0"}}'
		for number in range(first, first + count):
		    kind = "capset" if number % 5 == 0 else "file_open"
		    print(head % (context, number, kind, 5000000000 + number) + (capset if number % 5 == 0 else file))
	END
}

# The numbers in lines, as "COUNT DISTINCT LEAST GREATEST".
numbers() { # numbers FILE...
	cat "$@" | grep '"export":{"type":"event"' | grep -o '"number":"[0-9]*"' | tr -dc '0-9\n' | sort -n |
		awk '{ n++; if (!($1 in seen)) d++; seen[$1] = 1; if (n == 1) least = $1; last = $1 } END { print n + 0, d + 0, least + 0, last + 0 }'
}

# ---- a broker, on a port of its own ----

port=$(own_port)
broker_conf() { # broker_conf LINES...: what is the same for all, and these
	printf '%s\n' "listener $port 127.0.0.1" "max_queued_messages 0" "max_inflight_messages 200" "persistence true" \
		"persistence_location $scratch/broker/" "user root" "log_type error" "log_type warning" "$@" >broker.conf
}

# Whoever is started while an export is fed must not keep its end from coming.
feed=
unfed() { # unfed CMD...: in the place of this shell
	[ -z "$feed" ] || exec {feed}>&-
	exec "$@"
}

broker_starts() {
	mkdir -p broker
	unfed mosquitto -c broker.conf >>broker.log 2>&1 &
	broker=$!
	started+=("$broker")
	wait_until bash -c ": >/dev/tcp/127.0.0.1/$port"
}

broker_ends() { # broker_ends [SIGNAL]
	kill "-${1:-TERM}" "$broker"
	wait "$broker" 2>/dev/null
}

collect_starts() { # collect_starts [WORDS...]: into got.json
	unfed "$T" collect --from "mqtt://127.0.0.1:$port/tsem/#" -o got.json --json "$@" </dev/null >summary.json 2>collect.err &
	collector=$!
	started+=("$collector")
	wait_until bash -c "mosquitto_pub -h 127.0.0.1 -p $port -q 1 -t tsem/probe/p/status -m '{\"export\":{\"type\":\"status\",\"host\":\"probe\",\"boot\":\"b\",\"namespace\":\"p\"}}' && grep -q status got.json"
}

# The broker hands on in the order in which it takes: when a line that was sent last has come, all have.
collect_ends() { # collect_ends [HOST WORDS...]: who may write, and words of mosquitto_pub by which
	local mark=mark$RANDOM$RANDOM host=${1:-probe}

	[ $# -eq 0 ] || shift
	mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 "$@" -t "tsem/$host/p/status" \
		-m "{\"export\":{\"type\":\"status\",\"host\":\"$host\",\"boot\":\"b\",\"namespace\":\"p\"},\"mark\":\"$mark\"}"
	wait_until grep -q "$mark" got.json
	kill -INT "$collector"
	wait "$collector"
	collected=$?
}

# An export of what is written to the descriptor `feed`, until that is closed: exporter is its process.
feeding() { # feeding WORDS...
	rm -f feed
	mkfifo feed
	"$T" export --from - "$@" <feed >out 2>out.err &
	exporter=$!
	started+=("$exporter")
	exec {feed}>feed
}

fed() { # waits for its end: status
	exec {feed}>&-
	feed=
	wait "$exporter"
	status=$?
}

received() { # received COUNT: the collector has so many events
	[ "$(grep -c '"export":{"type":"event"' got.json)" -ge "$1" ]
}

fresh() {
	rm -rf spool got.json summary.json collect.err broker events.json out.err
}

export_to() { # export_to WORDS...: status, errors
	timeout 60 "$T" export "$@" </dev/null >out 2>out.err
	status=$?
	errors=$(<out.err)
}

counts() { # the last counts in out.err: produced found delivered lost spooled
	sed -nE 's/^tsem: ([0-9]+) events produced, (([0-9]+) found in the spool, )?([0-9]+) delivered, ([0-9]+) lost(, ([0-9]+) spooled)?$/\1 \3 \4 \5 \7/p' "${1:-out.err}" |
		tail -n 1 | awk '{ if (NF == 3) print $1, 0, $2, $3, 0; else if (NF == 4) print $1, 0, $2, $3, $4; else print }'
}

balanced() { # balanced NAME: produced + found = delivered + lost + spooled
	local produced found delivered lost spooled

	read -r produced found delivered lost spooled <<<"$(counts)"
	is "$1: what was produced is accounted for" "$((${produced:--1} + found))" "$((delivered + lost + spooled))"
}

# ---- files and sockets ----

test_file() {
	lines 20000 >events.json
	export_to --from events.json --to "file:$scratch/f/out.json?size=2M&keep=20"
	like "file: no directory" "$status:$errors" "1:*cannot write events to *f/out.json: No such file or directory*"
	mkdir -p f
	export_to --from events.json --to "file:$scratch/f/out.json?size=2M&keep=20"
	is "file: status" "$status:$(counts)" "0:20000 0 20000 0 0"
	is "file: all of it" "$(numbers f/*)" "20000 20000 1 20000"
	[ "$(find f -name 'out.json*' | wc -l)" -gt 5 ]
	check "file: rotated" test $? = 0
	none "file: none is larger" find f -size +2048k
	for each in f/*; do tail -c 1 "$each"; done | tr '\n' n >ends
	is "file: each ends with a whole line" "$(<ends)" "$(for each in f/*; do printf n; done)"
	is "file: each begins with whose it is" "$(head -qn 1 f/* | grep -c '"type":"stream"')" "$(find f -type f | wc -l)"
	check "file: and is JSON" jq -es 'length > 0' f/*
	check "file: nothing is missing for collect" "$T" collect --from <(cat f/*) -o /dev/null
	rm -rf f && mkdir f
	export_to --from events.json --to "file:$scratch/f/out.json?size=1M&keep=2"
	is "file: so many are kept" "$(find f -type f | wc -l)" 3
	printf '{"half' >f/half.json
	lines 10 >ten.json
	export_to --from ten.json --to "file:$scratch/f/half.json"
	is "file: half a line of a crash does not spoil ours" "$(grep -c '"type":"event"' f/half.json)" 10
	timeout 60 strace -f -qq -o calls -e inject=fsync:error=EIO "$T" export --from ten.json --to "file:$scratch/f/sync.json" \
		</dev/null >/dev/null 2>err
	like "file: what has not reached the disk is said" "$?:$(<err)" "1:*cannot write events to $scratch/f/sync.json: Input/output error*"
	# A file that may be written and not read: what it ends with is not known.
	if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
		printf '{"half' >f/blind.json
		chmod 0222 f/blind.json
		chmod 0755 "$scratch" f
		setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
			"$T" export --to "file:$scratch/f/blind.json" --from - <ten.json >/dev/null 2>"$scratch/err"
		is "file: nor does half a line that cannot be read" "$(grep -c '^{"export":{"type":"' f/blind.json):$(head -n 1 f/blind.json)" '11:{"half'
	else
		skip "file: nor does half a line that cannot be read" "needs root and setpriv to give it up"
	fi
	export_to --from ten.json --to "file:$scratch/f/x?size=0"
	like "file: size of nothing" "$status:$errors" "1:*size=0*is not a number*"
	export_to --from ten.json --to "file:$scratch/f/x?colour=red"
	like "file: a key that it has not" "$status:$errors" "1:*file: has no key colour*"
	export_to --from ten.json --to "gopher://x/"
	like "a sink that is none" "$status:$errors" "1:*gopher*file:PATH*unix:PATH*mqtt://*"
}

test_disk() {
	[ "$(id -u)" = 0 ] || { not_ok "disk: needs root"; return; }
	mkdir -p small
	mount -t tmpfs -o size=3m small small || { not_ok "disk: no tmpfs"; return; }
	lines 8000 >events.json
	export_to --from events.json --to "file:$scratch/small/out.json"
	like "disk: full, a file: said" "$status:$errors" "1:*No space left on device*"
	balanced "disk: full, a file"
	is "disk: full, a file: as many lines as delivered" "$(numbers small/out.json | cut -d ' ' -f 1)" "$(counts | cut -d ' ' -f 3)"
	is "disk: full, a file: it ends with a whole line" "$(tail -c 1 small/out.json | od -An -c | tr -d ' ')" '\n'
	rm -f small/*
	export_to --from events.json --to "unix:$scratch/nobody" --spool small/spool --spool-size 64M --linger 1
	is "disk: full, a spool: no failure" "$status" 0
	balanced "disk: full, a spool"
	read -r _ _ delivered lost spooled <<<"$(counts)"
	[ "$lost" -gt 1000 ] && [ "$spooled" -gt 1000 ] && [ "$delivered" = 0 ]
	check "disk: full, a spool: what fits is kept, the rest is counted" test $? = 0
	umount small
	(
		ulimit -f 2048
		"$T" export --from events.json --to "unix:$scratch/nobody" --spool limited --linger 1 </dev/null >out 2>out.err
	)
	is "disk: a limit of file size: no failure" "$?" 0
	balanced "disk: a limit of file size"
}

test_unix() {
	lines 3000 >events.json
	/usr/bin/python3 - >reader.json 2>reader.err <<-'END' &
		import os, socket, sys, time
		server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		server.bind("socket.new")
		server.listen()
		os.rename("socket.new", "socket")
		# The first connection is dropped in the middle, the second one is read to its end.
		for limit in (200000, None):
		    connection, _ = server.accept()
		    got = b""
		    while limit is None or len(got) < limit:
		        chunk = connection.recv(65536)
		        if not chunk:
		            break
		        got += chunk
		        time.sleep(0.001)
		    connection.close()
		    sys.stdout.write(got[:got.rfind(b"\n") + 1].decode())
	END
	reader=$!
	started+=("$reader")
	wait_until test -e socket
	export_to --from events.json --to "unix:$scratch/socket"
	wait "$reader"
	is "unix: status" "$status" 0
	balanced "unix"
	like "unix: an outage is told" "$errors" "*unix: cannot send events to *trying again*reached again*"
	is "unix: each connection begins with whose it is" "$(grep -c '"type":"stream"' reader.json)" 2
	# A socket does not acknowledge: what was on its way when the reader left is gone, and its numbers are missing.
	"$T" collect --from reader.json -o /dev/null 2>collect.err
	status=$?
	like "unix: what a reader that left did not read is named" "$status:$(<collect.err)" "[03]:*events of 1 namespace,*"
	is "unix: up to the last" "$(numbers reader.json | cut -d ' ' -f 4)" 3000
}

test_syslog() {
	lines 50 >events.json
	for each in syslog journal; do
		/usr/bin/python3 - $each >$each.got <<-'END' &
			import os, socket, sys
			name = sys.argv[1]
			server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
			server.bind(name + ".new")
			server.settimeout(10)
			os.rename(name + ".new", name)
			for _ in range(50):
			    sys.stdout.write(server.recv(1 << 20).decode() + "\n")
		END
		reader=$!
		started+=("$reader")
		wait_until test -e $each
		export_to --from events.json --to "$each:$scratch/$each"
		wait "$reader"
		is "$each: status" "$status:$(counts)" "0:50 0 50 0 0"
		is "$each: all of it" "$(numbers $each.got)" "50 50 1 50"
	done
	is "syslog: as a daemon expects it" "$(grep -cE '^<30>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} tsem\[[0-9]+\]: \{"export"' syslog.got)" 50
	is "journal: fields" "$(grep -c '^TSEM_NUMBER=' journal.got):$(grep -c '^MESSAGE={"export"' journal.got)" "50:50"
}

# ---- the broker ----

test_mqtt() {
	fresh
	broker_conf "allow_anonymous true"
	broker_starts
	lines 5000 >events.json
	collect_starts
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --name web
	is "mqtt: status" "$status:$(counts)" "0:5000 0 5000 0 0"
	collect_ends
	is "mqtt: nothing lost, nothing twice" "$collected:$(numbers got.json)" "0:5000 5000 1 5000"
	is "mqtt: the summary says so" "$(jq -r '.streams[] | "\(.namespace) \(.events) \(.missing)"' summary.json)" "web 5000 0"
	is "mqtt: topics of the classes" "$(timeout 5 mosquitto_sub -h 127.0.0.1 -p $port -t 'tsem/+/web/#' -F %t -W 1 2>/dev/null | sed 's|.*/||' | sort | tr '\n' ' ')" "status stream "
	is "mqtt: the last status" "$(timeout 5 mosquitto_sub -h 127.0.0.1 -p $port -t 'tsem/+/web/status' -C 1 | jq -r .status)" ended
	(while lines 1000; do :; done) 2>/dev/null | "$T" export --from - --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --name gone >/dev/null 2>&1 &
	pid=$!
	started+=("$pid")
	comes_true bash -c "mosquitto_sub -h 127.0.0.1 -p $port -t 'tsem/+/gone/status' -C 1 -W 1 | grep -q online"
	check "mqtt: the status while it sends" test $? = 0
	kill -9 $pid
	wait $pid 2>/dev/null
	comes_true bash -c "mosquitto_sub -h 127.0.0.1 -p $port -t 'tsem/+/gone/status' -C 1 -W 1 | grep -q '\"gone\"}'"
	check "mqtt: the last will, when it was killed" test $? = 0
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%q"
	like "mqtt: a topic that is none" "$status:$errors" "1:*%q in the topic*"
	export_to --from events.json --to "mqtt://me:secret@127.0.0.1:$port/tsem"
	like "mqtt: a password in the URL" "$status:$errors" "1:*do not belong into a URL*TSEM_MQTT_PASSWORD*"
	unlike_secret=$(grep -c secret out.err)
	is "mqtt: and it is not repeated" "$unlike_secret" 0
	broker_ends
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --linger 1
	like "mqtt: no broker, no spool: lost, and said" "$status:$errors" "1:*Connection refused*took no more events: 5000 are lost*"
	balanced "mqtt: no broker, no spool"
}

test_outage() {
	fresh
	broker_conf "allow_anonymous true"
	lines 4000 >events.json
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool --linger 1
	is "outage: broker down at the start: kept" "$status:$(counts)" "0:4000 0 0 0 4000"
	broker_starts
	collect_starts
	lines 1000 4001 >more.json
	export_to --from more.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool
	is "outage: the next tsem brings them" "$status:$(counts)" "0:1000 4000 5000 0 0"
	none "outage: nothing stays in the spool" find spool -name '*.spool'
	# The broker ends and comes back while events come.
	feeding --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool
	lines 3000 5001 >&"$feed"
	wait_until received 7000
	broker_ends
	lines 4000 8001 >&"$feed"
	wait_until contains out.err "trying again"
	broker_starts
	lines 3000 12001 >&"$feed"
	fed
	is "outage: down for a while: status" "$status:$(counts)" "0:10000 0 10000 0 0"
	like "outage: it is told, and its end" "$(<out.err)" "*mqtt: the broker 127.0.0.1 port $port: *trying again*reached again*"
	collect_ends
	is "outage: nothing lost, nothing twice" "$collected:$(numbers got.json)" "0:15000 15000 1 15000"
	# Killed: what it held for the collector may be gone with it, but then it is named.
	rm got.json
	collect_starts
	feeding --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool
	lines 3000 1 8 >&"$feed"
	wait_until received 1000
	broker_ends KILL
	broker_starts
	lines 3000 3001 8 >&"$feed"
	fed
	is "outage: broker killed: status" "$status:$(counts)" "0:6000 0 6000 0 0"
	collect_ends
	# What the collector before did not acknowledge any more comes once more, to this one.
	grep '"context":"8"' got.json >killed.json
	read -r got distinct _ <<<"$(numbers killed.json)"
	is "outage: broker killed: nothing twice, nothing missing unnamed" "$got:$((distinct + $(jq '[.streams[] | select(.context == 8) | .missing] | add' summary.json)))" "$distinct:6000"
	broker_ends
}

test_killed() {
	local i

	fresh
	broker_conf "allow_anonymous true"
	broker_starts
	collect_starts
	lines 80000 >events.json
	for i in 1 2; do
		"$T" export --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool </dev/null >/dev/null 2>&1 &
		exporter=$!
		wait_until received $((20000 * i))
		kill -9 $exporter
		wait $exporter 2>/dev/null
	done
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool
	is "killed: the next one ends well" "$status" 0
	balanced killed
	read -r produced found _ lost spooled <<<"$(counts)"
	is "killed: and leaves nothing" "$lost $spooled" "0 0"
	[ "$((produced + found))" -lt 80000 ]
	check "killed: what was delivered before is not sent once more" test $? = 0
	like "killed: and it is told" "$errors" "*an earlier run had already taken * more events*"
	collect_ends
	is "killed: nothing lost, nothing twice" "$collected:$(numbers got.json)" "0:80000 80000 1 80000"
	broker_ends
}

full() { # full MIB: no segment more has room in the spool
	[ "$(du -sm --apparent-size spool | cut -f 1)" -ge "$1" ]
}

in_use() { # by exporter. Asks the kernel: trying to take the lock would keep the other from it
	grep -q "FLOCK .* $exporter .*:$(stat -c %i spool/lock) " /proc/locks
}

test_spool() {
	local first

	fresh
	broker_conf "allow_anonymous true"
	lines 20000 >events.json
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool --spool-size 16M --linger 1
	is "spool: full: no failure" "$status" 0
	balanced "spool: full, count"
	read -r _ _ _ lost spooled <<<"$(counts)"
	[ "$lost" -gt 500 ] && [ "$(du -sm spool | cut -f 1)" -le 17 ]
	check "spool: full: it keeps its size, the rest is counted" test $? = 0
	# A segment is deleted, another gets a torn record at its end.
	first=$(find spool -name '*.spool' | sort | sed -n 2p)
	rm "$first"
	last=$(find spool -name '*.spool' | sort | tail -n 1)
	/usr/bin/python3 - "$last" <<-'END'
		import struct, sys
		data = bytearray(open(sys.argv[1], "rb").read())
		at = 32
		while at + 4 <= len(data):
		    size = struct.unpack_from("<I", data, at)[0]
		    if not size:
		        break
		    last, at = at, at + (size + 7 & ~7)
		data[last + 300] ^= 1
		open(sys.argv[1], "wb").write(data)
	END
	broker_starts
	collect_starts --window 100
	lines 1 30000 >one.json
	export_to --from one.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool
	is "spool: damaged: what is left is delivered" "$status" 0
	balanced "spool: damaged"
	like "spool: damaged: said" "$errors" "*1 damaged records of the spool were dropped*1 segments of the spool are missing*"
	read -r _ found _ <<<"$(counts)"
	collect_ends
	is "spool: damaged: collect has what there was" "$(numbers got.json | cut -d ' ' -f 1,2)" "$((found + 1)) $((found + 1))"
	is "spool: damaged: collect's status" "$collected" 3
	is "spool: damaged: each missing number is named" "$(jq '[.streams[].missing] | add' summary.json)" "$((30000 - found - 1))"
	is "spool: damaged: as many gaps as there are holes" "$(jq '[.streams[].gaps[]] | length' summary.json):$(grep -cE '(is|are) missing' collect.err)" "2:2"
	broker_ends
	rm -rf spool
	# Waits instead: nothing is lost, and the spool need not hold it all.
	lines 20000 >events.json
	timeout 120 "$T" export --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool --spool-size 4M --on-full block \
		</dev/null >out 2>out.err &
	exporter=$!
	started+=("$exporter")
	wait_until full 4
	check "spool: full, block: it waits" kill -0 "$exporter"
	broker_starts
	wait "$exporter"
	is "spool: full, block: nothing is lost" "$?:$(counts)" "0:20000 0 20000 0 0"
	broker_ends
	feeding --to "unix:$scratch/nobody" --spool spool --linger 1
	wait_until in_use
	export_to --from one.json --to "unix:$scratch/nobody" --spool spool
	like "spool: one tsem at a time" "$status:$errors" "1:*in use by another tsem*"
	kill -9 $exporter
	fed 2>/dev/null
	export_to --from one.json --to "unix:$scratch/nobody" --spool spool --spool-size 1M
	like "spool: too small" "$status:$errors" "2:*at least 2M*"
}

# What the broker will never take is lost, and counted: events only, whatever else is too long for it.
test_rejected() {
	local bytes

	fresh
	bytes=$(printf '\\u0001%.0s' {1..60}) # no names are longer in a line
	ending() { # ending HOST NAMESPACE
		echo "{\"export\":{\"type\":\"end\",\"host\":\"$1\",\"boot\":\"b\",\"namespace\":\"$2\"},\"event\":{\"context\":\"7\",\"number\":\"10\"}}"
	}
	lines 10 >events.json
	broker_conf "allow_anonymous true" "max_packet_size 760"
	broker_starts
	export_to --from events.json --name web --to "mqtt://127.0.0.1:$port/t/%h/%n/%c"
	like "rejected: the longer ones" "$status:$(counts):$errors" "1:10 0 2 8 0:*will never take 8 of the events: they are lost"
	{ lines 1 5; ending "$bytes" "$bytes"; } >ended.json
	export_to --from ended.json --name web --to "mqtt://127.0.0.1:$port/t/%h/%n/%c"
	is "rejected: an end is no event" "$status:$(counts)" "0:1 0 1 0 0"
	broker_ends
	broker_conf "allow_anonymous true" "max_packet_size 400"
	broker_starts
	{ lines 1; ending "$bytes" n; } >both.json
	export_to --from both.json --name web --to "mqtt://127.0.0.1:$port/t/%h/%n/%c"
	is "rejected: an event and an end" "$status:$(counts)" "1:1 0 0 1 0"
	broker_ends
}

# What is in a spool goes out in this host's name: nobody else may have written it, or change it meanwhile.
test_owner() {
	local each segment

	fresh
	lines 300 >events.json
	lines 10 301 >more.json
	to() { # to WORDS...: an export to a socket that is not there, or is
		export_to --to "unix:$scratch/owned" --spool spool --linger 1 "$@"
	}
	to --from events.json
	is "owner: kept" "$status:$(counts)" "0:300 0 0 0 300"
	segment=$(find spool -name '*.spool')
	mv spool base
	cp "base/${segment#*/}" kept.spool
	refused() { # refused PATTERN CMD: what is done to a sound spool before
		rm -rf spool
		cp -a base spool
		eval "$2"
		to --from more.json
		like "owner: $2: refused" "$status:$errors" "1:tsem: *$1*"
		lacks "owner: $2: nothing is taken or sent" "$errors" 'events produced'
	}
	# Events forged by nobody, in a directory, or a file, of theirs.
	refused "the spool spool *anybody's events could be in it" "chown nobody spool"
	refused "the spool spool *anybody's events could be in it" "chmod g+w spool"
	refused "the spool spool *anybody's events could be in it" "chmod 1777 spool"
	refused "the spool $segment *anybody's events could be in it" "chown nobody $segment"
	refused "the spool $segment *anybody's events could be in it" "chmod o+w $segment"
	refused "the spool spool/position *anybody's events could be in it" "chown nobody spool/position"
	refused "the spool spool/lock *anybody's events could be in it" "chmod 666 spool/lock"
	refused "the spool spool: *theirs belongs to user *who can replace it" \
		"mkdir theirs; mv spool real; chown 65534 theirs; ln -s ../real theirs/base; chown -h 65534 theirs/base; ln -s theirs/base spool"
	rm -rf theirs real spool
	refused "cannot use $segment of the spool" "ln -sf ../kept.spool $segment"
	refused "is no regular file with this name only" "ln $segment kept2.spool"
	refused "is no regular file with this name only" "rm $segment; mkfifo $segment"
	rm -rf spool
	cp -a base spool
	mkfifo spool/position.new
	timeout -s KILL 20 "$T" export --from more.json --to "unix:$scratch/owned" --spool spool --linger 1 </dev/null >out 2>out.err
	is "owner: a pipe where the position is written: nothing waits for it" "$?:$(counts)" "0:10 300 0 0 310"
	# A file that is cut while it is in use: no crash, no end that looks well.
	for each in write read; do
		rm -rf spool
		if [ $each = write ]; then
			(cat events.json; sleep 2; lines 3000 301) | "$T" export --from - --to "unix:$scratch/owned" --spool spool --linger 4 \
				>out 2>out.err &
		else
			(cat events.json; sleep 5) | "$T" export --from - --to "unix:$scratch/owned" --spool spool --linger 4 >out 2>out.err &
		fi
		exporter=$!
		wait_until bash -c 'cmp -n 4096 spool/0000000000000001.spool /dev/zero 2>&1 | grep -q differ'
		sleep 1
		truncate -s 32 spool/0000000000000001.spool
		if [ $each = read ]; then
			timeout 8 /usr/bin/python3 -c '
import socket
server = socket.socket(socket.AF_UNIX)
server.bind("owned")
server.listen()
while True:
    connection, _ = server.accept()
    while got := connection.recv(65536):
        open("owned.json", "ab").write(got)' &
			wait_until test -S owned
		fi
		wait $exporter
		like "owner: cut while it is in use ($each)" "$?:$(<out.err)" "1:*was cut or changed while it was in use*"
		rm -f owned
	done
	: >>owned.json
	head -c 4096 owned.json >owned.begin
	is "owner: and nothing of it is sent" "$(grep -vac '"type":"stream"' owned.begin)" 0
}

certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout "$1.key" -out "$1.crt" -subj "/CN=$2" \
		-addext "subjectAltName=$3" >/dev/null 2>&1
}

test_tls() {
	fresh
	certificates good localhost "IP:127.0.0.1,DNS:localhost"
	certificates other localhost "IP:127.0.0.1,DNS:localhost"
	broker_conf "cafile $scratch/good.crt" "certfile $scratch/good.crt" "keyfile $scratch/good.key" "allow_anonymous false" \
		"password_file $scratch/passwords"
	printf 'tsem:open-sesame\n' >passwords
	mosquitto_passwd -U passwords
	broker_starts
	lines 500 >events.json
	export TSEM_MQTT_USER=tsem TSEM_MQTT_PASSWORD=open-sesame
	to="mqtts://127.0.0.1:$port/tsem/%h/%n/%c"
	export_to --from events.json --to "$to?ca=$scratch/good.crt"
	is "tls: with its certificate and the password" "$status:$(counts)" "0:500 0 500 0 0"
	TSEM_MQTT_CA=$scratch/good.crt export_to --from events.json --to "$to"
	is "tls: the certificate from the environment" "$status:$(counts)" "0:500 0 500 0 0"
	if [ "$(id -u)" = 0 ]; then
		(umask 077 && cp good.crt theirs.crt && chown 65534 theirs.crt)
		export_to --from events.json --to "$to?ca=$scratch/theirs.crt"
		is "tls: a certificate that only the privileges of root can read" "$status:$(counts)" "0:500 0 500 0 0"
	else
		skip "tls: a certificate that only the privileges of root can read" "needs root"
	fi
	export_to --from events.json --to "$to?ca=$scratch/other.crt"
	like "tls: wrong certificate: refused at once" "$status:$errors" "1:*certificate verify failed*"
	balanced "tls: wrong certificate"
	export_to --from events.json --to "$to?ca=$scratch/other.crt" --spool spool
	is "tls: wrong certificate, with a spool: refused, and kept" "$status:$(counts)" "1:500 0 0 0 500"
	export_to --from events.json --to "$to?ca=$scratch/none.crt"
	like "tls: no such certificate" "$status:$errors" "1:*none.crt*No such file*"
	export TSEM_MQTT_PASSWORD=wrong
	export_to --from events.json --to "$to?ca=$scratch/good.crt"
	like "tls: wrong password: refused at once" "$status:$errors" "1:*[Nn]ot authori[sz]ed*"
	is "tls: wrong password: it is not shown" "$(grep -c wrong out.err)" 0
	timeout 10 "$T" collect --from "mqtts://127.0.0.1:$port/tsem/#?ca=$scratch/good.crt" </dev/null >/dev/null 2>out.err
	like "tls: collect with a wrong password" "$?:$(<out.err)" "1:*[Nn]ot authori[sz]ed*"
	export TSEM_MQTT_PASSWORD=open-sesame
	lines 10 501 >more.json
	export_to --from more.json --to "$to?ca=$scratch/good.crt" --spool spool
	is "tls: put right, what was kept is delivered" "$status:$(counts)" "0:10 500 510 0 0"
	broker_ends
	impostors
	unset TSEM_MQTT_USER TSEM_MQTT_PASSWORD
}

# Who answers in the broker's place: with a certificate that is trusted and not the broker's, or old, with a protocol that
# is broken, or without any. The password must not reach him.
impostor() { # impostor NAME PATTERN WORDS OF openssl s_server...
	local name=$1 pattern=$2 each

	shift 2
	openssl s_server -accept "$port" -quiet -naccept 6 "$@" <&9 >heard 2>s_server.err &
	server=$!
	started+=("$server")
	wait_until bash -c ": >/dev/tcp/127.0.0.1/$port"
	export_to --from more.json --to "$to?ca=$scratch/authority.crt" --linger 1
	like "tls: $name: refused" "$status:$errors" "1:$pattern"
	balanced "tls: $name"
	timeout 10 "$T" collect --from "mqtts://127.0.0.1:$port/tsem/#?ca=$scratch/authority.crt" --idle 2 </dev/null >/dev/null 2>collect.err
	like "tls: $name: by collect too" "$?:$(<collect.err)" "1:$pattern"
	kill $server
	wait $server 2>/dev/null
	for each in open-sesame '"export"'; do
		is "tls: $name: he does not hear $each" "$(grep -ac -- "$each" heard)" 0
	done
}

impostors() {
	# Without this s_server hangs up at once, and hears nothing whoever calls.
	mkfifo hold
	exec 9<>hold
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -keyout authority.key -out authority.crt -subj /CN=authority >/dev/null 2>&1
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=server >/dev/null 2>&1
	certify() { # certify NAME SUBJECTALTNAME [WORDS]: by the authority that is trusted
		printf 'subjectAltName=%s\n' "$2" >ext
		openssl x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -extfile ext -out "$1.crt" "${@:3}" >/dev/null 2>&1
	}
	certify right IP:127.0.0.1 -days 2
	certify name DNS:other.example,IP:127.0.0.2 -days 2
	# The day before yesterday for one day.
	/usr/bin/python3 - <<-'END' >dates
		import time
		print(*(time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - days * 86400)) for days in (2, 1)))
	END
	read -r from until <dates
	mkdir -p ca && : >ca/index && echo 01 >ca/serial
	printf '%s\n' '[ca]' 'default_ca = c' '[c]' 'database = ca/index' 'serial = ca/serial' 'new_certs_dir = ca' 'default_md = sha256' \
		'policy = p' '[p]' 'commonName = supplied' >ca.conf
	printf 'subjectAltName=IP:127.0.0.1\n' >ext
	openssl ca -batch -config ca.conf -cert authority.crt -keyfile authority.key -in server.csr -startdate "$from" -enddate "$until" \
		-extfile ext -notext -out expired.crt >/dev/null 2>&1
	impostor "another name" "*certificate verify failed*" -cert name.crt -key server.key
	impostor "expired" "*certificate verify failed*" -cert expired.crt -key server.key
	impostor "not by the authority" "*certificate verify failed*" -cert other.crt -key other.key
	for each in tls1 tls1_1; do
		impostor "$each" "*protocol version*" -$each -cipher ALL:@SECLEVEL=0 -cert right.crt -key server.key
	done
	impostor "without a certificate" "*OpenSSL Error*" -nocert -cipher aNULL:@SECLEVEL=0 -tls1_2
	# The same server with nothing wrong is talked to, so that the above is not for another reason.
	openssl s_server -accept "$port" -quiet -naccept 2 -cert right.crt -key server.key <&9 >heard 2>/dev/null &
	server=$!
	wait_until bash -c ": >/dev/tcp/127.0.0.1/$port"
	timeout 10 "$T" collect --from "mqtts://127.0.0.1:$port/tsem/#?ca=$scratch/authority.crt" --idle 2 </dev/null >/dev/null 2>collect.err
	is "tls: the right one hears it" "$(grep -ac open-sesame heard)" 1
	kill $server 2>/dev/null
	wait $server 2>/dev/null
	# A plain broker where TLS is asked for: no way back to plain text.
	mosquitto -p "$port" >/dev/null 2>&1 &
	broker=$!
	started+=("$broker")
	wait_until bash -c ": >/dev/tcp/127.0.0.1/$port"
	export_to --from more.json --to "$to?ca=$scratch/authority.crt" --linger 1
	like "tls: a broker without TLS is not talked to" "$status:$(counts)" "1:10 0 0 10 0"
	broker_ends
	exec 9>&-
}

test_collect() {
	fresh
	lines 100 | sed 's/"type":"event"/&,"host":"a","boot":"b1","namespace":"n"/' >a.json
	lines 100 1 9 | sed 's/"type":"event"/&,"host":"b","boot":"b2","namespace":"n"/' >b.json
	paste -d '\n' a.json b.json >both.json
	"$T" collect --from both.json -o /dev/null --json </dev/null >summary.json 2>collect.err
	is "collect: two hosts, the same numbers" "$?:$(jq -c '[.streams[] | [.host, .events, .missing]]' summary.json)" '0:[["a",100,0],["b",100,0]]'
	shuf both.json >shuffled.json
	"$T" collect --from shuffled.json -o got.json </dev/null 2>collect.err
	is "collect: out of order" "$?:$(<collect.err)" "0:tsem: 200 events of 2 namespaces, 0 duplicates removed, 0 missing"
	grep -vE '"number":"(17|18|40)"' a.json | cat - a.json b.json >twice.json
	"$T" collect --from twice.json -o got.json </dev/null 2>collect.err
	is "collect: twice, and late" "$?:$(<collect.err)" "0:tsem: 200 events of 2 namespaces, 97 duplicates removed, 0 missing"
	grep -vE '"number":"(1|17|18|40)"' a.json >holes.json
	echo '{"export":{"type":"end","host":"a","boot":"b1","namespace":"n"},"event":{"context":"7","number":"105"}}' >>holes.json
	"$T" collect --from holes.json -o /dev/null </dev/null 2>collect.err
	is "collect: gaps are named" "$?:$(grep -oE 'event .* is missing$' collect.err | tr '\n' ';')" "3:event 1 is missing;event 40 is missing;"
	like "collect: of several numbers" "$(<collect.err)" "*events 17 to 18 are missing, 2 in all*"
	like "collect: to the end that was announced" "$(<collect.err)" "*events 101 to 105 are missing, 5 in all*"
	{ cat a.json; echo 'no JSON'; echo '{"export":{"type":"event"},"event":{"context":"1","number":"1"}}'; } >foreign.json
	"$T" collect --from foreign.json -o /dev/null </dev/null 2>collect.err
	like "collect: foreign lines are counted" "$?:$(<collect.err)" "0:*2 lines were not from tsem*"
	"$T" collect --from a.json --json </dev/null >out 2>out.err
	is "collect: --json wants -o" "$?" 2
	"$T" collect --from /nowhere </dev/null >out 2>out.err
	like "collect: no such file" "$?:$(<out.err)" "1:*/nowhere: No such file*"
	"$T" collect --from "http://x/y" </dev/null >out 2>out.err
	like "collect: from where it cannot" "$?:$(<out.err)" "1:*not from http:*"
	echo '{"export":{"type":"event"},"event":{}}' >bad.json
	export_to --from bad.json --to "file:$scratch/x"
	like "replay: a line that is none, with its number" "$status:$errors" "1:*bad.json, line 1: *"
	export_to --from a.json -o again.json
	is "replay: to a file without --to: as it was recorded" "$(sha256sum <again.json)" "$(lines 100 | sha256sum)"
}

# A neighbour who may write below its own name only, and what somebody can do who writes to a host's own topics.
test_forged() {
	local me

	fresh
	me=$(hostname)
	printf '%s:x\n' "$me" evil watch >passwords
	mosquitto_passwd -U passwords
	printf '%s\n' "pattern write tsem/%u/#" "user watch" "topic read tsem/#" >rules
	broker_conf "allow_anonymous false" "password_file $scratch/passwords" "acl_file $scratch/rules"
	broker_starts
	TSEM_MQTT_USER=watch TSEM_MQTT_PASSWORD=x "$T" collect --from "mqtt://127.0.0.1:$port/tsem/#" -o got.json --json \
		</dev/null >summary.json 2>collect.err &
	collector=$!
	started+=("$collector")
	publish() { # publish USER TOPIC <LINES
		mosquitto_pub -h 127.0.0.1 -p $port -q 1 -u "$1" -P x -t "$2" -l
	}
	wait_until bash -c "mosquitto_pub -h 127.0.0.1 -p $port -q 1 -u evil -P x -t tsem/evil/p/status -m '{\"export\":{\"type\":\"status\",\"host\":\"evil\",\"boot\":\"b\",\"namespace\":\"p\"}}' && grep -q status got.json"
	boot=$(</proc/sys/kernel/random/boot_id)
	whose="\"host\":\"$me\",\"boot\":\"$boot\",\"namespace\":\"web\""
	lines 3 4 | sed "s/\"type\":\"event\"/&,$whose/; s/hostname/forged/" >forged.json
	echo "{\"export\":{\"type\":\"end\",$whose},\"event\":{\"context\":\"7\",\"number\":\"18446744073709551615\"}}" >end.json
	# The broker lets these through: they are below evil's own name.
	cat forged.json end.json | publish evil "tsem/evil/web/file"
	cat forged.json end.json | publish evil "tsem/evil/$me/web/stream"
	# Half of a name is no name: of a status too.
	for each in '' ",\"host\":\"$me\"" ",\"host\":\"$me\",\"boot\":\"$boot\"" ",$whose"; do
		echo "{\"export\":{\"type\":\"status\"$each},\"status\":\"forged\"}" | publish evil "tsem/evil/web/status"
	done
	# These it does not.
	publish evil "tsem/$me/web/file" <forged.json
	{ lines 40; lines 10 51; } >events.json
	TSEM_MQTT_USER=$me TSEM_MQTT_PASSWORD=x export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --name web
	is "forged: the real ones are sent" "$status:$(counts | cut -d ' ' -f 3)" "0:50"
	# Whoever writes as the host itself: both are kept, and an end that cannot be does not hide what is missing.
	lines 1 5 | sed "s/\"type\":\"event\"/&,$whose/; s/capset/other/g" | publish "$me" "tsem/$me/web/file"
	publish "$me" "tsem/$me/web/stream" <end.json
	collect_ends evil -u evil -P x
	is "forged: none in the name of another" "$(grep -c forged got.json)" 0
	is "forged: the real ones are there" "$(numbers got.json)" "51 50 1 60"
	is "forged: status" "$collected" 3
	is "forged: counted" "$(jq -c '[.misplaced, .foreign, .streams[0].conflicts, .streams[0].missing, .streams[0].gaps]' summary.json)" \
		'[9,4,1,10,[{"from":41,"to":50}]]'
	like "forged: told" "$(<collect.err)" "*host \"$me\", namespace \"web\" came by the topic tsem/evil/web/file, which is not theirs; it is left out*: event 5 came with different contents; all are kept*events 41 to 50 are missing*"
	is "forged: both contents are kept" "$(grep -c '"number":"5"' got.json)" 2
	broker_ends
	for each in "tsem" "tsem/+/+/file" "tsem/$me/+/#" "%h-%n/%c"; do
		TSEM_MQTT_USER=watch timeout 5 "$T" collect --from "mqtt://127.0.0.1:$port/$each" </dev/null >out 2>out.err
		like "forged: topics that do not say whose they are: $each" "$?:$(<out.err)" "1:*does not say which levels of a topic are host and namespace*"
	done
}

# So many namespaces or gaps must not make it slower by more than what a cache that is missed costs.
collects() { # collects WORDS...: milliseconds of processor time, what it said in summary.json and collect.err
	local TIMEFORMAT='%3U %3S'

	{ time timeout 60 "$T" collect "$@" </dev/null >summary.json 2>collect.err; } 2>spent
	milliseconds=$(tr -d . <spent | awk '{ print $1 + $2 }')
}

many() { # many NAMESPACES EVENTS [STEP [ORDER]]: in turn; each STEP-th number
	/usr/bin/python3 - "$@" <<-'END'
		import sys
		spaces, events, step, order = int(sys.argv[1]), int(sys.argv[2]), int((sys.argv + [1, 1])[3] if len(sys.argv) > 3 else 1), sys.argv[-1]
		numbers = [1 + step * i for i in range(events)]
		if order == "down":
		    numbers.reverse()
		for number in numbers:
		    for space in range(spaces):
		        print('{"export":{"type":"event","host":"h","boot":"b","namespace":"n%d"},"event":{"context":"%d","number":"%d"},"x":"%s"}' % (space, space, number, "x" * 300))
	END
}

test_large() {
	local few

	fresh
	many 600 300 >few.json
	many 60000 3 >much.json
	for each in few much; do
		collects --from $each.json -o /dev/null
		[ $each = few ] && few=$milliseconds
		like "large: $each: all of it" "$(<collect.err)" "tsem: 180000 events of 600* namespaces, 0 duplicates removed, 0 missing"
	done
	[ "$milliseconds" -lt $((6 * few + 500)) ]
	report $? "large: 60,000 namespaces" "$few ms for 600, $milliseconds ms for 60000"
	many 1 180000 2 up >gaps.json
	many 1 180000 2 down >down.json
	for each in gaps down; do
		collects --from $each.json -o got.json --json
		[ "$milliseconds" -lt $((6 * few + 500)) ]
		report $? "large: 179,999 gaps, $each" "$few ms for none, $milliseconds ms"
		is "large: $each: nothing is dropped" "$(wc -l <got.json)" 180000
		is "large: $each: nor is a gap hidden" "$(jq '.streams[0].missing >= 179999' summary.json)" true
		[ "$(wc -l <collect.err)" -lt 1010 ]
		report $? "large: $each: not all of them are told" "$(wc -l <collect.err)"
		rm got.json
	done
}

# What a full disk took of a line is taken back, and what a crash left of one spoils none of ours.
# The broker takes whoever gives the id of another client for that one: no id can be guessed, and the collector's stays.
test_taken() {
	local path=tsem/# hash=5381 i guess ids

	fresh
	rm -f got.json.client
	broker_conf "allow_anonymous true" "connection_messages true" "log_type notice"
	broker_starts
	for ((i = 0; i < ${#path}; i++)); do hash=$(((hash * 33 + $(printf %d "'${path:i:1}")) & 0xffffffff)); done
	guess=$(printf 'tsem-collect-%.60s-%08x' "$(uname -n)" "$hash")
	collect_starts
	timeout 20 mosquitto_sub -h 127.0.0.1 -p "$port" -i "$guess" -c -t tsem/evil/# -W 1
	timeout 20 mosquitto_sub -h 127.0.0.1 -p "$port" -i "tsem-$(uname -n)-web" -t tsem/evil/# -W 2 &
	lines 500 >events.json
	export_to --from events.json --name web --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c"
	wait $!
	collect_ends
	is "taken: an id that was guessed takes nothing" "$(counts):$(numbers got.json)" "500 0 500 0 0:500 500 1 500"
	is "taken: the broker saw nobody thrown out" "$(grep -c 'already connected\|taken over' broker.log)" 0
	is "taken: the id is for its owner only" "$(stat -c '%a %s' got.json.client)" "600 37"
	ids=$(<got.json.client)
	collect_starts
	collect_ends
	is "taken: it is the same the next time" "$(<got.json.client):$(grep -c " as $ids " broker.log)" "$ids:2"
	chmod 644 got.json.client
	"$T" collect --from "mqtt://127.0.0.1:$port/tsem/#" -o got.json </dev/null >out 2>collect.err
	like "taken: nor is one used that others can read" "$?:$(<collect.err)" "1:*got.json.client should hold the name *for its owner only*"
	rm got.json.client
	broker_ends
}

# A process can make a look at its command line wait for ever: the export goes on without, and says so.
test_stuck() {
	local victim now

	fresh
	/usr/bin/sleep 100 &
	victim=$!
	started+=("$victim")
	now=$(/usr/bin/python3 -c 'import time; print(time.monotonic_ns())')
	wait_until eval '[ "$(readlink /proc/'$victim'/exe)" = /usr/bin/sleep ]'
	lines 20 | grep file_open | sed "s/\"pid\":\"412\"/\"pid\":\"$victim\"/; s/\"ts\":\"[0-9]*\"/\"ts\":\"$now\"/; s/file_open/bprm_committed_creds/g; s|/etc/hostname|/usr/bin/sleep|" >events.json
	export_to --from events.json --format ocsf -o asked.json
	is "stuck: a command line that comes" "$status:$(grep -c '"cmd_line":"/usr/bin/sleep 100"' asked.json)" "0:$(wc -l <events.json)"
	rm -f silent
	mkfifo silent
	unshare --mount sh -c "mount --bind silent /proc/$victim/cmdline && exec timeout -k 1 20 '$T' export --from events.json --format ocsf -o stuck.json" </dev/null >out 2>out.err
	like "stuck: one that does not" "$?:$(grep -c bprm stuck.json):$(grep -c cmd_line stuck.json):$(<out.err)" "0:*:0:*a process made its command line unreadable*"
	is "stuck: all events are there" "$(wc -l <stuck.json)" "$(wc -l <asked.json)"
	kill "$victim"
}

# Somebody who does not read, or does not write, keeps nobody from ending.
test_waits() {
	local held full

	fresh
	lines 3000 | sed 's/"type":"event"/&,"host":"a","boot":"b1","namespace":"n"/' >events.json
	rm -f silent unread
	mkfifo silent unread
	exec {held}<>silent {full}<>unread
	ends() { # ends WORDS...: SIGTERM, a second after the start
		"$T" "$@" <silent >out 2>out.err &
		exporter=$!
		started+=("$exporter")
		sleep 1
		kill -TERM "$exporter"
		WITHIN=20 comes_true eval '! kill -0 $exporter'
		report $? "waits: $*: ends by SIGTERM" "$(<out.err)"
		kill -KILL "$exporter" 2>/dev/null
		wait "$exporter" 2>/dev/null
	}
	ends export --from -
	ends export --from silent -o waits.json
	ends collect --from silent -o waits.json
	ends export --from events.json -o unread
	ends collect --from events.json -o unread
	ends export --from events.json --to "file:$scratch/unread" --linger 1
	exec {full}<&-
	ends export --from events.json -o unread
	ends collect --from events.json -o unread
	ends export --from unread -o waits.json
	exec {held}<&-
}

# A line without an end is no end of the file, and what is read is not added to.
test_endless() {
	fresh
	(ulimit -v 2000000 && timeout 20 "$T" export --from /dev/zero </dev/null >out 2>out.err)
	like "endless: a line, exported" "$?:$(<out.err)" "1:*/dev/zero, line 1: it is longer than any line of an event*"
	(ulimit -v 2000000 && timeout 20 "$T" replay /dev/zero --tma self:engine </dev/null >out 2>out.err)
	like "endless: a line, replayed" "$?:$(<out.err)" "1:*/dev/zero, line 1: *it is longer than any line of an event*"
	lines 100 | sed 's/"type":"event"/&,"host":"a","boot":"b1","namespace":"n"/' >same.json
	ln same.json linked.json
	cp same.json before.json
	for each in "-o same.json" "-o linked.json" "--to file:$scratch/./same.json?size=1M"; do
		# shellcheck disable=SC2086
		(ulimit -f 4000 && timeout 20 "$T" export --from same.json $each </dev/null >out 2>out.err)
		like "endless: export $each" "$?:$(<out.err)" "1:*tsem would read its own output from same.json*"
	done
	(ulimit -f 4000 && timeout 20 "$T" collect --from same.json -o ./same.json </dev/null >out 2>out.err)
	like "endless: collect" "$?:$(<out.err)" "1:*cannot read same.json and append to it at the same time*"
	check "endless: the file is as it was" cmp same.json before.json
}

# What a namespace is called may be nothing that MQTT has: its events come all the same.
test_names() {
	local each

	fresh
	broker_conf "allow_anonymous true"
	broker_starts
	collect_starts
	lines 20 >events.json
	for each in $'\xff' $'\u0085' $'\u007f' $'a\ufffe' $'\ufdd0' 'äį' 'a/b#'; do
		export_to --from events.json --name "$each" --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --linger 3
		is "names: $(printf %q "$each")" "$status:$(counts)" "0:20 0 20 0 0"
	done
	collect_ends
	is "names: all is collected" "$collected:$(grep -c '"type":"event"' got.json):$(jq .misplaced summary.json)" "0:140:0"
	broker_ends
}

# The first line of a connection is no event, also where the disk takes it and not all that follows.
test_greeting() {
	local pad

	[ "$(id -u)" = 0 ] || { not_ok "greeting: needs root"; return; }
	for pad in 300 500; do
		fresh
		mkdir -p small
		mount -t tmpfs -o size=64k small small || { not_ok "greeting: no tmpfs"; return; }
		head -c $pad /dev/zero | tr '\0' x >small/out.json
		feeding --to "file:$scratch/small/out.json" --spool spool --spool-size 8M --linger 20
		lines 3000 >&$feed
		wait_until grep -q 'reached again' out.err
		sleep 4
		mount -o remount,size=8m small
		fed
		[ "$(grep -c 'trying again' out.err)" -le 10 ]
		check "greeting: it is tried less and less often, $pad" test $? = 0
		is "greeting: a disk that was full for a time, $pad: all is said to be delivered" "$status:$(counts)" "0:3000 0 3000 0 0"
		is "greeting: ... and is there" "$(numbers small/out.json)" "3000 3000 1 3000"
		umount small
	done
}

test_half() {
	fresh
	lines 100 | sed 's/"type":"event"/&,"host":"a","boot":"b1","namespace":"n"/' >a.json
	head -c $((50 * 900 + 123)) a.json >got.json
	"$T" collect --from a.json -o got.json </dev/null >out 2>collect.err
	is "half: a line that a crash left" "$?:$(jq -cR 'fromjson? | select(.event) | .event.number' got.json | sort | uniq | wc -l)" 0:100
	rm got.json
	(
		ulimit -f 40
		"$T" collect --from a.json -o got.json </dev/null >out 2>collect.err
	)
	like "half: a file that cannot grow" "$?:$(<collect.err)" "1:tsem: cannot write events to got.json: File too large"
	is "half: ends with a whole line" "$(tail -c 1 got.json | od -An -c | tr -d ' ')" '\n'
	head -c 3000000 /dev/zero | tr '\0' x >long.json
	{ cat long.json; echo; cat a.json; cat long.json; } >both.json
	"$T" collect --from both.json -o /dev/null </dev/null >out 2>collect.err
	like "half: lines longer than any" "$?:$(<collect.err)" "0:*100 events of 1 namespace,*tsem: 2 lines were not from tsem"
}

for name in ${TESTS:-file linked disk greeting unix syslog collect forged large half waits endless stuck names mqtt rejected epoch taken outage killed spool owner tls unreached hostile bomb talker memory confined}; do
	"test_$name"
done
finish
