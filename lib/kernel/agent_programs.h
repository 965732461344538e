/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_AGENT_PROGRAMS_H
#define TSEM_LIB_AGENT_PROGRAMS_H

#include "../../abi/agent.h"
#include "../tsem.h"

#define AGENT_PROGRAM_EVENTS 3
#define AGENT_PROGRAM_UNKNOWN 0xffu

/* The events that the program is for. Their number; AGENT_PROGRAM_UNKNOWN: nobody has said what it is for. */
unsigned agent_program_events(const char *program, tsem_u16 ret_events[AGENT_PROGRAM_EVENTS]);
/* Whether its events are none of the default set. */
bool agent_program_all(const char *program);

#endif
