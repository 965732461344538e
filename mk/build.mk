# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
CC := $(or $(CROSS_CC),gcc)
CLANG := clang
BPFTOOL := $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wvla -Wformat=2 -Wno-format-nonliteral
CFLAGS ?= -O2 -g
TSEM_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(WARN) -I$(B) $(CFLAGS)
LDLIBS := -lbpf -lelf -lz -lcap -lcrypto -lmosquitto -lfuse3 -lseccomp -lpthread

# ---- kernel side: one object, one skeleton; nothing of the build machine's kernel is used
# LINES_KEPT=yes: for a profile by source line (bench/profile.sh).
# Types and lines name sources from here: what is built is the same in each directory.
BPF_CFLAGS = -g -O2 -ffile-prefix-map=$(CURDIR)=. -mcpu=v3 -target bpf -D__TARGET_ARCH_$(BPF_TARGET_$(ARCH)) -idirafter $(SYSROOT)/usr/include/$(TRIPLE) \
	-Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter -Wno-unused-const-variable \
	-Wno-sign-compare -Wno-address-of-packed-member
$(B)/tsem.bpf.o: bpf/tsem.bpf.c mk/strip-lines.sh $(wildcard bpf/*.bpf.c bpf/core/*.h abi/* engine/*.h) | $(B)
	@echo "  BPF     $@"
	@$(CLANG) $(BPF_CFLAGS) -c $< -o $(B)/tsem.raw.o
	@$(BPFTOOL) gen object $@ $(B)/tsem.raw.o
	@$(if $(LINES_KEPT),,mk/strip-lines.sh $@)
$(B)/agent.bpf.o: bpf/agent/agent.bpf.c mk/strip-lines.sh $(wildcard bpf/*.bpf.c bpf/agent/*.h bpf/core/*.h abi/* engine/*.h) | $(B)
	@echo "  BPF     $@"
	@$(CLANG) $(BPF_CFLAGS) -DTSEM_AGENT -c $< -o $(B)/agent.raw.o
	@$(BPFTOOL) gen object $@ $(B)/agent.raw.o
	@$(if $(LINES_KEPT),,mk/strip-lines.sh $@)
$(B)/running.bpf.o: bpf/running/running.bpf.c mk/strip-lines.sh $(wildcard bpf/core/*.h abi/* engine/*.h) | $(B)
	@echo "  BPF     $@"
	@$(CLANG) $(BPF_CFLAGS) -c $< -o $(B)/running.raw.o
	@$(BPFTOOL) gen object $@ $(B)/running.raw.o
	@$(if $(LINES_KEPT),,mk/strip-lines.sh $@)
# Sources and headers of the kernel side, each by itself: tests/rooms.py asks for it.
.PHONY: check-alone
check-alone:
	@failed=0; for source in $(ALONE); do $(CLANG) $(BPF_CFLAGS) -fsyntax-only -x c $$source || failed=1; done; exit $$failed
$(B)/tsem.skel.h: $(B)/tsem.bpf.o
	@echo "  SKEL    $@"
	@$(BPFTOOL) gen skeleton $< name tsem_bpf >$@

$(B)/agent.skel.h: $(B)/agent.bpf.o
	@echo "  SKEL    $@"
	@$(BPFTOOL) gen skeleton $< name tsem_agent_bpf >$@

$(B)/running.skel.h: $(B)/running.bpf.o
	@echo "  SKEL    $@"
	@$(BPFTOOL) gen skeleton $< name tsem_running_bpf >$@

# ---- detections: an object for each, against the headers that users have too; the library has all of them in it
DETECTION_SRC := $(wildcard detections/*.bpf.c)
DETECTIONS := $(DETECTION_SRC:detections/%.bpf.c=%)
DETECT_INCLUDE := $(B)/detect/include
DETECT_HEADERS := $(wildcard detections/include/tsem/*.h detections/include/tsem/*/*.h)
# What these headers include of the other rooms, under the names by which they do.
DETECT_CORE := $(addprefix bpf/core/,compat.h executed.h kernel.h layers.h served.h)
DETECT_ABI := detect namespace failures limits name_rule options record types
$(B)/detect/headers: $(DETECT_HEADERS) $(DETECT_CORE) $(DETECT_ABI:%=abi/%.h) abi/events.def mk/build.mk | $(B)
	@rm -rf $(DETECT_INCLUDE) && mkdir -p $(DETECT_INCLUDE)/tsem/abi && cp -R detections/include/. $(DETECT_INCLUDE)
	@cp $(DETECT_CORE) $(DETECT_INCLUDE)/tsem/detect/ && cp $(DETECT_ABI:%=abi/%.h) abi/events.def $(DETECT_INCLUDE)/tsem/abi/
	@cd $(DETECT_INCLUDE) && find . -type f -printf '%P\n' | sort >$(abspath $@)
