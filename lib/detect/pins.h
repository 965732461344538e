/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Directories of pins: each detection has one, whose files keep its programs and maps. */
#ifndef TSEM_LIB_DETECT_PINS_H
#define TSEM_LIB_DETECT_PINS_H

#include "../tsem.h"

/* Calls fn for each entry of a directory of pins, until it returns another number than 0, which is returned. */
int detect_each_pin(const char *directory, int (*fn)(void *context, const char *name), void *context);
/* The directory from, whose pins are complete, becomes to: the detection of that name is attached. */
int detect_name_pins(const char *from, const char *to, const char *name, struct tsem_error *error);
/*
 * Removes the directory with its pins. An error when one of them stays, and so keeps its program; the others are gone.
 * No error when there is none.
 */
int detect_remove_pins(const char *directory, struct tsem_error *error);

#endif
