/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes are refused as a config.json, with a sentence, or their filter of system calls is refused, or it is narrowed:
 * then the new one lets nothing through that the old one or the list does not, and is narrowed to itself.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/container/container.h"
#include "../../lib/container/filter.h"
#include "../../lib/json/members.h"
#include "fuzz.h"

#define ARGUMENTS 6

/* A call that is tried, and what a filter says of it. */
struct trial {
	const char *name;
	unsigned long long arguments[ARGUMENTS];
	bool open, permits, meets, named, allowed; /* of the filter, of the rule that is read */
};

static bool permits(const char *action)
{
	return !strcmp(action, "SCMP_ACT_ALLOW") || !strcmp(action, "SCMP_ACT_LOG") ||
	       !strcmp(action, "SCMP_ACT_TRACE") || !strcmp(action, "SCMP_ACT_NOTIFY");
}

static bool read_text(struct scanner *s, char *text, size_t room)
{
	size_t size;
	bool good = scan_string(s, (tsem_u8 *)text, room - 1, true, &size);

	text[good ? size : 0] = 0;
	return good;
}

static bool read_action(struct scanner *s, void *context)
{
	char text[64];
	bool good = read_text(s, text, sizeof(text));

	((struct trial *)context)->permits = permits(text);
	return good;
}

static bool read_default(struct scanner *s, void *context)
{
	char text[64];
	bool good = read_text(s, text, sizeof(text));

	((struct trial *)context)->open = permits(text);
	return good;
}

static bool read_name(struct scanner *s, void *context)
{
	struct trial *trial = context;
	char text[64];
	bool good = read_text(s, text, sizeof(text));

	trial->named |= !strcmp(text, trial->name);
	return good;
}

static bool read_names(struct scanner *s, void *context)
{
	return json_list(s, 4096, read_name, context);
}

struct condition {
	unsigned long long index, value, second;
	char operator[64];
};

static bool read_number(struct scanner *s, unsigned long long *ret_number)
{
	char *end;

	scan_space(s);
	*ret_number = strtoull(s->at, &end, 10);
	return scan_skip(s);
}

static bool read_index(struct scanner *s, void *context)
{
	return read_number(s, &((struct condition *)context)->index);
}

static bool read_value(struct scanner *s, void *context)
{
	return read_number(s, &((struct condition *)context)->value);
}

static bool read_second(struct scanner *s, void *context)
{
	return read_number(s, &((struct condition *)context)->second);
}

static bool read_operator(struct scanner *s, void *context)
{
	return read_text(s, ((struct condition *)context)->operator, 64);
}

static bool is_met(const struct condition *c, unsigned long long value)
{
	const char *name = c->operator;

	return !strcmp(name, "SCMP_CMP_NE") ? value != c->value :
	       !strcmp(name, "SCMP_CMP_LT") ? value < c->value :
	       !strcmp(name, "SCMP_CMP_LE") ? value <= c->value :
	       !strcmp(name, "SCMP_CMP_EQ") ? value == c->value :
	       !strcmp(name, "SCMP_CMP_GE") ? value >= c->value :
	       !strcmp(name, "SCMP_CMP_GT") ? value > c->value :
					      !strcmp(name, "SCMP_CMP_MASKED_EQ") && (value & c->value) == c->second;
}

static bool read_condition(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"index", read_index, true},
						     {"value", read_value, true},
						     {"valueTwo", read_second, false},
						     {"op", read_operator, true},
						     {}};
	struct trial *trial = context;
	struct condition condition = {};
	bool good = json_members(s, members, &condition);

	trial->meets &=
		condition.index < ARGUMENTS && is_met(&condition, trial->arguments[condition.index % ARGUMENTS]);
	return good;
}

static bool read_conditions(struct scanner *s, void *context)
{
	scan_space(s);
	return *s->at == 'n' ? scan_skip(s) : json_list(s, 64, read_condition, context);
}

