# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# All of it: command, library, headers, manual pages, completions, documentation, examples, unit. It is put below
# build/stage first, so that `make uninstall` takes away just that.
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(PREFIX)/lib/systemd/system
# Where the loader does not look by itself the command says where its library is.
RPATH := $(filter-out /lib /lib/% /usr/lib /usr/lib/%,$(LIBDIR))

.PHONY: stage install uninstall deb
stage: $(B)/tsem $(B)/$(SONAME)
	@rm -f $(B)/installed/tsem
	@$(MAKE) --no-print-directory $(B)/installed/tsem
	@PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' UNITDIR='$(UNITDIR)' VERSION='$(VERSION)' SONAME='$(SONAME)' SHARED_NAME='$(SHARED_NAME)' \
		mk/stage.sh $(B) $(B)/stage
install: stage
	@mkdir -p '$(DESTDIR)/' && cp -R --no-preserve=ownership --remove-destination $(B)/stage/. '$(DESTDIR)/'
	@echo "installed below $(DESTDIR)$(PREFIX)$(if $(DESTDIR),,$(if $(RPATH),; a program that uses the library may want ldconfig))"
uninstall: stage
	@cd $(B)/stage && find . ! -type d -printf '%P\0' | (cd '$(DESTDIR)/' && xargs -0 rm -f)
	@cd $(B)/stage && find . -depth -mindepth 1 -type d -path '*/tsem*' -printf '%P\0' | \
		(cd '$(DESTDIR)/' && xargs -0 rmdir --ignore-fail-on-non-empty 2>/dev/null || true)

# Debian packages in build/deb: docs/library.md.
deb: deps-deb
	@$(MAKE) --no-print-directory -j$(JOBS) $(B)/tsem $(B)/installed/tsem
	@packaging/deb.sh $(B) $(VERSION)

# The root of an image for the nodes of a cluster, in build/node: docs/kubernetes.md. The older form of the path holds for
# the libraries of libraries, too.
.PHONY: node
$(B)/node-tsem: $(B)/tsem
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(CLI_OBJ) $(SINK_OBJ) $(LAB_OBJ) $(ROOT_OBJ) $(B)/libtsem.a $(LDLIBS) -Wl,--disable-new-dtags -Wl,-rpath,/opt/tsem/lib \
		-Wl,--dynamic-linker,/opt/tsem/lib/$$(basename "$$(ldd $(B)/tsem | grep -o '/[^ ]*/ld-linux[^ ]*')") -o $@
$(B)/node/node: $(B)/node-tsem $(wildcard packaging/kubernetes/*)
	@packaging/kubernetes/node.sh $(B) $(VERSION)
node: deps-node
	@$(MAKE) --no-print-directory -j$(JOBS) $(B)/tsem
	@$(MAKE) --no-print-directory $(B)/node/node
	@echo "$(B)/node is the root of an image: packaging/kubernetes/Containerfile"
