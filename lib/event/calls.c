/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of system calls, and lists of those that a model has. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/buffer.h"
#include "../tsem.h"

struct row {
	const char *name, *entry;
	int number;
};

enum { HEX, DECIMAL };

struct argument {
	const char *entry;
	int index;
	int format;
};

struct use {
	const char *entry;
	tsem_u32 argument;
};

#ifdef __aarch64__
#define NUMBER(x86, arm64) arm64
#else
#define NUMBER(x86, arm64) x86
#endif

#define SYSCALL(call, x86, arm64, entry)
#define SYSCALL_ARGUMENT(entry, index, format)
#define SYSCALL_ALWAYS(entry, argument)

static const struct row rows[] = {
#undef SYSCALL
#define SYSCALL(call, x86, arm64, entry) {#call, #entry, NUMBER(x86, arm64)},
#include "../../abi/syscalls.def"
#undef SYSCALL
#define SYSCALL(call, x86, arm64, entry)
};

static const struct argument arguments[] = {
#undef SYSCALL_ARGUMENT
#define SYSCALL_ARGUMENT(entry, index, format) {#entry, index, format},
#include "../../abi/syscalls.def"
#undef SYSCALL_ARGUMENT
#define SYSCALL_ARGUMENT(entry, index, format)
};

static const struct use always[] = {
#undef SYSCALL_ALWAYS
#define SYSCALL_ALWAYS(entry, argument) {#entry, argument},
#include "../../abi/syscalls.def"
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *tsem_call_name(unsigned number)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].number >= 0 && (unsigned)rows[i].number == number)
			return rows[i].name;
	return NULL;
}

const char *tsem_call_entry(const char *name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].entry;
	return NULL;
}

int tsem_call_next(const char *entry, size_t *cursor)
{
	for (; *cursor < COUNT(rows); ++*cursor)
		if (rows[*cursor].number >= 0 && !strcmp(rows[*cursor].entry, entry))
			return rows[(*cursor)++].number;
	return -1;
}

static const struct argument *find_argument(const char *entry)
{
	for (size_t i = 0; i < COUNT(arguments); i++)
		if (!strcmp(arguments[i].entry, entry))
			return &arguments[i];
	return NULL;
}

int tsem_call_argument(const char *entry)
{
	const struct argument *argument = find_argument(entry);

	return argument ? argument->index : -1;
}

static const char *find_entry(const char *entry)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].entry, entry))
			return rows[i].entry;
	return NULL;
}

bool tsem_call_always(size_t index, struct tsem_call *ret_call)
{
	if (index >= COUNT(always))
		return false;
	*ret_call = (struct tsem_call){always[index].entry, always[index].argument};
	return true;
}

static bool is_always(const char *entry, tsem_u32 argument)
{
	for (size_t i = 0; i < COUNT(always); i++)
		if (!strcmp(always[i].entry, entry) && always[i].argument == argument)
			return true;
	return !strcmp(entry, "always");
}

