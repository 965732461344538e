/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "unit.h"
#include "../../lib/base/group.h"
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const types[] = {".service", ".scope", ".slice"};

static bool has_type(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(dot, types[i]))
			return true;
	return false;
}

int unit_name(const char *text, char ret_name[UNIT_NAME_MAX], struct tsem_error *error)
{
	bool good = *text && *text != '.' && *text != '-' && *text != '@';
	char name[UNIT_NAME_MAX];

	for (const char *c = text; *c; c++)
		good &= isalnum((unsigned char)*c) || strchr(":-_.\\@", *c);
	good = good && snprintf(name, sizeof(name), "%s%s", text, has_type(text) ? "" : ".service") < UNIT_NAME_MAX;
	if (!good)
		return tsem_error_set(error, EINVAL, "\"%.255s\" cannot be the name of a unit", text);
	memcpy(ret_name, name, sizeof(name));
	return 0;
}

#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

void unit_forget_environment(void)
{
	clearenv();
	setenv("PATH", USUAL_PATH, true);
}

/* Only systemd knows: a control group of the same name may be anybody's, also the one that this process is in. */
int unit_group(const char *name, char *ret_path, size_t size, struct tsem_error *error)
{
	char *const ask[] = {"systemctl", "show", "--property=ControlGroup", "--value", "--", (char *)name, NULL};
	struct tsem_buffer output = {};
	int r;

	r = run_command_of(ask, &output);
	if (r < 0)
		r = tsem_error_set(error, -r, "cannot ask systemd for %s: systemctl: %s", name, strerror(-r));
	else if (r)
		r = tsem_error_set(error, EIO, "systemctl cannot say where %s is (status %d)", name, r);
	else if (output.size < 2 || output.data[0] != '/' || output.data[1] == '\n')
		r = tsem_error_set(
			error, ENOENT,
			"unit %s has no control group now: start it, or let `tsem service` bind it each time it starts",
			name);
	else if (snprintf(ret_path, size, TSEM_GROUPS "%.*s", (int)strcspn(output.data, "\n"), output.data) >=
		 (int)size)
		r = tsem_error_set(error, ENAMETOOLONG, "the control group of %s has too long a name", name);
	tsem_buffer_deinit(&output);
	return r;
}
