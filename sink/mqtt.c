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

/* Of text that is not acknowledged, which the process keeps: far below its memory. One message is always taken. */
#define FLYING_MAX (32u << 20)
#define MEMORY 256 /* MiB: docs/sinks.md */

struct flight {
	tsem_u32 token;
	size_t size;
	bool event, landed, rejected;
};

struct mqtt_sink {
	struct sink sink;
	struct mqtt_settings settings;
	struct mqtt_client client;
	struct sink_identity identity;
	struct sink_topic topic;
	struct tsem_buffer hello, name; /* hello: by sink_entry_keep(); name: of a topic, under construction */
	struct tsem_buffer topics[TSEM_CLASS_COUNT + 1]; /* of the host and namespace of the last message */
	char host[SINK_HOST_MAX], namespace[TSEM_NAME_MAX];
	struct flight *flights; /* ring of settings.inflight */
	size_t first, count, flying; /* flying: bytes */
	tsem_u32 token; /* of the last message */
	tsem_u32 bye; /* token of the last status; 0: not sent */
	bool away; /* the last status is acknowledged */
};

static struct mqtt_sink *mqtt_of(struct sink *sink)
{
	return (struct mqtt_sink *)sink;
}

/* One that found no memory would be of no use ever after. */
static void forget_texts(struct mqtt_sink *mqtt)
{
	tsem_buffer_deinit(&mqtt->hello);
	tsem_buffer_deinit(&mqtt->name);
	for (size_t i = 0; i <= TSEM_CLASS_COUNT; i++)
		tsem_buffer_deinit(&mqtt->topics[i]);
}

static void mqtt_close(struct sink *sink)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);

	mqtt_client_deinit(&mqtt->client);
	mqtt_settings_deinit(&mqtt->settings);
	sink_topic_deinit(&mqtt->topic);
	forget_texts(mqtt);
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

/* ---- what the broker says ---- */

static void take_off(struct mqtt_sink *mqtt)
{
	while (mqtt->count && mqtt->flights[mqtt->first].landed) {
		mqtt->sink.acknowledged++;
		mqtt->sink.rejected += mqtt->flights[mqtt->first].rejected && mqtt->flights[mqtt->first].event;
		mqtt->flying -= mqtt->flights[mqtt->first].size;
		mqtt->first = (mqtt->first + 1) % mqtt->settings.inflight;
		mqtt->count--;
	}
}

static void land(struct mqtt_sink *mqtt, tsem_u32 token, bool rejected)
{
	if (token == mqtt->bye)
		mqtt->away = true;
	for (size_t i = 0; i < mqtt->count; i++) {
		struct flight *flight = &mqtt->flights[(mqtt->first + i) % mqtt->settings.inflight];

		if (flight->token != token || flight->landed)
			continue;
		flight->landed = true;
		flight->rejected = rejected;
		take_off(mqtt);
		return;
	}
}

static int on_frame(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = (struct mqtt_sink *)((char *)client - offsetof(struct mqtt_sink, client));

	(void)error;
	if (frame->kind == WIRE_PUBLISHED && frame->token)
		land(mqtt, frame->token, frame->value);
	return 0;
}

/* Never 0, however long it goes on. */
static tsem_u32 next_token(struct mqtt_sink *mqtt)
{
	mqtt->token += mqtt->token + 1 ? 1 : 2;
	return mqtt->token;
}

/* ---- status and stream: messages other than events ---- */

static int publish(struct mqtt_sink *mqtt, const struct sink_message *message, const char *level,
		   struct tsem_error *error)
{
	struct wire_frame frame = {.kind = WIRE_PUBLISH,
				   .token = next_token(mqtt),
				   .value = true,
				   .text = message->text,
				   .size = message->size};

	sink_topic_expand(&mqtt->topic, message->host, message->name, "", level, &mqtt->name);
	if (mqtt->name.failed)
		return tsem_error_set(error, ENOMEM, "out of memory");
	frame.topic = mqtt->name.data;
	return mqtt_client_put(&mqtt->client, &frame, error);
}

static int publish_hello(struct mqtt_sink *mqtt, struct tsem_error *error)
{
	struct sink_message hello;
	size_t room;

	if (mqtt->hello.failed || sink_entry_unpack(mqtt->hello.data, mqtt->hello.size, false, &hello, &room))
		return tsem_error_set(error, ENOMEM, "out of memory");
	return publish(mqtt, &hello, "stream", error);
}

