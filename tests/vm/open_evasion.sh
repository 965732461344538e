#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Ways around a model that allows something similar: other content behind the
# same name, the other direction of a rename, control of the namespace itself.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build() {
	local name

	if [ -x "$(dirname "$T")/evade" ]; then
		cp "$(dirname "$T")/evade" evade
	else
		gcc -std=gnu11 -D_GNU_SOURCE -static -o evade "$tests/deeds/evade.c" || return
	fi
	for name in good evil; do
		printf 'int puts(const char *);\nint main(void)\n{\n\tputs("%s was run");\n\treturn 0;\n}\n' $name >$name.c
		gcc -static -o $name $name.c || return
	done
}

# Mapped memory can be changed without its file being opened, and without its times changing.
test_memory_file() {
	cp good other
	tsem learn -o memory.model --name memory -- ./evade memfd good other </dev/null
	is "a program in memory can be learned" "$status:$output" "0:good was run"
	tsem run --model memory.model --enforce --on-violation deny --name memory -- ./evade memfd good other </dev/null
	is "a program in memory is allowed" "$output:$errors" "good was run:"
	cp evil other
	tsem run --model memory.model --enforce --on-violation deny --name memory -- ./evade memfd other </dev/null
	is "another program in memory is refused" "$output" EPERM
	tsem run --model memory.model --enforce --on-violation deny --name memory -- ./evade memfd good other </dev/null
	is "another program in memory, put there after the first was digested, is refused" "$output" EPERM
}

test_exchange() {
	echo a >a
	echo b >b
	tsem learn -o rename.model --name rename -- ./evade rename a b </dev/null
	echo a >a
	echo b >b
	tsem run --model rename.model --enforce --name rename -- ./evade exchange a b </dev/null
	is "a rename over a file does not allow to exchange them" "$output:$(cat a b | tr -d '\n')" "EPERM:ab"
}

test_mount() {
	mkdir there
	touch there/file
	tsem learn -o mount.model --name mount -- ./evade mount /nowhere </dev/null
	tsem run --model mount.model --enforce --name mount -- ./evade mount "$scratch/there" </dev/null
	is "mount(2)" "$output:$(ls there)" "EPERM:file"
	tsem run --model mount.model --enforce --name mount -- ./evade move_mount "$scratch/there" </dev/null
	is "move_mount(2)" "$output:$(ls there)" "EPERM:file"
	umount there 2>/dev/null
}

test_heap() {
	tsem learn -o heap.model --name heap -- ./evade rename a a </dev/null
	tsem run --model heap.model --enforce --name heap -- ./evade heap </dev/null
	unlike "executable memory from brk(2)" "$output" "done"
}

# Root in a workload that is not allowed to control namespaces.
test_control() {
	tsem learn -o control.model --name control -- bpftool map show name tsem_namespaces </dev/null
	tsem run --model control.model --name control -- sh -c "'$T' unload --force; bpftool map show name tsem_namespaces" </dev/null
	[ -d /sys/fs/bpf/tsem ]
	report $? "a sealed workload cannot unload what models it" "$output$errors"
	[ -d /sys/fs/bpf/tsem ] || "$T" load
	# The first slots, written back as they are.
	tsem run --name control -- sh -c '
		for slot in 0 1 2 3; do
			old=$(bpftool -j map lookup pinned /sys/fs/bpf/tsem/tsem_namespaces key hex $(printf "%02x 00 00 00" $slot) | jq -r ".value | join(\" \")")
			[ -z "$old" ] || bpftool map update pinned /sys/fs/bpf/tsem/tsem_namespaces key hex $(printf "%02x 00 00 00" $slot) value hex $(echo "$old" | sed "s/0x//g") && echo changed
		done' </dev/null
	unlike "a workload cannot change the state of namespaces" "$output" "*changed*"
}

need "the programs are built" build
need "load" "$T" load
for each in ${TESTS:-memory_file exchange mount heap control}; do
	"test_$each"
done
finish
