# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a person types: run test fidelity bench check fmt fuzz install clean. Everything else hangs below these.
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

OWN_ARCH := $(shell dpkg --print-architecture 2>/dev/null || echo amd64)
ARCH ?= $(OWN_ARCH)
B := build$(if $(filter-out $(OWN_ARCH),$(ARCH)),/$(ARCH))
PREFIX ?= /usr/local
DESTDIR ?=
# Of the three lines in include/tsem/version.h.
VERSION := $(shell awk '/^\#define TSEM_VERSION_(MAJOR|MINOR|PATCH) / {printf "%s%s", dot, $$3; dot = "."}' include/tsem/version.h)

.PHONY: all run test fidelity bench check fmt fuzz install clean
all: $(B)/tsem

include mk/deps.mk
include mk/cross.mk
include mk/build.mk
include mk/test.mk
include mk/install.mk

run: deps-run
	@$(MAKE) --no-print-directory -j$(JOBS) $(B)/tsem
	@tests/story/run.sh $(B)/tsem

# Three detections at work, in the micro-VM.
.PHONY: demo-detections
demo-detections: deps-run
	@$(MAKE) --no-print-directory -j$(JOBS) $(B)/tsem
	@$(B)/tsem lab -- bash tests/story/detections.sh $(B)/tsem

clean:
	rm -rf $(B)
