/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every source of the library and of the command includes: the public headers, and what they need of the system. */
#ifndef TSEM_LIB_TSEM_H
#define TSEM_LIB_TSEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../abi/namespace.h"
#include "../include/tsem/tsem.h"

#endif
