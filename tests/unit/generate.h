/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events made from the schema and a seed: whatever row is added to events.def is tested. */
#ifndef TSEM_TESTS_GENERATE_H
#define TSEM_TESTS_GENERATE_H

#include "../../lib/event/schema.h"

enum generate_mode {
	GENERATE_ANY, /* each optional part by chance, ordinary and hostile values */
	GENERATE_ABSENT, /* no optional part, least values */
	GENERATE_PRESENT, /* all of them, greatest values */
	GENERATE_MARKED /* each by chance, every number 4, and every text another one: /mark/1e */
};

struct generator {
	tsem_u64 seed;
	enum generate_mode mode;
	unsigned marks;
};

tsem_u64 generate_number(struct generator *generator);
/* A record that tsem_record_check accepts, with its right coefficient; free() it. */
struct tsem_record *generate_record(struct generator *generator, unsigned event);

#endif
