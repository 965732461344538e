/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool is_raw;

uint32_t lab_terminal_flags(void)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return LAB_JOB_TTY | (isatty(STDERR_FILENO) ? LAB_JOB_TTY_STDERR : 0);
	/* A terminal alone as stdin has nothing to show its echo on. */
	if (isatty(STDIN_FILENO) || fcntl(STDIN_FILENO, F_GETFD) < 0)
		return 0;
	return LAB_JOB_STDIN;
}

void lab_terminal_raw(void)
{
	struct termios raw;

	if (is_raw || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &saved) < 0)
		return;
	raw = saved;
	cfmakeraw(&raw);
	is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void lab_terminal_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	is_raw = false;
}