DETECT_CFLAGS = $(BPF_CFLAGS) -I$(DETECT_INCLUDE)
$(B)/detect/%.bpf.o: detections/%.bpf.c $(B)/detect/headers mk/strip-lines.sh
	@echo "  BPF     $@"
	@$(CLANG) $(DETECT_CFLAGS) -c $< -o $@.raw
	@$(BPFTOOL) gen object $@ $@.raw && mk/strip-lines.sh $@
$(B)/shipped.h: $(DETECTIONS:%=$(B)/detect/%.bpf.o) $(B)/detect/headers mk/build.mk
	@{ echo '#define SHIPPED_OBJECTS(F) \'; \
	for name in $(sort $(DETECTIONS)); do echo "F(object_$${name//-/_}, \"$$name\", \"$(B)/detect/$$name.bpf.o\") \\"; done; echo; \
	echo '#define SHIPPED_HEADERS(F) \'; \
	while read -r path; do echo "F(header_$${path//[-.\/]/_}, \"$$path\", \"$(DETECT_INCLUDE)/$$path\") \\"; done <$(B)/detect/headers; echo; } >$@
$(B)/lib/detect/shipped.o: $(B)/shipped.h

# ---- user side
LIB_SRC := $(wildcard lib/*/*.c)
ENGINE_SRC := $(wildcard engine/*.c)
ROOT_SRC := $(wildcard roots/process/*.c)
SINK_SRC := $(wildcard sink/*.c)
CLI_SRC := $(wildcard cli/*/*.c)
INIT_SRC := $(addprefix lab/,init.c init_root.c init_job.c init_systemd.c)
LAB_SRC := $(filter-out $(INIT_SRC),$(wildcard lab/*.c))
objects = $(patsubst %.c,$(B)/%.o,$(1))
LIB_OBJ := $(call objects,$(LIB_SRC) $(ENGINE_SRC))
ROOT_OBJ := $(call objects,$(ROOT_SRC))
SINK_OBJ := $(call objects,$(SINK_SRC))
CLI_OBJ := $(call objects,$(CLI_SRC))
LAB_OBJ := $(call objects,$(LAB_SRC))
LAB_INIT := $(B)/lab/init

OBJECT_DIRS := $(sort $(dir $(LIB_OBJ) $(ROOT_OBJ) $(SINK_OBJ) $(CLI_OBJ) $(LAB_OBJ)))
$(B) $(OBJECT_DIRS): | $(if $(SYSROOT),$(FOREIGN)/complete)
	@mkdir -p $@

$(B)/%.o: %.c | $(OBJECT_DIRS)
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) $(FORM_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

# One row for each lib/tma/transport_NAME.c.
TRANSPORTS := $(patsubst lib/tma/transport_%.c,%,$(wildcard lib/tma/transport_*.c))
$(B)/transports.h: $(wildcard lib/tma/transport_*.c) | $(B)
	@printf 'T(%s)\n' $(TRANSPORTS) >$@
$(B)/lib/tma/transport.o: $(B)/transports.h

$(B)/lib/kernel/kernel.o: $(B)/tsem.skel.h
$(B)/lib/kernel/kernel.o: EXTRA_CFLAGS := -Wno-shadow
$(B)/lib/kernel/agents.o: $(B)/agent.skel.h
$(B)/lib/kernel/agents.o: EXTRA_CFLAGS := -Wno-shadow
$(B)/lib/kernel/running.o: $(B)/running.skel.h
$(B)/lib/kernel/running.o: EXTRA_CFLAGS := -Wno-shadow
$(B)/lab/embed.o: $(LAB_INIT)
$(B)/lab/embed.o: EXTRA_CFLAGS := -DLAB_INIT_PATH='"$(LAB_INIT)"'

# The helper of external namespaces: static, because its pages come from its orchestrator.
$(B)/rendezvous-helper: roots/rendezvous/helper.c roots/rendezvous/companion.h | $(B)
	@echo "  HELPER  $@"
	@$(CC) $(TSEM_CFLAGS) -Os -static -s $< -o $@
$(B)/lib/external/rendezvous_embed.o: $(B)/rendezvous-helper
$(B)/lib/external/rendezvous_embed.o: EXTRA_CFLAGS := -DHELPER_PATH='"$(B)/rendezvous-helper"'

# The keeper of an agent, for the same reason.
$(B)/keeper: roots/keeper/keeper.c roots/rendezvous/companion.h abi/agent.h abi/agent_slot.h abi/keeper.h | $(B)
	@echo "  HELPER  $@"
	@$(CC) $(TSEM_CFLAGS) -Os -static -s $< -o $@
$(B)/lib/agent/keeper_embed.o: $(B)/keeper
$(B)/lib/agent/keeper_embed.o: EXTRA_CFLAGS := -DKEEPER_PATH='"$(B)/keeper"'

# The guest's first process: static, because nothing is there yet.
$(LAB_INIT): $(INIT_SRC) lab/channel.c $(wildcard lab/*.h) | $(B)/lab/
	@echo "  INIT    $@"
	@$(CC) $(TSEM_CFLAGS) -Os -static -s $(filter %.c,$^) -o $@

# One set of objects for both forms of the library. In the shared one nobody takes the place of its functions.
$(LIB_OBJ): FORM_CFLAGS := -fPIC -fno-semantic-interposition
# Without what only the command uses.
SHARED_OBJ := $(filter-out $(addprefix $(B)/lib/,base/environment.o base/rate.o base/unused_id.o start/%.o container/%.o ask/%.o),$(LIB_OBJ))
SONAME := libtsem.so.1
# The file has the number of the last node: its name says what it offers.
SHARED_NAME := libtsem.so.$(lastword $(shell sed -n 's/^LIBTSEM_\([0-9.]*\) {.*/\1/p' lib/libtsem.map))
LINKED := -Wl,--as-needed -Wl,-z,relro -Wl,-z,now

$(B)/$(SONAME): $(SHARED_OBJ) lib/libtsem.map
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=lib/libtsem.map -Wl,--no-undefined $(LINKED) \
		$(SHARED_OBJ) $(LDLIBS) -o $@

# The command as it is installed: it calls the shared library. What sinks, agents and the micro-VM use of the library's own
# parts is not exported, and is linked in; the exported functions in these files stay out of the way of the library's.
INSIDE := tma/hashes tma/space $(patsubst lib/%.c,%,$(wildcard lib/tma/transport*.c)) base/array base/buffer base/environment base/file base/group base/keyed base/owned base/rate base/unused_id \
	base/replace base/utf8 event/codec event/digest event/digest_file event/json_write event/locks event/schema event/tally explain/describe explain/describe_item explain/describe_words explain/explainer explain/listing explain/objects explain/programs explain/review explain/secret json/base64 json/members json/scan learn/curve kernel/runtime kernel/session_path learn/selection model/copy model/decisions model/difference model/minimise model/reread model/settings model/trees sign/demand $(patsubst lib/%.c,%,$(wildcard lib/start/*.c lib/container/*.c lib/ask/*.c))
INSIDE_OBJ := $(INSIDE:%=$(B)/lib/%.o) $(call objects,$(ENGINE_SRC))
$(B)/installed/inside.o: $(INSIDE_OBJ) mk/build.mk
	@echo "  LD      $@"
	@mkdir -p $(@D)
	@$(LD) -r -o $@ $(filter %.o,$^) && $(OBJCOPY) --wildcard --localize-symbol='tsem_*' $@
$(B)/installed/tsem: $(CLI_OBJ) $(SINK_OBJ) $(LAB_OBJ) $(ROOT_OBJ) $(B)/installed/inside.o $(B)/$(SONAME)
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $^ $(LINKED) $(if $(RPATH),-Wl$(comma)-rpath$(comma)$(RPATH)) $(LDLIBS) -o $@
comma := ,

$(B)/libtsem.a: $(LIB_OBJ)
	@echo "  AR      $@"
	@rm -f $@ && ar rcs $@ $^

$(B)/tsem: $(CLI_OBJ) $(SINK_OBJ) $(LAB_OBJ) $(ROOT_OBJ) $(B)/libtsem.a
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(CLI_OBJ) $(SINK_OBJ) $(LAB_OBJ) $(ROOT_OBJ) $(B)/libtsem.a $(LDLIBS) -o $@

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
