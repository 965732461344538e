# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# make ARCH=arm64: for another processor than that of this machine, into build/arm64. The compiler is the one that the kernel
# side has anyhow; libraries and headers of the other architecture are unpacked below build (mk/foreign.sh), not installed.
TRIPLE_amd64 := x86_64-linux-gnu
TRIPLE_arm64 := aarch64-linux-gnu
BPF_TARGET_amd64 := x86
BPF_TARGET_arm64 := arm64
ifeq ($(TRIPLE_$(ARCH)),)
$(error tsem is not made for ARCH=$(ARCH); there are amd64 and arm64)
endif
TRIPLE := $(TRIPLE_$(ARCH))

LD := ld
OBJCOPY := objcopy
ifneq ($(ARCH),$(OWN_ARCH))
FOREIGN := $(abspath $(B)/foreign)
SYSROOT := $(FOREIGN)/root
PACKAGES_FOREIGN := libc6-dev libgcc-$(shell gcc -dumpversion)-dev linux-libc-dev libbpf-dev libelf-dev zlib1g-dev libzstd-dev libcap-dev libmosquitto-dev \
	libfuse3-dev libseccomp-dev libssl-dev =libcurl4-openssl-dev
CROSS_CC := clang --target=$(TRIPLE) --sysroot=$(SYSROOT) -fuse-ld=lld -Qunused-arguments
LD := ld.lld
OBJCOPY := llvm-objcopy
$(FOREIGN)/complete: mk/foreign.sh mk/cross.mk
	@for each in clang ld.lld llvm-objcopy; do command -v $$each >/dev/null || \
		{ echo "make: ARCH=$(ARCH) takes $$each: install the Debian packages clang, lld and llvm" >&2; exit 1; }; done
	@echo "  FOREIGN $(SYSROOT)"
	@mk/foreign.sh $(FOREIGN) $(ARCH) $(PACKAGES_FOREIGN)
	@touch $@
endif
