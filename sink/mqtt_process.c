/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mqtt_process.h"
#include "confine.h"
#include "wire.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CERTIFICATES "/etc/ssl/certs"
#define ALL_CERTIFICATES CERTIFICATES "/ca-certificates.crt" /* the same in one file, which can be read beforehand */
#define LAST_WORDS_MS 1000
#define LOOK_MS 500 /* the library looks at its own deadlines when it is asked to */

struct process {
	struct wire wire;
	struct mosquitto *mosquitto;
	bool connected, ending;
	int refused; /* reason of the CONNACK, of the DISCONNECT or of a PUBACK that no message is to blame for */
	int subscription; /* mid; 0: there is none, or it was answered */
	int failed; /* -errno: the connection ends */
	char last[256]; /* the library's last message about an error */
	char *texts[WIRE_SETTINGS], *will_topic;
	size_t sizes[WIRE_SETTINGS];
	int copies[WIRE_SETTINGS]; /* descriptors, of the texts that are files */
	unsigned values[WIRE_SETTINGS];
	tsem_u32 tokens[65536]; /* by mid: of messages that are not acknowledged */
};

/* A frame that the parent never gets is one that it waits for: the end, as any other outage. */
static void tell(struct process *process, const struct wire_frame *frame)
{
	if (!process->failed)
		process->failed = wire_put(&process->wire, frame);
}

/* The last words, and the end; code EACCES: trying again does not change it. */
static int say_lost(struct process *process, int code, const char *why)
{
	wire_put(&process->wire,
		 &(struct wire_frame){.kind = WIRE_LOST, .value = code, .text = why, .size = strlen(why)});
	return process->failed = -ENOTCONN;
}

/* ---- callbacks, from mosquitto_loop() or mosquitto_publish() ---- */

static void on_connected(struct mosquitto *mosquitto, void *context, int reason, int flags,
			 const mosquitto_property *properties)
{
	struct process *process = context;
	int rc = 0;

	(void)flags;
	(void)properties;
	process->refused = reason;
	if (reason || process->connected)
		return;
	process->connected = true;
	if (process->texts[WIRE_FILTER])
		rc = mosquitto_subscribe(mosquitto, &process->subscription, process->texts[WIRE_FILTER], 1);
	if (rc)
		say_lost(process, ENOTCONN, mosquitto_strerror(rc));
	tell(process, &(struct wire_frame){.kind = WIRE_CONNECTED});
}

static void on_disconnected(struct mosquitto *mosquitto, void *context, int reason,
			    const mosquitto_property *properties)
{
	struct process *process = context;

	(void)mosquitto;
	(void)properties;
	if (reason >= 0x80)
		process->refused = reason;
}

static void on_published(struct mosquitto *mosquitto, void *context, int mid, int reason,
			 const mosquitto_property *properties)
{
	struct process *process = context;
	bool unwanted = reason == MQTT_RC_PAYLOAD_FORMAT_INVALID || reason == MQTT_RC_PACKET_TOO_LARGE;
	tsem_u32 token = mid > 0 && mid < 65536 ? process->tokens[mid] : 0;

	(void)mosquitto;
	(void)properties;
	if (!token)
		return;
	if (reason >= 0x80 && !unwanted) {
		process->refused = reason;
		return;
	}
	process->tokens[mid] = 0;
	tell(process, &(struct wire_frame){.kind = WIRE_PUBLISHED, .token = token, .value = unwanted});
}

/* Whatever else is answered, we have not asked. */
static void on_subscribed(struct mosquitto *mosquitto, void *context, int mid, int count, const int *granted,
			  const mosquitto_property *properties)
{
	struct process *process = context;

	(void)mosquitto;
	(void)properties;
	if (!process->subscription || mid != process->subscription)
		return;
	process->subscription = 0;
	tell(process, &(struct wire_frame){.kind = WIRE_GRANTED, .value = count == 1 && granted[0] < 0x80});
}

/* A text that is longer than any of tsem's goes on without its contents, and is counted there. */
static void on_message(struct mosquitto *mosquitto, void *context, const struct mosquitto_message *message,
		       const mosquitto_property *properties)
{
	struct process *process = context;
	struct wire_frame frame = {.kind = WIRE_MESSAGE, .topic = message->topic, .text = message->payload};

	(void)mosquitto;
	(void)properties;
	if (message->payloadlen <= 0)
		return;
	if ((size_t)message->payloadlen <= SINK_TEXT_MAX)
		frame.size = message->payloadlen;
	tell(process, &frame);
}

static void note_log(struct mosquitto *mosquitto, void *context, int level, const char *text)
{
	struct process *process = context;

	(void)mosquitto;
	if (level == MOSQ_LOG_ERR)
		snprintf(process->last, sizeof(process->last), "%s", text);
}

