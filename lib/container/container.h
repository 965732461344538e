/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Containers as their runtime knows them: config.json, annotations, control group. */
#ifndef TSEM_LIB_CONTAINER_H
#define TSEM_LIB_CONTAINER_H

#include "../tsem.h"

#include <limits.h>

struct scanner;

#define CONTAINER_PREFIX "io.tsem."
#define CONTAINER_WORD_MAX 16

/* How a container is modeled: what its annotations say, or a file of policy. */
struct container_settings {
	bool present; /* something is said */
	char model[PATH_MAX];
	char mode[CONTAINER_WORD_MAX]; /* learn, sealed, enforce; of a policy also off, refuse and annotations */
	char action[CONTAINER_WORD_MAX]; /* on-violation; empty: none was said */
	char syscalls[CONTAINER_WORD_MAX]; /* yes, no */
	char about[CONTAINER_WORD_MAX]; /* image, or empty */
	char keys[PATH_MAX]; /* require-signed; empty: none is demanded */
	char attached[PATH_MAX]; /* the layout that has the model of the image; empty: model is the file */
	char otherwise[CONTAINER_WORD_MAX]; /* where no model is attached: refuse, learn */
	char models[PATH_MAX]; /* of a policy: the directory of the models that annotations may name */
	char learning[CONTAINER_WORD_MAX]; /* of a policy: yes, no: whether annotations may say learn */
};

struct container_pair {
	char *key, *value;
};

struct container_pairs {
	struct container_pair *items;
	size_t count;
};

/* Annotations for one container of a pod: io.tsem.SETTING/NAME. */
struct container_named {
	char *name;
	struct container_settings settings;
};

/* config.json. */
struct container {
	struct container_settings settings; /* of the annotations that name no container */
	struct container_named *named;
	size_t named_count;
	struct container_pairs annotations;
	char group[PATH_MAX]; /* linux.cgroupsPath; may be empty */
	char root[PATH_MAX]; /* root.path */
	char hostname_file[PATH_MAX]; /* on the host, of the mount on /etc/hostname; may be empty */
	char *text;
	size_t size;
	size_t linux_at; /* behind the brace of linux; 0: there is none */
	bool linux_empty;
	size_t seccomp, seccomp_size; /* where linux.seccomp is; 0: there is none */
};

/* Refuses what is not understood: a word that was mistyped must not leave a container unmodeled. */
int container_read(const char *path, struct container *ret_container, struct tsem_error *error);
void container_deinit(struct container *container);
/*
 * What the annotations say of the container of that name, or NULL: those that name it come before those that name none.
 * -EPERM where they name others and it is not said how this one is modeled. path: of config.json, for sentences.
 */
int container_annotated(const char *path, const struct container *container, const char *name,
			struct container_settings *ret_settings, struct tsem_error *error);
/* Another filter of system calls in the file, which nobody sees half written. */
int container_write_filter(const char *path, const struct container *container, const struct tsem_buffer *filter,
			   struct tsem_error *error);

/*
 * One setting by its name, as of an annotation without its prefix. False with an error of the scanner, which says what
 * there is: it is used where nothing is to be overlooked.
 */
bool container_take_setting(struct scanner *s, const char *name, struct container_settings *settings);
/*
 * Fills what was not said, and refuses what does not fit. where: what said it, as the beginning of a sentence. policy: there
 * are the modes off, refuse and annotations, too.
 */
int container_check_settings(const char *where, bool policy, struct container_settings *settings,
			     struct tsem_error *error);
/* all: ends with NULL. */
bool container_word_is_one_of(const char *word, const char *const *all);
/* Adds the members of an object that are strings. strict: others are an error; else they are skipped. */
bool container_take_pairs(struct scanner *s, struct container_pairs *pairs, bool strict);
const char *container_pair(const struct container_pairs *pairs, const char *key);
void container_pairs_deinit(struct container_pairs *pairs);
/* A regular file of at most 16 MiB. */
int container_read_file(const char *path, char **ret_text, size_t *ret_size, struct tsem_error *error);
/* Such a file of JSON, by a reader of its value. */
int container_read_json(const char *path, bool (*read)(struct scanner *scanner, void *context), void *context,
			struct tsem_error *error);

/* What a runtime says of a container. What it does not say is 0 or empty. */
struct container_state {
	unsigned pid;
	char id[PATH_MAX], status[PATH_MAX];
	char bundle[PATH_MAX]; /* the directory of config.json */
};

/* where: whose text it is, as the beginning of a sentence. */
int container_state_read(const char *where, const char *text, size_t size, struct container_state *ret_state,
			 struct tsem_error *error);
/* The directory of the container's own control group, which its process is in or below. */
int container_group(unsigned pid, const struct container *container, char *ret_path, size_t size,
		    struct tsem_error *error);
/* The name of a container's session: its id; of one that an engine has made by chance, the first 12 characters. */
void container_session(const char *id, char ret_name[TSEM_NAME_MAX]);
/* Notes that the session is that of the container; whether it is. Anybody's session can have the name that it would have. */
int container_note(const char *name, const char *id, struct tsem_error *error);
bool container_noted(const char *name, const char *id);
/* Until its session is finished, at most half a minute. */
void container_wait(const char *session);

#endif
