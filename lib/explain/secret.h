/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that hold secrets by their name: who looks through a list of events has to see each of them. */
#ifndef TSEM_LIB_SECRET_H
#define TSEM_LIB_SECRET_H

#include <stdbool.h>

bool secret_path(const char *path);

#endif
