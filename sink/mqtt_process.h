/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The process that talks to a broker for an export or a collector. A broker, and whoever is on the way to it, chooses
 * what the client's parser reads, and the parser may end its process or take all of its memory: it is a process in which
 * nothing else is, with bounded memory. It lives for one connection, and ends with its parent.
 *
 * It is this same program: main() leaves all to mqtt_process() when that is its name. Its standard input is one end of a
 * pair of sockets (wire.h).
 */
#ifndef TSEM_SINK_MQTT_PROCESS_H
#define TSEM_SINK_MQTT_PROCESS_H

#define MQTT_PROCESS_NAME "tsem-mqtt"

/* Its whole life. Returns the status. */
int mqtt_process(void);

#endif
