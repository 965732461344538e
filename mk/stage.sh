#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# stage.sh BUILD STAGE: puts all that is installed below the directory STAGE, which is made anew. Of the environment:
# PREFIX, LIBDIR, UNITDIR, VERSION, SHARED_NAME, SONAME.
set -eu
build=$1 stage=$2
share=$stage$PREFIX/share
tsem=$build/tsem # says the same as the one that is installed, and needs no library to run

rm -rf "$stage"
fill() { # fill FILE.in TARGET: with the paths of this installation
	mkdir -p "$(dirname "$2")"
	sed "s|@PREFIX@|$PREFIX|g; s|@BINDIR@|$PREFIX/bin|g; s|@LIBDIR@|$LIBDIR|g; s|@VERSION@|$VERSION|g" "$1" >"$2"
}
program() {
	install -D -m 755 "$build/installed/tsem" "$stage$PREFIX/bin/tsem"
	fill packaging/tsem.service.in "$stage$UNITDIR/tsem.service"
	mkdir -p "$share"/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
	"$tsem" help --man >"$share/man/man1/tsem.1"
	for name in $("$tsem" help --names); do
		"$tsem" help --man "$name" >"$share/man/man1/tsem-$name.1"
	done
	"$tsem" completion bash >"$share/bash-completion/completions/tsem"
	"$tsem" completion zsh >"$share/zsh/site-functions/_tsem"
	"$tsem" completion fish >"$share/fish/vendor_completions.d/tsem.fish"
}
library() {
	install -D -m 644 "$build/$SONAME" "$stage$LIBDIR/$SHARED_NAME"
	ln -s "$SHARED_NAME" "$stage$LIBDIR/$SONAME"
	ln -s "$SONAME" "$stage$LIBDIR/libtsem.so"
	fill packaging/libtsem.pc.in "$stage$LIBDIR/pkgconfig/libtsem.pc"
	# Of abi/ what the public headers include, and no more.
	for header in include/tsem/*.h $(gcc -MM -Iinclude include/tsem/tsem.h | grep -o 'include/tsem/abi/[a-z_.]*'); do
		install -D -m 644 "$header" "$stage$PREFIX/$header"
	done
}
# What detections are compiled against, and those that come with tsem as examples.
detections() {
	while read -r header; do
		install -D -m 644 "$build/detect/include/$header" "$stage$PREFIX/include/$header"
	done <"$build/detect/headers"
	for source in detections/*.bpf.c; do
		install -D -m 644 "$source" "$share/doc/tsem/examples/detections/${source##*/}"
	done
}
documents() {
	mkdir -p "$share/doc/tsem"/{docs,examples}
	install -m 644 README.md LICENSE "$share/doc/tsem"
	install -m 644 docs/*.md docs/*.svg "$share/doc/tsem/docs"
	cp -R examples/. "$share/doc/tsem/examples"
}
program
library
documents
detections
