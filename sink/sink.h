/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where exported events go. A sink is a row of sinks.def and one file; the
 * carrier (carrier.h) keeps what it has not acknowledged and brings it again
 * after an outage, so a sink needs no memory of its own.
 *
 * Nothing here prints. Out-parameters as in tsem.h.
 */
#ifndef TSEM_SINK_H
#define TSEM_SINK_H

#include <poll.h>

#include "../lib/tsem.h"

#define SINK_HOST_MAX 65
#define SINK_BOOT_MAX 37 /* a UUID as text */

/* The origin of events. With the id of the namespace and its numbers a collector can find missing ones. */
struct sink_identity {
	char host[SINK_HOST_MAX];
	char boot[SINK_BOOT_MAX];
	char name[TSEM_NAME_MAX]; /* of the namespace */
	tsem_u64 epoch; /* nanoseconds since 1970 of the moment 0 of record.ts; 0 when not known */
};

/* This machine, this boot. */
void sink_identity_here(const char *name, struct sink_identity *ret_identity);
/* Whether the clock was set since, by more than a second: the epoch is then that of now. It costs next to nothing. */
bool sink_identity_follow(struct sink_identity *identity);
/* Appends the line that says whose the lines after it are, without a newline. format: "tsem" or "ocsf". */
void sink_identity_line(const struct sink_identity *identity, const char *format, struct tsem_buffer *buffer);
/* Appends ,"host":..,"boot":..,"namespace":.. : members for tsem_record_to_json_of(). */
void sink_identity_members(const struct sink_identity *identity, struct tsem_buffer *buffer);
/* Appends text as the inside of a JSON string; text that is not UTF-8 as in docs/json.md. */
void sink_json_text(struct tsem_buffer *buffer, const char *text, size_t size);

/* ---- messages -------------------------------------------------------- */

enum sink_kind { SINK_EVENT, SINK_END, SINK_STREAM /* sink_identity_line() */, SINK_KIND_COUNT };

#define SINK_TEXT_MAX (384u << 10) /* of one message: the longest line there can be is shorter */

struct sink_message {
	tsem_u64 context;
	tsem_u64 number;
	unsigned kind;
	unsigned class; /* TSEM_CLASS_* */
	const char *host, *boot, *name;
	const char *text; /* a line without its newline */
	size_t size;
};

/* As it is kept in memory and on disk: struct sink_entry, then the text, padded to 8 bytes with zeros. */
struct sink_entry {
	tsem_u32 size; /* all of it without padding; 0: nothing is here yet */
	tsem_u32 crc; /* of all that follows this field */
	tsem_u64 context;
	tsem_u64 number;
	tsem_u16 kind;
	tsem_u16 class;
	tsem_u32 reserved;
	char host[SINK_HOST_MAX + 7];
	char boot[SINK_BOOT_MAX + 3];
	char name[TSEM_NAME_MAX];
};
_Static_assert(sizeof(struct sink_entry) == 208, "what is in spools must not move");

/* Bytes that the message takes, with padding. */
size_t sink_entry_room(const struct sink_message *message);
/* The only content of the buffer, which is failed when there is no memory. Without a checksum. */
void sink_entry_keep(const struct sink_message *message, struct tsem_buffer *buffer);
/* Writes it; its size, the mark that it is there, comes last. checked: with a checksum. */
void sink_entry_pack(const struct sink_message *message, bool checked, void *room);
/*
 * Of limit bytes from room on. 0: taken; -ENODATA: nothing is here; -EBADMSG: damaged. *ret_room, written also for
 * a damaged one, is where the next begins; 0 when that cannot be known. The message points into room.
 */
int sink_entry_unpack(const void *room, size_t limit, bool checked, struct sink_message *ret_message, size_t *ret_room);

/* ---- URLs ------------------------------------------------------------ */

#define SINK_QUERY_MAX 12

struct sink_url {
	char *text; /* owned; the others point into it */
	const char *scheme;
	const char *host; /* NULL when there is no // */
	unsigned port; /* 0: not given */
	const char *path; /* without its first slash after a host */
	struct {
		const char *key, *value;
	} query[SINK_QUERY_MAX];
	unsigned query_count;
};

