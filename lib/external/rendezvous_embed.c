/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "rendezvous.h"

/* HELPER_PATH is roots/rendezvous, static, built before this file. */
__asm__(".section .rodata\n"
	".global rendezvous_helper, rendezvous_helper_end\n"
	".balign 16\n"
	"rendezvous_helper:\n"
	".incbin \"" HELPER_PATH "\"\n"
	"rendezvous_helper_end:\n"
	".byte 0\n"
	".previous\n");
