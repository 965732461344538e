#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the kernel learned, and what it exported, put to an agent outside of it: the same coefficients, state, measurement.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

workload='grep root /etc/passwd >/dev/null; ls / >/dev/null; kill -0 $$'
agent_starts "unix:$scratch/sock"

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
tsem run --export-only --normalise process,instance,port,terminal,anonymous,size,temporary,storage,inherited -o events.json --name exported -- sh -c "$workload" </dev/null
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
tsem run --export-only --normalise process,instance,port,terminal,anonymous,size,temporary,storage,inherited -o attack.json --name attack -- sh -c "$workload; cat /etc/shadow >/dev/null" </dev/null
tsem replay attack.json --model one.model --tma "unix:$scratch/sock" --json </dev/null
is 'what was not learned is untrusted' "$status $(get '"\(.untrusted > 0) \(.reasons.violation == .untrusted)"')" '3 true true'
kill "$agent"
wait "$agent"
is 'the agent ends' $? 0

# From one virtual machine to another, here to itself: the sockets are the same.
if [ ! -e "$cache/kernel-$(uname -r)/modules/vsock_loopback.ko" ]; then
	skip 'vsock' "$cache has no vsock_loopback.ko: remove it, and it is fetched with it"
else
	need 'vsock loads' modules vsock vmw_vsock_virtio_transport_common vsock_loopback
	agent_starts vsock:any:7777
	tsem replay one.model --tma vsock:1:7777 --json </dev/null
	is 'over vsock: the state is that of the session in the kernel' "$status:$(get .state)" "0:$(value ./one.model state)"
	tsem run --name vsock --tma vsock:1:7777 --model one.model --enforce -- sh -c "$workload" </dev/null
	like 'over vsock: enforced, no violation' "$status:$errors" "0:tsem: the agent's state is $(value enforced state)*"
	tsem run --name vsock-attack --tma vsock:1:7777 --model one.model --enforce -- sh -c "$workload; read -r l </etc/shadow" </dev/null
	like 'over vsock: an attack is refused' "$status:$errors" "[!0]*opens /etc/shadow*refused*"
	kill "$agent"
	wait "$agent"
	is 'over vsock: the agent ends' $? 0
fi
finish
