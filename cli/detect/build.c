/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem detect build, test: from a source to an object, and what the verifier says about it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "detect.h"
#include "../text/output.h"
#include "../text/text.h"

extern char **environ;

#define HEADERS_TEMPLATE "/tmp/tsem-detect-XXXXXX"
#define SOURCE_ENDING ".bpf.c"

/* ---- the headers, which the command has in it, in a directory that nobody else can write to ---- */

static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0700) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int write_header(const char *directory, const struct tsem_detect_shipped *header)
{
	char path[PATH_MAX];
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s", directory, header->name);
	r = make_parents(path);
	if (r)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write(fd, header->bytes, header->size) == (ssize_t)header->size ? 0 : -EIO;
	close(fd);
	return r;
}

static int write_headers(const char *directory, struct tsem_error *error)
{
	struct tsem_detect_shipped header;
	int r = 0;

	for (size_t i = 0; !r && tsem_detect_header(i, &header); i++)
		r = write_header(directory, &header);
	return r ? tsem_error_set(error, -r, "cannot write the headers to %s: %s", directory, strerror(-r)) : 0;
}

static void remove_headers(const char *directory)
{
	struct tsem_detect_shipped header;
	char path[PATH_MAX], *slash;

	for (size_t i = 0; tsem_detect_header(i, &header); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, header.name);
		unlink(path);
	}
	for (size_t i = 0; tsem_detect_header(i, &header); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, header.name);
		while ((slash = strrchr(path, '/')) && slash > path + strlen(directory)) {
			*slash = 0;
			rmdir(path);
		}
	}
	rmdir(directory);
}

/* ---- the compiler ---- */

static const char *target_word(void)
{
	struct utsname machine;

	return !uname(&machine) && !strcmp(machine.machine, "aarch64") ? "-D__TARGET_ARCH_arm64" :
									 "-D__TARGET_ARCH_x86";
}

/* Where Debian has what differs between architectures. */
static const char *architecture_headers(void)
{
	struct utsname machine;

	return !uname(&machine) && !strcmp(machine.machine, "aarch64") ? "/usr/include/aarch64-linux-gnu" :
									 "/usr/include/x86_64-linux-gnu";
}

static int run_clang(const char *headers, const char *source, const char *output, struct tsem_error *error)
{
	const char *const words[] = {"clang",
				     "-g",
				     "-O2",
				     "-mcpu=v3",
				     "-target",
				     "bpf",
				     target_word(),
				     "-I",
				     headers,
				     "-idirafter",
				     architecture_headers(),
				     "-Wall",
				     "-Wno-unused-function",
				     "-Wno-unused-const-variable",
				     "-c",
				     source,
				     "-o",
				     output,
				     NULL};
	int status, r;
	pid_t pid;

	r = posix_spawnp(&pid, words[0], NULL, NULL, (char **)words, environ);
	if (r)
		return tsem_error_set(
			error, r,
			"cannot run clang: %s: install the packages clang and libbpf-dev; the detections that "
			"come with tsem need neither (`tsem detect ls --all`)",
			strerror(r));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	unlink(output);
	return tsem_error_set(error, EINVAL, "clang does not compile %s: see above", source);
}

static int name_output(const struct invocation *v, char *ret_path, size_t size)
{
	const char *source = v->operands[1], *given = invocation_value(v, OPTION_detect_output);
	size_t length = strlen(source), ending = strlen(SOURCE_ENDING);
	const char *slash = strrchr(source, '/'), *base = slash ? slash + 1 : source;

	if (length <= ending || strcmp(source + length - ending, SOURCE_ENDING))
		return tsem_error_set(v->error, EINVAL,
				      "%s is no source of a detection: its name has to end in " SOURCE_ENDING, source);
	if (access(source, R_OK))
		return tsem_error_set(v->error, errno, "cannot read %s: %s", source, strerror(errno));
	if (given)
		snprintf(ret_path, size, "%s", given);
	else
		snprintf(ret_path, size, "%.*s.o", (int)(strlen(base) - ending), base);
	return 0;
}

int detect_build(const struct invocation *v)
{
	char directory[] = HEADERS_TEMPLATE, output[PATH_MAX];
	struct tsem_detection_head head;
	int r = name_output(v, output, sizeof(output));

	if (r)
		return r;
	if (!mkdtemp(directory))
		return tsem_error_set(v->error, errno, "cannot make a directory in /tmp: %s", strerror(errno));
	r = write_headers(directory, v->error);
	if (!r)
		r = run_clang(directory, v->operands[1], output, v->error);
	remove_headers(directory);
	if (!r && !strchr(output, '/')) { /* a name without a dot would be one of tsem's own */
		memmove(output + 2, output, strlen(output) + 1);
		memcpy(output, "./", 2);
	}
	if (!r)
		r = tsem_detect_head(output, &head, v->error);
	if (r)
		return r;
	printf("%s has the detection %s. `tsem detect test %s` asks the kernel, `tsem detect add %s` attaches it.\n",
	       output, head.name, output, output);
	return 0;
}

/* The verifier quotes lines of the source, which may be somebody else's. */
static void print_log(FILE *file, const char *log)
{
	struct tsem_buffer text = {};
	size_t length;

	for (; *log; log += length + !!log[length]) {
		length = strcspn(log, "\n");
		text_escape(&text, log, length);
		tsem_buffer_add(&text, "\n", 1);
	}
	fprintf(file, "%s\n", text.data ? text.data : "");
	tsem_buffer_deinit(&text);
}

/* One sentence first, then what the verifier printed, where that is wanted or something is wrong. */
int detect_test(const struct invocation *v)
{
	struct tsem_detect *detect = NULL;
	struct tsem_buffer log = {};
	int r = tsem_detect_open(TSEM_DETECT_LOAD, &detect, v->error);

	if (!r) {
		r = tsem_detect_test(detect, v->operands[1], invocation_given(v, OPTION_detect_verbose), &log,
				     v->error);
		tsem_detect_close(detect);
	}
	if (!r) {
		printf("The kernel takes %s.\n", v->operands[1]);
	} else {
		print_styled(stderr, STYLE_PLAIN, v->operands[1]);
		fputs(": ", stderr);
		print_styled(stderr, STYLE_PLAIN, v->error->text);
		fputc('\n', stderr);
	}
	if (log.size && (r || invocation_given(v, OPTION_detect_verbose)))
		print_log(r ? stderr : stdout, log.data);
	tsem_buffer_deinit(&log);
	return r;
}
