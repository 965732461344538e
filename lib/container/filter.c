/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "filter.h"
#include "../json/members.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX 2048
#define NAMES_MAX 1024
#define CONDITIONS_MAX 16
#define WORD_MAX 48
#define NUMBERS_MAX 1024 /* of system calls */

#ifdef __aarch64__
#define ARCHITECTURE "SCMP_ARCH_AARCH64"
#else
#define ARCHITECTURE "SCMP_ARCH_X86_64"
#endif

struct word {
	char text[WORD_MAX];
};

struct condition {
	tsem_u64 index, value, second;
	struct word operator;
};

struct rule {
	struct word *names;
	size_t count;
	struct word action;
	bool has_errno;
	tsem_u64 error;
	struct condition conditions[CONDITIONS_MAX];
	size_t condition_count;
};

struct span {
	const char *start;
	size_t size;
};

struct profile {
	struct word action;
	bool has_errno;
	tsem_u64 error;
	struct span flags, listener, metadata; /* as they are */
	struct rule *rules;
	size_t count;
};

/*
 * What crun and runc call between their filter and the exec: they give up capabilities and ids, find the program, wait
 * for the start, and runc's language has threads that wait.
 */
static const char *const runtime_calls[] = {
	"capget",    "capset",	   "chdir",  "clone",	 "dup3",       "epoll_ctl", "epoll_pwait",
	"faccessat", "faccessat2", "fchdir", "fcntl",	 "fstat",      "fstatfs",   "getdents64",
	"nanosleep", "newfstatat", "openat", "pselect6", "readlinkat", "setgid",    "setgroups",
	"setresgid", "setresuid",  "setuid", "stat",	 "statx",      "tgkill",    "umask",
};

static const tsem_u32 runtime_prctls[] = {1, 2, 4, 8, 15, 23, 24, 38, 47};

/* ---- reading ---- */

static bool read_word(struct scanner *s, void *context)
{
	struct word *word = context;
	size_t size;

	if (!scan_string(s, (tsem_u8 *)word->text, WORD_MAX - 1, true, &size))
		return false;
	word->text[size] = 0;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)word->text[i]) && word->text[i] != '_')
			return scan_fail(s, NULL, "a word of letters, digits and _ is expected");
	return size || scan_fail(s, NULL, "a word is expected");
}

static bool read_number(struct scanner *s, void *context)
{
	tsem_u64 n = 0;
	const char *at;

	scan_space(s);
	for (at = s->at; at < s->end && isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(n, 10ull, &n) || __builtin_add_overflow(n, (tsem_u64)(*at - '0'), &n))
			return scan_fail(s, NULL, "the number is too large");
	if (at == s->at || (*s->at == '0' && at > s->at + 1))
		return scan_fail(s, NULL, "a number without sign is expected");
	s->at = at;
	*(tsem_u64 *)context = n;
	return true;
}

static bool read_span(struct scanner *s, struct span *span)
{
	scan_space(s);
	span->start = s->at;
	if (!scan_skip(s))
		return false;
	span->size = s->at - span->start;
	return true;
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
	return read_word(s, &((struct condition *)context)->operator);
}

static bool read_condition(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"index", read_index, true},
						     {"value", read_value, true},
						     {"valueTwo", read_second, false},
						     {"op", read_operator, true},
						     {}};
	struct rule *rule = context;

	return json_members(s, members, &rule->conditions[rule->condition_count++]);
}

static bool read_conditions(struct scanner *s, void *context)
{
	return json_null(s) || json_list(s, CONDITIONS_MAX, read_condition, context);
}

static bool read_name(struct scanner *s, void *context)
{
	struct rule *rule = context;
	struct word *more = reallocarray(rule->names, rule->count + 1, sizeof(*more));

	if (!more)
		return scan_fail(s, NULL, "out of memory");
	rule->names = more;
	return read_word(s, &rule->names[rule->count++]);
}

static bool read_names(struct scanner *s, void *context)
{
	return json_list(s, NAMES_MAX, read_name, context);
}

static bool read_rule_action(struct scanner *s, void *context)
{
	return read_word(s, &((struct rule *)context)->action);
}

static bool read_rule_error(struct scanner *s, void *context)
{
	struct rule *rule = context;

	rule->has_errno = true;
	return read_number(s, &rule->error);
}

