/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of OCSF 1.3.0 for its numbers. */
#include <stddef.h>

#include "ocsf_words.h"

#define ACTIVITIES_MAX 15

/* By activity_id, from 1. */
static const struct class_words {
	unsigned class;
	const char *name, *activities[ACTIVITIES_MAX];
} classes[] = {
	{1001,
	 "File System Activity",
	 {"Create", "Read", "Update", "Delete", "Rename", "Set Attributes", "Set Security", "Get Attributes",
	  "Get Security", "Encrypt", "Decrypt", "Mount", "Unmount", "Open"}},
	{1002, "Kernel Extension Activity", {"Load", "Unload"}},
	{1003, "Kernel Activity", {"Create", "Read", "Delete", "Invoke"}},
	{1004,
	 "Memory Activity",
	 {"Allocate Page", "Modify Page", "Delete Page", "Buffer Overflow", "Disable DEP", "Enable DEP", "Read",
	  "Write", "Map View"}},
	{1007, "Process Activity", {"Launch", "Terminate", "Open", "Inject", "Set User ID"}},
	{OCSF_FINDING, "Detection Finding", {"Create", "Update", "Close"}},
	{4001, "Network Activity", {"Open", "Close", "Reset", "Fail", "Refuse", "Traffic", "Listen"}},
};

static const struct class_words *find_class(unsigned class)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (classes[i].class == class)
			return &classes[i];
	return &classes[0]; /* every row of ocsf.def has one of them */
}

const char *ocsf_class_name(unsigned class)
{
	return find_class(class)->name;
}

const char *ocsf_activity_name(unsigned class, unsigned activity)
{
	return activity >= 1 && activity <= ACTIVITIES_MAX ? find_class(class)->activities[activity - 1] : NULL;
}

const char *ocsf_category_name(unsigned class)
{
	return class / 1000 == 1 ? "System Activity" : class / 1000 == 2 ? "Findings" : "Network Activity";
}

const char *ocsf_severity_name(unsigned severity)
{
	static const char *const names[] = {"Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal"};

	return severity < sizeof(names) / sizeof(*names) ? names[severity] : names[0];
}

const char *ocsf_action_name(bool refused)
{
	return refused ? "Denied" : "Allowed";
}

const char *ocsf_disposition_name(unsigned disposition)
{
	return disposition == 1 ? "Allowed" : disposition == 2 ? "Blocked" : "Detected";
}
