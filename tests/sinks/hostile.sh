# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Brokers that mean harm, or do not answer: sourced by tests/sinks.sh.
# shellcheck shell=bash
hostile_broker=$PWD/tests/sinks/hostile_broker.py
hostile_memory=$PWD/tests/sinks/no_memory.c

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
	timeout 20 "$T" collect --from "mqtt://127.0.0.1:1/tsem/#" --idle 5 </dev/null >out 2>out.err
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

# The processes that talk to the broker for a tsem.
talkers() { # talkers PID
	local each

	for each in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		[ "$(cat /proc/"$each"/comm 2>/dev/null)" != tsem-mqtt ] || echo "$each"
	done
}

most() { # most PID FIELD: in MiB, of /proc/PID/status
	awk -v field="$2:" '$1 == field { print int($2 / 1024) }' /proc/"$1"/status 2>/dev/null
}

# Whether it stays below so many MiB while a broker sends, as often as it is told.
stays_small() { # stays_small PID MIB TALKER_MIB SECONDS
	local end=$((SECONDS + $4)) own each

	while [ $SECONDS -lt $end ]; do
		own=$(most "$1" VmHWM)
		[ "${own:-0}" -lt "$2" ] || { echo "tsem: $own MiB"; return 1; }
		for each in $(talkers "$1"); do
			own=$(most "$each" VmHWM)
			[ "${own:-0}" -lt "$3" ] || { echo "its process: $own MiB"; return 1; }
		done
		sleep 0.05
	done
}

# What an export lives through: so often it gets the worst, then a broker that does what it should.
survives() { # survives MODE COUNT PATTERN
	fresh
	lines 300 >events.json
	hostile_starts "$1" "$2"
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool --linger 30
	is "hostile: $1: delivered in the end, and counted" "$status:$(counts)" "0:300 0 300 0 0"
	like "hostile: $1: an outage, and its end" "$errors" "$3"
	hostile_ends
}

test_hostile() {
	local each

	survives assertion 3 "*the process that talks to it was ended: Aborted; trying again*reached again*"
	is "hostile: assertion: told once" "$(grep -c 'trying again' out.err):$(find spool -name '*.spool' | wc -l)" 1:0
	survives noise 3 "*trying again*reached again*"
	survives junk 5 "*trying again*reached again*"
	# It never ends: the events stay where they are, it is tried less and less often, and nobody is left.
	fresh
	lines 300 >events.json
	hostile_starts assertion
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool --linger 6
	is "hostile: for ever: kept, and counted" "$status:$(counts)" "0:300 0 0 0 300"
	[ "$(connections)" -ge 3 ] && [ "$(connections)" -le 8 ]
	report $? "hostile: for ever: less and less often" "$(connections) connections"
	rm -f core*
	export_to --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --linger 2
	is "hostile: for ever, without a spool: lost, and counted" "$status:$(counts)" "1:300 0 0 300 0"
	hostile_ends
	for each in junk noise; do
		hostile_starts $each 5
		collect_from --idle 8
		like "hostile: collect lives through $each" "$status:$errors" "0:*0 missing*"
		hostile_ends
	done
}

# Their memory is bounded, whatever is sent.
test_bomb() {
	fresh
	hostile_starts flood
	"$T" collect --from "mqtt://127.0.0.1:$port/tsem/#" -o got.json </dev/null >out 2>out.err &
	collector=$!
	started+=("$collector")
	check "bomb: a flood that is never released" stays_small $collector 64 660 20
	like "bomb: a flood: it is an outage" "$(<out.err)" "*trying again*"
	kill -INT $collector
	wait $collector
	hostile_ends
	lines 300 >events.json
	hostile_starts bomb 2
	"$T" export --from events.json --to "mqtt://127.0.0.1:$port/tsem/%h/%n/%c" --spool spool --linger 60 </dev/null >out 2>out.err &
	exporter=$!
	started+=("$exporter")
	check "bomb: properties without end" stays_small $exporter 64 270 15
	wait $exporter
	is "bomb: properties without end: delivered in the end, and counted" "$?:$(counts)" "0:300 0 300 0 0"
	hostile_ends
}

has_talker() { # has_talker PID [OTHER THAN]
	talker=$(talkers "$1")
	[ -n "$talker" ] && [ "$talker" != "${2-}" ]
}