static bool read_rule(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"names", read_names, true},
						     {"action", read_rule_action, true},
						     {"errnoRet", read_rule_error, false},
						     {"args", read_conditions, false},
						     {}};
	struct profile *profile = context;
	struct rule *more = reallocarray(profile->rules, profile->count + 1, sizeof(*more));

	if (!more)
		return scan_fail(s, NULL, "out of memory");
	profile->rules = more;
	more[profile->count] = (struct rule){};
	return json_members(s, members, &profile->rules[profile->count++]);
}

static bool read_rules(struct scanner *s, void *context)
{
	return json_null(s) || json_list(s, RULES_MAX, read_rule, context);
}

static bool read_action(struct scanner *s, void *context)
{
	return read_word(s, &((struct profile *)context)->action);
}

static bool read_error(struct scanner *s, void *context)
{
	struct profile *profile = context;

	profile->has_errno = true;
	return read_number(s, &profile->error);
}

static bool read_flags(struct scanner *s, void *context)
{
	return read_span(s, &((struct profile *)context)->flags);
}

static bool read_listener(struct scanner *s, void *context)
{
	return read_span(s, &((struct profile *)context)->listener);
}

static bool read_metadata(struct scanner *s, void *context)
{
	return read_span(s, &((struct profile *)context)->metadata);
}

static bool read_profile(struct scanner *s, struct profile *profile)
{
	static const struct json_member members[] = {{"defaultAction", read_action, true},
						     {"defaultErrnoRet", read_error, false},
						     {"flags", read_flags, false},
						     {"listenerPath", read_listener, false},
						     {"listenerMetadata", read_metadata, false},
						     {"syscalls", read_rules, false},
						     {}};

	return json_members(s, members, profile) && json_end(s);
}

static void free_profile(struct profile *profile)
{
	for (size_t i = 0; i < profile->count; i++)
		free(profile->rules[i].names);
	free(profile->rules);
}

/* ---- what is let through ---- */

