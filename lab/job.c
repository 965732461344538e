/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define IDLE_SECONDS 20

/* All that follows the lab_job head; the first failure sticks. */
struct strings {
	char *bytes;
	size_t length;
	FILE *stream;
	uint32_t count;
};

static void put_string(struct strings *strings, const char *text)
{
	fwrite(text, 1, strlen(text) + 1, strings->stream);
	strings->count++;
}

static bool is_passed(const char *variable)
{
	static const char *const names[] = {
		"HOME=",  "TERM=",   "LANG=",  "LC_*",	     "LANGUAGE=", "TZ=", "USER=",  "LOGNAME=",
		"SHELL=", "EDITOR=", "PAGER=", "COLORTERM=", "NO_COLOR=", "CI=", "TSEM_*",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]) - (strchr(names[i], '*') != NULL);

		if (strncmp(variable, names[i], length) == 0)
			return true;
	}
	return false;
}

/* The command is root, whose programs a user's PATH may leave out. */
static void put_path(struct strings *strings)
{
	const char *path = getenv("PATH");
	char *text;

	if (!path || !*path)
		path = "/usr/local/bin:/usr/bin:/bin";
	if (asprintf(&text, "PATH=%s%s", path, strstr(path, "/usr/sbin") ? "" : ":/usr/local/sbin:/usr/sbin:/sbin") < 0)
		return;
	put_string(strings, text);
	free(text);
}

static void put_environment(struct strings *strings, const char *cwd)
{
	char **each;
	char *text;

	put_path(strings);
	put_string(strings, "TSEM_LAB=1");
	if (asprintf(&text, "PWD=%s", cwd) >= 0) {
		put_string(strings, text);
		free(text);
	}
	for (each = environ; each && *each; each++)
		if (is_passed(*each) && strncmp(*each, "TSEM_LAB=", 9) != 0)
			put_string(strings, *each);
}

static void terminal_size(struct lab_size *ret_size)
{
	struct winsize window;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &window) < 0)
		return;
	ret_size->rows = window.ws_row;
	ret_size->columns = window.ws_col;
}

/* Leaves room for what the guest reads before it checks the count. */
static uint32_t inode_limit(const struct lab_options *options, unsigned int fd_limit)
{
	return options->deterministic ? 0 : fd_limit / 2;
}

int lab_job_encode(const struct lab_options *options, char *const argv[], uint32_t flags, unsigned int fd_limit,
		   uint8_t **ret_bytes, size_t *ret_length, struct tsem_error *error)
{
	struct lab_job job = {
		.flags = flags,
		.idle_seconds = options->deterministic ? IDLE_SECONDS : 0,
		.inode_limit = inode_limit(options, fd_limit),
	};
	struct strings strings = {.bytes = NULL};
	char *cwd = getcwd(NULL, 0);
	size_t i;

	strings.stream = cwd ? open_memstream(&strings.bytes, &strings.length) : NULL;
	if (!strings.stream) {
		tsem_error_set(error, errno, "cannot tell the working directory: %s", strerror(errno));
		free(cwd);
		return -1;
	}
	terminal_size(&job.size);
	fwrite(&job, sizeof(job), 1, strings.stream);
	put_string(&strings, cwd);
	for (i = 0; argv[i]; i++)
		put_string(&strings, argv[i]);
	job.argc = (uint32_t)i;
	put_environment(&strings, cwd);
	job.envc = strings.count - 1 - job.argc;
	free(cwd);
	if (fclose(strings.stream) != 0 || strings.length > LAB_FRAME_MAX) {
		free(strings.bytes);
		tsem_error_set(error, E2BIG, "the command's arguments are too long for the guest");
		return -1;
	}
	memcpy(strings.bytes, &job, sizeof(job));
	*ret_bytes = (uint8_t *)strings.bytes;
	*ret_length = strings.length;
	return 0;
}