# Whether it is root no more, wholly, and no other process has its user.
alone() { # alone PID
	local ids uid

	ids=$(awk '/^(Uid|Gid|Groups):/ { $1 = ""; print }' /proc/"$1"/status | xargs)
	uid=${ids%% *}
	[ "$(id -u)" != 0 ] && return
	echo "$ids"
	[ "$ids" = "$uid $uid $uid $uid $uid $uid $uid $uid" ] && [ "$uid" -ge 61184 ] && [ "$uid" -le 65519 ] &&
		[ "$(cat /proc/[0-9]*/status 2>/dev/null | grep -c "^Uid:.*\b$uid\b")" = 1 ]
}

# The process that talks to the broker: what it has, that it is replaced, and that it does not stay.
test_talker() {
	local first

	fresh
	rm -f core*
	broker_conf "allow_anonymous true"
	broker_starts
	export TSEM_MQTT_USER=tsem TSEM_MQTT_PASSWORD=open-sesame
	(
		ulimit -c unlimited
		unfed "$T" collect --from "mqtt://127.0.0.1:$port/tsem/#" -o got.json </dev/null >out 2>out.err
	) &
	collector=$!
	started+=("$collector")
	wait_until has_talker $collector
	sleep 1
	is "talker: its descriptors" "$(readlink /proc/"$talker"/fd/* | sed 's/:.*//' | sort -u | tr '\n' ' ')" "/dev/null socket "
	is "talker: no core dump, and an end to its memory" \
		"$(awk '/^Max (core file size|address space)/ { print $(NF - 2) }' /proc/"$talker"/limits | tr '\n' ' ')" "0 671088640 "
	is "talker: no privileges" "$(awk '/^(CapPrm|CapEff|NoNewPrivs):/ { print $2 }' /proc/"$talker"/status | tr '\n' ' ')" \
		"0000000000000000 0000000000000000 1 "
	check "talker: nobody else's user, where root started it" alone "$talker"
	first=$talker
	kill -ABRT "$first"
	wait_until has_talker $collector "$first"
	wait_until contains out.err "reached again"
	like "talker: an outage when it is killed" "$(<out.err)" "*the process that talks to it was ended: Aborted; trying again*reached again"
	none "talker: it leaves no core dump" find . -maxdepth 1 -name 'core*'
	kill -ABRT $collector
	wait $collector 2>/dev/null
	if [ "$(</proc/sys/kernel/core_pattern)" = core ]; then
		is "talker: a core dump of tsem has no password" "$(cat core* | grep -c -e open-sesame):$(ls core* | wc -l)" 0:1
	else
		skip "talker: a core dump of tsem has no password" "core dumps go elsewhere"
	fi
	comes_true eval '[ ! -d /proc/$talker ]'
	check "talker: it ends with tsem" test $? = 0
	unset TSEM_MQTT_USER TSEM_MQTT_PASSWORD
	broker_ends
}

# Without memory the connection ends, as by any other outage: nothing is left out of what is trusted, nor a line without a
# word.
test_memory() {
	local own=$PWD/no-memory.crt

	fresh
	check "memory: the library to preload is built" gcc -shared -fPIC -O1 -w "$hostile_memory" -o no_memory.so
	export NO_MEMORY=$PWD/armed
	chmod 711 . # the process that talks to the broker, which looks for that file, is not root
	certificates no-memory localhost "IP:127.0.0.1,DNS:localhost"
	broker_conf "cafile $own" "certfile $own" "keyfile $PWD/no-memory.key" "allow_anonymous true"
	broker_starts
	lines 20 >events.json
	: >armed
	LD_PRELOAD=$PWD/no_memory.so "$T" export --from events.json --to "mqtts://127.0.0.1:$port/tsem/%h/%n/%c?ca=$own" --linger 30 \
		</dev/null >out 2>out.err &
	exporter=$!
	started+=("$exporter")
	comes_true contains out.err "Cannot allocate memory; trying again"
	report $? "memory: no other authority is trusted than the one that was given" "$(<out.err)"
	rm armed
	wait $exporter
	is "memory: delivered when there is memory again" "$?:$(counts)" "0:20 0 20 0 0"
	broker_ends
	broker_conf "allow_anonymous true"
	broker_starts
	many 1 6 | split -l 1 -a 1 --numeric-suffixes=1 - event
	sed -i -f <(printf 's/xxx/%s/' "$(head -c 100000 /dev/zero | tr '\0' x)") event2
	LD_PRELOAD=$PWD/no_memory.so collect_starts
	: >armed
	for each in 1 2 3 4 5; do
		mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t tsem/h/n0/file -l <event$each
	done
	wait_until contains collect.err "Cannot allocate memory; trying again"
	rm armed
	wait_until contains collect.err "reached again"
	mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t tsem/h/n0/file -l <event6
	collect_ends
	is "memory: what was lost of a collection is named" \
		"$(jq -c '[.streams[] | select(.namespace == "n0") | .events + .missing, .missing > 0]' summary.json):$collected" "[6,true]:3"
	unset NO_MEMORY
	chmod 700 .
	broker_ends
}

