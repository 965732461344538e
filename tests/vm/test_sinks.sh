#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Events of a real workload through a broker in the guest: what collect has is what the kernel produced. Two hosts,
# told apart by their names, whose events are watched by a third program.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

export PATH=$PATH:/usr/sbin
broker='' exporter='' collector='' receivers=()
trap 'kill -9 $broker $exporter $collector "${receivers[@]}" 2>/dev/null' EXIT

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

receive() { # receive PORT LOG [CERTIFICATE]
	/usr/bin/python3 "$vm/receiver.py" "$@" &
	receivers+=($!)
	wait_until bash -c ": >/dev/tcp/127.0.0.1/$1"
}

notifies() { # notifies URL WORDS...: enforces work.model on what is not all in it
	tsem run -m work.model -e --on-violation deny --name notified --notify "$@" -- \
		sh -c 'for i in 1 2 3; do cat /etc/shadow; cat /etc/passwd; done; cat /proc/self/environ | tr "\\0" "\\n" | grep NOTIFY; echo end' </dev/null
}

# What is given counts instead of the authorities of the system: one more of these is made here.
authorities() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other -days 2 -subj /CN=other 2>/dev/null
	install -m 644 cert "/etc/ssl/certs/$(openssl x509 -noout -hash -in cert).0" # who asks is not root
	: >tls.log
	notifies https://127.0.0.1:18443/ok
	is "notify: a certificate that the system knows" "$(wc -l <tls.log)" 1
	TSEM_NOTIFY_CA=$PWD/other notifies https://127.0.0.1:18443/ok
	like "notify: ... is none when others are given" "$(wc -l <tls.log):$errors" "1:*could not be posted*certificate*"
}

# CMD is through at once, and tsem waits for 5 s in all.
silent() {
	local before=$EPOCHREALTIME after ended

	notifies http://127.0.0.1:18080/silent
	after=$EPOCHREALTIME
	ended=$(stat -c %.9Y "$scratch/out") # when CMD wrote its last line
	like "notify: CMD does not wait for who does not answer" \
		"$(awk "BEGIN { print ($ended - $before < 4) }"):$before $ended:$output" "1:*end"
	is "notify: ... and tsem not for long" "$(awk "BEGIN { print ($after - $before < 9) }")" 1
	like "notify: ... and that is said" "$errors" "*it did not answer in time*"
}

# Each new violation as a finding, once, to somebody who takes it, refuses it, sends it elsewhere, or never answers.
test_notify() {
	tsem learn -o work.model -- sh -c 'for i in 1 2 3; do cat /etc/issue; cat /etc/passwd; done; cat /proc/self/environ | tr "\\0" "\\n" | grep NOTIFY; echo end' </dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
	cat key cert >both.pem
	chmod 600 cert
	receive 18080 plain.log
	receive 18443 tls.log "$PWD/both.pem"
	notifies http://127.0.0.1:18080/ok
	is "notify: the same violation, three times, is one finding" "$(wc -l <plain.log):$(field notified violations)" 1:3
	is "notify: it is a finding of OCSF, about this" \
		"$(cut -d ' ' -f 3- plain.log | jq -r '[.class_uid, .metadata.product.name, (.evidences | tostring | contains("/etc/shadow"))] | join(" ")')" "2004 tsem true"
	lacks "notify: nothing is said" "$errors" finding
	export TSEM_NOTIFY_AUTHORIZATION='Bearer hush' TSEM_NOTIFY_CA=$PWD/cert
	notifies https://127.0.0.1:18443/twice
	is "notify: tried again, with what authorizes it" "$(cut -d ' ' -f 1,2 tls.log | tr '\n' ' ')" "/twice Bearer_hush /twice Bearer_hush "
	like "notify: CMD does not find it in its environment" "$(grep -c hush <<<"$output"):$output" "0:*TSEM_NOTIFY_CA=$PWD/cert*end"
	unset TSEM_NOTIFY_CA
	notifies https://127.0.0.1:18443/ok
	is "notify: an unknown certificate: nothing is sent" "$(wc -l <tls.log)" 2
	like "notify: ... said once, without the path" "$(grep -c 'could not be posted' <<<"$errors"):$errors" \
		"1:*a finding could not be posted to https://127.0.0.1:18443: *certificate*0 findings posted*, 1 not, 0 left out*"
	unset TSEM_NOTIFY_AUTHORIZATION
	authorities
	: >plain.log
	notifies http://127.0.0.1:18080/moved
	is "notify: no other place is gone to" "$(cut -d ' ' -f 1 plain.log)" /moved
	like "notify: ... and that is said" "$errors" "*it redirects (status 302), which is not followed*"
	: >plain.log
	notifies http://127.0.0.1:18080/fail
	is "notify: three times, and no more" "$(wc -l <plain.log)" 3
	silent
	tsem run -m work.model --notify http://127.0.0.1:18080/ok --no-journal --quiet -- sh -c 'cat /etc/shadow' </dev/null
	is "notify: also what is only observed, and told nowhere else" "$(grep -c '^/ok ' plain.log):$errors" 1:
	kill "${receivers[@]}"
	receivers=()
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
for name in ${TESTS:-session root watching notify step}; do
	"test_$name"
done
lacks "the kernel has not complained" "$(dmesg)" 'BUG:|Oops|WARNING:|Call Trace'
finish
