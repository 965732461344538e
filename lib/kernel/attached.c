/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel frees programs some time after their last reference is gone. Unloading waits for that. */
#include "runtime.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 50

static void note_link(struct attached *attached, const char *path)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.prog_id && attached->count < ATTACHED_MAX)
		attached->programs[attached->count++] = info.prog_id;
	close(fd);
}

static void note_links(struct attached *attached, const char *pins)
{
	DIR *directory = opendir(pins);
	struct dirent *entry;
	char path[512];

	while (directory && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "%s/%s", pins, entry->d_name);
		if (entry->d_name[0] != '.')
			note_link(attached, path);
	}
	if (directory)
		closedir(directory);
}

/* Those of detections are in a directory for each; beside them are maps, which are no directories. */
void attached_note(struct attached *attached)
{
	DIR *directory = opendir(TSEM_PINS "/detect");
	struct dirent *entry;
	char path[512];

	attached->count = 0;
	note_links(attached, TSEM_PINS "/links");
	while (directory && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), TSEM_PINS "/detect/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			note_links(attached, path);
	}
	if (directory)
		closedir(directory);
}

size_t attached_detections(void)
{
	DIR *directory = opendir(TSEM_PINS "/detect");
	struct dirent *entry;
	size_t count = 0;

	while (directory && (entry = readdir(directory)))
		count += entry->d_type == DT_DIR && entry->d_name[0] != '.' && entry->d_name[0] != '+';
	if (directory)
		closedir(directory);
	return count;
}

/* The kernel reuses a program's number only after all numbers have been used. */
static size_t count_left(const struct attached *attached)
{
	size_t left = 0;
	int fd;

	for (size_t i = 0; i < attached->count; i++) {
		fd = bpf_prog_get_fd_by_id(attached->programs[i]);
		left += fd >= 0 || errno != ENOENT;
		if (fd >= 0)
			close(fd);
	}
	return left;
}

size_t attached_wait(const struct attached *attached, unsigned seconds)
{
	size_t left = count_left(attached);

	for (unsigned looks = seconds * 1000 / LOOK_MS; left && looks; looks--) {
		usleep(LOOK_MS * 1000);
		left = count_left(attached);
	}
	return left;
}
