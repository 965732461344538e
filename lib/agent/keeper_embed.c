/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "keeper_embed.h"

/* KEEPER_PATH is roots/keeper, static, built before this file. */
__asm__(".section .rodata\n"
	".global embedded_keeper, embedded_keeper_end\n"
	".balign 16\n"
	"embedded_keeper:\n"
	".incbin \"" KEEPER_PATH "\"\n"
	"embedded_keeper_end:\n"
	".byte 0\n"
	".previous\n");
