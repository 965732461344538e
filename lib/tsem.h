/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Included by every source of the library and of the command: the public headers, and the system headers that they
 * need.
 */
#ifndef TSEM_LIB_TSEM_H
#define TSEM_LIB_TSEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../abi/namespace.h"
#include "../include/tsem/tsem.h"

#endif
