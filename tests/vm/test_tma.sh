#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the kernel learned, and what it exported, put to an agent outside of it: the same coefficients, state, measurement.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

workload='grep root /etc/passwd >/dev/null; ls / >/dev/null; kill -0 $$'
"$T" tma --listen "unix:$scratch/sock" 2>agent.err &
agent=$!
wait_until grep -q ready agent.err

get() { jq -r "$1" <<<"$output"; }
value() { tsem show "$1" "$2" </dev/null; echo "$output"; }

tsem learn -o one.model -n 2 --name one -- sh -c "$workload" </dev/null
is 'learning: status' "$status" 0
tsem replay one.model --tma "unix:$scratch/sock" --json </dev/null
is 'the model, replayed: status' "$status" 0
is 'the model, replayed: state' "$(get .state)" "$(value ./one.model state)"
is 'the model, replayed: measurement' "$(tsem replay one.model --tma "unix:$scratch/sock" --json </dev/null; get .measurement)" \
	"$(value ./one.model measurement)"
tsem run --name enforced --model one.model --enforce -- sh -c "$workload" </dev/null
is 'enforced in the kernel: status' "$status:$errors" 0:
tsem run --export-only --normalise process,instance,port,terminal,anonymous,size -o events.json --name exported -- sh -c "$workload" </dev/null
is 'exported: status' "$status" 0
tsem replay events.json --model one.model --tma "unix:$scratch/sock" --json </dev/null
is 'the export of another run, judged by the model: all trusted' "$status $(get '"\(.trusted == .events) \(.events > 50)"')" '0 true true'
is 'and the state is that of the session in the kernel' "$(get .state)" "$(value enforced state)"
for hash in sha384 sha512 sha3-256 sm3; do
	tsem replay one.model --hash "$hash" --tma "unix:$scratch/sock" --json </dev/null
	is "$hash: state and measurement are those of the second implementation" "$(get .state)
$(get .measurement)" "$(/usr/bin/python3 "$tests/tma/recompute.py" one.model "$hash")"
	tsem replay events.json --hash "$hash" --model one.model --tma "unix:$scratch/sock" --json </dev/null
	is "$hash: the export is trusted" "$status $(get '"\(.trusted == .events)"')" '0 true'
done
tsem run --export-only --normalise process,instance,port,terminal,anonymous,size -o attack.json --name attack -- sh -c "$workload; cat /etc/shadow >/dev/null" </dev/null
tsem replay attack.json --model one.model --tma "unix:$scratch/sock" --json </dev/null
is 'what was not learned is untrusted' "$status $(get '"\(.untrusted > 0) \(.reasons.violation == .untrusted)"')" '3 true true'
kill "$agent"
wait "$agent"
is 'the agent ends' $? 0
finish
