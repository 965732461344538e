/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mqtt_client.h"
#include "../lib/base/environment.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define CERTIFICATES "/etc/ssl/certs"

static void init_library(void)
{
	mosquitto_lib_init();
}

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

static void note_log(struct mosquitto *mosquitto, void *context, int level, const char *text)
{
	struct mqtt_client *client = context;

	(void)mosquitto;
	if (level == MOSQ_LOG_ERR)
		snprintf(client->last, sizeof(client->last), "%s", text);
}

static const char *reason_text(int reason)
{
	return reason > 5 ? mosquitto_reason_string(reason) : mosquitto_connack_string(reason);
}

int mqtt_client_error(const struct mqtt_client *client, int rc, struct tsem_error *error)
{
	const struct mqtt_settings *settings = client->settings;
	const char *why = rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc);
	int code = ENOTCONN;

	if (client->refused) {
		why = reason_text(client->refused);
		if (client->refused == MQTT_RC_BAD_USERNAME_OR_PASSWORD || client->refused == MQTT_RC_NOT_AUTHORIZED ||
		    client->refused == MQTT_RC_BANNED || client->refused == 4 || client->refused == 5)
			code = EACCES;
	} else if (rc == MOSQ_ERR_TLS) {
		code = EACCES;
		if (client->last[0])
			why = client->last;
	}
	return tsem_error_set(error, code, "the broker %s port %u: %s", settings->url.host, settings->port, why);
}

static int set_security(struct mqtt_client *client)
{
	const struct mqtt_settings *settings = client->settings;
	const char *user = environment_variable("TSEM_MQTT_USER"),
		   *password = environment_variable("TSEM_MQTT_PASSWORD");
	const char *ca = setting(settings, "ca", "TSEM_MQTT_CA");
	int rc = 0;

	if (user && *user)
		rc = mosquitto_username_pw_set(client->mosquitto, user, password);
	if (!rc && secure(settings))
		rc = mosquitto_tls_set(client->mosquitto, ca, ca ? NULL : CERTIFICATES,
				       setting(settings, "cert", "TSEM_MQTT_CERT"),
				       setting(settings, "key", "TSEM_MQTT_KEY"), NULL);
	return rc;
}

int mqtt_client_init(struct mqtt_client *client, const struct mqtt_settings *settings, bool clean,
		     struct tsem_error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int rc;

	pthread_once(&once, init_library);
	*client = (struct mqtt_client){.settings = settings};
	client->mosquitto = mosquitto_new(settings->id, clean, client);
	if (!client->mosquitto)
		return tsem_error_set(error, errno, "cannot make an MQTT client: %s", strerror(errno));
	mosquitto_log_callback_set(client->mosquitto, note_log);
	mosquitto_int_option(client->mosquitto, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(client->mosquitto, MOSQ_OPT_SEND_MAXIMUM, 65535);
	rc = set_security(client);
	return rc ? mqtt_client_error(client, rc, error) : 0;
}

int mqtt_client_connect(struct mqtt_client *client, struct tsem_error *error)
{
	const struct mqtt_settings *settings = client->settings;
	int rc = mosquitto_connect_async(client->mosquitto, settings->url.host, settings->port, settings->keepalive);

	return rc ? mqtt_client_error(client, rc, error) : 0;
}

void mqtt_client_deinit(struct mqtt_client *client)
{
	if (client->mosquitto)
		mosquitto_destroy(client->mosquitto);
	client->mosquitto = NULL;
	client->connected = false;
}

void mqtt_client_connected(struct mqtt_client *client, int reason)
{
	client->connected = !reason;
	client->refused = reason;
}

struct pollfd mqtt_client_poll(const struct mqtt_client *client)
{
	struct pollfd fd = {.fd = client->mosquitto ? mosquitto_socket(client->mosquitto) : -1, .events = POLLIN};

	if (fd.fd >= 0 && (!client->connected || mosquitto_want_write(client->mosquitto)))
		fd.events |= POLLOUT;
	return fd;
}

int mqtt_client_work(struct mqtt_client *client, struct tsem_error *error)
{
	int rc = mosquitto_loop(client->mosquitto, 0, 1);

	return rc ? mqtt_client_error(client, rc, error) : 0;
}