static bool read_rule(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"names", read_names, true},
						     {"action", read_action, true},
						     {"args", read_conditions, false},
						     {}};
	struct trial *trial = context;
	bool good;

	trial->named = false;
	trial->meets = true;
	good = json_members(s, members, trial);
	trial->allowed |= trial->named && trial->meets && trial->permits;
	return good;
}

static bool read_rules(struct scanner *s, void *context)
{
	scan_space(s);
	return *s->at == 'n' ? scan_skip(s) : json_list(s, 8192, read_rule, context);
}

/* By the rules that let through, or by default. What of both a filter takes when it also refuses is not tried. */
static bool lets(const char *text, size_t size, struct trial trial)
{
	static const struct json_member members[] = {{"defaultAction", read_default, true},
						     {"syscalls", read_rules, false},
						     {}};
	struct scanner s = {.start = text, .at = text, .end = text + size};

	trial.allowed = trial.open = false;
	if (!size)
		return true;
	MUST(json_members(&s, members, &trial) && json_end(&s));
	return trial.allowed || trial.open;
}

static void compare(const char *old, size_t size, const struct tsem_buffer *new)
{
	static const struct trial trials[] = {
		{.name = "read"},
		{.name = "sync"},
		{.name = "mount", .arguments = {0, 0, 0, 4096}},
		{.name = "ptrace"},
		{.name = "socket", .arguments = {2, 1, 9}},
		{.name = "socket", .arguments = {2, 1, 0}},
		{.name = "socket", .arguments = {(1ull << 32) + 2}},
		{.name = "socket", .arguments = {16}},
		{.name = "ioctl", .arguments = {0, 0x5401}},
		{.name = "ioctl", .arguments = {0, 0x5412}},
	};

	for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++) {
		bool let = lets(new->data, new->size, trials[i]);

		MUST(!let || lets(old, size, trials[i]));
		MUST(!let || (i != 3 && i != 7 && i != 9));
	}
}

static void try_filter(const char *text, size_t size)
{
	struct tsem_buffer new = {}, again = {};
	struct tsem_error error = {};
	struct tsem_calls calls = {};

	tsem_calls_add(&calls, "sync", 0);
	tsem_calls_add(&calls, "mount", 0);
	tsem_calls_add(&calls, "socket", 2);
	if (container_filter_narrow(text, size, &calls, &new, &error)) {
		MUST(error.code && error.text[0] && !new.size);
	} else {
		compare(text, size, &new);
		MUST(!container_filter_narrow(new.data, new.size, &calls, &again, &error));
		compare(new.data, new.size, &again);
	}
	tsem_calls_deinit(&calls);
	tsem_buffer_deinit(&new);
	tsem_buffer_deinit(&again);
}

static void try_annotated(const char *path, const struct container *container, const char *name)
{
	struct container_settings settings;
	struct tsem_error error = {};
	int r = container_annotated(path, container, name, &settings, &error);

	MUST(r ? error.code && error.text[0] : !settings.present || settings.mode[0]);
	MUST(r || settings.present || !container->settings.present || container->named_count);
}

static void try_config(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct container container;
	struct tsem_error error = {};
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	if (container_read(path, &container, &error)) {
		MUST(error.code && error.text[0] && !container.text);
	} else {
		MUST(!container.settings.present || container.settings.mode[0] || container.named_count);
		try_annotated(path, &container, NULL);
		for (size_t i = 0; i < container.named_count; i++)
			try_annotated(path, &container, container.named[i].name);
		MUST(container.seccomp + container.seccomp_size <= container.size &&
		     container.linux_at <= container.size);
		if (container.seccomp)
			try_filter(container.text + container.seccomp, container.seccomp_size);
		container_deinit(&container);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct container_state state;
	struct tsem_error error = {};

	try_config(bytes, size);
	try_filter((const char *)bytes, size);
	MUST(!container_state_read("it", (const char *)bytes, size, &state, &error) || error.text[0]);
	return 0;
}