/* ---- the end ---- */

static bool is_rejection(int reason)
{
	return reason == MQTT_RC_BAD_USERNAME_OR_PASSWORD || reason == MQTT_RC_NOT_AUTHORIZED ||
	       reason == MQTT_RC_BANNED || reason == 4 || reason == 5;
}

/* rc: of the library. */
static int say_why(struct process *process, int rc)
{
	const char *why = rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc);
	int code = ENOTCONN;

	if (process->refused) {
		why = process->refused > 5 ? mosquitto_reason_string(process->refused) :
					     mosquitto_connack_string(process->refused);
		if (is_rejection(process->refused))
			code = EACCES;
	} else if (rc == MOSQ_ERR_TLS) {
		code = EACCES;
		if (process->last[0])
			why = process->last;
	}
	return say_lost(process, code, why);
}

static void speak_last(struct process *process)
{
	struct pollfd fd = {.fd = process->wire.fd, .events = POLLOUT};

	while (wire_flush(&process->wire) == -EAGAIN)
		if (poll(&fd, 1, LAST_WORDS_MS) <= 0)
			return;
}

/* ---- what the parent asks for ---- */

static int set(struct process *process, const struct wire_frame *frame)
{
	unsigned which = frame->token;

	if (which >= WIRE_SETTINGS || process->texts[which] || process->mosquitto)
		return -EBADMSG;
	process->values[which] = frame->value;
	process->sizes[which] = frame->size;
	if (frame->size && !(process->texts[which] = strndup(frame->text, frame->size)))
		return -ENOMEM;
	if (which == WIRE_WILL && frame->topic && !(process->will_topic = strdup(frame->topic)))
		return -ENOMEM;
	return 0;
}

/* The library opens them when it has a connection, and this process no privileges any more: it gets copies in memory. */
static const unsigned files[] = {WIRE_CA, WIRE_CERTIFICATE, WIRE_KEY};

/* With one file of authorities, no file has to be read when the broker talks already. */
static int choose_authorities(struct process *process, struct tsem_error *error)
{
	char **file = &process->texts[WIRE_CA];

	if (!process->values[WIRE_SECURE] || *file || access(ALL_CERTIFICATES, R_OK))
		return 0;
	*file = strdup(ALL_CERTIFICATES);
	return *file ? 0 : tsem_error_set(error, ENOMEM, "out of memory");
}

static int copy_files(struct process *process, struct tsem_error *error)
{
	int r = choose_authorities(process, error);

	for (size_t i = 0; !r && i < sizeof(files) / sizeof(*files); i++)
		if (process->texts[files[i]])
			r = confine_copy(&process->texts[files[i]], &process->copies[files[i]], error);
	return r;
}

static void drop_copies(struct process *process)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (process->texts[files[i]])
			close(process->copies[files[i]]);
}

static int set_up(struct process *process)
{
	struct mosquitto *mosquitto = process->mosquitto;
	char **texts = process->texts;
	int rc;

	mosquitto_log_callback_set(mosquitto, note_log);
	mosquitto_connect_v5_callback_set(mosquitto, on_connected);
	mosquitto_disconnect_v5_callback_set(mosquitto, on_disconnected);
	mosquitto_publish_v5_callback_set(mosquitto, on_published);
	mosquitto_subscribe_v5_callback_set(mosquitto, on_subscribed);
	mosquitto_message_v5_callback_set(mosquitto, on_message);
	rc = mosquitto_int_option(mosquitto, MOSQ_OPT_PROTOCOL_VERSION, process->values[WIRE_VERSION]);
	if (!rc)
		rc = mosquitto_int_option(mosquitto, MOSQ_OPT_SEND_MAXIMUM, 65535);
	if (!rc && texts[WIRE_USER])
		rc = mosquitto_username_pw_set(mosquitto, texts[WIRE_USER], texts[WIRE_PASSWORD]);
	if (!rc && process->values[WIRE_SECURE])
		rc = mosquitto_tls_set(mosquitto, texts[WIRE_CA], texts[WIRE_CA] ? NULL : CERTIFICATES,
				       texts[WIRE_CERTIFICATE], texts[WIRE_KEY], NULL);
	if (!rc && process->will_topic)
		rc = mosquitto_will_set(mosquitto, process->will_topic, process->sizes[WIRE_WILL], texts[WIRE_WILL], 1,
					true);
	return rc;
}

/* Resolves the name, and sends the first packet. */
static int connect_to(struct process *process)
{
	int rc = mosquitto_lib_init();

	if (!rc) {
		process->mosquitto = mosquitto_new(process->texts[WIRE_ID], process->values[WIRE_CLEAN], process);
		rc = process->mosquitto ? set_up(process) : MOSQ_ERR_NOMEM;
	}
	if (!rc)
		rc = mosquitto_connect_async(process->mosquitto, process->texts[WIRE_HOST], process->values[WIRE_PORT],
					     process->values[WIRE_KEEPALIVE]);
	return rc ? say_why(process, rc) : process->failed;
}

