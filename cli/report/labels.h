/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Labels of a session: who binds it says with them whose programs these are. They are kept with the session. */
#ifndef TSEM_CLI_LABELS_H
#define TSEM_CLI_LABELS_H

#include "../text/output.h"

#define LABELS_MAX 16
#define LABEL_KEY_MAX 64
#define LABEL_VALUE_MAX 256

struct labels {
	struct label {
		char key[LABEL_KEY_MAX], value[LABEL_VALUE_MAX];
	} items[LABELS_MAX];
	size_t count;
};

/* KEY=VALUE, one more. */
int labels_add(struct labels *labels, const char *text, struct tsem_error *error);
int labels_save(const struct labels *labels, const char *session, struct tsem_error *error);
/* None, if there are none, or if they cannot be read. */
void labels_load(struct labels *labels, const char *session);
/* Appends NAMESPACE/POD/CONTAINER, of which some may be missing; nothing, if all are. */
void labels_title(const struct labels *labels, struct tsem_buffer *title);
/* Appends KEY=VALUE, KEY=VALUE. */
void labels_list(const struct labels *labels, struct tsem_buffer *text);
void labels_write(const struct labels *labels, struct writer *writer);

#endif
