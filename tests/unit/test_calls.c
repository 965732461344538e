/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "../../abi/syscall.h"
#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"
#include "model_lines.h"
#include "unit.h"

struct row {
	const char *name, *entry;
	int x86, arm64;
};

static const struct row rows[] = {
#define SYSCALL(call, x86, arm64, entry) {#call, #entry, x86, arm64},
#define SYSCALL_ARGUMENT(entry, index, format)
#define SYSCALL_ALWAYS(entry, argument)
#include "../../abi/syscalls.def"
};

#define ROWS (sizeof(rows) / sizeof(*rows))

/* No name, and on neither machine a number, is there twice; an entry with an argument is that of one call, of its own name. */
void test_calls_table(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		CHECK(rows[i].x86 < TSEM_SYSCALL_LIMIT && rows[i].arm64 < TSEM_SYSCALL_LIMIT);
		CHECK(rows[i].x86 >= 0 || rows[i].arm64 >= 0);
		if (tsem_call_argument(rows[i].entry) >= 0)
			CHECK_TEXT(rows[i].name, rows[i].entry);
		for (size_t k = 0; k < i; k++) {
			CHECK(strcmp(rows[i].name, rows[k].name) != 0);
			CHECK(rows[i].x86 < 0 || rows[i].x86 != rows[k].x86);
			CHECK(rows[i].arm64 < 0 || rows[i].arm64 != rows[k].arm64);
		}
	}
}

/* What is one deed is one entry, and what the wall is there for has one of its own. */
void test_calls_entries(void)
{
	static const char *const same[][2] = {
		{"openat2", "creat"}, {"statx", "newfstatat"},	      {"vfork", "clone3"},
		{"pselect6", "poll"}, {"epoll_pwait2", "epoll_wait"}, {"dup3", "dup2"},
		{"pipe2", "pipe"},    {"faccessat2", "access"},	      {"futex", "exit_group"},
	};
	static const char *const lone[] = {"ptrace",	  "userfaultfd", "iopl",    "vhangup",
					   "request_key", "bpf",	 "unshare", "setns"};

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		CHECK_TEXT(tsem_call_entry(same[i][0]), tsem_call_entry(same[i][1]));
	for (size_t i = 0; i < sizeof(lone) / sizeof(*lone); i++)
		for (size_t k = 0; k < ROWS; k++)
			CHECK(!strcmp(rows[k].entry, lone[i]) == !strcmp(rows[k].name, lone[i]));
	CHECK(!tsem_call_entry("opennot") && !tsem_call_name(511) && tsem_call_argument("open") == -1);
}

void test_calls_list(void)
{
	struct tsem_calls calls = {};

	CHECK(!tsem_calls_have(&calls, "open", 0) && tsem_calls_have(&calls, "always", 0));
	CHECK(tsem_calls_add(&calls, "always", 0) == 0 && calls.known);
	CHECK(tsem_calls_add(&calls, "ioctl", 0x5401) == 0 && tsem_calls_add(&calls, "opennot", 0) == -ENOENT &&
	      !calls.count);
	CHECK(tsem_calls_add(&calls, "socket", 10) == 1 && tsem_calls_add(&calls, "socket", 2) == 1);
	CHECK(tsem_calls_add(&calls, "open", 77) == 1 && tsem_calls_add(&calls, "open", 0) == 0);
	CHECK(tsem_calls_add(&calls, "ioctl", 0xffffffff) == 1 && tsem_calls_add(&calls, "socket", 10) == 0);
	CHECK(calls.count == 4);
	CHECK_TEXT(calls.items[0].entry, "ioctl");
	CHECK_TEXT(calls.items[1].entry, "open");
	CHECK(calls.items[2].argument == 2 && calls.items[3].argument == 10);
	CHECK(tsem_calls_have(&calls, "open", 5) && tsem_calls_have(&calls, "socket", 2) &&
	      !tsem_calls_have(&calls, "socket", 3));
	CHECK(tsem_calls_have(&calls, "ioctl", 0x5401) && !tsem_calls_have(&calls, "ioctl", 0x5402));
	tsem_calls_deinit(&calls);
}

