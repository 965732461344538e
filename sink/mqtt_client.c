/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mqtt_client.h"
#include "../lib/base/environment.h"

#include "mqtt_process.h"
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READS_MAX 16 /* at once: somebody may send without end */
#define WHY_MAX 256

static bool secure(const struct mqtt_settings *settings)
{
	return !strcmp(settings->url.scheme, "mqtts");
}

/* The environment may give settings that the URL lacks. */
static const char *setting(const struct mqtt_settings *settings, const char *key, const char *variable)
{
	const char *text = sink_url_query(&settings->url, key);

	if (!text)
		text = environment_variable(variable);
	return text && *text ? text : NULL;
}

static int check_files(const struct mqtt_settings *settings, struct tsem_error *error)
{
	static const char *const files[][2] = {{"ca", "TSEM_MQTT_CA"},
					       {"cert", "TSEM_MQTT_CERT"},
					       {"key", "TSEM_MQTT_KEY"}};

	for (size_t i = 0; secure(settings) && i < sizeof(files) / sizeof(*files); i++) {
		const char *path = setting(settings, files[i][0], files[i][1]);

		if (path && access(path, R_OK))
			return tsem_error_set(error, errno, "cannot read %s (%s): %s", path, files[i][0],
					      strerror(errno));
	}
	if (!setting(settings, "cert", "TSEM_MQTT_CERT") != !setting(settings, "key", "TSEM_MQTT_KEY"))
		return tsem_error_set(error, EINVAL, "a client certificate needs both cert and key");
	return 0;
}

/* The URL without its scheme and the rest taken apart again: the caller's may go away. */
static int copy_url(const struct sink_url *url, struct sink_url *ret_url, struct tsem_error *error)
{
	struct tsem_buffer text = {};
	bool six = strchr(url->host, ':');
	int r;

	tsem_buffer_printf(&text, "%s://%s%s%s", url->scheme, six ? "[" : "", url->host, six ? "]" : "");
	if (url->port)
		tsem_buffer_printf(&text, ":%u", url->port);
	tsem_buffer_printf(&text, "/%s", url->path);
	for (unsigned i = 0; i < url->query_count; i++)
		tsem_buffer_printf(&text, "%c%s=%s", i ? '&' : '?', url->query[i].key, url->query[i].value);
	r = text.failed ? tsem_error_set(error, ENOMEM, "out of memory") : sink_url_parse(text.data, ret_url, error);
	tsem_buffer_deinit(&text);
	return r;
}

int mqtt_id_make(char ret_id[MQTT_ID_SIZE], struct tsem_error *error)
{
	tsem_u64 words[2];

	if (getrandom(words, sizeof(words), 0) != sizeof(words))
		return tsem_error_set(error, errno, "there are no random numbers: %s", strerror(errno));
	snprintf(ret_id, MQTT_ID_SIZE, "tsem-%016llx%016llx", words[0], words[1]);
	return 0;
}

/* Never cut: two long ids that differ at their ends would be one client to the broker. */
static int set_id(struct mqtt_settings *settings, const char *id, struct tsem_error *error)
{
	size_t size = strlen(id);

	if (size >= sizeof(settings->id))
		return tsem_error_set(error, EINVAL,
				      "id=%.32s... has %zu bytes; the name of an MQTT client has at most %zu", id, size,
				      sizeof(settings->id) - 1);
	if (!size || mosquitto_validate_utf8(id, size))
		return tsem_error_set(error, EINVAL, "id=%s cannot be the name of an MQTT client", id);
	memcpy(settings->id, id, size + 1);
	return 0;
}

int mqtt_settings_init(const struct sink_url *url, const char *id, struct mqtt_settings *ret_settings,
		       struct tsem_error *error)
{
	struct mqtt_settings settings = {.keepalive = 30, .inflight = 512};
	const char *given = sink_url_query(url, "id");
	int r;

