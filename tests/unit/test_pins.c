/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Directories of pins, made of other files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/detect/pins.h"
#include "unit.h"

static bool make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	return fd >= 0 && !close(fd);
}

void test_pins_names(void)
{
	char root[] = "/tmp/tsem-unit-XXXXXX";
	struct tsem_error error = {};

	if (!CHECK(mkdtemp(root) && !chdir(root) && !mkdir("loading", 0700) && make("loading/pin") &&
		   !mkdir("taken", 0700)))
		return;
	/* An errno that is left from before says nothing. */
	errno = 0;
	CHECK(detect_name_pins("loading", "taken", "it", &error) == -EEXIST && !access("loading/pin", F_OK));
	CHECK_TEXT(error.text, "cannot pin the detection it as taken: File exists");
	errno = ENOSPC;
	CHECK(detect_name_pins("loading", "taken", "it", &error) == -EEXIST);
	CHECK(!detect_name_pins("loading", "free", "it", &error) && !access("free/pin", F_OK));
	CHECK(!detect_remove_pins("free", &error) && access("free", F_OK) && !detect_remove_pins("free", &error));
	CHECK(!rmdir("taken") && !chdir("/") && !rmdir(root));
}

/* A pin that stays keeps its program, so it is told. */
void test_pins_stay(void)
{
	char root[] = "/tmp/tsem-unit-XXXXXX";
	struct tsem_error error = {};

	if (!CHECK(mkdtemp(root) && !chdir(root) && !mkdir("pins", 0700) && make("pins/a") && make("pins/c") &&
		   !mkdir("pins/b", 0700)))
		return;
	CHECK(detect_remove_pins("pins", &error) == -EISDIR);
	CHECK_TEXT(error.text, "cannot remove pins/b: Is a directory");
	CHECK(access("pins/a", F_OK) && access("pins/c", F_OK));
	CHECK(!rmdir("pins/b") && !detect_remove_pins("pins", &error));
	CHECK(!chdir("/") && !rmdir(root));
}
