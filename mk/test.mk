# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `make test` runs every part below and ends with one line of counts. TSEM_MUST_RUN=1 turns skips into failures.
HEADERS := $(wildcard include/tsem/*.h lib/*.h lib/*/*.h sink/*.h sink/*.def cli/image/*.h cli/ask/*.h cli/front/front.h cli/session/*.h cli/text/text.h abi/* engine/*.h)
UNIT_SRC := $(wildcard tests/unit/*.c)
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# The library without the folders that need a kernel: what parsers and models are made of.
PURE_SRC := $(filter-out lib/kernel/% lib/external/% lib/agent/% lib/detect/% lib/session/% lib/start/% lib/container/runs.c,$(LIB_SRC)) lib/external/watched.c lib/agent/questions.c lib/session/sequence.c lib/session/records.c lib/session/running_who.c lib/kernel/reason.c lib/kernel/runtime.c $(ENGINE_SRC)
# The sinks without those that need somebody at the other end.
PURE_SRC += $(addprefix sink/,collect.c collect_index.c entry.c format.c identity.c line.c ocsf.c ocsf_rows.c ocsf_words.c spool.c spool_file.c topic.c url.c)
# Who posts findings and questions: its tests are the receiver.
PURE_SRC += $(addprefix sink/,confine.c http.c http_heading.c notify.c notify_process.c process.c receiver.c webhook.c webhook_process.c)
# What is read of images, and of files with passwords.
PURE_SRC += $(addprefix cli/image/,artifact.c credentials.c document.c file.c reference.c)
# What front ends of questions get and send, and how it is folded.
PURE_SRC += cli/ask/line.c cli/ask/sentence.c cli/text/text.c
# What starts a workload, waits for it and writes its events: their tests stand in for the kernel.
START_SRC := $(wildcard lib/start/*.c) lib/detect/pins.c cli/ask/seats.c $(addprefix cli/session/,attendant.c outlet.c stream.c workload.c)
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(B)/unit: $(UNIT_SRC) $(PURE_SRC) $(START_SRC) $(wildcard tests/unit/*.h) $(HEADERS) $(B)/transports.h | $(B)
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) $(UNIT_SRC) $(PURE_SRC) $(START_SRC) -lcrypto -lz -lcap -o $@

# The same sources, and who tests them, with everything checked: compiled once for all that use them.
SAN_SRC := $(PURE_SRC) $(START_SRC) $(UNIT_SRC) tests/fuzz/replay.c $(wildcard tests/fuzz/fuzz_*.c) tests/tma/process_san.c roots/process/process.c
SAN_OBJ := $(patsubst %.c,$(B)/san/%.o,$(SAN_SRC))
san = $(patsubst %.c,$(B)/san/%.o,$(1))
$(sort $(dir $(SAN_OBJ))):
	@mkdir -p $@
$(SAN_OBJ): $(B)/san/%.o: %.c $(B)/transports.h | $(sort $(dir $(SAN_OBJ)))
	@echo "  SAN     $@"
	@$(CLANG) $(TSEM_CFLAGS) $(SAN_FLAGS) -MMD -MP -c $< -o $@
-include $(SAN_OBJ:.o=.d)
SAN_LINK = @echo "  LINK    $@"; $(CLANG) $(SAN_FLAGS) $^ -lcrypto -lz -lcap -o $@
$(B)/unit-san: $(call san,$(UNIT_SRC) $(PURE_SRC) $(START_SRC))
	$(SAN_LINK)

$(B)/fuzz:
	@mkdir -p $@
$(B)/fuzz/%: tests/fuzz/fuzz_%.c $(PURE_SRC) $(HEADERS) $(B)/transports.h | $(B)/fuzz
	@echo "  FUZZ    $@"
	@$(CLANG) $(TSEM_CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $< $(PURE_SRC) -lcrypto -lz -lcap -o $@
$(addprefix $(B)/fuzz/replay-,$(FUZZ_TARGETS)): $(B)/fuzz/replay-%: $(B)/san/tests/fuzz/fuzz_%.o $(call san,tests/fuzz/replay.c $(PURE_SRC)) | $(B)/fuzz
	$(SAN_LINK)
$(B)/tma-san: $(call san,tests/tma/process_san.c roots/process/process.c $(PURE_SRC))
	$(SAN_LINK)

# What the VM tests run as workloads: static, because each is also run where there is nothing else.
DEEDS := $(addprefix $(B)/,deed deed_all swarm uring evade ways race vary request stale waiters objects calls inherit escape deed_detect pretend late held)
$(DEEDS): $(B)/%: tests/deeds/%.c $(wildcard tests/deeds/*.h) | $(B)
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) -static -pthread $< -o $@

# Objects that are no detections, or bad ones: each in a way of its own.
WRONG := $(patsubst tests/detections/%.bpf.c,$(B)/wrong/%.o,$(wildcard tests/detections/*.bpf.c)) $(B)/wrong/foreign.o
$(B)/wrong/%.o: tests/detections/%.bpf.c $(B)/detect/headers
	@mkdir -p $(@D) && $(CLANG) $(DETECT_CFLAGS) -c $< -o $@
$(B)/wrong/foreign.o: tests/deeds/deed_common.h
	@mkdir -p $(@D) && echo 'int nothing;' | $(CC) -x c -c - -o $@

$(B)/attackers: $(wildcard tests/attackers/*.c tests/attackers/*.h) | $(B)
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) -static -pthread $(filter %.c,$^) -o $@

# Makes namespaces by the library: many of them.
$(B)/namespaces: bench/namespaces.c $(B)/libtsem.a
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) $< $(B)/libtsem.a $(LDLIBS) -o $@

# A program of somebody else's: it has the public headers and the shared library.
$(B)/caller: tests/library/caller.c $(B)/$(SONAME) $(wildcard include/tsem/*.h) | $(B)
	@echo "  CC      $@"
	@$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -Iinclude $(CFLAGS) $< $(B)/$(SONAME) -lbpf -Wl,-rpath,$(abspath $(B)) -o $@

# Agents: one that does what a test wants, and the examples.
AGENTS := $(addprefix $(B)/agent-,probe watch gate ransom)
$(B)/agent-probe: tests/agents/probe.c
$(AGENTS): $(B)/agent-%: $(B)/libtsem.a | $(B)
	@echo "  CC      $@"
	@$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -Iinclude $(CFLAGS) $(filter %.c,$^) $(B)/libtsem.a $(LDLIBS) -o $@
$(filter-out %probe,$(AGENTS)): $(B)/agent-%: examples/agents/%.c

# A recipe's own jobs: `make test` is one command, and compiling is what all processors are for.
JOBS ?= $(shell nproc)
TEST_BINARIES := $(B)/tsem $(B)/$(SONAME) $(B)/installed/tsem $(B)/caller $(DEEDS) $(B)/attackers $(B)/namespaces $(AGENTS) $(WRONG) $(B)/unit $(B)/unit-san $(B)/tma-san $(addprefix $(B)/fuzz/replay-,$(FUZZ_TARGETS)) $(B)/node/node

test: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(TEST_BINARIES)
	@tests/run.sh $(B)

# So many inputs for each target; `make fuzz RUNS=100000` for a first look.
RUNS ?= 10000000
fuzz: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(addprefix $(B)/fuzz/,$(FUZZ_TARGETS))
	@for t in $(FUZZ_TARGETS); do mkdir -p $(B)/fuzz/new-$$t; \
		$(B)/fuzz/$$t -runs=$(RUNS) -print_final_stats=1 -timeout=10 -rss_limit_mb=2048 -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/new-$$t tests/fuzz/corpus/$$t; done

# What `make test` has no time for: `tsem bench`, memory, limits, very many of everything, the export of a whole
# compilation, and all that can go wrong with an agent outside the kernel.
test-long: deps-long
	@$(MAKE) --no-print-directory -j$(JOBS) $(TEST_BINARIES)
	@tests/run.sh $(B) --long

# Hours: docs/fidelity.md. FIDELITY_WORKLOADS, FIDELITY_RERUNS and others choose: tests/fidelity/run.sh.
fidelity: deps-fidelity
	@$(MAKE) --no-print-directory $(B)/tsem
	@tests/fidelity/run.sh $(B)/tsem

bench: deps-bench
	@$(MAKE) --no-print-directory $(B)/tsem $(B)/namespaces
	@bench/run.sh $(B)/tsem
	@$(MAKE) --no-print-directory bench-engine bench-encode

.PHONY: check-bench check-house test-long
check-bench:
	@bench/check.py $(B)/bench.json bench/table.json

# What the verifier has to do for each program, in the micro-VM, beside bench/verifier.txt.
.PHONY: check-verifier accept-verifier measure-verifier
$(B)/verifier: bench/verifier.c lib/kernel/kernel.c $(B)/libtsem.a $(B)/tsem.skel.h
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) -Wno-shadow -Wno-unused-function $< $(B)/libtsem.a $(LDLIBS) -o $@
measure-verifier: deps-run
	@$(MAKE) --no-print-directory $(B)/tsem $(B)/verifier
	@$(B)/tsem lab -- $(abspath $(B)/verifier) >$(B)/verifier.out
check-verifier: measure-verifier
	@bench/verifier.py $(B)/verifier.out
accept-verifier: measure-verifier
	@bench/verifier.py --accept "$${REASON:?say why: make accept-verifier REASON=...}" $(B)/verifier.out

# Each kernel of tests/kernels/list: what the programs use of it, without booting; booted.
KERNELS = $(shell grep -v '^\#' tests/kernels/list)
.PHONY: check-kernels accept-kernels
check-kernels accept-kernels: deps-run
	@$(MAKE) --no-print-directory $(B)/tsem
	@tests/kernels/check.py $(if $(findstring accept,$@),--accept) $(B)/tsem.bpf.o \
		$(foreach v,$(KERNELS),$(v)=$$($(B)/tsem lab --kernel-version $(v)))

ARM64_TESTS = shell events
# Hours: docs/kernels.md is what came of it. `make test-kernels KERNELS=7.3` prints the row of one.
.PHONY: test-kernels
test-kernels: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(TEST_BINARIES)
	@tests/kernels/run.sh $(B) $(if $(findstring file,$(origin KERNELS)),,$(KERNELS))

# The same programs for arm64, on an emulated machine of that processor: shell, deeds of the default events.
.PHONY: test-arm64
test-arm64:
	@$(MAKE) --no-print-directory -j$(JOBS) ARCH=arm64 all build/arm64/deed
	@TSEM_UNDER_TEST=$(abspath build/arm64/tsem) tests/kernels/arm64.sh build/arm64 bash tests/vm/together.sh $(ARM64_TESTS:%=tests/vm/test_%.sh)

check: deps-check check-house
check-house:
	@$(MAKE) --no-print-directory $(B)/tsem $(B)/$(SONAME) $(B)/installed/tsem
	@tests/house.sh $(B)

# What is new in libtsem, under a node of lib/libtsem.map that no program knows yet: docs/library.md.
.PHONY: accept-abi
accept-abi: deps-check $(B)/$(SONAME)
	@tests/libtsem_abi.py $(B) accept "$${NODE:?say which: make accept-abi NODE=LIBTSEM_1.1}"

fmt: deps-fmt
	@clang-format -i $$(git ls-files '*.c' '*.h')

# User space only: what the engine does in a second on this machine.
.PHONY: bench-engine
$(B)/bench-engine: bench/engine.c $(PURE_SRC) $(HEADERS) $(B)/transports.h | $(B)
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) $< $(PURE_SRC) -lcrypto -lz -lcap -o $@
bench-engine: deps-build $(B)/bench-engine
	@$(B)/bench-engine

# Lines from ring records, to nowhere and to a file: events a second of one core.
$(B)/encode: bench/encode.c $(SINK_OBJ) $(B)/libtsem.a
	@echo "  CC      $@"
	@$(CC) $(TSEM_CFLAGS) $< $(SINK_OBJ) $(B)/libtsem.a $(LDLIBS) -o $@
.PHONY: bench-encode
bench-encode: deps-build $(B)/encode
	@$(B)/encode tests/data/grep.model file:/dev/null 2000000
	@$(B)/encode tests/data/grep.model file:$(B)/encode.json 1000000; rm -f $(B)/encode.json
	@$(B)/encode tests/data/grep.model file:/dev/null 500000 ocsf