static void make_status(const struct mqtt_sink *mqtt, const char *status, struct tsem_buffer *text)
{
	text->size = 0;
	tsem_buffer_printf(text, "{\"export\":{\"type\":\"status\"");
	sink_identity_members(&mqtt->identity, text);
	tsem_buffer_printf(text, "},\"status\":\"%s\"}", status);
}

static int publish_status(struct mqtt_sink *mqtt, const char *status, struct tsem_error *error)
{
	struct sink_message message = {.host = mqtt->identity.host, .name = mqtt->identity.name};
	struct tsem_buffer text = {};
	int r;

	make_status(mqtt, status, &text);
	message.text = text.data;
	message.size = text.size;
	r = text.failed ? tsem_error_set(error, ENOMEM, "out of memory") : publish(mqtt, &message, "status", error);
	tsem_buffer_deinit(&text);
	return r;
}

/* ---- the sink ---- */

static int start(struct mqtt_sink *mqtt, struct tsem_error *error)
{
	struct mqtt_manner manner = {.clean = true, .five = true, .memory = MEMORY};
	struct tsem_buffer will = {};
	int r;

	make_status(mqtt, "gone", &will);
	sink_topic_expand(&mqtt->topic, mqtt->identity.host, mqtt->identity.name, "", "status", &mqtt->name);
	manner.will_topic = mqtt->name.data;
	manner.will = will.data;
	r = mqtt->name.failed || will.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
					       mqtt_client_init(&mqtt->client, &mqtt->settings, &manner, error);
	tsem_buffer_deinit(&will);
	return r;
}

static void forget(struct mqtt_sink *mqtt)
{
	mqtt->first = mqtt->count = mqtt->flying = 0;
	mqtt->bye = 0;
	mqtt->away = false;
}

static int mqtt_connect(struct sink *sink, const struct sink_message *hello, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);
	int r;

	forget(mqtt);
	sink_entry_keep(hello, &mqtt->hello);
	r = start(mqtt, error);
	sink->process = mqtt->client.pid;
	sink->fd = mqtt_client_poll(&mqtt->client);
	return r;
}

static int mqtt_serve(struct sink *sink, short revents, bool idle, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);
	int r = mqtt_client_work(&mqtt->client, on_frame, error);

	(void)revents;
	(void)idle;
	if (!r && mqtt->client.connected && !sink->ready) {
		r = publish_status(mqtt, "online", error);
		if (!r)
			r = publish_hello(mqtt, error);
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
	struct wire_frame frame = {.kind = WIRE_PUBLISH,
				   .value = message->kind == SINK_STREAM,
				   .text = message->text,
				   .size = message->size};
	int r;

	if (mqtt->count == mqtt->settings.inflight || (mqtt->count && mqtt->flying + message->size > FLYING_MAX))
		return -EAGAIN;
	frame.topic = topic_of(mqtt, message);
	if (!frame.topic)
		return tsem_error_set(error, ENOMEM, "out of memory");
	frame.token = next_token(mqtt);
	r = mqtt_client_put(&mqtt->client, &frame, error);
	sink->fd = mqtt_client_poll(&mqtt->client);
	if (r)
		return r;
	mqtt->flights[(mqtt->first + mqtt->count++) % mqtt->settings.inflight] =
		(struct flight){.token = frame.token, .size = message->size, .event = message->kind == SINK_EVENT};
	mqtt->flying += message->size;
	return 0;
}

static int mqtt_finish(struct sink *sink, struct tsem_error *error)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);
	int r = 0;

	if (mqtt->count)
		return -EAGAIN;
	if (!mqtt->bye) {
		r = publish_status(mqtt, "ended", error);
		mqtt->bye = mqtt->token;
	} else if (mqtt->away) {
		r = mqtt_client_end(&mqtt->client, error);
	}
	sink->fd = mqtt_client_poll(&mqtt->client);
	return r || mqtt->client.ended ? r : -EAGAIN;
}

static void mqtt_disconnect(struct sink *sink)
{
	struct mqtt_sink *mqtt = mqtt_of(sink);

	mqtt_client_deinit(&mqtt->client);
	forget(mqtt);
	forget_texts(mqtt);
	sink->fd.fd = -1;
}

const struct sink_ops sink_mqtt = {mqtt_open,	mqtt_connect,	 mqtt_put,  mqtt_serve,
				   mqtt_finish, mqtt_disconnect, mqtt_close};
