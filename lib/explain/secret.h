/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files whose names say that they hold secrets: a reader of a list of events must see each of them. */
#ifndef TSEM_LIB_SECRET_H
#define TSEM_LIB_SECRET_H

#include <stdbool.h>

bool secret_path(const char *path);

#endif
