/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A source of lines to collect: the topics of a broker. */
#ifndef TSEM_SINK_SOURCE_H
#define TSEM_SINK_SOURCE_H

#include "sink.h"

struct source;

typedef int (*source_fn)(void *context, const char *topic, const char *text, size_t size);

/*
 * mqtt://HOST[:PORT]/TOPICS, or mqtts: TOPICS as of sink_topic_listen(). The broker keeps the session, with messages
 * that arrive while we are away, under the client id: that of the URL, or the one in OUTPUT.client, which is created;
 * with neither there is no session. say: as of the carrier.
 */
int source_open(const char *url, const char *output, void (*say)(const char *text), struct source **ret_source,
		struct tsem_error *error);
/* How topics say whose they are. */
const struct sink_topic *source_layout(const struct source *source);
/* Additional descriptors to wait for; without any, wait for at most a second. */
struct pollfd source_poll(const struct source *source);
/* Hands out received messages. Returns the error of fn; other errors are final, too. */
int source_work(struct source *source, source_fn fn, void *context, struct tsem_error *error);
/* Takes leave of the broker, and hands out what was received until then. Returns the error of fn. */
int source_end(struct source *source, source_fn fn, void *context, struct tsem_error *error);
/* Whether the broker has ever granted the topics. */
bool source_reached(const struct source *source);
void source_close(struct source *source);

#endif
