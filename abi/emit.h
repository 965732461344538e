/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that programs define: prctl(TSEM_PRCTL, TSEM_PRCTL_EMIT, address, size). The kernel itself knows no such option:
 * the call fails with EINVAL, whether or not an agent has heard it, and on machines without tsem.
 */
#ifndef TSEM_ABI_EMIT_H
#define TSEM_ABI_EMIT_H

#include "types.h"

#define TSEM_PRCTL 0x7473656d
#define TSEM_PRCTL_EMIT 1ul
#define TSEM_PRCTL_SYNC 2ul /* the third argument comes back to the agent that calls: tsem_agent_sync */

#define TSEM_EMIT_VERSION 1
#define TSEM_EMIT_NAME_MAX 64
#define TSEM_EMIT_FIELDS_MAX 2048
#define TSEM_EMIT_A_SECOND 1000 /* of one task; more are lost, and counted */

/* At the address; behind it come the name and the fields, KEY=VALUE with a NUL behind each. */
struct tsem_emit_head {
	tsem_u16 version; /* TSEM_EMIT_VERSION */
	tsem_u16 name_size; /* 1 to TSEM_EMIT_NAME_MAX */
	tsem_u16 fields_size; /* those that say what happened: 0 to TSEM_EMIT_FIELDS_MAX */
	tsem_u16 notes_size; /* those that differ each time: the same */
};
TSEM_SIZE(tsem_emit_head, 8);

#endif