	if (!url->host)
		return tsem_error_set(error, EINVAL, "%s: needs a host: %s://HOST/TOPIC", url->scheme, url->scheme);
	r = sink_url_number(url, "keepalive", false, 65535, &settings.keepalive, error);
	if (!r)
		r = sink_url_number(url, "inflight", false, MQTT_INFLIGHT_MAX, &settings.inflight, error);
	if (!r)
		r = copy_url(url, &settings.url, error);
	if (r)
		return r;
	if (settings.keepalive < 5)
		settings.keepalive = 5; /* less is refused by the library */
	settings.port = url->port ? url->port : secure(&settings) ? 8883 : 1883;
	r = set_id(&settings, given ? given : id, error);
	if (!r)
		r = check_files(&settings, error);
	if (r) {
		mqtt_settings_deinit(&settings);
		return r;
	}
	*ret_settings = settings;
	return 0;
}

void mqtt_settings_deinit(struct mqtt_settings *settings)
{
	sink_url_deinit(&settings->url);
}

/* ---- one connection ---- */

static int broker_error(const struct mqtt_client *client, int code, const char *why, struct tsem_error *error)
{
	return tsem_error_set(error, code, "the broker %s port %u: %s", client->settings->url.host,
			      client->settings->port, why);
}

static int start_process(struct mqtt_client *client, struct tsem_error *error)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return tsem_error_set(error, errno, "cannot make a pair of sockets: %s", strerror(errno));
	wire_init(&client->wire, ends[0]);
	r = process_start(MQTT_PROCESS_NAME, ends[1], &client->pid);
	close(ends[1]);
	if (!r)
		return 0;
	client->pid = 0;
	return tsem_error_set(error, ENOTCONN, "cannot start the process that talks to the broker: %s", strerror(r));
}

static int set(struct mqtt_client *client, enum wire_setting which, unsigned value, const char *text)
{
	const struct wire_frame frame = {
		.kind = WIRE_SET, .token = which, .value = value, .text = text, .size = text ? strlen(text) : 0};

	return which == WIRE_PASSWORD ? wire_put_secret(&client->wire, &frame) : wire_put(&client->wire, &frame);
}

/* The password is first: it is written at once, so that no other memory has it. */
static int set_security(struct mqtt_client *client)
{
	const struct mqtt_settings *settings = client->settings;
	const char *user = environment_variable("TSEM_MQTT_USER"),
		   *password = environment_variable("TSEM_MQTT_PASSWORD");
	int r = 0;

	if (user && *user) {
		r = password ? set(client, WIRE_PASSWORD, 0, password) : 0;
		if (!r)
			r = set(client, WIRE_USER, 0, user);
	}
	if (r || !secure(settings))
		return r;
	r = set(client, WIRE_SECURE, true, NULL);
	if (!r)
		r = set(client, WIRE_CA, 0, setting(settings, "ca", "TSEM_MQTT_CA"));
	if (!r)
		r = set(client, WIRE_CERTIFICATE, 0, setting(settings, "cert", "TSEM_MQTT_CERT"));
	return r ? r : set(client, WIRE_KEY, 0, setting(settings, "key", "TSEM_MQTT_KEY"));
}

static int set_rest(struct mqtt_client *client, const struct mqtt_manner *manner)
{
	const struct mqtt_settings *settings = client->settings;
	const struct wire_frame will = {.kind = WIRE_SET,
					.token = WIRE_WILL,
					.topic = manner->will_topic,
					.text = manner->will,
					.size = manner->will ? strlen(manner->will) : 0};
	const struct {
		enum wire_setting which;
		unsigned value;
		const char *text;
	} all[] = {
		{WIRE_HOST, 0, settings->url.host},
		{WIRE_PORT, settings->port, NULL},
		{WIRE_KEEPALIVE, settings->keepalive, NULL},
		{WIRE_ID, 0, settings->id},
		{WIRE_CLEAN, manner->clean, NULL},
		{WIRE_VERSION, manner->five ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311, NULL},
		{WIRE_MEMORY, manner->memory, NULL},
		{WIRE_FILTER, 0, manner->filter},
	};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(all) / sizeof(*all); i++)
		r = set(client, all[i].which, all[i].value, all[i].text);
	if (!r && manner->will_topic)
		r = wire_put(&client->wire, &will);
	return r ? r : wire_put(&client->wire, &(struct wire_frame){.kind = WIRE_CONNECT});
}

