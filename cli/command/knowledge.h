/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Knowledge about events that are written as OCSF, beyond their records: see struct sink_knowledge. */
#ifndef TSEM_CLI_KNOWLEDGE_H
#define TSEM_CLI_KNOWLEDGE_H

#include "../../sink/format.h"
#include "../report/explain.h"

struct knowledge {
	struct sink_knowledge sink; /* for stream_options */
	struct tsem_explainer *explainer;
	struct tsem_session *session; /* has the model and the programs of before; may be NULL */
	tsem_u64 rest; /* until then nothing is waited for */
	tsem_u64 looked; /* no command line is read before that time */
};

/* session: the session of the events; NULL: no existing one. The name is enough; nothing borrows the session. */
int knowledge_open(struct knowledge *knowledge, const char *session, struct tsem_error *error);
void knowledge_close(struct knowledge *knowledge);

#endif
