/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mqtt_client.h"

#define RETRY 1 /* seconds */

struct source {
	struct mqtt_settings settings;
	struct mqtt_client client;
	struct sink_topic layout;
	struct tsem_buffer filter;
	void (*say)(const char *text);
	bool alive, reached, subscribed, away;
	bool denied; /* by the broker, the topics */
	time_t retry;
	source_fn fn; /* of the present source_work() */
	void *context;
	int result;
};

static struct source *source_of(void *context)
{
	return (struct source *)((char *)context - offsetof(struct source, client));
}

static void on_connected(struct mosquitto *mosquitto, void *context, int reason)
{
	struct source *source = source_of(context);

	mqtt_client_connected(context, reason);
	if (!reason)
		mosquitto_subscribe(mosquitto, NULL, source->filter.data, 1);
}

static void on_subscribed(struct mosquitto *mosquitto, void *context, int mid, int count, const int *granted)
{
	struct source *source = source_of(context);

	(void)mosquitto;
	(void)mid;
	source->subscribed = count == 1 && granted[0] < 0x80;
	source->denied = !source->subscribed;
}

static void on_message(struct mosquitto *mosquitto, void *context, const struct mosquitto_message *message)
{
	struct source *source = source_of(context);

	(void)mosquitto;
	if (!source->result && message->payloadlen > 0)
		source->result = source->fn(source->context, message->topic, message->payload, message->payloadlen);
}

int source_open(const char *text, void (*say)(const char *text), struct source **ret_source, struct tsem_error *error)
{
	struct source *source = calloc(1, sizeof(*source));
	struct sink_identity here;
	struct sink_url url;
	char id[128];
	unsigned hash = 5381;
	int r;

	if (!source)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = sink_url_parse(text, &url, error);
	if (r) {
		free(source);
		return r;
	}
	sink_identity_here("collect", &here);
	for (const char *at = url.path; *at; at++)
		hash = hash * 33 + (unsigned char)*at;
	snprintf(id, sizeof(id), "tsem-collect-%.60s-%08x", here.host, hash);
	source->say = say;
	if (strcmp(url.scheme, "mqtt") && strcmp(url.scheme, "mqtts"))
		r = tsem_error_set(error, EINVAL,
				   "events can be collected from mqtt:// and mqtts://, not from %.32s:", url.scheme);
	else
		r = sink_topic_listen(url.path, &source->layout, &source->filter, error);
	if (!r && mosquitto_sub_topic_check(source->filter.data))
		r = tsem_error_set(error, EINVAL,
				   "\"%.64s\" is not a filter of topics; an example is mqtt://HOST/tsem/#", url.path);
	if (!r)
		r = mqtt_settings_init(&url, id, &source->settings, error);
	sink_url_deinit(&url);
	if (r) {
		sink_topic_deinit(&source->layout);
		tsem_buffer_deinit(&source->filter);
		free(source);
		return r;
	}
	*ret_source = source;
	return 0;
}

static int begin(struct source *source, struct tsem_error *error)
{
	int r = mqtt_client_init(&source->client, &source->settings, false, error);

	source->alive = true;
	source->subscribed = false;
	if (r)
		return r;
	mosquitto_int_option(source->client.mosquitto, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
	mosquitto_connect_callback_set(source->client.mosquitto, on_connected);
	mosquitto_subscribe_callback_set(source->client.mosquitto, on_subscribed);
	mosquitto_message_callback_set(source->client.mosquitto, on_message);
	return mqtt_client_connect(&source->client, error);
}

/* An outage is waited for, a refusal is not. */
static int lose(struct source *source, int r, const struct tsem_error *error)
{
	struct tsem_buffer line = {};

	mqtt_client_deinit(&source->client);
	source->alive = false;
	if (r == -EACCES && !source->reached)
		return r;
	if (!source->away) {
		tsem_buffer_printf(&line, "%s; trying again", error->text);
		source->say(line.data ? line.data : "");
		tsem_buffer_deinit(&line);
	}
	source->away = true;
	source->retry = time(NULL) + RETRY;
	return 0;
}

const struct sink_topic *source_layout(const struct source *source)
{
	return &source->layout;
}

struct pollfd source_poll(const struct source *source)
{
	return mqtt_client_poll(&source->client);
}

int source_work(struct source *source, source_fn fn, void *context, struct tsem_error *error)
{
	struct tsem_error trouble = {};
	int r = 0;

	source->fn = fn;
	source->context = context;
	source->result = 0;
	if (!source->alive && time(NULL) < source->retry)
		return 0;
	if (!source->alive)
		r = begin(source, &trouble);
	if (!r)
		r = mqtt_client_work(&source->client, &trouble);
	if (source->result)
		return source->result;
	if (source->denied)
		return tsem_error_set(error, EACCES, "the broker %s does not allow to read %s",
				      source->settings.url.host, source->settings.url.path);
	if (source->subscribed) {
		source->reached = true;
		if (source->away)
			source->say("the broker is reached again");
		source->away = false;
	}
	if (r) {
		r = lose(source, r, &trouble);
		if (r && error)
			*error = trouble;
	}
	return r;
}

void source_close(struct source *source)
{
	if (source->client.mosquitto && source->client.connected)
		mosquitto_disconnect(source->client.mosquitto);
	mqtt_client_deinit(&source->client);
	mqtt_settings_deinit(&source->settings);
	sink_topic_deinit(&source->layout);
	tsem_buffer_deinit(&source->filter);
	free(source);
}
