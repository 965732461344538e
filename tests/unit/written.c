/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "written.h"

#include "unit.h"

struct tsem_record *parse_event(const char *type, const char *uid, const char *task, const char *cell)
{
	struct tsem_buffer line = {0};
	struct tsem_record *record = NULL;
	struct tsem_error error = {0};

	tsem_buffer_printf(&line,
			   "{\"export\":{\"type\":\"event\"},\"event\":{\"pid\":\"1\",\"tid\":\"1\",\"ppid\":"
			   "\"1\",\"context\":\"1\","
			   "\"number\":\"1\",\"process\":\"sh\",\"type\":\"%s\",\"ttd\":\"1\",\"p_ttd\":"
			   "\"0\",\"task_id\":\"%s\","
			   "\"p_task_id\":\"" ID0 "\",\"ts\":\"1\",\"flags\":\"0x0\",\"coefficient\":\"" ID0 "\"},",
			   type, task);
	tsem_buffer_printf(&line,
			   "\"COE\":{\"uid\":\"%s\",\"euid\":\"0\",\"suid\":\"0\",\"gid\":\"0\",\"egid\":"
			   "\"0\",\"sgid\":\"0\","
			   "\"fsuid\":\"0\",\"fsgid\":\"0\",\"capeff\":\"0x0\"},\"%s\":{%s}}",
			   uid, type, cell);
	if (tsem_record_from_json(line.data, line.size, &record, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	tsem_buffer_deinit(&line);
	return record;
}
