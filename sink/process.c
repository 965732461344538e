/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Without what the loader and the C library obey: the process loads libraries later, too, such as those of the name service, and the
 * workload may write to a directory that is named there. What is preloaded is no directory, and tsem itself runs it.
 */
static bool is_kept(const char *variable)
{
	static const char *const lost[] = {"LD_", "GCONV_PATH=", "GLIBC_TUNABLES="};
	bool is_lost = false;

	for (size_t i = 0; i < sizeof(lost) / sizeof(*lost); i++)
		is_lost |= !strncmp(variable, lost[i], strlen(lost[i]));
	return !is_lost || !strncmp(variable, "LD_PRELOAD=", strlen("LD_PRELOAD="));
}

static char **make_environment(void)
{
	size_t count = 0, kept = 0;
	char **variables;

	while (environ && environ[count])
		count++;
	variables = calloc(count + 1, sizeof(*variables));
	for (size_t i = 0; variables && i < count; i++)
		if (is_kept(environ[i]))
			variables[kept++] = environ[i];
	return variables;
}

/* Signals of a terminal or of a service manager are for its parent, which may still have something to send. */
int process_start(const char *name, int socket, pid_t *ret_pid)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE};
	char *const words[] = {(char *)name, NULL}, **variables = make_environment();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t held;
	int r;

	if (!variables)
		return ENOMEM;
	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&held, signals[i]);
	posix_spawn_file_actions_init(&actions); /* of the C library, these two never fail */
	posix_spawnattr_init(&attributes);
	r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
	if (!r)
		r = posix_spawnattr_setsigmask(&attributes, &held);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	if (!r)
		r = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, words, variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(variables);
	return r;
}
