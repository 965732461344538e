#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# make -j4 of a project in C with ccache before the compiler: first into an empty cache, then again from it.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	local each

	mkdir "$dir/source"
	empty_orders orders.mk
	for each in {1..2}; do
		printf '#include <string.h>\n#include "parts.h"\n\nvoid part_%d(char *s)\n{\n\tstrcat(s, "%d");\n}\n' "$each" "$each" >"$dir/source/part_$each.c"
		echo "void part_$each(char *s);"
	done >"$dir/source/parts.h"
	{
		printf '#include <stdio.h>\n#include "parts.h"\n\nint main(void)\n{\n\tchar s[9] = "";\n\n'
		printf '\tpart_%d(s);\n' {1..2}
		printf '\tputs(s);\n}\n'
	} >"$dir/source/main.c"
	cat >"$dir/source/Makefile" <<-'MAKE'
		.RECIPEPREFIX = >
		OBJECTS := main.o $(patsubst %.c,%.o,$(sort $(wildcard part_*.c)))
		all: say
		include ../../orders.mk
		say: $(OBJECTS)
		> gcc -o $@ $^
		%.o: %.c parts.h
		> ccache gcc -O1 -Wall -c -o $@ $<
	MAKE
}

build() {
	cp -r source run/work
	make -s -j4 -C run/work
	check 'make' "$?:$(run/work/say)" 0:12
}

run() {
	export CCACHE_DIR=$dir/run/cache CCACHE_NOHASHDIR=1 TMPDIR=/var/tmp
	build
	obey
	brief && return
	rm -r run/work
	build
	check 'from the cache' "$(ccache -s -v | sed -n 's/^ *Hits: *\([0-9]*\) .*/\1/p' | head -n 1)" 3
}

main "$@"
