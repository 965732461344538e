/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "describe.h"

#include <string.h>

/*
 * One phrase for an event. {field} stands for the field, and {field:word} for its text from describe_words.c; an absent
 * field stands for nothing. An event without a phrase is described by its name and its fields.
 */
struct phrase {
	const char *event;
	enum review_topic topic; /* the question of a reviewer that the event answers */
	const char *text;
	const char *optional; /* the field without which the other text is taken */
	const char *without;
};

static const struct phrase phrases[] = {
	{"bprm_committed_creds", REVIEW_RUNS, "runs {file}", NULL, NULL},
	{"task_kill", REVIEW_OTHERS, "sends signal {sig:signal} to {target}{cross_ns:foreign}", NULL, NULL},
	{"task_setpgid", REVIEW_OTHERS, "puts {task} into the process group of {source}", NULL, NULL},
	{"task_getpgid", REVIEW_NOTHING, "asks for the process group of {task}", NULL, NULL},
	{"task_getsid", REVIEW_NOTHING, "asks for the session of {task}", NULL, NULL},
	{"task_getioprio", REVIEW_NOTHING, "asks for the I/O priority of {task}", NULL, NULL},
	{"task_getscheduler", REVIEW_NOTHING, "asks for the scheduling of {task}", NULL, NULL},
	{"task_setscheduler", REVIEW_OTHERS, "changes the scheduling of {task}{call:incall}", NULL, NULL},
	{"task_setnice", REVIEW_OTHERS, "sets the nice value of {task} to {nice}", NULL, NULL},
	{"task_setioprio", REVIEW_OTHERS, "sets the I/O priority of {task} to {ioprio}", NULL, NULL},
	{"task_prlimit", REVIEW_OTHERS, "accesses the resource limits of another process (flags {flags})", NULL, NULL},
	{"task_setrlimit", REVIEW_OTHERS, "limits resource {resource} of {task} to {current}, at most {max}", NULL,
	 NULL},
	{"task_prctl", REVIEW_POWERS, "uses the prctl() system call (option {option})", NULL, NULL},
	{"file_open", REVIEW_FILES, "opens {file} {file.flags:access}", NULL, NULL},
	{"mmap_file", REVIEW_CODE, "maps {file} into memory {prot:memory}", "file",
	 "maps anonymous memory {prot:memory}"},
	{"file_ioctl", REVIEW_SYSTEM, "uses the ioctl() system call on {file} (command {cmd:hex})", NULL, NULL},
	{"file_lock", REVIEW_NOTHING, "locks {file} (command {cmd})", NULL, NULL},
	{"file_fcntl", REVIEW_NOTHING, "uses the fcntl() system call on {file} (command {cmd})", NULL, NULL},
	{"file_receive", REVIEW_OTHERS, "receives {file} from another process, open {file.flags:access}", NULL, NULL},
	{"socket_create", REVIEW_NOTHING,
	 "creates {family:family} socket of type {type:socktype}{protocol:protocol}{kern:kernel}", NULL, NULL},
	{"socket_connect", REVIEW_CONTACTS, "connects to {addr}", NULL, NULL},
	{"socket_bind", REVIEW_LISTENS, "binds a socket to {addr}", NULL, NULL},
	{"socket_accept", REVIEW_LISTENS, "accepts connections on {addr}", NULL, NULL},
	{"socket_listen", REVIEW_LISTENS, "listens on {addr} (backlog {backlog})", NULL, NULL},
	{"socket_socketpair", REVIEW_NOTHING, "creates a pair of connected sockets", NULL, NULL},
	{"socket_sendmsg", REVIEW_CONTACTS, "sends to {addr}", "addr", "sends through {sock.family:family} socket"},
	{"socket_recvmsg", REVIEW_NOTHING, "receives from {addr}", "addr",
	 "receives through {sock.family:family} socket"},
	{"socket_getsockname", REVIEW_NOTHING, "asks for the address of {sock.family:family} socket", NULL, NULL},
	{"socket_getpeername", REVIEW_NOTHING, "asks for the peer of {sock.family:family} socket", NULL, NULL},
	{"socket_setsockopt", REVIEW_NOTHING, "sets option {optname} of level {level} of {sock.family:family} socket",
	 NULL, NULL},
	{"socket_shutdown", REVIEW_NOTHING, "shuts down {sock.family:family} socket (direction {how})", NULL, NULL},
	{"ptrace_traceme", REVIEW_OTHERS, "lets {source} trace it (ptrace)", NULL, NULL},
	{"ptrace_access_check", REVIEW_OTHERS, "{mode:ptrace} {target} (ptrace, mode {mode}){call:incall}", NULL, NULL},
	{"kernel_module_request", REVIEW_SYSTEM, "makes the kernel load the module {kmod_name}", NULL, NULL},
	{"kernel_load_data", REVIEW_SYSTEM, "loads data into the kernel{id:loading}", NULL, NULL},
	{"kernel_read_file", REVIEW_SYSTEM, "loads {file} into the kernel{id:loading}", NULL, NULL},
	{"sb_mount", REVIEW_SYSTEM, "mounts {dev_name} on {path}{type:fstype}{flags:mount}{data:with}", "dev_name",
	 "mounts on {path}{type:fstype}{flags:mount}{data:with}"},
	{"sb_umount", REVIEW_SYSTEM, "unmounts {dentry}", NULL, NULL},
	{"sb_remount", REVIEW_SYSTEM, "changes the options of the mount {dentry}", NULL, NULL},
	{"sb_pivotroot", REVIEW_SYSTEM, "makes {new_path} its root directory, the old one becomes {old_path}", NULL,
	 NULL},
	{"sb_statfs", REVIEW_NOTHING, "asks for the state of the file system of {dentry}", NULL, NULL},
	{"move_mount", REVIEW_SYSTEM, "moves the mount {from_path} of {fstype} to {to_path}", NULL, NULL},
	{"syslog", REVIEW_SYSTEM, "reads or controls the kernel's messages (action {type})", NULL, NULL},
	{"settime", REVIEW_SYSTEM, "sets the clock of the system", NULL, NULL},
	{"quotactl", REVIEW_SYSTEM, "controls disk quotas (command {cmds})", NULL, NULL},
	{"quota_on", REVIEW_SYSTEM, "turns on disk quotas from {dentry}", NULL, NULL},
	{"key_alloc", REVIEW_OTHERS, "creates a key", NULL, NULL},
	{"netlink_send", REVIEW_CONTACTS, "sends a netlink message to port {portid}", NULL, NULL},
	{"inode_create", REVIEW_CHANGES, "creates {dentry} with mode {mode}", NULL, NULL},
	{"inode_mkdir", REVIEW_CHANGES, "creates the directory {dentry} with mode {mode}", NULL, NULL},
	{"inode_unlink", REVIEW_CHANGES, "deletes {dentry}", NULL, NULL},
	{"inode_rmdir", REVIEW_CHANGES, "deletes the directory {dentry}", NULL, NULL},
	{"inode_link", REVIEW_CHANGES, "creates {new_dentry} as another name of {old_dentry}", NULL, NULL},
	{"inode_symlink", REVIEW_CHANGES, "creates {dentry} as a symbolic link to {old_name}", NULL, NULL},
	{"inode_mknod", REVIEW_CHANGES, "creates the device or pipe {dentry} with mode {mode}", NULL, NULL},
	{"inode_rename", REVIEW_CHANGES, "renames {old_dentry} to {new_dentry}{flags:renaming}", NULL, NULL},
	{"inode_setattr", REVIEW_CHANGES, "changes {valid:attributes} of {dentry}", NULL, NULL},
	{"inode_getattr", REVIEW_NOTHING, "asks for the attributes of {path}", NULL, NULL},
	{"inode_setxattr", REVIEW_CHANGES, "sets the attribute {name} of {dentry}", NULL, NULL},
	{"inode_getxattr", REVIEW_NOTHING, "reads the attribute {name} of {dentry}", NULL, NULL},
	{"inode_removexattr", REVIEW_CHANGES, "removes the attribute {name} of {dentry}", NULL, NULL},
	{"inode_listxattr", REVIEW_NOTHING, "lists the attributes of {dentry}", NULL, NULL},
	{"tun_dev_create", REVIEW_SYSTEM, "creates a network tunnel", NULL, NULL},
	{"bpf", REVIEW_SYSTEM, "uses the bpf() system call (command {cmd:bpf})", NULL, NULL},
	{"bpf_map", REVIEW_SYSTEM, "opens a BPF map (type {map_type})", NULL, NULL},
	{"bpf_prog", REVIEW_SYSTEM, "opens a BPF program (type {type})", NULL, NULL},
	{"capable", REVIEW_POWERS, "uses {cap:capability}{ns:usernamespace}{call:incall}", NULL, NULL},
	{"unix_stream_connect", REVIEW_CONTACTS, "connects to the socket {addr}", "addr",
	 "connects to the socket {path}"},
	{"unix_may_send", REVIEW_CONTACTS, "sends to the socket {addr}", "addr", "sends to the socket {path}"},
	{"task_fix_setuid", REVIEW_POWERS, "becomes user {uid}, effective {euid}, saved {suid}", NULL, NULL},
	{"task_fix_setgid", REVIEW_POWERS, "becomes group {gid}, effective {egid}, saved {sgid}", NULL, NULL},
	{"task_fix_setgroups", REVIEW_POWERS, "takes {count} groups", NULL, NULL},
	{"path_chroot", REVIEW_POWERS, "makes {path} its root directory", NULL, NULL},
	{"path_notify", REVIEW_SYSTEM, "watches {path} by fanotify (mask {mask})", NULL, NULL},
	{"inode_init_security_anon", REVIEW_SYSTEM, "creates {name}", NULL, NULL},
	{"perf_event_open", REVIEW_SYSTEM, "opens performance counters (kind {type})", NULL, NULL},
	{"inode_set_acl", REVIEW_CHANGES, "sets the access list {name} of {dentry}", NULL, NULL},
	{"inode_remove_acl", REVIEW_CHANGES, "removes the access list {name} of {dentry}", NULL, NULL},
	{"ipc_create", REVIEW_OTHERS, "creates a System V object ({kind}) with mode {mode}", NULL, NULL},
	{"fs_context_parse_param", REVIEW_SYSTEM, "sets the mount option {key} of {fstype} to {value}", "value",
	 "sets the mount option {key} of {fstype}"},
	{"task_alloc", REVIEW_POWERS, "starts a task in another control group", NULL, NULL},
	{"system_call", REVIEW_SYSTEM, "makes the system call {call}{argument:call}", NULL, NULL},
	{"userns_create", REVIEW_POWERS, "creates a user namespace", NULL, NULL},
	{"capget", REVIEW_NOTHING, "asks for the capabilities of {target}", NULL, NULL},
	{"capset", REVIEW_POWERS,
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

enum review_topic describe_topic(const struct tsem_record *record)
{
	const char *name = tsem_event_name(record->event);
	const struct phrase *phrase = name ? find_phrase(name) : NULL;

	if (phrase)
		return phrase->topic;
	return tsem_event_class_number(record->event) == TSEM_CLASS_SYSTEM ? REVIEW_SYSTEM : REVIEW_OTHERS;
}

size_t describe_verb(const struct tsem_record *record, const char **ret_verb)
{
	const char *name = tsem_event_name(record->event);
	const struct phrase *phrase = name ? find_phrase(name) : NULL;

	*ret_verb = phrase ? phrase->text : "";
	return strcspn(*ret_verb, " ");
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