/* Decodes nothing except the separators: the text is taken as it is. Refuses user and password. */
int sink_url_parse(const char *text, struct sink_url *ret_url, struct tsem_error *error);
void sink_url_deinit(struct sink_url *url);
/* NULL when it was not given. */
const char *sink_url_query(const struct sink_url *url, const char *key);
/* A number, at most limit, with an optional K, M or G when sizes is true. Leaves *value alone when it is absent. */
int sink_url_number(const struct sink_url *url, const char *key, bool sizes, tsem_u64 limit, tsem_u64 *value,
		    struct tsem_error *error);
/* "64M"; false when it is not a size, or 0. */
bool sink_size_parse(const char *text, tsem_u64 *ret_size);

/* ---- sinks ------------------------------------------------------------ */

struct sink;

struct sink_ops {
	int (*open)(const struct sink_url *url, const struct sink_identity *identity, struct sink **ret_sink,
		    struct tsem_error *error);
	/*
	 * Begins to connect. hello is the SINK_STREAM that the other side gets first. -EACCES: rejected credentials
	 * (password, certificate), which trying again does not change; any other error: not now.
	 */
	int (*connect)(struct sink *sink, const struct sink_message *hello, struct tsem_error *error);
	/*
	 * Takes a message. -EAGAIN: no room now; any other error: the connection is gone. A SINK_STREAM takes the place
	 * of hello in all that the sink keeps of it.
	 */
	int (*put)(struct sink *sink, const struct sink_message *message, struct tsem_error *error);
	/*
	 * Moves waiting data. revents is poll()'s result for the descriptor. An error as that of connect. idle: no
	 * message waits after those that were put.
	 */
	int (*serve)(struct sink *sink, short revents, bool idle, struct tsem_error *error);
	/* Ends cleanly; call it until it returns 0 (done) or an error. -EAGAIN: not yet. */
	int (*finish)(struct sink *sink, struct tsem_error *error);
	void (*disconnect)(struct sink *sink); /* forgets unacknowledged messages */
	void (*close)(struct sink *sink);
};

struct sink_row {
	const char *scheme;
	const char *form; /* as a person types it */
	const char *keys; /* of the query, with a comma after each */
	bool local; /* a failure is an error at once unless there is a spool: it will not pass by itself */
	const struct sink_ops *ops;
};

/* The head of every sink's own struct. */
struct sink {
	struct pollfd fd; /* descriptor to wait for; fd -1: none */
	bool ready; /* connected: put may be called */
	int process; /* that connect started, for as long as it is connected; 0: none */
	tsem_u64 acknowledged; /* messages, in the order of put, since connect */
	tsem_u64 rejected; /* events of these that the other side will never take */
};

/* NULL, and an error that names all sinks. */
const struct sink_row *sink_row_of(const struct sink_url *url, struct tsem_error *error);

#define SINK(scheme, name, local, form, keys) extern const struct sink_ops sink_##name;
#include "sinks.def"
#undef SINK

/* Topics: %h host, %n namespace, %c class of the event. */
struct sink_topic {
	char *template; /* owned */
	size_t base; /* of the template: its levels before the one with the first %c */
};
/* The topic in buffer, with a NUL. level NULL: of a message of that class; else level after the base. */
void sink_topic_expand(const struct sink_topic *topic, const char *host, const char *name, const char *class,
		       const char *level, struct tsem_buffer *buffer);
int sink_topic_init(const char *template, struct sink_topic *ret_topic, struct tsem_error *error);
/*
 * The reverse, for a collector: a template, which may have + as a level and must have %h and %n as levels before the
 * first %c; or PREFIX/#, which is PREFIX/%h/%n/%c. filter is the subscription.
 */
int sink_topic_listen(const char *path, struct sink_topic *ret_topic, struct tsem_buffer *filter,
		      struct tsem_error *error);
/* Whether a writer of topic may write for that host and namespace; their names as in a line. */
bool sink_topic_holds(const struct sink_topic *layout, const char *topic, const char *host, const char *name);
void sink_topic_deinit(struct sink_topic *topic);

const char *sink_class_name(unsigned class);

#endif
