/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "describe.h"

#include <string.h>

/*
 * One phrase for an event. {field} stands for the field, and {field:word} for its text from describe_words.c; an absent
 * field stands for nothing. An event without a phrase is described by its name and its fields.
 */
struct phrase {
	const char *event;
	const char *text;
	const char *optional; /* the field without which the other text is taken */
	const char *without;
};

static const struct phrase phrases[] = {
	{"bprm_committed_creds", "runs {file}", NULL, NULL},
	{"task_kill", "sends signal {sig:signal} to {target}{cross_ns:foreign}", NULL, NULL},
	{"task_setpgid", "puts {task} into the process group of {source}", NULL, NULL},
	{"task_getpgid", "asks for the process group of {task}", NULL, NULL},
	{"task_getsid", "asks for the session of {task}", NULL, NULL},
	{"task_getioprio", "asks for the I/O priority of {task}", NULL, NULL},
	{"task_getscheduler", "asks for the scheduling of {task}", NULL, NULL},
	{"task_setscheduler", "changes the scheduling of {task}{call:incall}", NULL, NULL},
	{"task_setnice", "sets the nice value of {task} to {nice}", NULL, NULL},
	{"task_setioprio", "sets the I/O priority of {task} to {ioprio}", NULL, NULL},
	{"task_prlimit", "accesses the resource limits of another process (flags {flags})", NULL, NULL},
	{"task_setrlimit", "limits resource {resource} of {task} to {current}, at most {max}", NULL, NULL},
	{"task_prctl", "uses the prctl() system call (option {option})", NULL, NULL},
	{"file_open", "opens {file} {file.flags:access}", NULL, NULL},
	{"mmap_file", "maps {file} into memory {prot:memory}", "file", "maps anonymous memory {prot:memory}"},
	{"file_ioctl", "uses the ioctl() system call on {file} (command {cmd:hex})", NULL, NULL},
	{"file_lock", "locks {file} (command {cmd})", NULL, NULL},
	{"file_fcntl", "uses the fcntl() system call on {file} (command {cmd})", NULL, NULL},
	{"file_receive", "receives {file} from another process, open {file.flags:access}", NULL, NULL},
	{"socket_create", "creates {family:family} socket of type {type:socktype}{protocol:protocol}{kern:kernel}",
	 NULL, NULL},
	{"socket_connect", "connects to {addr}", NULL, NULL},
	{"socket_bind", "binds a socket to {addr}", NULL, NULL},
	{"socket_accept", "accepts connections on {addr}", NULL, NULL},
	{"socket_listen", "listens on {addr} (backlog {backlog})", NULL, NULL},
	{"socket_socketpair", "creates a pair of connected sockets", NULL, NULL},
	{"socket_sendmsg", "sends to {addr}", "addr", "sends through {sock.family:family} socket"},
	{"socket_recvmsg", "receives from {addr}", "addr", "receives through {sock.family:family} socket"},
	{"socket_getsockname", "asks for the address of {sock.family:family} socket", NULL, NULL},
	{"socket_getpeername", "asks for the peer of {sock.family:family} socket", NULL, NULL},
	{"socket_setsockopt", "sets option {optname} of level {level} of {sock.family:family} socket", NULL, NULL},
	{"socket_shutdown", "shuts down {sock.family:family} socket (direction {how})", NULL, NULL},
	{"ptrace_traceme", "lets {source} trace it (ptrace)", NULL, NULL},
	{"ptrace_access_check", "{mode:ptrace} {target} (ptrace, mode {mode}){call:incall}", NULL, NULL},
	{"kernel_module_request", "makes the kernel load the module {kmod_name}", NULL, NULL},
	{"kernel_load_data", "loads data into the kernel{id:loading}", NULL, NULL},
	{"kernel_read_file", "loads {file} into the kernel{id:loading}", NULL, NULL},
	{"sb_mount", "mounts {dev_name} on {path}{type:fstype}{flags:mount}{data:with}", "dev_name",
	 "mounts on {path}{type:fstype}{flags:mount}{data:with}"},
	{"sb_umount", "unmounts {dentry}", NULL, NULL},
	{"sb_remount", "changes the options of the mount {dentry}", NULL, NULL},
	{"sb_pivotroot", "makes {new_path} its root directory, the old one becomes {old_path}", NULL, NULL},
	{"sb_statfs", "asks for the state of the file system of {dentry}", NULL, NULL},
	{"move_mount", "moves the mount {from_path} of {fstype} to {to_path}", NULL, NULL},
	{"syslog", "reads or controls the kernel's messages (action {type})", NULL, NULL},
	{"settime", "sets the clock of the system", NULL, NULL},
	{"quotactl", "controls disk quotas (command {cmds})", NULL, NULL},
	{"quota_on", "turns on disk quotas from {dentry}", NULL, NULL},
	{"key_alloc", "creates a key", NULL, NULL},
	{"netlink_send", "sends a netlink message to port {portid}", NULL, NULL},
	{"inode_create", "creates {dentry} with mode {mode}", NULL, NULL},
	{"inode_mkdir", "creates the directory {dentry} with mode {mode}", NULL, NULL},
	{"inode_unlink", "deletes {dentry}", NULL, NULL},
	{"inode_rmdir", "deletes the directory {dentry}", NULL, NULL},
	{"inode_link", "creates {new_dentry} as another name of {old_dentry}", NULL, NULL},
	{"inode_symlink", "creates {dentry} as a symbolic link to {old_name}", NULL, NULL},
	{"inode_mknod", "creates the device or pipe {dentry} with mode {mode}", NULL, NULL},
	{"inode_rename", "renames {old_dentry} to {new_dentry}{flags:renaming}", NULL, NULL},
	{"inode_setattr", "changes {valid:attributes} of {dentry}", NULL, NULL},
	{"inode_getattr", "asks for the attributes of {path}", NULL, NULL},
	{"inode_setxattr", "sets the attribute {name} of {dentry}", NULL, NULL},
	{"inode_getxattr", "reads the attribute {name} of {dentry}", NULL, NULL},
	{"inode_removexattr", "removes the attribute {name} of {dentry}", NULL, NULL},
	{"inode_listxattr", "lists the attributes of {dentry}", NULL, NULL},
	{"tun_dev_create", "creates a network tunnel", NULL, NULL},
	{"bpf", "uses the bpf() system call (command {cmd:bpf})", NULL, NULL},
	{"bpf_map", "opens a BPF map (type {map_type})", NULL, NULL},
	{"bpf_prog", "opens a BPF program (type {type})", NULL, NULL},
	{"capable", "uses {cap:capability}{ns:usernamespace}{call:incall}", NULL, NULL},
	{"unix_stream_connect", "connects to the socket {addr}", "addr", "connects to the socket {path}"},
	{"unix_may_send", "sends to the socket {addr}", "addr", "sends to the socket {path}"},
	{"task_fix_setuid", "becomes user {uid}, effective {euid}, saved {suid}", NULL, NULL},
	{"task_fix_setgid", "becomes group {gid}, effective {egid}, saved {sgid}", NULL, NULL},
	{"task_fix_setgroups", "takes {count} groups", NULL, NULL},
	{"path_chroot", "makes {path} its root directory", NULL, NULL},
	{"path_notify", "watches {path} by fanotify (mask {mask})", NULL, NULL},
	{"inode_init_security_anon", "creates {name}", NULL, NULL},
	{"perf_event_open", "opens performance counters (kind {type})", NULL, NULL},
	{"inode_set_acl", "sets the access list {name} of {dentry}", NULL, NULL},
	{"inode_remove_acl", "removes the access list {name} of {dentry}", NULL, NULL},
	{"ipc_create", "creates a System V object ({kind}) with mode {mode}", NULL, NULL},
	{"fs_context_parse_param", "sets the mount option {key} of {fstype} to {value}", "value",
	 "sets the mount option {key} of {fstype}"},
	{"task_alloc", "starts a task in another control group", NULL, NULL},
	{"system_call", "makes the system call {call}{argument:call}", NULL, NULL},
	{"userns_create", "creates a user namespace", NULL, NULL},
	{"capget", "asks for the capabilities of {target}", NULL, NULL},
	{"capset",
	 "sets its capabilities: effective {effective:capabilities}, permitted {permitted:capabilities}, "
	 "inheritable {inheritable:capabilities}",
	 NULL, NULL},
};