/* An action that this version does not know is kept as it is, as those that refuse. */
static bool lets_through(const struct word *action)
{
	static const char *const all[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY"};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(action->text, all[i]))
			return true;
	return false;
}

static bool is_runtime_call(const char *name)
{
	for (size_t i = 0; i < sizeof(runtime_calls) / sizeof(*runtime_calls); i++)
		if (!strcmp(runtime_calls[i], name))
			return true;
	return false;
}

static bool has_argument(const char *name)
{
	const char *entry = tsem_call_entry(name);

	return entry && tsem_call_argument(entry) >= 0;
}

/* Whatever its arguments are. */
static bool is_allowed(const struct tsem_calls *calls, const char *name)
{
	const char *entry = tsem_call_entry(name);

	return entry && !has_argument(name) && (tsem_calls_have(calls, entry, 0) || is_runtime_call(name));
}

/* False also for an operator that this version does not know. */
static bool is_met(const struct condition *c, tsem_u64 value)
{
	static const char prefix[] = "SCMP_CMP_";
	const char *operator= c->operator.text + strlen(prefix);

	if (strncmp(c->operator.text, prefix, strlen(prefix)))
		return false;
	return (!strcmp(operator, "NE") && value != c->value) || (!strcmp(operator, "LT") && value < c->value) ||
	       (!strcmp(operator, "LE") && value <= c->value) || (!strcmp(operator, "EQ") && value == c->value) ||
	       (!strcmp(operator, "GE") && value >= c->value) || (!strcmp(operator, "GT") && value > c->value) ||
	       (!strcmp(operator, "MASKED_EQ") && (value & c->value) == c->second);
}

/* ---- writing ---- */

static const char *comma(const struct tsem_buffer *out)
{
	return out->size && out->data[out->size - 1] == '[' ? "" : ",";
}

static void add_rule_head(struct tsem_buffer *out)
{
	tsem_buffer_printf(out, "%s{\"names\":[", comma(out));
}

static void add_condition(struct tsem_buffer *out, const struct condition *c)
{
	tsem_buffer_printf(out, "%s{\"index\":%llu,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"%s\"}", comma(out),
			   c->index, c->value, c->second, c->operator.text);
}

static void add_rule_tail(struct tsem_buffer *out, const struct rule *rule, const struct condition *more)
{
	tsem_buffer_printf(out, "],\"action\":\"%s\"", rule->action.text);
	if (rule->has_errno)
		tsem_buffer_printf(out, ",\"errnoRet\":%llu", rule->error);
	tsem_buffer_printf(out, ",\"args\":[");
	for (size_t i = 0; i < rule->condition_count; i++)
		if (!more || rule->conditions[i].index != more->index)
			add_condition(out, &rule->conditions[i]);
	if (more)
		add_condition(out, more);
	tsem_buffer_printf(out, "]}");
}

static void add_name(struct tsem_buffer *out, const char *name)
{
	tsem_buffer_printf(out, "%s\"%s\"", comma(out), name);
}

/*
 * One use of a call whose argument counts. The kernel takes 32 bits of it, and some libraries pass more; where the rule
 * asks for the argument itself, it is just this number.
 */
static void add_use(struct tsem_buffer *out, const struct rule *rule, const char *name, int index, tsem_u32 argument)
{
	struct condition wanted = {index, 0xffffffff, argument, {"SCMP_CMP_MASKED_EQ"}};

	for (size_t i = 0; i < rule->condition_count; i++) {
		if (rule->conditions[i].index != (tsem_u64)index)
			continue;
		if (!is_met(&rule->conditions[i], argument))
			return;
		wanted = (struct condition){index, argument, 0, {"SCMP_CMP_EQ"}};
	}
	add_rule_head(out);
	add_name(out, name);
	add_rule_tail(out, rule, &wanted);
}

static void add_uses(struct tsem_buffer *out, const struct rule *rule, const char *name, const struct tsem_calls *calls)
{
	const char *entry = tsem_call_entry(name);
	int index = tsem_call_argument(entry);
	struct tsem_call call;

	for (size_t i = 0; tsem_call_always(i, &call); i++)
		if (!strcmp(call.entry, entry))
			add_use(out, rule, name, index, call.argument);
	for (size_t i = 0; i < calls->count; i++)
		if (!strcmp(calls->items[i].entry, entry))
			add_use(out, rule, name, index, calls->items[i].argument);
}

static void add_allowing(struct tsem_buffer *out, const struct rule *rule, const struct tsem_calls *calls)
{
	bool any = false;

	for (size_t i = 0; i < rule->count; i++) {
		if (!is_allowed(calls, rule->names[i].text))
			continue;
		if (!any)
			add_rule_head(out);
		add_name(out, rule->names[i].text);
		any = true;
	}
	if (any)
		add_rule_tail(out, rule, NULL);
	for (size_t i = 0; i < rule->count; i++)
		if (has_argument(rule->names[i].text))
			add_uses(out, rule, rule->names[i].text, calls);
}

static void add_refusing(struct tsem_buffer *out, const struct rule *rule)
{
	add_rule_head(out);
	for (size_t i = 0; i < rule->count; i++)
		add_name(out, rule->names[i].text);
	add_rule_tail(out, rule, NULL);
}

static bool has_name(const struct profile *profile, const char *name, bool refusing)
{
	for (size_t i = 0; i < profile->count; i++)
		for (size_t n = 0; n < profile->rules[i].count && lets_through(&profile->rules[i].action) != refusing;
		     n++)
			if (!strcmp(profile->rules[i].names[n].text, name))
				return true;
	return false;
}

/*
 * Calls that are known and not in the list get EPERM, as from tsem run; a default may be ENOSYS, which says that the
 * kernel does not have the call.
 */
static void add_forbidden(struct tsem_buffer *out, const struct profile *profile, const struct tsem_calls *calls)
{
	struct rule rule = {.action = {"SCMP_ACT_ERRNO"}, .has_errno = true, .error = EPERM};
	bool any = false;
	const char *name;

	for (unsigned number = 0; number < NUMBERS_MAX; number++) {
		name = tsem_call_name(number);
		if (!name || is_allowed(calls, name) || has_argument(name) || has_name(profile, name, true) ||
		    (lets_through(&profile->action) ? false : !has_name(profile, name, false)))
			continue;
		if (!any)
			add_rule_head(out);
		add_name(out, name);
		any = true;
	}
	if (any)
		add_rule_tail(out, &rule, NULL);
}

/* Of a filter that lets through what it does not name: all calls that it does not name, of one rule. */
static int take_unnamed(struct profile *profile, struct tsem_error *error)
{
	struct rule rule = {.action = profile->action}, *more;
	const char *name;

	for (size_t i = 0; i < profile->count; i++)
		if (!lets_through(&profile->rules[i].action) && profile->rules[i].condition_count)
			return tsem_error_set(
				error, EBADMSG,
				"its linux.seccomp lets everything through but %s with certain arguments, which cannot "
				"be joined with the model's system calls",
				profile->rules[i].count ? profile->rules[i].names[0].text : "nothing");
	more = reallocarray(profile->rules, profile->count + 1, sizeof(*more));
	if (more)
		profile->rules = more;
	rule.names = more ? calloc(NUMBERS_MAX, sizeof(*rule.names)) : NULL;
	if (!rule.names)
		return tsem_error_set(error, ENOMEM, "out of memory");
	for (unsigned number = 0; number < NUMBERS_MAX; number++) {
		name = tsem_call_name(number);
		if (name && !has_name(profile, name, true) && !has_name(profile, name, false))
			snprintf(rule.names[rule.count++].text, WORD_MAX, "%s", name);
	}
	profile->rules[profile->count++] = rule;
	return 0;
}

static void add_span(struct tsem_buffer *out, const char *name, const struct span *span)
{
	if (!span->size)
		return;
	tsem_buffer_printf(out, ",\"%s\":", name);
	tsem_buffer_add(out, span->start, span->size);
}

/* 32-bit programs have no architecture here: the filter ends them. */
static void write_profile(const struct profile *profile, const struct tsem_calls *calls, struct tsem_buffer *out)
{
	bool open = lets_through(&profile->action), eperm;

	eperm = !open && !strcmp(profile->action.text, "SCMP_ACT_ERRNO") &&
		(!profile->has_errno || profile->error == EPERM);
	tsem_buffer_printf(out, "{\"defaultAction\":\"%s\"", open ? "SCMP_ACT_ERRNO" : profile->action.text);
	if (open)
		tsem_buffer_printf(out, ",\"defaultErrnoRet\":%d", ENOSYS);
	else if (profile->has_errno)
		tsem_buffer_printf(out, ",\"defaultErrnoRet\":%llu", profile->error);
	tsem_buffer_printf(out, ",\"architectures\":[\"" ARCHITECTURE "\"]");
	add_span(out, "flags", &profile->flags);
	add_span(out, "listenerPath", &profile->listener);
	add_span(out, "listenerMetadata", &profile->metadata);
	tsem_buffer_printf(out, ",\"syscalls\":[");
	for (size_t i = 0; i < profile->count; i++)
		if (lets_through(&profile->rules[i].action))
			add_allowing(out, &profile->rules[i], calls);
		else
			add_refusing(out, &profile->rules[i]);
	if (!eperm)
		add_forbidden(out, profile, calls);
	tsem_buffer_printf(out, "]}");
}

static int copy_calls(const struct tsem_calls *calls, struct tsem_calls *ret_calls)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < calls->count; i++)
		r = tsem_calls_add(ret_calls, calls->items[i].entry, calls->items[i].argument);
	for (size_t i = 0; r >= 0 && i < sizeof(runtime_prctls) / sizeof(*runtime_prctls); i++)
		r = tsem_calls_add(ret_calls, "prctl", runtime_prctls[i]);
	return r < 0 ? r : 0;
}