void test_calls_file(void)
{
	static const struct {
		const char *lines, *reason; /* NULL: a model */
	} files[] = {
		{"coefficients 0\n", NULL},
		{"syscalls 0\ncoefficients 0\n", NULL},
		{"syscalls 5\nioctl 0x5421\nopen\nprctl 4\nsocket 2\nsocket 10\ncoefficients 0\n", NULL},
		{"syscalls 1\nioctl 0xffffffff\ncoefficients 0\n", NULL},
		{"syscalls 2\nopen\naccess\ncoefficients 0\n", "line 9: the system calls are not in ascending order"},
		{"syscalls 2\nsocket 10\nsocket 2\ncoefficients 0\n",
		 "line 9: the system calls are not in ascending order"},
		{"syscalls 2\nopen\nopen\ncoefficients 0\n", "line 9: this system call is there twice"},
		{"syscalls 1\nopennot\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nopenat\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nalways\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nioctl 0x5401\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nopen 0\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nopen \ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nsocket\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nsocket 02\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nsocket 0x2\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nsocket -1\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nsocket 4294967296\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nioctl 0x0541\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nioctl 0X5421\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nioctl 0x5421 1\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\nioctl  0x5421\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 1\n\ncoefficients 0\n", "line 8: this is not a system call"},
		{"syscalls 2\nopen\ncoefficients 0\n", "line 9: this is not a system call"},
		{"syscalls 0\nopen\ncoefficients 0\n", "line 8: \"coefficients\" is expected"},
		{"syscalls 1000\nopen\ncoefficients 0\n", "line 7: this is more than the file can hold"},
		{"syscalls 2\nopen\n", "line 9: there are fewer system calls than stated"},
		{"syscalls\n", "line 7: \"coefficients\" is expected"},
	};
	struct tsem_error error = {};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct tsem_model *model = NULL;
		struct tsem_buffer again = {};
		int r = model_lines_parse(files[i].lines, &model, &error);

		if (files[i].reason) {
			if (CHECK(r == -EBADMSG))
				CHECK_HOLDS(error.text, files[i].reason);
		} else if (CHECK(!r) && CHECK(!model_format(model, &again, &error))) {
			CHECK(model->calls.known == !strncmp(files[i].lines, "syscalls", 8));
			CHECK(!memcmp(again.data + strlen(MODEL_LINES_HEAD), files[i].lines, strlen(files[i].lines)));
		}
		tsem_buffer_deinit(&again);
		tsem_model_destroy(model);
	}
}

void test_calls_merge(void)
{
	struct tsem_model *a = NULL, *b = NULL, *c = NULL;
	struct tsem_error error = {};

	if (!CHECK(!model_lines_parse("syscalls 3\nioctl 0x5421\nopen\nsocket 2\ncoefficients 0\n", &a, &error)) ||
	    !CHECK(!model_lines_parse("syscalls 3\nopen\nsocket 1\nwait\ncoefficients 0\n", &b, &error)) ||
	    !CHECK(!model_lines_parse("coefficients 0\n", &c, &error)))
		return;
	CHECK(!tsem_model_merge(a, b, &error));
	CHECK(a->calls.known && a->calls.count == 5 && b->calls.count == 3);
	CHECK(a->calls.items[2].argument == 1 && a->calls.items[3].argument == 2);
	CHECK_TEXT(a->calls.items[4].entry, "wait");
	CHECK(!tsem_model_merge(a, c, &error) && !a->calls.known && !a->calls.count);
	CHECK(!tsem_model_merge(c, b, &error) && !c->calls.known && !c->calls.count);
	tsem_model_destroy(a);
	tsem_model_destroy(b);
	tsem_model_destroy(c);
}

void test_calls_words(void)
{
	static const struct {
		struct tsem_call call;
		const char *text;
	} words[] = {
		{{"open", 0}, "open"},
		{{"socket", 38}, "socket 38 (AF_ALG)"},
		{{"socket", 99}, "socket 99"},
		{{"ioctl", 0x5412}, "ioctl 0x5412 (TIOCSTI)"},
		{{"prctl", 38}, "prctl 38 (PR_SET_NO_NEW_PRIVS)"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct tsem_buffer text = {};

		tsem_call_describe(&words[i].call, &text);
		CHECK_TEXT(text.data, words[i].text);
		tsem_buffer_deinit(&text);
	}
}
