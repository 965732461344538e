#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Events of a real workload through a broker in the guest: what collect has is what the kernel produced. Two hosts,
# told apart by their names, whose events are watched by a third program.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

export PATH=$PATH:/usr/sbin
broker='' exporter='' collector=''
trap 'kill -9 $broker $exporter $collector 2>/dev/null' EXIT

broker_starts() { # broker_starts ADDRESS
	printf '%s\n' "listener 18831 $1" "allow_anonymous true" "max_queued_messages 0" "persistence true" \
		"persistence_location $scratch/" "user root" >broker.conf
	mosquitto -c broker.conf >>broker.log 2>&1 &
	broker=$!
	wait_until bash -c ": >/dev/tcp/$1/18831"
}

collect_starts() { # collect_starts ADDRESS
	"$T" collect --from "mqtt://$1:18831/tsem/#" -o got.json --json </dev/null >summary.json 2>collect.err &
	collector=$!
	wait_until bash -c "mosquitto_pub -h $1 -p 18831 -q 1 -t tsem/probe/p/status -m '{\"export\":{\"type\":\"status\",\"host\":\"probe\",\"boot\":\"b\",\"namespace\":\"p\"}}'; grep -q status got.json"
}

collect_ends() {
	local before=-1 now=0

	while [ "$before" != "$now" ]; do
		before=$now
		sleep 1
		now=$(stat -c %s got.json)
	done
	kill -INT "$collector"
	wait "$collector"
	collected=$?
	collector=
}

# How many events of the namespace came, how many of them are distinct, and the greatest number.
came() { # came NAME
	jq -r "select(.export.type == \"event\" and .export.namespace == \"$1\") | .event.number" <got.json | sort -n |
		awk '{ n++; d += $1 != last; last = $1 } END { print n + 0, d + 0, last + 0 }'
}

test_session() {
	local records

	broker_starts 127.0.0.1
	collect_starts 127.0.0.1
	"$T" run --export-only --name web -- sh -c 'for i in 1 2 3 4 5 6; do sleep 0.5; cat /etc/hostname /etc/issue; done' </dev/null >/dev/null &
	wait_until "$T" show web
	"$T" export web --follow --to 'mqtt://127.0.0.1:18831/tsem/%h/%n/%c' --spool spool </dev/null 2>export.err &
	exporter=$!
	sleep 1
	kill "$broker"
	wait "$broker"
	sleep 0.7
	broker_starts 127.0.0.1
	wait "$exporter"
	is "session: it ends with the session" "$?" 0
	exporter=
	like "session: the outage was told" "$(<export.err)" "*trying again*reached again*"
	records=$("$T" ps --all --json | jq '.[]? // .sessions[]? | select(.name == "web") | .records' 2>/dev/null)
	[ -n "$records" ] || records=$("$T" export web 2>&1 </dev/null >/dev/null | sed -n 's/^tsem: \([0-9]*\) events produced.*/\1/p')
	like "session: all delivered" "$(<export.err)" "*tsem: $records events produced, $records delivered, 0 lost, 0 spooled*"
	collect_ends
	is "session: collect has every event that the kernel produced, once" "$(came web)" "$records $records $records"
	is "session: and says so" "$collected:$(jq -r '.streams[] | select(.namespace == "web") | "\(.events) \(.missing) \(.ended)"' summary.json)" "0:$records 0 true"
	"$T" export web </dev/null 2>/dev/null >plain.json
	is "session: the same lines as without a broker" \
		"$(grep '"namespace":"web"' got.json | grep '"type":"event"' | sed 's/{"type":"event",[^}]*}/{"type":"event"}/' | sort | sha256sum)" \
		"$(sort plain.json | sha256sum)"
}

