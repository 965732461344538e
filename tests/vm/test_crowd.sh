#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# lab: --mem 7168
# boots: containers bindings
# boots are independent
#
# Many at once: a hundred containers that start together, and as many bindings as are promised.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$T" tsem-oci
containers=${TSEM_CONTAINERS:-100} bindings=${TSEM_BINDINGS:-1000}

bundle() { # bundle NAME MODE
	mkdir "$1"
	(cd "$1" && crun spec &&
		jq --arg name "$1" --arg mode "$2" --arg model "$scratch/work.model" --arg root "$scratch/root" \
			'.process.terminal = false | .process.args = ["/bin/cat", "/etc/motd"] | .root = {path: $root, readonly: true}
			| .annotations = {"io.tsem.mode": $mode, "io.tsem.model": $model} | .linux.cgroupsPath = "/crowd/" + $name' \
			config.json >new && mv new config.json)
}

stopped() { # stopped NAME
	[ "$(crun state "$1" | jq -r .status)" = stopped ]
}

lives() { # lives NAME: the whole life of a container
	./tsem-oci create --bundle "$1" "$1" >"$1/out" 2>"$1/err" </dev/null || return
	./tsem-oci start "$1" || return
	WITHIN=300 wait_until stopped "$1"
	./tsem-oci delete "$1"
}

test_containers() {
	mkdir -p root/{bin,etc,proc,sys,dev}
	cp /bin/busybox root/bin/cat
	echo welcome >root/etc/motd
	bundle first learn
	lives first
	is "learned" "$(<first/out):$(ls work.model)" welcome:work.model
	for ((i = 0; i < containers; i++)); do bundle "c$i" enforce; done
	for ((i = 0; i < containers; i++)); do lives "c$i" & done
	wait
	is "$containers containers at once: all have done what was learned" "$(cat c*/out | grep -c '^welcome$'):$(cat c*/err)" "$containers:"
	is "... and without a violation" "$("$T" ps --all --json | jq '[.[] | select(.name | startswith("c")) | .violations] | add, length' | tr '\n' ' ')" "0 $containers "
	is "... and none is left" "$("$T" ps --quiet):$(crun list -q)" :
}

keepers() { # their memory of their own, in KiB, and their number
	local pid

	for pid in $(pgrep -f 'tsem bind'); do
		grep '^Private_Dirty' "/proc/$pid/smaps_rollup"
	done | awk '{ sum += $2 } END { print int(sum / NR), NR }'
}

test_bindings() {
	mkdir /sys/fs/cgroup/first
	"$T" bind /sys/fs/cgroup/first --name first --output true.model >/dev/null
	(echo $BASHPID >/sys/fs/cgroup/first/cgroup.procs && exec true)
	"$T" unbind first >/dev/null
	for ((i = 0; i < bindings; i++)); do
		mkdir "/sys/fs/cgroup/b$i"
		"$T" bind "/sys/fs/cgroup/b$i" --name "b$i" --model true.model --enforce --on-violation deny --no-journal >/dev/null || break
	done
	is "$bindings bindings" "$i:$("$T" ps --quiet | wc -l)" "$bindings:$bindings"
	read -r each count < <(keepers)
	echo "# a keeper has $each KiB of its own; the kernel: $("$T" doctor --json | jq -c '[.memory.namespaces, .memory.total]')"
	is "a keeper has at most 1.5 MiB of its own" "$((each <= 1536)):$count" "1:$bindings"
	used=$(awk '/^cpu / { print $2 + $3 + $4 }' /proc/stat)
	sleep 20
	idle=$(($(awk '/^cpu / { print $2 + $3 + $4 }' /proc/stat) - used))
	echo "# in 20 s in which nothing happens they and all else take $idle hundredths of a second"
	is "and take no time while nothing happens" "$((idle < 400))" 1
	(echo $BASHPID >"/sys/fs/cgroup/b$((bindings / 2))/cgroup.procs" && exec true)
	is "the last of them is enforced as the first: what was learned" "$?" 0
	(echo $BASHPID >"/sys/fs/cgroup/b$((bindings - 1))/cgroup.procs" && exec cat /etc/shadow) >out 2>err
	is "... and what was not" "$?:$(<out)" 126:
	for ((i = 0; i < bindings; i++)); do rmdir "/sys/fs/cgroup/b$i"; done
	WITHIN=120 wait_until eval '[ -z "$("$T" ps --quiet)" ]'
	none "removed with their groups: none is left" "$T" ps --quiet
	WITHIN=120 wait_until eval '! pgrep -f "tsem bind" >/dev/null'
	is "... and no keeper" "$(pgrep -fc 'tsem bind')" 0
}

need 'the kernel side loads' "$T" load
for each in ${TESTS:-$boot}; do
	"test_$each"
done
finish
