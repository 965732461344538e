/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * mqtt://HOST[:PORT]/TOPIC and mqtts://: publishes each message with QoS 1. A message is acknowledged when the broker
 * has said so, in the order of publishing. After an outage there is a new client, which publishes unacknowledged
 * messages again.
 */
#include "mqtt_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct flight {
	int mid;
	bool landed, rejected;
};

struct mqtt_sink {
	struct sink sink;
	struct mqtt_settings settings;
	struct mqtt_client client;
	struct sink_identity identity;
	struct sink_topic topic;
	struct tsem_buffer hello, name; /* name: of a topic, under construction */
	struct tsem_buffer topics[TSEM_CLASS_COUNT + 1]; /* of the host and namespace of the last message */
	char host[SINK_HOST_MAX], namespace[TSEM_NAME_MAX];
	struct flight *flights; /* ring of settings.inflight */
	size_t first, count;
	int refused; /* reason of a PUBACK that no message is to blame for */
	int bye; /* mid of the last status; 0: not sent; -1: acknowledged */
};

static struct mqtt_sink *mqtt_of(struct sink *sink)
{
	return (struct mqtt_sink *)sink;
}

static void mqtt_close(struct sink *sink)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);

	mqtt_client_deinit(&mqtt->client);
	mqtt_settings_deinit(&mqtt->settings);
	sink_topic_deinit(&mqtt->topic);
	tsem_buffer_deinit(&mqtt->hello);
	tsem_buffer_deinit(&mqtt->name);
	for (size_t i = 0; i <= TSEM_CLASS_COUNT; i++)
		tsem_buffer_deinit(&mqtt->topics[i]);
	free(mqtt->flights);
	free(mqtt);
}

static int mqtt_open(const struct sink_url *url, const struct sink_identity *identity, struct sink **ret_sink,
		     struct tsem_error *error)
{
	struct mqtt_sink *mqtt = calloc(1, sizeof(*mqtt));
	char id[MQTT_ID_SIZE];
	int r;

	if (!mqtt)
		return tsem_error_set(error, ENOMEM, "out of memory");
	mqtt->identity = *identity;
	mqtt->sink.fd.fd = -1;
	r = mqtt_id_make(id, error);
	if (!r)
		r = mqtt_settings_init(url, id, &mqtt->settings, error);
	if (!r)
		r = sink_topic_init(url->path, &mqtt->topic, error);
	if (!r) {
		mqtt->flights = calloc(mqtt->settings.inflight, sizeof(*mqtt->flights));
		if (!mqtt->flights)
			r = tsem_error_set(error, ENOMEM, "out of memory");
	}
	if (r) {
		mqtt_close(&mqtt->sink);
		return r;
	}
	*ret_sink = &mqtt->sink;
	return 0;
}

/* ---- callbacks, from mqtt_client_work() or mosquitto_publish() ---- */

static void take_off(struct mqtt_sink *mqtt)
{
	while (mqtt->count && mqtt->flights[mqtt->first].landed) {
		mqtt->sink.acknowledged++;
		mqtt->sink.rejected += mqtt->flights[mqtt->first].rejected;
		mqtt->first = (mqtt->first + 1) % mqtt->settings.inflight;
		mqtt->count--;
	}
}

static struct mqtt_sink *sink_of_client(void *context)
{
	return (struct mqtt_sink *)((char *)context - offsetof(struct mqtt_sink, client));
}

static void on_published(struct mosquitto *mosquitto, void *context, int mid, int reason,
			 const mosquitto_property *properties)
{
	struct mqtt_sink *mqtt = sink_of_client(context);

	(void)mosquitto;
	(void)properties;
	if (mid == mqtt->bye)
		mqtt->bye = -1;
	for (size_t i = 0; i < mqtt->count; i++) {
		struct flight *flight = &mqtt->flights[(mqtt->first + i) % mqtt->settings.inflight];

		if (flight->mid != mid || flight->landed)
			continue;
		if (reason >= 0x80 && reason != MQTT_RC_PAYLOAD_FORMAT_INVALID && reason != MQTT_RC_PACKET_TOO_LARGE) {
			mqtt->refused = reason;
			return;
		}
		flight->landed = true;
		flight->rejected = reason >= 0x80;
		take_off(mqtt);
		return;
	}
}

static void on_connected(struct mosquitto *mosquitto, void *context, int reason, int flags,
			 const mosquitto_property *properties)
{
	(void)mosquitto;
	(void)flags;
	(void)properties;
	mqtt_client_connected(context, reason);
}

static void on_disconnected(struct mosquitto *mosquitto, void *context, int reason,
			    const mosquitto_property *properties)
{
	struct mqtt_client *client = context;

	(void)mosquitto;
	(void)properties;
	client->connected = false;
	if (reason >= 0x80)
		client->refused = reason;
}

/* ---- status and stream: messages other than events ---- */

static int publish(struct mqtt_sink *mqtt, const char *level, const struct tsem_buffer *text, int *mid)
{
	sink_topic_expand(&mqtt->topic, mqtt->identity.host, mqtt->identity.name, "", level, &mqtt->name);
	if (mqtt->name.failed || text->failed)
		return MOSQ_ERR_NOMEM;
	return mosquitto_publish(mqtt->client.mosquitto, mid, mqtt->name.data, text->size, text->data, 1, true);
}

static void make_status(const struct mqtt_sink *mqtt, const char *status, struct tsem_buffer *text)
{
	text->size = 0;
	tsem_buffer_printf(text, "{\"export\":{\"type\":\"status\"");
	sink_identity_members(&mqtt->identity, text);
	tsem_buffer_printf(text, "},\"status\":\"%s\"}", status);
}