test_root() {
	local records

	rm -f got.json
	collect_starts 127.0.0.1
	"$T" export --root --to 'mqtt://127.0.0.1:18831/tsem/%h/%n/%c' --spool spool </dev/null 2>root.err &
	exporter=$!
	wait_until "$T" ps
	sleep 1
	sh -c 'cat /etc/issue' >/dev/null
	kill -USR1 "$exporter"
	comes_true contains root.err "events produced"
	report $? "root: counts on request"
	sleep 1
	kill -INT "$exporter"
	wait "$exporter"
	is "root: it ends well" "$?" 0
	lacks "root: the exporter's threads are not in it" "$(grep '"namespace":"root"' got.json | jq -r '.event.pid' | sort -u)" "^$exporter\$"
	exporter=
	collect_ends
	read -r produced delivered lost <<<"$(sed -nE 's/^tsem: ([0-9]+) events produced, .*([0-9]+) delivered, ([0-9]+) lost.*/\1 \2 \3/p' root.err | tail -n 1)"
	[ "${produced:-0}" -gt 0 ]
	report $? "root: there were events" "$(<root.err)"
	is "root: what is missing at the collector is what was counted as lost" "$(jq '[.streams[] | select(.namespace == "root") | .missing] | add' summary.json)" "$lost"
	kill "$broker"
	wait "$broker"
	broker=
}

# The recipe of docs/sinks.md: two hosts, here by their names only, and a third program that watches them.
test_watching() {
	local each

	rm -f got.json
	broker_starts 127.0.0.1
	collect_starts 127.0.0.1
	for each in one two; do
		"$T" run --export-only --name "job-$each" -- sh -c 'cat /etc/issue; cat /etc/hostname' </dev/null >/dev/null
		unshare --uts sh -c "hostname $each; exec '$T' export job-$each --follow --to 'mqtt://127.0.0.1:18831/tsem/%h/%n/%c'" </dev/null 2>watch.err
		is "watching: $each sends all" "$?:$(sed -nE 's/.* ([0-9]+) lost.*/\1/p' watch.err)" "0:0"
	done
	collect_ends
	is "watching: both are there, and complete" \
		"$collected:$(jq -r '[.streams[] | "\(.host) \(.namespace) \(.missing) \(.ended)"] | sort | join(";")' summary.json)" \
		"0:one job-one 0 true;two job-two 0 true"
}

# The clock is set while events are exported: those after it have the new time, and the lines say from where on.
test_step() {
	local format now before

	for format in tsem ocsf; do
		rm -rf "$format" && mkdir "$format"
		"$T" export --root --format $format --to "file:$format/f" </dev/null 2>step.err &
		exporter=$!
		wait_until "$T" ps
		wait_until bash -c "cat /etc/issue >/dev/null; grep -q /etc/issue $format/f"
		date -s "+3 years" >/dev/null
		now=$(date +%s)
		wait_until bash -c "cat /etc/debian_version >/dev/null; grep -q /etc/debian_version $format/f"
		kill -INT "$exporter"
		wait "$exporter"
		is "step: $format: it ends well" "$?" 0
		exporter=
	done
	is "step: ocsf: events after it have the new time" \
		"$(grep -m 1 /etc/debian_version ocsf/f | jq ".time / 1000 | . >= $now - 10000 and . < $now + 1000")" true
	is "step: tsem: the epoch comes again before them" \
		"$(grep -e '"type":"stream"' -e /etc/debian_version tsem/f | head -n 3 | jq -r .export.type | xargs)" "stream stream event"
	mkdir -p small
	"$T" export --root --to "file:small/f?size=16K&keep=2" </dev/null 2>step.err &
	exporter=$!
	wait_until bash -c "cat /etc/issue >/dev/null; [ -e small/f.2 ]"
	before=$(date +%s)
	date -s "+3 years" >/dev/null
	comes_true bash -c "cat /etc/issue >/dev/null; head -n 1 small/f | jq -e '(.stream.epoch[:-9] | tonumber) > $before'"
	report $? "step: a file that begins later has it in its first line" "$(head -n 1 small/f)"
	kill -INT "$exporter"
	wait "$exporter"
	exporter=
	is "step: tsem: and is another one" \
		"$(grep '"type":"stream"' tsem/f | jq -r .stream.epoch | awk 'NR == 1 { first = $1 } END { print NR, ($1 - first > 9e16) }')" "2 1"
}

need "load" "$T" load
ip link set lo up
for name in ${TESTS:-session root watching step}; do
	"test_$name"
done
lacks "the kernel has not complained" "$(dmesg)" 'BUG:|Oops|WARNING:|Call Trace'
finish