/* Afterwards it needs nothing of this machine but, at most, the authorities' certificates. */
static int begin(struct process *process)
{
	struct tsem_error error = {};
	int r;

	if (process->mosquitto || !process->texts[WIRE_HOST] || !process->texts[WIRE_ID])
		return -EBADMSG;
	r = confine_memory(process->values[WIRE_MEMORY], &error);
	if (!r)
		r = copy_files(process, &error);
	if (!r)
		r = confine_privileges(false, &error);
	if (r)
		return say_lost(process, error.code, error.text);
	r = connect_to(process);
	drop_copies(process);
	if (!r && confine_reading(process->values[WIRE_SECURE] && !process->texts[WIRE_CA], &error))
		r = say_lost(process, error.code, error.text);
	return r;
}

static bool never_taken(int rc)
{
	return rc == MOSQ_ERR_OVERSIZE_PACKET || rc == MOSQ_ERR_PAYLOAD_SIZE || rc == MOSQ_ERR_INVAL ||
	       rc == MOSQ_ERR_MALFORMED_UTF8;
}

static int publish(struct process *process, const struct wire_frame *frame)
{
	int mid = 0, rc;

	if (!process->mosquitto || !frame->topic)
		return -EBADMSG;
	rc = mosquitto_publish(process->mosquitto, &mid, frame->topic, frame->size, frame->text, 1, frame->value);
	if (!rc)
		process->tokens[mid & 0xffff] = frame->token;
	else if (never_taken(rc))
		tell(process, &(struct wire_frame){.kind = WIRE_PUBLISHED, .token = frame->token, .value = 1});
	else
		return say_why(process, rc);
	return process->failed;
}

static int obey(struct process *process, const struct wire_frame *frame)
{
	switch (frame->kind) {
	case WIRE_SET:
		return set(process, frame);
	case WIRE_CONNECT:
		return begin(process);
	case WIRE_PUBLISH:
		return publish(process, frame);
	case WIRE_END:
		process->ending = true;
		return process->mosquitto && mosquitto_disconnect(process->mosquitto) ? -ENOTCONN : 0;
	default:
		return -EBADMSG;
	}
}

static int take_orders(struct process *process)
{
	struct wire_frame frame;
	int r = wire_read(&process->wire);

	if (r == -EAGAIN)
		return 0;
	while (!r && (r = wire_next(&process->wire, &frame)) > 0)
		r = obey(process, &frame);
	return r;
}

/* ---- its life ---- */

/* While the parent does not take what there is, nothing more is read. */
static struct pollfd broker_fd(const struct process *process)
{
	struct pollfd fd = {.fd = -1, .events = POLLIN};

	if (process->mosquitto && !wire_waits(&process->wire))
		fd.fd = mosquitto_socket(process->mosquitto);
	if (fd.fd >= 0 && (!process->connected || mosquitto_want_write(process->mosquitto)))
		fd.events |= POLLOUT;
	return fd;
}

static int work(struct process *process)
{
	int rc;

	if (!process->mosquitto || wire_waits(&process->wire))
		return 0;
	rc = mosquitto_loop(process->mosquitto, 0, 1);
	if (process->ending)
		return rc || !mosquitto_want_write(process->mosquitto) ? -EPIPE : 0;
	if (!rc && !(process->connected && process->refused))
		return 0;
	return say_why(process, rc);
}

static int live(struct process *process)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, broker_fd(process)};
	int r;

	if (wire_waits(&process->wire))
		fds[0].events |= POLLOUT;
	if (poll(fds, 2, LOOK_MS) < 0 && errno != EINTR)
		return -errno;
	r = fds[0].revents & (POLLIN | POLLHUP | POLLERR) ? take_orders(process) : 0;
	if (!r)
		r = work(process);
	if (!r)
		r = process->failed;
	if (!r)
		r = wire_flush(&process->wire);
	return r == -EAGAIN ? 0 : r;
}

int mqtt_process(void)
{
	struct process *process = calloc(1, sizeof(*process));
	struct tsem_error error = {};
	int r = process ? confine_begin(MQTT_PROCESS_NAME, &error) : -ENOMEM;

	if (!process || r == -ENOTSOCK)
		return 1;
	wire_init(&process->wire, STDIN_FILENO);
	if (r)
		r = say_lost(process, error.code, error.text);
	while (!r)
		r = live(process);
	if (r == -ENOMEM)
		say_lost(process, ENOTCONN, strerror(ENOMEM));
	speak_last(process);
	return r == -EBADMSG || r == -ENOMEM;
}
