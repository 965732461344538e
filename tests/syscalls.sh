#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# abi/syscalls.def has every system call that this machine's kernel headers know, with its number, of both architectures.
# usage: tests/syscalls.sh
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Names and numbers: those that a header of the system defines. What is not wanted by 64-bit machines is not defined.
x86_64() {
	gcc -E -dM - <<<'#include <asm/unistd_64.h>'
}
arm64() { # what arch/arm64 asks the generic table for
	gcc -E -dM -D__BITS_PER_LONG=64 -D__ARCH_WANT_RENAMEAT -D__ARCH_WANT_NEW_STAT -D__ARCH_WANT_SET_GET_RLIMIT \
		-D__ARCH_WANT_TIME32_SYSCALLS -D__ARCH_WANT_SYS_CLONE3 -D__ARCH_WANT_MEMFD_SECRET - <<-'END'
		#include <asm/bitsperlong.h>
		#include <asm-generic/unistd.h>
	END
}
numbers() { # of #define lines; a name may stand for another
	awk '$1 == "#define" && $2 ~ /^__NR(3264)?_/ { value[$2] = $3 }
		END {
			for (name in value) {
				number = value[name]
				while (number in value)
					number = value[number]
				if (name ~ /^__NR_/ && name !~ /^__NR_(syscalls|arch_specific_syscall)$/ && number ~ /^[0-9]+$/)
					print number, substr(name, 6)
			}
		}' | sort
}
table() { # table COLUMN
	sed -nE 's/^SYSCALL\(([a-z_0-9]+), (-?[0-9]+), (-?[0-9]+), [a-z_0-9]+\)$/\1 \2 \3/p' abi/syscalls.def |
		awk -v column="$1" '$column >= 0 { print $column, $1 }' | sort
}

x86_64 | numbers >"$work/x86_64"
arm64 | numbers >"$work/arm64"
table 2 >"$work/table_x86_64"
table 3 >"$work/table_arm64"
is "every row can be read" "$(grep -c '^SYSCALL(' abi/syscalls.def)" "$(sed -n '/^SYSCALL(/p' abi/syscalls.def |
	grep -cE '^SYSCALL\([a-z_0-9]+, -?[0-9]+, -?[0-9]+, [a-z_0-9]+\)$')"
for machine in x86_64 arm64; do
	check "the headers name the system calls of $machine" test "$(wc -l <"$work/$machine")" -ge 300
	# Of a kernel newer than the headers there may be more.
	none "every system call of $machine is in abi/syscalls.def" comm -23 "$work/$machine" "$work/table_$machine"
	is "no number of $machine is another call's in the headers" \
		"$(join -j 1 "$work/$machine" "$work/table_$machine" | awk '$2 != $3; END { print (NR >= 300) }')" 1
done
# A table with a row less has to be noticed.
grep -v ' vhangup$' "$work/table_x86_64" >"$work/less"
is "a missing call is noticed" "$(comm -23 "$work/x86_64" "$work/less")" "$(grep ' vhangup$' "$work/x86_64")"
finish
