/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "group.h"

#include <stdio.h>
#include <string.h>

void control_group_of(const char *process, char ret_path[PATH_MAX])
{
	char file[64], line[PATH_MAX + 4];
	FILE *groups;

	*ret_path = 0;
	snprintf(file, sizeof(file), "/proc/%s/cgroup", process);
	groups = fopen(file, "re");
	while (groups && !*ret_path && fgets(line, sizeof(line), groups))
		if (!strncmp(line, "0::/", 4))
			snprintf(ret_path, PATH_MAX, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	if (groups)
		fclose(groups);
}
