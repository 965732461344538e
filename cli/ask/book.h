/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model file that answers for good are written to: read again each time, because somebody else may have changed it. */
#ifndef TSEM_CLI_ASK_BOOK_H
#define TSEM_CLI_ASK_BOOK_H

#include "../../lib/ask/asker.h"

struct book {
	const char *path; /* NULL: there is no book */
	struct tsem_set events; /* allowed for good, not written yet */
	struct tsem_decision *decisions; /* about them, and about what is refused for good */
	size_t decision_count;
	bool due; /* something was noted since the last time */
};

/* Whether answers can be written to that model; else the error says why. */
bool book_takes(const char *path, struct tsem_error *error);
void book_open(struct book *book, const char *path);
void book_close(struct book *book);
/* sentence: what the record is about, in words. -ENOMEM: some of it was not noted. */
int book_note(struct book *book, const struct tsem_record *record, const char *sentence, bool allow, const char *who);
/* Writes what was noted, if anything was. Says on standard error what fails; the notes stay, and are tried again with the next. */
void book_write(struct book *book);

#endif
