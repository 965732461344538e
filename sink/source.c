/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mosquitto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/base/replace.h"
#include "../lib/base/ticks.h"
#include "mqtt_client.h"

#define RETRY 1 /* seconds */
#define GOODBYE (2 * TICKS_SECOND)
#define MEMORY 640 /* MiB: the library has the longest message that there can be, 256 MiB, twice. docs/sinks.md */

struct source {
	struct mqtt_settings settings;
	struct mqtt_client client;
	struct sink_topic layout;
	struct tsem_buffer filter;
	void (*say)(const char *text);
	bool alive, reached, subscribed, away;
	bool kept; /* our id at the broker, which identifies the messages that it keeps for us */
	time_t retry;
	source_fn fn; /* of the present source_work() */
	void *context;
	int result;
};

static int on_frame(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error)
{
	struct source *source = (struct source *)((char *)client - offsetof(struct source, client));

	if (frame->kind == WIRE_MESSAGE && frame->topic && !source->result)
		source->result = source->fn(source->context, frame->topic, frame->text, frame->size);
	if (frame->kind == WIRE_GRANTED && !frame->value)
		return tsem_error_set(error, EACCES, "the broker %s does not allow to read %s",
				      source->settings.url.host, source->settings.url.path);
	source->subscribed |= frame->kind == WIRE_GRANTED;
	return 0;
}

/*
 * A client that knows the id under which the broker keeps messages can take them. So the id cannot be guessed, and its
 * file is readable by its owner only.
 */
static int read_name(const char *path, char id[MQTT_ID_SIZE], struct tsem_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), r = 0;
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st))
		r = tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & (S_IRWXG | S_IRWXO) ||
		 st.st_size != MQTT_ID_SIZE - 1 || read(fd, id, MQTT_ID_SIZE - 1) != MQTT_ID_SIZE - 1)
		r = tsem_error_set(error, EPERM,
				   "%s should hold the name under which the broker keeps events for this file, for "
				   "its owner only; remove it, and what the broker has kept is missing",
				   path);
	if (fd >= 0)
		close(fd);
	return r;
}

/* output: the file that is written, beside which the name is kept; NULL: a new one each time. */
static int choose_name(struct source *source, const char *output, char id[MQTT_ID_SIZE], struct tsem_error *error)
{
	char path[PATH_MAX];
	int r = -ENOENT;

	if (output && snprintf(path, sizeof(path), "%s.client", output) >= (int)sizeof(path))
		return tsem_error_set(error, ENAMETOOLONG, "%s: the name is too long", output);
	if (output)
		r = read_name(path, id, error);
	source->kept = output;
	if (r != -ENOENT)
		return r;
	r = mqtt_id_make(id, error);
	return r || !output ? r : replace_file(path, id, MQTT_ID_SIZE - 1, REPLACE_PRIVATE, error);
}

static int source_init(struct source *source, const struct sink_url *url, const char *output, struct tsem_error *error)
{
	char id[MQTT_ID_SIZE] = "";
	int r;

	if (strcmp(url->scheme, "mqtt") && strcmp(url->scheme, "mqtts"))
		return tsem_error_set(error, EINVAL,
				      "events can be collected from mqtt:// and mqtts://, not from %.32s:",
				      url->scheme);
	r = sink_topic_listen(url->path, &source->layout, &source->filter, error);
	if (!r && mosquitto_sub_topic_check(source->filter.data))
		r = tsem_error_set(error, EINVAL,
				   "\"%.64s\" is not a filter of topics; an example is mqtt://HOST/tsem/#", url->path);
	source->kept = sink_url_query(url, "id");
	if (!r && !source->kept)
		r = choose_name(source, output, id, error);
	return r ? r : mqtt_settings_init(url, id, &source->settings, error);
}

int source_open(const char *text, const char *output, void (*say)(const char *text), struct source **ret_source,
		struct tsem_error *error)
{
	struct source *source = calloc(1, sizeof(*source));
	struct sink_url url;
	int r;

	if (!source)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = sink_url_parse(text, &url, error);
	if (r) {
		free(source);
		return r;
	}
	source->say = say;
	r = source_init(source, &url, output, error);
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
	const struct mqtt_manner manner = {.clean = !source->kept, .memory = MEMORY, .filter = source->filter.data};

	source->alive = true;
	source->subscribed = false;
	return mqtt_client_init(&source->client, &source->settings, &manner, error);
}

/* Waits for an outage to end, but not after a refusal. */
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
	source->retry = (time_t)ticks_seconds() + RETRY;
	return 0;
}

bool source_reached(const struct source *source)
{
	return source->reached;
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
	if (!source->alive && (time_t)ticks_seconds() < source->retry)
		return 0;
	if (!source->alive)
		r = begin(source, &trouble);
	if (!r)
		r = mqtt_client_work(&source->client, on_frame, &trouble);
	if (source->result)
		return source->result;
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

/* What was acknowledged to the broker is on its way from the process. */
int source_end(struct source *source, source_fn fn, void *context, struct tsem_error *error)
{
	tsem_u64 until = ticks_now() + GOODBYE;

	source->fn = fn;
	source->context = context;
	source->result = 0;
	if (!source->alive || mqtt_client_end(&source->client, error))
		return 0;
	while (!source->result && !source->client.ended && ticks_now() < until) {
		struct pollfd fd = mqtt_client_poll(&source->client);

		poll(&fd, 1, 50);
		if (mqtt_client_work(&source->client, on_frame, error))
			break;
	}
	return source->result;
}

void source_close(struct source *source)
{
	mqtt_client_deinit(&source->client);
	mqtt_settings_deinit(&source->settings);
	sink_topic_deinit(&source->layout);
	tsem_buffer_deinit(&source->filter);
	free(source);
}