const struct item *describe_member(const struct codec *codec, const struct item *open, const char *name)
{
	const struct item *end = codec->items + codec->count;

	for (const struct item *item = open + 1; item < end && item->depth > open->depth; item++)
		if (item->depth == open->depth + 1 && item->kind != ITEM_CLOSE && !strcmp(item->field->name, name))
			return item;
	return NULL;
}

static const struct phrase *find_phrase(const char *event)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++)
		if (!strcmp(phrases[i].event, event))
			return &phrases[i];
	return NULL;
}

/* {field} or {field:word}; text is after the brace. Returns the position after the closing one. */
static const char *describe_reference(struct describing *d, const char *text)
{
	size_t name = strcspn(text, ":}"), whole = strcspn(text, "}");
	const struct item *item;
	char field[64];

	snprintf(field, sizeof(field), "%.*s", (int)name, text);
	item = codec_find(&d->codec, field);
	if (name == whole)
		describe_item(d, item);
	else
		describe_word(d, item, text + name + 1, whole - name - 1);
	return text + whole + 1;
}

static void describe_phrase(struct describing *d, const char *text)
{
	while (*text) {
		size_t plain = strcspn(text, "{");

		tsem_buffer_add(d->buffer, text, plain);
		text += plain;
		if (*text)
			text = describe_reference(d, text + 1);
	}
}

