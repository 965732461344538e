/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What takes the place of what: links, owners, modes, descriptors, devices; and what is left as it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/base/replace.h"
#include "unit.h"

static bool enter(char *directory)
{
	strcpy(directory, "/tmp/tsem-unit-XXXXXX");
	umask(022);
	return CHECK(mkdtemp(directory) && !chdir(directory));
}

static void leave(const char *directory)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	CHECK(!chdir("/") && !system(command));
}

static int put(const char *path, const char *text)
{
	struct tsem_error error = {0};
	int checked = tsem_output_check(path, &error), r = replace_file(path, text, strlen(text), 0, &error);

	CHECK(checked == r); /* what the check lets through can be written, and the other way round */
	return r;
}

static bool holds(const char *path, const char *text)
{
	char found[64] = "";
	int fd = open(path, O_RDONLY | O_NONBLOCK);

	if (fd < 0 || read(fd, found, sizeof(found) - 1) < 0)
		strcpy(found, "?");
	close(fd);
	return !strcmp(found, text);
}

static bool is_link(const char *path)
{
	struct stat status;

	return !lstat(path, &status) && S_ISLNK(status.st_mode);
}

void test_replace_links(void)
{
	char directory[64];

	if (!enter(directory))
		return;
	CHECK(!mkdir("there", 0755) && !put("there/file", "old") && holds("there/file", "old"));
	CHECK(!symlink("there/file", "link") && !symlink("link", "second") && !symlink("there/new", "dangling"));
	CHECK(!symlink("loop", "loop") && !symlink("none/x", "nowhere"));
	CHECK(!put("second", "new") && is_link("second") && is_link("link") && holds("there/file", "new"));
	CHECK(!put("dangling", "made") && is_link("dangling") && holds("there/new", "made"));
	CHECK(put("loop", "x") == -ELOOP && put("nowhere", "x") == -ENOENT && put("there", "x") == -EISDIR);
	CHECK(!symlink("/dev/null", "device") && put("device", "x") == -ENOTTY && is_link("device"));
	leave(directory);
}

void test_replace_owner(void)
{
	struct stat status;
	char directory[64];

	if (!enter(directory))
		return;
	CHECK(!put("m", "old") && !stat("m", &status) && (status.st_mode & 07777) == 0644);
	CHECK(!chmod("m", 0640));
	if (!geteuid())
		CHECK(!chown("m", 12345, 23456));
	CHECK(!put("m", "new") && holds("m", "new") && !stat("m", &status) && (status.st_mode & 07777) == 0640);
	CHECK(geteuid() || (status.st_uid == 12345 && status.st_gid == 23456));
	CHECK(!replace_file("p", "", 0, REPLACE_PRIVATE, NULL) && !stat("p", &status) &&
	      (status.st_mode & 07777) == 0600);
	leave(directory);
}

/* Where a redirection has led, behind what is there already; never a file in the place of the device. */
void test_replace_descriptors(void)
{
	char directory[64], path[64], found[8] = "";
	int fd, ends[2];

	if (!enter(directory))
		return;
	fd = open("out", O_WRONLY | O_CREAT, 0600);
	CHECK(write(fd, "a", 1) == 1);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	CHECK(!put(path, "b") && !symlink(path, "through") && !put("through", "c"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(!put(path, "d") && write(fd, "e", 1) == 1 && holds("out", "abcde"));
	CHECK(!pipe(ends));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), ends[1]);
	CHECK(!put(path, "xy") && read(ends[0], found, 8) == 2 && !strcmp(found, "xy"));
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	CHECK(put(path, "x") == -EBADF && put("/dev/fd/987", "x") == -EBADF);
	CHECK(put("/dev/null", "x") == -ENOTTY && put("/dev/zero", "x") == -ENOTTY);
	leave(directory);
}

/* In the open directory, whatever its name leads to by now, and never through a link. */
void test_replace_at(void)
{
	struct tsem_error error;
	struct stat status;
	char directory[64];
	int fd;

	if (!enter(directory))
		return;
	CHECK(!mkdir("d", 0700) && !put("outside", "kept") && !symlink("../outside", "d/l") && !put("d/f", "old"));
	CHECK(!chmod("d/f", 06751));
	fd = open("d", O_RDONLY | O_DIRECTORY);
	CHECK(!rename("d", "e") && !symlink(".", "d"));
	CHECK(!replace_file_at(fd, "f", "d/f", "new", 3, &error) && holds("e/f", "new"));
	CHECK(!stat("e/f", &status) && (status.st_mode & 07777) == 0751);
	CHECK(!replace_file_at(fd, "g", "d/g", "made", 4, &error) && holds("e/g", "made") && access("g", F_OK));
	CHECK(replace_file_at(fd, "l", "d/l", "x", 1, &error) == -ENOTSUP && is_link("e/l") &&
	      holds("outside", "kept"));
	CHECK(strstr(error.text, "d/l was not written") != NULL);
	close(fd);
	leave(directory);
}

void test_replace_move(void)
{
	char directory[64];

	if (!enter(directory))
		return;
	CHECK(!put("a", "a") && !put("b", "b") && !mkdir("d", 0700) && !mkdir("e", 0700) && !symlink("a", "l"));
	CHECK(!replace_move("a", "b") && holds("b", "a") && replace_move("a", "b") == -ENOENT);
	CHECK(!replace_move("b", "a") && holds("l", "a"));
	CHECK(replace_move("l", "x") == -ENOTSUP && replace_move("a", "l") == -EEXIST && is_link("l"));
	CHECK(replace_move("a", "d") == -EEXIST && replace_move("d", "a") == -EEXIST &&
	      replace_move("d", "e") == -EEXIST);
	CHECK(!replace_move("d", "f") && replace_move("/dev/null", "x") == -ENOTSUP);
	leave(directory);
}
