#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# make of a project in C: twenty files and a header, a library, a program; then a change, and what follows from it.
#
# Names that it makes up, with DIR for its directory:
# pattern: DIR/run/tmp/cc{alnum 6}.s
# pattern: DIR/run/tmp/cc{alnum 6}.o
# pattern: DIR/run/tmp/cc{alnum 6}.res
# pattern: DIR/run/tmp/cc{alnum 6}.le
# pattern: DIR/run/tmp/cc{alnum 6}.ld
# pattern: DIR/run/tmp/cc{alnum 6}.c
# pattern: DIR/run/tmp/cc{alnum 6}.cdtor.c
# pattern: DIR/run/tmp/cc{alnum 6}.cdtor.o
# pattern: DIR/run/work/st{alnum 6}
# pattern: DIR/run/work/sed{alnum 6}

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	local each

	mkdir "$dir/source"
	empty_orders orders.mk
	for each in {1..20}; do
		printf '#include "parts.h"\n\nint part_%d(int x)\n{\n\treturn x + %d;\n}\n' "$each" "$each" >"$dir/source/part_$each.c"
		echo "int part_$each(int x);"
	done >"$dir/source/parts.h"
	{
		printf '#include <stdio.h>\n#include "parts.h"\n\nint main(void)\n{\n\tint x = 0;\n\n'
		printf '\tx = part_%d(x);\n' {1..20}
		printf '\tprintf("%%d\\n", x);\n\treturn 0;\n}\n'
	} >"$dir/source/main.c"
	cat >"$dir/source/Makefile" <<-'MAKE'
		.RECIPEPREFIX = >
		PARTS := $(patsubst %.c,%.o,$(sort $(wildcard part_*.c)))
		all: sum
		include ../../orders.mk
		sum: main.o libparts.a
		> gcc -o $@ $^
		libparts.a: $(PARTS)
		> ar rc $@ $^
		%.o: %.c parts.h
		> gcc -O1 -Wall -c -o $@ $<
	MAKE
}

run() {
	export TMPDIR=$dir/run/tmp
	mkdir run/tmp
	cp -r source run/work
	make -s -C run/work
	check 'make' $? 0
	check 'the program' "$(run/work/sum)" 210
	obey
	brief && return
	check 'make again' "$(make -C run/work >run/again && grep -c gcc run/again)" 0
	sed -i 's/x + 20/x + 30/' run/work/part_20.c
	touch -d '+1 minute' run/work/part_20.c
	check 'after a change' "$(make -C run/work | grep -c '^gcc')" 2
	check 'the changed program' "$(run/work/sum)" 220
}

main "$@"