static void describe_fields(struct describing *d)
{
	const char *before = " (";

	buffer_text(d->buffer, tsem_event_name(d->record->event));
	for (unsigned i = 0; i < d->codec.count; i++) {
		const struct item *item = &d->codec.items[i];

		if (item->depth || item->kind == ITEM_CLOSE)
			continue;
		tsem_buffer_printf(d->buffer, "%s%s ", before, item->field->name);
		describe_item(d, item);
		before = ", ";
	}
	if (*before == ',')
		buffer_text(d->buffer, ")");
}

void record_describe(const struct tsem_record *record, program_name_fn name_program, const void *context,
		     struct tsem_buffer *buffer)
{
	struct describing d = {.record = record, .buffer = buffer, .name = name_program, .context = context};
	const char *name = tsem_event_name(record->event);
	const struct phrase *phrase = name ? find_phrase(name) : NULL;
	bool whole = codec_decode_record(&d.codec, record);

	if (!name)
		tsem_buffer_printf(buffer, "causes the unknown event %u", record->event);
	else if (phrase && phrase->optional && !codec_find(&d.codec, phrase->optional) && whole)
		describe_phrase(&d, phrase->without);
	else if (phrase && whole)
		describe_phrase(&d, phrase->text);
	else
		describe_fields(&d);
	if (record->failure && schema_failure(record->failure))
		tsem_buffer_printf(buffer, ", which could not be modeled (%s)", schema_failure(record->failure));
}

void tsem_record_describe(const struct tsem_record *record, struct tsem_buffer *buffer)
{
	record_describe(record, NULL, NULL, buffer);
}

static const struct item *find_type(const struct codec *codec, unsigned type, bool top)
{
	for (const struct item *item = codec->items; item < codec->items + codec->count; item++)
		if (item->field->type == type && item->kind != ITEM_CLOSE && (!top || !item->depth))
			return item;
	return NULL;
}

void tsem_record_object(const struct tsem_record *record, struct tsem_buffer *buffer)
{
	struct describing d = {.record = record, .buffer = buffer};
	const struct item *item;

	codec_decode_record(&d.codec, record);
	item = find_type(&d.codec, FIELD_PATH, false);
	if (item) {
		describe_path_short(&d, item);
		return;
	}
	item = find_type(&d.codec, FIELD_ADDR, false);
	describe_item(&d, item ? item : find_type(&d.codec, FIELD_STR, true));
}