int mqtt_client_init(struct mqtt_client *client, const struct mqtt_settings *settings, const struct mqtt_manner *manner,
		     struct tsem_error *error)
{
	int r;

	*client = (struct mqtt_client){.settings = settings, .wire = {.fd = -1}};
	r = start_process(client, error);
	if (r)
		return r;
	r = set_security(client);
	if (!r)
		r = set_rest(client, manner);
	return r ? broker_error(client, -r, strerror(-r), error) : 0;
}

/* Whatever it does, it is not waited for. */
void mqtt_client_deinit(struct mqtt_client *client)
{
	if (client->settings)
		wire_deinit(&client->wire);
	if (client->pid > 0) {
		kill(client->pid, SIGKILL);
		waitpid(client->pid, NULL, 0);
	}
	*client = (struct mqtt_client){};
}

struct pollfd mqtt_client_poll(const struct mqtt_client *client)
{
	struct pollfd fd = {.fd = client->pid > 0 ? client->wire.fd : -1, .events = POLLIN};

	if (fd.fd >= 0 && wire_waits(&client->wire))
		fd.events |= POLLOUT;
	return fd;
}

/* It closes its end when it ends, or just before; state: of wire_read(). */
static int gone(struct mqtt_client *client, int state, struct tsem_error *error)
{
	int status = 0;
	char why[WHY_MAX];

	if (state != -EPIPE)
		return broker_error(client, ENOTCONN, strerror(-state), error);
	if (client->ending) {
		client->ended = true;
		return 0;
	}
	kill(client->pid, SIGKILL);
	if (waitpid(client->pid, &status, 0) == client->pid)
		client->pid = 0;
	wire_deinit(&client->wire);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "the process that talks to it was ended: %s", strsignal(WTERMSIG(status)));
	else
		snprintf(why, sizeof(why), "the process that talks to it ended with status %d", WEXITSTATUS(status));
	return broker_error(client, ENOTCONN, why, error);
}

static int lost(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error)
{
	char why[WHY_MAX];
	size_t size = frame->size < sizeof(why) - 1 ? frame->size : sizeof(why) - 1;

	for (size_t i = 0; i < size; i++)
		why[i] = isprint((unsigned char)frame->text[i]) ? frame->text[i] : '?';
	why[size] = 0;
	return broker_error(client, frame->value == EACCES ? EACCES : ENOTCONN, why, error);
}

static int take(struct mqtt_client *client,
		int (*fn)(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error),
		struct tsem_error *error)
{
	struct wire_frame frame;
	int r = 0, got = 0;

	while (!r && (got = wire_next(&client->wire, &frame)) > 0) {
		if (frame.kind == WIRE_CONNECTED)
			client->connected = true;
		r = frame.kind == WIRE_LOST ? lost(client, &frame, error) : fn(client, &frame, error);
	}
	if (!r && got < 0)
		r = broker_error(client, ENOTCONN, "the process that talks to it breaks the protocol", error);
	return r;
}

int mqtt_client_work(struct mqtt_client *client,
		     int (*fn)(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error),
		     struct tsem_error *error)
{
	int r = 0;

	if (client->pid <= 0 || client->ended)
		return 0;
	wire_flush(&client->wire); /* what cannot be written to a process that ended is seen by reading */
	for (unsigned i = 0; !r && i < READS_MAX; i++) {
		int state = wire_read(&client->wire);

		if (state == -EAGAIN)
			return 0;
		r = state ? gone(client, state, error) : take(client, fn, error);
		if (state)
			return r;
	}
	return r;
}

int mqtt_client_put(struct mqtt_client *client, const struct wire_frame *frame, struct tsem_error *error)
{
	int r = client->pid > 0 ? wire_put(&client->wire, frame) : -ENOTCONN;

	return r ? broker_error(client, -r, strerror(-r), error) : 0;
}

int mqtt_client_end(struct mqtt_client *client, struct tsem_error *error)
{
	if (client->ending)
		return 0;
	client->ending = true;
	return mqtt_client_put(client, &(struct wire_frame){.kind = WIRE_END}, error);
}
