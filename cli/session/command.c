/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX (1u << 20)

extern char **environ;

static int spawn(char *const *argv, int output, bool told, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!r && output >= 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!r && output >= 0 && !told)
		r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!r)
		r = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static void take(int fd, struct tsem_buffer *output)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && output->size + n <= OUTPUT_MAX)
			tsem_buffer_add(output, bytes, n);
}

static int run_command(char *const *argv, struct tsem_buffer *output, bool told)
{
	int ends[2] = {-1, -1}, status, r;
	pid_t pid;

	if (output && pipe2(ends, O_CLOEXEC))
		return -errno;
	fflush(stdout);
	r = spawn(argv, ends[1], told, &pid);
	if (ends[1] >= 0)
		close(ends[1]);
	if (!r && output)
		take(ends[0], output);
	if (ends[0] >= 0)
		close(ends[0]);
	if (r)
		return r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_command_of(char *const *argv, struct tsem_buffer *output)
{
	return run_command(argv, output, false);
}

int run_command_told(char *const *argv, struct tsem_buffer *output)
{
	return run_command(argv, output, true);
}