static int publish_status(struct mqtt_sink *mqtt, const char *status, int *mid)
{
	struct tsem_buffer text = {};
	int rc;

	make_status(mqtt, status, &text);
	rc = publish(mqtt, "status", &text, mid);
	tsem_buffer_deinit(&text);
	return rc;
}

static int set_will(struct mqtt_sink *mqtt)
{
	struct tsem_buffer text = {};
	int rc;

	make_status(mqtt, "gone", &text);
	sink_topic_expand(&mqtt->topic, mqtt->identity.host, mqtt->identity.name, "", "status", &mqtt->name);
	rc = mqtt->name.failed || text.failed ?
		     MOSQ_ERR_NOMEM :
		     mosquitto_will_set(mqtt->client.mosquitto, mqtt->name.data, text.size, text.data, 1, true);
	tsem_buffer_deinit(&text);
	return rc;
}

/* ---- the sink ---- */

static int mqtt_connect(struct sink *sink, const char *hello, size_t size, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);
	int r = mqtt_client_init(&mqtt->client, &mqtt->settings, true, error), rc;

	mqtt->first = mqtt->count = 0;
	mqtt->refused = mqtt->bye = 0;
	mqtt->hello.size = 0;
	tsem_buffer_add(&mqtt->hello, hello, size);
	if (r)
		return r;
	mosquitto_connect_v5_callback_set(mqtt->client.mosquitto, on_connected);
	mosquitto_disconnect_v5_callback_set(mqtt->client.mosquitto, on_disconnected);
	mosquitto_publish_v5_callback_set(mqtt->client.mosquitto, on_published);
	rc = set_will(mqtt);
	r = rc ? mqtt_client_error(&mqtt->client, rc, error) : mqtt_client_connect(&mqtt->client, error);
	sink->fd = mqtt_client_poll(&mqtt->client);
	return r;
}

static int mqtt_serve(struct sink *sink, short revents, bool idle, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);
	int r = mqtt_client_work(&mqtt->client, error), rc = 0;

	(void)revents;
	(void)idle;
	if (!r && mqtt->refused) {
		mqtt->client.refused = mqtt->refused;
		r = mqtt_client_error(&mqtt->client, 0, error);
	}
	if (!r && mqtt->client.connected && !sink->ready) {
		rc = publish_status(mqtt, "online", NULL);
		if (!rc)
			rc = publish(mqtt, "stream", &mqtt->hello, NULL);
		r = rc ? mqtt_client_error(&mqtt->client, rc, error) : 0;
		sink->ready = !r;
	}
	sink->fd = mqtt_client_poll(&mqtt->client);
	return r;
}

/* Topics are the same for most messages. */
static const char *topic_of(struct mqtt_sink *mqtt, const struct sink_message *message)
{
	unsigned which =
		message->kind == SINK_EVENT && message->class < TSEM_CLASS_COUNT ? message->class : TSEM_CLASS_COUNT;
	struct tsem_buffer *topic = &mqtt->topics[which];

	if (strcmp(message->host, mqtt->host) || strcmp(message->name, mqtt->namespace)) {
		snprintf(mqtt->host, sizeof(mqtt->host), "%s", message->host);
		snprintf(mqtt->namespace, sizeof(mqtt->namespace), "%s", message->name);
		for (size_t i = 0; i <= TSEM_CLASS_COUNT; i++)
			mqtt->topics[i].size = 0;
	}
	if (!topic->size)
		sink_topic_expand(&mqtt->topic, message->host, message->name, sink_class_name(message->class),
				  which == TSEM_CLASS_COUNT ? "stream" : NULL, topic);
	return topic->failed ? NULL : topic->data;
}

static int mqtt_put(struct sink *sink, const struct sink_message *message, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);
	struct flight *flight = &mqtt->flights[(mqtt->first + mqtt->count) % mqtt->settings.inflight];
	const char *topic = topic_of(mqtt, message);
	int rc;

	if (mqtt->count == mqtt->settings.inflight)
		return -EAGAIN;
	*flight = (struct flight){};
	rc = topic ? mosquitto_publish(mqtt->client.mosquitto, &flight->mid, topic, message->size, message->text, 1,
				       false) :
		     MOSQ_ERR_NOMEM;
	sink->fd = mqtt_client_poll(&mqtt->client);
	if (rc == MOSQ_ERR_OVERSIZE_PACKET || rc == MOSQ_ERR_PAYLOAD_SIZE || rc == MOSQ_ERR_INVAL ||
	    rc == MOSQ_ERR_MALFORMED_UTF8)
		flight->landed = flight->rejected = true; /* no broker will ever take it */
	else if (rc)
		return mqtt_client_error(&mqtt->client, rc, error);
	mqtt->count++;
	take_off(mqtt);
	return 0;
}

static int mqtt_finish(struct sink *sink, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);
	int rc = 0;

	if (mqtt->count)
		return -EAGAIN;
	if (!mqtt->bye)
		rc = publish_status(mqtt, "ended", &mqtt->bye);
	else if (mqtt->bye < 0)
		rc = mosquitto_disconnect(mqtt->client.mosquitto);
	if (rc)
		return mqtt_client_error(&mqtt->client, rc, error);
	return mqtt->bye < 0 && !mosquitto_want_write(mqtt->client.mosquitto) ? 0 : -EAGAIN;
}

static void mqtt_disconnect(struct sink *sink)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);

	mqtt_client_deinit(&mqtt->client);
	mqtt->first = mqtt->count = 0;
	sink->fd.fd = -1;
}

const struct sink_ops sink_mqtt = {mqtt_open,	mqtt_connect,	 mqtt_put,  mqtt_serve,
				   mqtt_finish, mqtt_disconnect, mqtt_close};