/* Where the use is, or would be. */
static size_t find_place(const struct tsem_calls *calls, const char *entry, tsem_u32 argument, bool *ret_there)
{
	size_t low = 0, high = calls->count;

	*ret_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct tsem_call *call = &calls->items[middle];
		int order = strcmp(call->entry, entry);

		if (!order && call->argument == argument) {
			*ret_there = true;
			return middle;
		}
		if (order < 0 || (!order && call->argument < argument))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int tsem_calls_add(struct tsem_calls *calls, const char *entry, tsem_u32 argument)
{
	const char *known = find_entry(entry);
	struct tsem_call *more, *at;
	size_t place;
	bool there;

	if (!known)
		return -ENOENT;
	calls->known = true;
	if (!find_argument(known))
		argument = 0;
	place = find_place(calls, known, argument, &there);
	if (there || is_always(known, argument))
		return 0;
	more = array_room(calls->items, calls->count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	calls->items = more;
	at = more + place;
	memmove(at + 1, at, (calls->count - place) * sizeof(*at));
	*at = (struct tsem_call){known, argument};
	calls->count++;
	return 1;
}

bool tsem_calls_have(const struct tsem_calls *calls, const char *entry, tsem_u32 argument)
{
	bool there;

	find_place(calls, entry, find_argument(entry) ? argument : 0, &there);
	return there || is_always(entry, argument);
}

void tsem_calls_deinit(struct tsem_calls *calls)
{
	free(calls->items);
	*calls = (struct tsem_calls){};
}

void tsem_call_format(const struct tsem_call *call, struct tsem_buffer *buffer)
{
	const struct argument *argument = find_argument(call->entry);

	buffer_text(buffer, call->entry);
	if (argument)
		tsem_buffer_printf(buffer, argument->format == HEX ? " 0x%x" : " %u", call->argument);
}

/* Names of arguments that are asked for most when one is refused. */
static const struct {
	const char *entry;
	tsem_u32 argument;
	const char *name;
} names[] = {
	{"socket", 1, "AF_UNIX"},
	{"socket", 2, "AF_INET"},
	{"socket", 10, "AF_INET6"},
	{"socket", 15, "AF_KEY"},
	{"socket", 16, "AF_NETLINK"},
	{"socket", 17, "AF_PACKET"},
	{"socket", 31, "AF_BLUETOOTH"},
	{"socket", 38, "AF_ALG"},
	{"socket", 40, "AF_VSOCK"},
	{"socket", 44, "AF_XDP"},
	{"socketpair", 1, "AF_UNIX"},
	{"ioctl", 0x540e, "TIOCSCTTY"},
	{"ioctl", 0x5410, "TIOCSPGRP"},
	{"ioctl", 0x540f, "TIOCGPGRP"},
	{"ioctl", 0x5402, "TCSETS"},
	{"ioctl", 0x5403, "TCSETSW"},
	{"ioctl", 0x5404, "TCSETSF"},
	{"ioctl", 0x5412, "TIOCSTI"},
	{"ioctl", 0x541b, "FIONREAD"},
	{"ioctl", 0x541c, "TIOCLINUX"},
	{"ioctl", 0x5421, "FIONBIO"},
	{"ioctl", 0x5450, "FIONCLEX"},
	{"ioctl", 0x5451, "FIOCLEX"},
	{"ioctl", 0x8933, "SIOCGIFINDEX"},
	{"ioctl", 0x40049409, "FICLONE"},
	{"prctl", 1, "PR_SET_PDEATHSIG"},
	{"prctl", 4, "PR_SET_DUMPABLE"},
	{"prctl", 8, "PR_SET_KEEPCAPS"},
	{"prctl", 15, "PR_SET_NAME"},
	{"prctl", 16, "PR_GET_NAME"},
	{"prctl", 22, "PR_SET_SECCOMP"},
	{"prctl", 23, "PR_CAPBSET_READ"},
	{"prctl", 24, "PR_CAPBSET_DROP"},
	{"prctl", 35, "PR_SET_MM"},
	{"prctl", 36, "PR_SET_CHILD_SUBREAPER"},
	{"prctl", 38, "PR_SET_NO_NEW_PRIVS"},
	{"prctl", 47, "PR_CAP_AMBIENT"},
	{"prctl", 0x59616d61, "PR_SET_PTRACER"},
};

void tsem_call_describe(const struct tsem_call *call, struct tsem_buffer *buffer)
{
	tsem_call_format(call, buffer);
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].argument == call->argument && !strcmp(names[i].entry, call->entry))
			tsem_buffer_printf(buffer, " (%s)", names[i].name);
}

bool tsem_call_parse(const char *text, size_t size, struct tsem_call *ret_call)
{
	const char *blank = memchr(text, ' ', size);
	char entry[32] = "", number[16] = "";
	size_t length = blank ? (size_t)(blank - text) : size;
	struct tsem_buffer again = {};
	bool same;

	if (length >= sizeof(entry) || size - length > sizeof(number))
		return false;
	memcpy(entry, text, length);
	if (blank)
		memcpy(number, blank + 1, size - length - 1);
	ret_call->entry = find_entry(entry);
	ret_call->argument = strtoul(number, NULL, 0);
	if (!ret_call->entry || is_always(ret_call->entry, ret_call->argument))
		return false;
	if (!find_argument(ret_call->entry))
		ret_call->argument = 0;
	tsem_call_format(ret_call, &again); /* has one spelling */
	same = again.size == size && !memcmp(again.data, text, size);
	tsem_buffer_deinit(&again);
	return same;
}