static int read_text(const char *text, size_t size, struct profile *profile, struct tsem_error *error)
{
	struct scanner s = {.start = text, .at = text, .end = text + size};

	if (!size || read_profile(&s, profile))
		return 0;
	return tsem_error_set(error, EBADMSG, "its linux.seccomp cannot be understood at byte %td of it: %s%s%s",
			      (s.where ? s.where : s.at) - s.start, s.member ? s.member : "", s.member ? ": " : "",
			      s.reason ? s.reason : "it is no JSON");
}

int container_filter_narrow(const char *text, size_t size, const struct tsem_calls *calls,
			    struct tsem_buffer *ret_profile, struct tsem_error *error)
{
	struct profile profile = {.action = {"SCMP_ACT_ALLOW"}};
	struct tsem_calls all = {};
	int r = read_text(text, size, &profile, error);

	if (!r && copy_calls(calls, &all))
		r = tsem_error_set(error, ENOMEM, "out of memory");
	if (!r && lets_through(&profile.action))
		r = take_unnamed(&profile, error);
	if (!r)
		write_profile(&profile, &all, ret_profile);
	if (!r && ret_profile->failed)
		r = tsem_error_set(error, ENOMEM, "out of memory");
	tsem_calls_deinit(&all);
	free_profile(&profile);
	return r;
}
