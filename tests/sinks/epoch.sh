# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The times of exported events, by their lines of the type stream: sourced by tests/sinks.sh.
# shellcheck shell=bash
# The nanoseconds since 1970 of ts 0: an event has those of the last line "stream" before it, in its file or its connection.
early=1600000000000000000 late=1700000000000000000
told() { # told EPOCH
	echo "{\"export\":{\"type\":\"stream\",\"host\":\"a\",\"boot\":\"b\",\"namespace\":\"n\"},\"stream\":{\"epoch\":\"$1\"}}"
}

theirs() { # theirs COUNT [FROM]
	lines "$@" | sed 's/"type":"event"/&,"host":"a","boot":"b","namespace":"n"/'
}

dated() { # dated NUMBER FILE...: how many events there are, and how many that are not late from NUMBER on, and early before
	local first=$1

	shift
	awk -v first="$first" -v early=$early -v late=$late '
		function value(key) {
			match($0, "\"" key "\":\"[0-9]+\"")
			return substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 5) ""
		}
		FNR == 1 { epoch = "" }
		/"type":"stream"/ { epoch = value("epoch") }
		/"type":"event"/ { count++; wrong += epoch != (value("number") + 0 < first ? early "" : late "") }
		END { print count + 0, wrong + 0 }' "$@"
}

retained() { # retained BASE: the epoch that somebody gets who comes later
	timeout 10 mosquitto_sub -h 127.0.0.1 -p "$port" -t "$1/stream" -C 1 | jq -r .stream.epoch
}

exported() { # exported FIELD COUNT: so many of counts
	kill -USR1 "$exporter"
	[ "$(counts | cut -d ' ' -f "$1")" -ge "$2" ]
}

test_epoch() {
	local lost

	fresh
	rm -rf f && mkdir f
	{ told $early; theirs 1500; told $late; theirs 3000 1501; } >events.json
	echo '{"export":{"type":"end","host":"a","boot":"b","namespace":"n"},"event":{"context":"7","number":"4500"}}' >>events.json
	export_to --from events.json --to "file:$scratch/f/out.json?size=1M&keep=20"
	is "epoch: files: status" "$status:$(counts)" "0:4500 0 4500 0 0"
	is "epoch: files: each says it for its own events" "$(dated 1501 f/*)" "4500 0"
	check "epoch: files: it was in several" test "$(find f -type f | wc -l)" -gt 3
	export_to --from events.json --to "file:$scratch/f/ocsf.json" --format ocsf
	is "epoch: OCSF has no such lines but the first" "$status:$(grep -c '"type":"stream"' f/ocsf.json)" 0:1
	# Who subscribes later gets what holds now; also from a broker that has forgotten all.
	broker_conf "allow_anonymous true"
	broker_starts
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --name web
	is "epoch: retained" "$status:$(retained tsem/a/n)" "0:$late"
	broker_ends
	rm -rf broker
	broker_starts
	feeding --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --name web
	{ told $early; theirs 10; told $late; theirs 10 11; } >&"$feed"
	wait_until exported 3 20
	broker_ends KILL
	rm -rf broker
	broker_starts
	wait_until contains out.err "reached again"
	theirs 10 21 >&"$feed"
	fed
	is "epoch: retained after an outage" "$status:$(counts):$(retained tsem/a/n)" "0:30 0 30 0 0:$late"
	broker_ends
	# A spool that is full: the next event that fits does not come without it.
	feeding --to "unix:$scratch/epoch" --spool spool --spool-size 2M --linger 20
	{ told $early; theirs 4000; told $late; theirs 1 4001; } >&"$feed"
	wait_until exported 1 4001
	unfed /usr/bin/python3 -c '
import socket
server = socket.socket(socket.AF_UNIX)
server.bind("epoch")
server.listen()
connection, _ = server.accept()
while got := connection.recv(65536):
    open("epoch.json", "ab").write(got)' &
	reader=$!
	started+=("$reader")
	wait_until exported 3 1
	wait_until eval '[ "$(kill -USR1 $exporter; counts | cut -d " " -f 5)" = 0 ]'
	theirs 10 5001 >&"$feed"
	fed
	wait $reader
	read -r _ _ _ lost _ <<<"$(counts)"
	balanced "epoch: a full spool"
	is "epoch: a full spool: it comes with the next event that fits" \
		"$status:$(dated 4001 epoch.json):$(grep -c '"number":"50[01][0-9]"' epoch.json)" "0:$((4011 - lost)) 0:10"
	check "epoch: a full spool: it was full" test "$lost" -gt 100
}