# The calls of the process that talks to the broker, which strace saw, in their order.
talked() { # talked FILE
	awk '$2 ~ /^(setresuid|capset)\(/ { talker = $1 } $1 == talker { sub(/\(.*/, "", $2); if ($2 != last) print $2; last = $2 }' "$1" | tr '\n' ' '
}

# It gives up what it does not need before it hears anything from the network, or there is no connection.
test_confined() {
	local each to landlock user=

	fresh
	broker_conf "allow_anonymous true"
	broker_starts
	[ "$(id -u)" != 0 ] || user="setresuid "
	lines 5 >events.json
	to=mqtt://localhost:$port/tsem/%h/%n/%c
	export_traced() { # export_traced WORDS OF strace...: status, errors
		timeout 60 strace -f -qq -o calls "$@" "$T" export --from events.json --to "$to" --linger 2 </dev/null >out 2>out.err
		status=$?
		errors=$(<out.err)
	}
	export_traced -e trace=setresuid,capset,socket,landlock_restrict_self
	is "confined: delivered" "$status:$(counts)" "0:5 0 5 0 0"
	grep -q landlock_restrict_self calls
	landlock=$?
	if [ $landlock = 0 ]; then
		is "confined: before it asks for a name, and again before it has an answer" "$(talked calls)" \
			"${user}capset landlock_restrict_self socket landlock_restrict_self "
	else
		is "confined: before it asks for a name" "$(talked calls)" "${user}capset socket "
	fi
	# CALL:ERROR, and what cannot be done
	for each in "capset:EPERM|give up its capabilities" "landlock_create_ruleset:EPERM|give up its access to files" \
		"close_range:EPERM|close its descriptors" ${user:+"setresuid:EPERM|become another user than root"}; do
		export_traced -e inject="${each%%:*}:error=EPERM"
		like "confined: not without ${each%%:*}" "$status:$(counts):$errors" \
			"1:5 0 0 5 0:*the process that talks to it cannot ${each#*|}: Operation not permitted*"
	done
	if [ $landlock = 0 ]; then
		export_traced -e inject=landlock_restrict_self:error=EPERM
		like "confined: not without landlock_restrict_self" "$status:$(counts):$errors" "1:5 0 0 5 0:*cannot give up its access to files*"
	fi
	for each in ENOSYS EOPNOTSUPP; do
		export_traced -e inject=landlock_create_ruleset:error=$each
		is "confined: a kernel without Landlock ($each)" "$status:$(counts)" "0:5 0 5 0 0"
	done
	broker_ends
}

# Who may write to a directory chooses no file of root's, behind the file test.
test_linked() {
	if [ "$(id -u)" != 0 ]; then
		skip "linked: root follows no link of another user" "needs root"
		return
	fi
	mkdir theirs
	ln -s ../kept.json theirs/out.json
	chown -h 65534 theirs theirs/out.json
	export_to --from ten.json --to "file:$scratch/theirs/out.json"
	like "linked: root follows no link of another user" "$status:$errors:$(ls kept.json 2>&1)" \
		"1:*no events are written to *out.json: *belongs to user 65534*:*No such file*"
	rm theirs/out.json
	export_to --from ten.json --to "file:$scratch/theirs/out.json?size=1M"
	is "linked: but writes in a directory of another user" "$status:$(grep -c '"type":"event"' theirs/out.json)" 0:10
	ln -s "$scratch/theirs" ours
	export_to --from ten.json --to "file:$scratch/ours/out.json"
	like "linked: and by a link of root's only where nobody else can change names" "$status:$errors" "1:*belongs to user 65534*"
	rm -r theirs ours
	ln -s f ours
	export_to --from ten.json --to "file:$scratch/ours/linked.json?size=1M"
	is "linked: a link of root's is followed" "$status:$(grep -c '"type":"event"' f/linked.json)" 0:10
}
