/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The in-toto Statement (docs/signing.md): which artifacts a model is about, and the model. */
#ifndef TSEM_LIB_STATEMENT_H
#define TSEM_LIB_STATEMENT_H

#include "../tsem.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define STATEMENT_PREDICATE "urn:tsem:model:1"
/* With dates or a serial: a reader that does not know these must not take it. */
#define STATEMENT_PREDICATE_AGED "urn:tsem:model:2"

/* Appends the statement: text is that of the model file. */
int statement_format(const struct tsem_model *model, const struct tsem_buffer *text,
		     const struct tsem_subject *subjects, size_t count, const struct tsem_validity *validity,
		     struct tsem_buffer *buffer, struct tsem_error *error);
/* The rest of the statement has to match the model. name is for the errors. */
int statement_parse(const void *bytes, size_t size, const char *name, struct tsem_model **ret_model,
		    struct tsem_signed *signed_model, struct tsem_error *error);

#endif
