/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the MQTT sink and the MQTT source: one connection to a broker, by a process of its own (mqtt_process.h). */
#ifndef TSEM_SINK_MQTT_CLIENT_H
#define TSEM_SINK_MQTT_CLIENT_H

#include <sys/types.h>

#include "sink.h"
#include "wire.h"

#define MQTT_INFLIGHT_MAX 4096

#define MQTT_ID_SIZE 38 /* tsem- and 128 random bits, with a NUL */

struct mqtt_settings {
	struct sink_url url; /* its own copy */
	char id[128];
	unsigned port;
	tsem_u64 keepalive, inflight;
};

struct mqtt_client {
	const struct mqtt_settings *settings;
	struct wire wire;
	pid_t pid; /* 0: there is no connection */
	bool connected;
	bool ending; /* its end was asked for */
	bool ended; /* as it was asked for */
};

struct mqtt_manner {
	bool clean; /* the broker keeps nothing */
	bool five; /* MQTT 5, otherwise 3.1.1 */
	unsigned memory; /* MiB of address space for the process */
	const char *will_topic, *will; /* NULL: none */
	const char *filter; /* to subscribe to; NULL: none */
};

/*
 * A client id that nobody can guess. The broker takes every client with the same id for the same client: it disconnects
 * the first and gives the second the messages that it has kept. Its access rules cover topics, not ids.
 */
int mqtt_id_make(char ret_id[MQTT_ID_SIZE], struct tsem_error *error);
/* id: used when the URL has none. Checks everything that can be wrong without a connection. */
int mqtt_settings_init(const struct sink_url *url, const char *id, struct mqtt_settings *ret_settings,
		       struct tsem_error *error);
void mqtt_settings_deinit(struct mqtt_settings *settings);

/* Starts the process, which connects. After an error, too, there is to be mqtt_client_deinit(). */
int mqtt_client_init(struct mqtt_client *client, const struct mqtt_settings *settings, const struct mqtt_manner *manner,
		     struct tsem_error *error);
/* Ends the process, without a word to the broker. */
void mqtt_client_deinit(struct mqtt_client *client);
struct pollfd mqtt_client_poll(const struct mqtt_client *client);
/* Reads and writes without waiting. Any error is the end of the connection; -EACCES: credentials are rejected. */
int mqtt_client_work(struct mqtt_client *client,
		     int (*fn)(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error),
		     struct tsem_error *error);
int mqtt_client_put(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error);
/* Says goodbye to the broker: then work until ended. */
int mqtt_client_end(struct mqtt_client *client, struct tsem_error *error);

#endif
