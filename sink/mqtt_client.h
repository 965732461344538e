/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the MQTT sink and the MQTT source: one connection to a broker. */
#ifndef TSEM_SINK_MQTT_CLIENT_H
#define TSEM_SINK_MQTT_CLIENT_H

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "sink.h"

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
	struct mosquitto *mosquitto;
	bool connected;
	int refused; /* reason of the CONNACK, or of the DISCONNECT */
	char last[256]; /* libmosquitto's last message about an error */
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

/*
 * A new connection; its callbacks get context. The caller sets its own callbacks and the will, then calls
 * mqtt_client_connect(). The user's context of the struct mosquitto is the client.
 */
int mqtt_client_init(struct mqtt_client *client, const struct mqtt_settings *settings, bool clean,
		     struct tsem_error *error);
int mqtt_client_connect(struct mqtt_client *client, struct tsem_error *error);
void mqtt_client_deinit(struct mqtt_client *client);
/* To be called from the caller's callback of the CONNACK. */
void mqtt_client_connected(struct mqtt_client *client, int reason);
/* Descriptors and time to wait for. */
struct pollfd mqtt_client_poll(const struct mqtt_client *client);
/* Reads and writes without waiting. */
int mqtt_client_work(struct mqtt_client *client, struct tsem_error *error);
/* The error of a return value of libmosquitto. -EACCES: the broker rejects these credentials. */
int mqtt_client_error(const struct mqtt_client *client, int rc, struct tsem_error *error);

#endif
