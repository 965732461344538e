/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which programs of bpf/agent/ see which events. Most have the name of their event; these are the others. */
#include "agent_programs.h"

#include <string.h>

#define EVENTS_MAX 3

struct row {
	const char *program;
	tsem_u16 events[EVENTS_MAX]; /* zeros behind; none: of the model only, and never loaded for an agent */
};

#define E(name) TSEM_EVENT_##name

static const struct row rows[] = {
	{"agent_forks", {TSEM_AGENT_FORK}},
	{"agent_exits", {TSEM_AGENT_EXIT}},
	{"inode_create", {E(inode_create), E(inode_mknod)}},
	{"external_create", {E(inode_create)}},
	{"message_queue_create", {E(inode_create)}},
	{"message_queue_unlink", {E(inode_unlink)}},
	{"file_executed", {E(file_open)}},
	{"file_ioctl_compat", {E(file_ioctl)}},
	{"mmap_file_brk", {E(mmap_file)}},
	{"mmap_file_mprotect", {E(mmap_file)}},
	{"perf_event_alloc", {E(ptrace_access_check)}},
	{"socket_sendmsg", {E(socket_sendmsg), E(socket_connect), E(socket_setsockopt)}},
	{"sctp_bind_connect", {E(socket_connect), E(socket_bind)}},
	{"shm_created", {E(ipc_create)}},
	{"sem_created", {E(ipc_create)}},
	{"msg_queue_created", {E(ipc_create)}},
	{"attributes_chmod", {E(inode_setattr)}},
	{"attributes_chown", {E(inode_setattr)}},
	{"attributes_truncate", {E(inode_setattr)}},
	{"attributes_ftruncate", {E(inode_setattr)}},
	{"remount_begins", {E(sb_remount)}},
	{"agent_emits", {TSEM_AGENT_EMIT, TSEM_AGENT_SYNC}},
	{"agent_execs", {TSEM_AGENT_EXEC}},
	{"agent_inherits", {0}},
	{"exec_commits", {0}},
	{"exec_over", {0}},
	{"file_contents", {0}},
	{"inode_created", {0}},
	{"mmap_file_done", {0}},
	{"msg_queue_freed", {0}},
	{"overlay_comes", {0}},
	{"overlay_gone", {0}},
	{"overlay_seen", {0}},
	{"sem_freed", {0}},
	{"shm_freed", {0}},
	{"socket_owner", {0}},
	{"task_begins", {0}},
	{"task_ends", {0}},
	{"task_inherit", {0}},
	{"task_stays", {0}},
	{"verdict_link", {0}},
};

static const struct row *find_row(const char *program)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].program, program))
			return &rows[i];
	return NULL;
}

bool agent_program_all(const char *program)
{
	return !strncmp(program, "all_", 4);
}

unsigned agent_program_events(const char *program, tsem_u16 ret_events[AGENT_PROGRAM_EVENTS])
{
	const struct row *row = find_row(program);
	unsigned count = 0;

	if (row) {
		for (; count < EVENTS_MAX && row->events[count]; count++)
			ret_events[count] = row->events[count];
		return count;
	}
	ret_events[0] = tsem_event_number(program + (agent_program_all(program) ? 4 : 0));
	return ret_events[0] ? 1 : AGENT_PROGRAM_UNKNOWN;
}
