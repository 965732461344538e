/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a fuzz target once over each file and each file of each directory named, without libFuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned runs, failures;

static void replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(size + !size);

	if (!file || !bytes || fread(bytes, 1, size, file) != size) {
		fprintf(stderr, "# %s cannot be read\n", path);
		failures++;
	} else {
		LLVMFuzzerTestOneInput(bytes, size);
		runs++;
	}
	if (file)
		fclose(file);
	free(bytes);
}

static void replay_path(const char *path, int depth)
{
	struct dirent *entry;
	struct stat status;
	DIR *directory;
	char name[4096];

	if (stat(path, &status) < 0 || (S_ISDIR(status.st_mode) && depth)) {
		failures++;
		return;
	}
	directory = S_ISDIR(status.st_mode) ? opendir(path) : NULL;
	if (!directory) {
		replay_file(path, status.st_size);
		return;
	}
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		replay_path(name, depth + 1);
	}
	closedir(directory);
}

int main(int count, char **arguments)
{
	for (int i = 1; i < count; i++)
		replay_path(arguments[i], 0);
	printf("%sok 1 - %s: %u inputs\n", failures || !runs ? "not " : "", arguments[0], runs);
	return failures || !runs;
}
