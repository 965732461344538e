/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A model file of which a test writes only the lines that it is about. */
#ifndef TSEM_TESTS_MODEL_LINES_H
#define TSEM_TESTS_MODEL_LINES_H

#include "../../lib/tsem.h"

/* What stands before the lines. */
#define MODEL_LINES_HEAD "tsem-model 1\nname n\ndigest sha256\nprofile portable\ncontents exec\nruns 1\n"

/* Reads the lines behind the head, and with the right last one. */
int model_lines_parse(const char *lines, struct tsem_model **ret_model, struct tsem_error *error);

#endif
