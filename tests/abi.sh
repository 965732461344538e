#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The layouts of abi/ and the engine on every kind of machine that will share them. The assertions are in the
# headers: a target on which one fails does not compile.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/all.c" <<'C'
#include "abi/record.h"
#include "abi/detect.h"
#include "abi/external.h"
#include "abi/namespace.h"
#include "abi/tma.h"
#include "engine/coefficient.h"
int probe(struct tsem_event *e, const tsem_u8 *name)
{
	event_coefficient(e, name);
	return e->record.failure;
}
C
for target in x86_64-linux-gnu aarch64-linux-gnu armv7a-linux-gnueabihf i686-linux-gnu riscv64-linux-gnu thumbv7em-none-eabi; do
	check "abi and engine compile for $target" clang --target=$target -std=gnu11 -ffreestanding -fno-pic -nostdlibinc -Wall -Wextra \
		-Werror -I. -O2 -c "$work/all.c" -o "$work/$target.o"
	symbols=$(llvm-nm-14 -u "$work/$target.o" 2>/dev/null || llvm-nm -u "$work/$target.o")
	left=$(printf '%s\n' "$symbols" | awk '{print $NF}' | grep -vE '^(mem(cpy|set|move|cmp)|__aeabi_mem(cpy|set|clr|move)[48]?)?$')
	for file in engine/*.c; do
		check "$file compiles for $target" clang --target=$target -std=gnu11 -ffreestanding -fno-pic -nostdlibinc -Wall -Wextra \
			-Werror -O2 -c "$file" -o "$work/$target-$(basename "$file" .c).o"
	done
	# What one of them has, another may use; what none has would have to come from the system. Divisions of numbers
	# of eight bytes are the compiler's own.
	left+=$(llvm-nm-14 "$work/$target"-*.o 2>/dev/null | awk 'NF >= 2 && $(NF - 1) == "U" {used[$NF]} NF == 3 && $2 ~ /[TRD]/ {has[$3]}
		END {for (name in used) if (!(name in has)) print name}' | grep -vE '^(mem(cpy|set|move|cmp)|__aeabi_mem(cpy|set|clr|move)[48]?)?$')
	if [ -z "$left" ]; then ok "nothing but mem* is needed on $target"; else not_ok "nothing but mem* is needed on $target" "$left"; fi
done
check "abi compiles for bpf" clang -target bpf -mcpu=v3 -O2 -idirafter "/usr/include/$(gcc -print-multiarch)" -I. -c -x c \
	-o "$work/bpf.o" - <<<'#include "abi/record.h"
#include "abi/external.h"
#include "abi/namespace.h"
int unused;'
numbers=$(sed -nE 's/^TSEM_EVENT\(([0-9]+),.*/\1/p' abi/events.def)
if [ "$(sort -n <<<"$numbers" | uniq -d)" = "" ]; then ok "no event number is used twice"; else not_ok "no event number is used twice"; fi
# Numbers that were once published stay with their event.
if diff <(sed -nE 's/^TSEM_EVENT\(([0-9]+), ([a-z_]+),.*/\1 \2/p' abi/events.def | sort -n) tests/golden/event-numbers >"$work/diff"; then
	ok "event numbers are those that were published"
else
	not_ok "event numbers are those that were published (tests/golden/event-numbers)" "$(cat "$work/diff")"
fi
finish
