/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

/* LAB_INIT_PATH is the static /init of the guest, built before this file. */
__asm__(".section .rodata\n"
	".global lab_init_image, lab_init_image_end\n"
	".balign 16\n"
	"lab_init_image:\n"
	".incbin \"" LAB_INIT_PATH "\"\n"
	"lab_init_image_end:\n"
	".byte 0\n"
	".previous\n");
