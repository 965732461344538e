/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the process that talks to a broker gives up. What a kernel does not have is left out, except at the beginning. */
#ifndef TSEM_SINK_MQTT_CONFINE_H
#define TSEM_SINK_MQTT_CONFINE_H

#include "../lib/tsem.h"

/* Descriptors, its life after its parent, core dumps, other programs' privileges. An error: it is not a child of tsem's. */
int mqtt_confine_begin(void);
void mqtt_confine_memory(unsigned mib);
/* Capabilities and files; certificates: some are still to be read. */
void mqtt_confine(bool certificates);

#endif
