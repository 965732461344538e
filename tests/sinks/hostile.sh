# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Brokers that mean harm, or do not answer: sourced by tests/sinks.sh.
# shellcheck shell=bash
hostile_broker=$PWD/tests/sinks/hostile_broker.py

hostile_starts() { # hostile_starts MODE [COUNT]: of its first COUNT connections
	unfed /usr/bin/python3 "$hostile_broker" "$port" "$@" >hostile.out 2>&1 &
	hostile=$!
	started+=("$hostile")
	wait_until contains hostile.out listening
}

hostile_ends() {
	kill "$hostile"
	wait "$hostile" 2>/dev/null
}

connections() {
	grep -c connection hostile.out
}

collect_from() { # collect_from WORDS...: status, errors
	rm -f got.json got.json.client
	timeout 60 "$T" collect --from "mqtt://127.0.0.1:$port/tsem/#" -o got.json "$@" </dev/null >out 2>out.err
	status=$?
	errors=$(<out.err)
}

# Nothing is said to be there, or to be missing, of a broker that never answered.
test_unreached() {
	local each

	fresh
	timeout 20 "$T" collect --from "mqtt://127.0.0.1:1/tsem/#" --idle 1 </dev/null >out 2>out.err
	like "unreached: nobody listens" "$?:$(<out.err)" "1:*Connection refused; trying again*the broker was never reached: nothing was collected"
	for each in silent deaf; do
		hostile_starts $each
		collect_from --idle 2
		is "unreached: $each" "$status:$errors" "1:tsem: the broker was never reached: nothing was collected"
		rm -f hostile.out
		"$T" collect --from "mqtt://127.0.0.1:$port/tsem/#" </dev/null >out 2>out.err &
		collector=$!
		started+=("$collector")
		sleep 1
		kill -INT $collector
		wait $collector
		is "unreached: $each, and a signal" "$?:$(<out.err)" "1:tsem: the broker was never reached: nothing was collected"
		hostile_ends
	done
	# Answers to what nobody has asked.
	hostile_starts stray
	collect_from --idle 2
	is "unreached: answers that are of no question" "$status:$errors:$(wc -l <got.json)" "0:tsem: 0 events of 0 namespaces, 0 duplicates removed, 0 missing:1"
	hostile_ends
	hostile_starts refusal
	collect_from --idle 2
	like "unreached: topics that are refused at the beginning" "$status:$errors:$(connections)" "1:*does not allow to read tsem/#:1"
	hostile_ends
	hostile_starts later
	collect_from --idle 5
	like "unreached: topics that are refused later are an outage" "$status:$errors" "0:*trying again*reached again*0 missing"
	hostile_ends
	is "unreached: a name of a client that is too long is not cut" \
		"$(timeout 10 "$T" collect --from "mqtt://127.0.0.1/tsem/#?id=$(printf 'x%.0s' {1..128})" </dev/null 2>&1)" \
		"tsem: id=$(printf 'x%.0s' {1..32})... has 128 bytes; the name of an MQTT client has at most 127"
}
