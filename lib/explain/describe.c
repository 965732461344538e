/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "describe.h"

#include <string.h>

#include "objects.h"

/*
 * One phrase for an event. {field} stands for the field, and {field:word} for its text from describe_words.c; an absent
 * field stands for nothing. An event without a phrase is described by its name and its fields.
 */
struct phrase {
	const char *event;
	enum question question;
	const char *text;
	const char *optional; /* the field without which the other text is taken */
	const char *without;
};

static const struct phrase phrases[] = {
	{"bprm_committed_creds", QUESTION_RUNS, "runs {file}", NULL, NULL},
	{"task_kill", QUESTION_OTHERS, "sends signal {sig:signal} to {target}{cross_ns:foreign}", NULL, NULL},
	{"task_setpgid", QUESTION_OTHERS, "puts {task} into the process group of {source}", NULL, NULL},
	{"task_getpgid", QUESTION_NONE, "asks for the process group of {task}", NULL, NULL},
	{"task_getsid", QUESTION_NONE, "asks for the session of {task}", NULL, NULL},
	{"task_getioprio", QUESTION_NONE, "asks for the I/O priority of {task}", NULL, NULL},
	{"task_getscheduler", QUESTION_NONE, "asks for the scheduling of {task}", NULL, NULL},
	{"task_setscheduler", QUESTION_OTHERS, "changes the scheduling of {task}{call:incall}", NULL, NULL},
	{"task_setnice", QUESTION_OTHERS, "sets the nice value of {task} to {nice}", NULL, NULL},
	{"task_setioprio", QUESTION_OTHERS, "sets the I/O priority of {task} to {ioprio}", NULL, NULL},
	{"task_prlimit", QUESTION_OTHERS, "accesses the resource limits of another process (flags {flags})", NULL,
	 NULL},
	{"task_setrlimit", QUESTION_OTHERS, "limits resource {resource} of {task} to {current}, at most {max}", NULL,
	 NULL},
	{"task_prctl", QUESTION_POWERS, "uses the prctl() system call (option {option})", NULL, NULL},
	{"file_open", QUESTION_READS, "opens {file} {file.flags:access}", NULL, NULL},
	{"mmap_file", QUESTION_CODE, "maps {file} into memory {prot:memory}", "file",
	 "maps anonymous memory {prot:memory}"},
	{"file_ioctl", QUESTION_SYSTEM, "uses the ioctl() system call on {file} (command {cmd:hex})", NULL, NULL},
	{"file_lock", QUESTION_NONE, "locks {file} (command {cmd})", NULL, NULL},
	{"file_fcntl", QUESTION_OTHERS, "uses the fcntl() system call on {file} (command {cmd})", NULL, NULL},
	{"file_receive", QUESTION_OTHERS, "receives {file} from another process, open {file.flags:access}", NULL, NULL},
	{"socket_create", QUESTION_CONTACTS,
	 "creates {family:family} socket of type {type:socktype}{protocol:protocol}{kern:kernel}", NULL, NULL},
	{"socket_connect", QUESTION_CONTACTS, "connects to {addr}", NULL, NULL},
	{"socket_bind", QUESTION_LISTENS, "binds a socket to {addr}", NULL, NULL},
	{"socket_accept", QUESTION_LISTENS, "accepts connections on {addr}", NULL, NULL},
	{"socket_listen", QUESTION_LISTENS, "listens on {addr} (backlog {backlog})", NULL, NULL},
	{"socket_socketpair", QUESTION_NONE, "creates a pair of connected sockets", NULL, NULL},
	{"socket_sendmsg", QUESTION_CONTACTS, "sends to {addr}", "addr", "sends through {sock.family:family} socket"},
	{"socket_recvmsg", QUESTION_NONE, "receives from {addr}", "addr",
	 "receives through {sock.family:family} socket"},
	{"socket_getsockname", QUESTION_NONE, "asks for the address of {sock.family:family} socket", NULL, NULL},
	{"socket_getpeername", QUESTION_NONE, "asks for the peer of {sock.family:family} socket", NULL, NULL},
	{"socket_setsockopt", QUESTION_CONTACTS,
	 "sets option {optname} of level {level} of {sock.family:family} socket", NULL, NULL},
	{"socket_shutdown", QUESTION_NONE, "shuts down {sock.family:family} socket (direction {how})", NULL, NULL},
	{"ptrace_traceme", QUESTION_OTHERS, "lets {source} trace it (ptrace)", NULL, NULL},
	{"ptrace_access_check", QUESTION_OTHERS, "{mode:ptrace} {target} (ptrace, mode {mode}){call:incall}", NULL,
	 NULL},
	{"kernel_module_request", QUESTION_SYSTEM, "makes the kernel load the module {kmod_name}", NULL, NULL},
	{"kernel_load_data", QUESTION_SYSTEM, "loads data into the kernel{id:loading}", NULL, NULL},
	{"kernel_read_file", QUESTION_SYSTEM, "loads {file} into the kernel{id:loading}", NULL, NULL},
	{"sb_mount", QUESTION_SYSTEM, "mounts {dev_name} on {path}{type:fstype}{flags:mount}{data:with}", "dev_name",
	 "mounts on {path}{type:fstype}{flags:mount}{data:with}"},
	{"sb_umount", QUESTION_SYSTEM, "unmounts {dentry}", NULL, NULL},
	{"sb_remount", QUESTION_SYSTEM, "changes the options of the mount {dentry}{fstype:fstype}{s_flags:mount}", NULL,
	 NULL},
	{"sb_pivotroot", QUESTION_SYSTEM, "makes {new_path} its root directory, the old one becomes {old_path}", NULL,
	 NULL},
	{"sb_statfs", QUESTION_NONE, "asks for the state of the file system of {dentry}", NULL, NULL},
	{"move_mount", QUESTION_SYSTEM, "moves the mount {from_path} of {fstype}{dev_name:source} to {to_path}", NULL,
	 NULL},
	{"syslog", QUESTION_SYSTEM, "reads or controls the kernel's messages (action {type})", NULL, NULL},
	{"settime", QUESTION_SYSTEM, "sets the clock of the system", NULL, NULL},
	{"quotactl", QUESTION_SYSTEM, "controls disk quotas of {dentry}{fstype:fstype} (command {cmds})", NULL, NULL},
	{"quota_on", QUESTION_SYSTEM, "turns on disk quotas from {dentry}", NULL, NULL},
	{"key_alloc", QUESTION_OTHERS, "creates a key", NULL, NULL},
	{"netlink_send", QUESTION_CONTACTS, "sends a netlink message to port {portid}", NULL, NULL},
	{"inode_create", QUESTION_WRITES, "creates {dentry} with mode {mode}", NULL, NULL},
	{"inode_mkdir", QUESTION_WRITES, "creates the directory {dentry} with mode {mode}", NULL, NULL},
	{"inode_unlink", QUESTION_WRITES, "deletes {dentry}", NULL, NULL},
	{"inode_rmdir", QUESTION_WRITES, "deletes the directory {dentry}", NULL, NULL},
	{"inode_link", QUESTION_WRITES, "creates {new_dentry} as another name of {old_dentry}", NULL, NULL},
	{"inode_symlink", QUESTION_WRITES, "creates {dentry} as a symbolic link to {old_name}", NULL, NULL},
	{"inode_mknod", QUESTION_WRITES, "creates the device or pipe {dentry} with mode {mode}{mode:device}", NULL,
	 NULL},
	{"inode_rename", QUESTION_WRITES, "renames {old_dentry} to {new_dentry}{flags:renaming}", NULL, NULL},
	{"inode_setattr", QUESTION_WRITES, "changes {valid:attributes} of {dentry}{valid:values}", NULL, NULL},
	{"inode_getattr", QUESTION_NONE, "asks for the attributes of {path}", NULL, NULL},
	{"inode_setxattr", QUESTION_WRITES, "sets the attribute {name} of {dentry}", NULL, NULL},
	{"inode_getxattr", QUESTION_NONE, "reads the attribute {name} of {dentry}", NULL, NULL},
	{"inode_removexattr", QUESTION_WRITES, "removes the attribute {name} of {dentry}", NULL, NULL},
	{"inode_listxattr", QUESTION_NONE, "lists the attributes of {dentry}", NULL, NULL},
	{"inode_killpriv", QUESTION_WRITES, "removes the capabilities of {dentry}", NULL, NULL},
	{"uring_cmd", QUESTION_SYSTEM, "sends command {cmd_op} to {file} through an io_uring", NULL, NULL},
	{"tun_dev_create", QUESTION_SYSTEM, "creates a network tunnel", NULL, NULL},
	{"bpf", QUESTION_SYSTEM, "uses the bpf() system call (command {cmd:bpf})", NULL, NULL},
	{"bpf_map", QUESTION_SYSTEM, "opens a BPF map (type {map_type})", NULL, NULL},
	{"bpf_prog", QUESTION_SYSTEM, "opens a BPF program (type {type})", NULL, NULL},
	{"capable", QUESTION_POWERS, "uses {cap:capability}{ns:usernamespace}{call:incall}", NULL, NULL},
	{"unix_stream_connect", QUESTION_CONTACTS, "connects to the socket {addr}", "addr",
	 "connects to the socket {path}"},
	{"unix_may_send", QUESTION_CONTACTS, "sends to the socket {addr}", "addr", "sends to the socket {path}"},
	{"task_fix_setuid", QUESTION_POWERS, "becomes user {uid}, effective {euid}, saved {suid}", NULL, NULL},
	{"task_fix_setgid", QUESTION_POWERS, "becomes group {gid}, effective {egid}, saved {sgid}", NULL, NULL},
	{"task_fix_setgroups", QUESTION_POWERS, "takes {count} groups", NULL, NULL},
	{"path_chroot", QUESTION_POWERS, "makes {path} its root directory", NULL, NULL},
	{"path_notify", QUESTION_SYSTEM, "watches {path} by fanotify (mask {mask})", NULL, NULL},
	{"inode_init_security_anon", QUESTION_SYSTEM, "creates {name}", NULL, NULL},
	{"perf_event_open", QUESTION_SYSTEM, "opens performance counters (kind {type})", NULL, NULL},
	{"inode_set_acl", QUESTION_WRITES, "sets the access list {name} of {dentry}", NULL, NULL},
	{"inode_remove_acl", QUESTION_WRITES, "removes the access list {name} of {dentry}", NULL, NULL},
	{"ipc_create", QUESTION_OTHERS, "creates a System V object ({kind}) with mode {mode}", NULL, NULL},
	{"fs_context_parse_param", QUESTION_SYSTEM, "sets the mount option {key} of {fstype}{path:place} to {value}",
	 "value", "sets the mount option {key} of {fstype}{path:place}"},
	{"task_alloc", QUESTION_POWERS, "starts a task in another control group", NULL, NULL},
	{"system_call", QUESTION_SYSTEM, "makes the system call {call}{argument:call}", NULL, NULL},
	{"userns_create", QUESTION_POWERS, "creates a user namespace", NULL, NULL},
	{"capget", QUESTION_NONE, "asks for the capabilities of {target}", NULL, NULL},
	{"capset", QUESTION_POWERS,
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

enum question describe_question(const struct tsem_record *record)
{
	const char *name = tsem_event_name(record->event);
	const struct phrase *phrase = name ? find_phrase(name) : NULL;

	if (phrase)
		return phrase->question;
	return tsem_event_class_number(record->event) == TSEM_CLASS_SYSTEM ? QUESTION_SYSTEM : QUESTION_OTHERS;
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

void describe_phrase(struct describing *d, const char *text)
{
	while (*text) {
		size_t plain = strcspn(text, "{");

		tsem_buffer_add(d->buffer, text, plain);
		text += plain;
		if (*text)
			text = describe_reference(d, text + 1);
	}
}

/*
 * The deed to one object of an event, where the first word of its phrase does not say it. field: the one that has the
 * object, where the event has several.
 */
static const struct {
	const char *event, *field, *text;
} deeds[] = {
	{"inode_rename", "old_dentry", "{flags:renames} {new_dentry}"},
	{"inode_rename", "new_dentry", "{flags:replaces} {old_dentry}"},
	{"inode_link", "old_dentry", "gives the other name {new_dentry}"},
	{"inode_link", "new_dentry", "creates as another name of {old_dentry}"},
	{"inode_symlink", "dentry", "creates as a symbolic link to {old_name}"},
	{"inode_symlink", "old_name", "lets the symbolic link {dentry} lead to it"},
	{"inode_create", NULL, "creates{mode:special}"},
	{"inode_mkdir", NULL, "creates{mode:special}"},
	{"inode_mknod", NULL, "creates {mode:node}{mode:special}"},
	{"inode_setattr", NULL, "changes {valid:attributes}{valid:values}"},
	{"inode_setxattr", NULL, "sets the attribute {name}"},
	{"inode_removexattr", NULL, "removes the attribute {name}"},
	{"inode_set_acl", NULL, "sets the access list {name}"},
	{"inode_remove_acl", NULL, "removes the access list {name}"},
	{"inode_killpriv", NULL, "removes the capabilities"},
	{"file_open", NULL, "{file.flags:readwrite}{file.flags:unnamed}"},
};

static const char *find_deed(const char *event, const char *field)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (!strcmp(deeds[i].event, event) && (!deeds[i].field || !strcmp(deeds[i].field, field)))
			return deeds[i].text;
	return NULL;
}

void describe_deed(struct describing *d, const struct item *object)
{
	const char *name = tsem_event_name(d->record->event);
	const char *deed = name ? find_deed(name, object_field(&d->codec, object)) : NULL;
	const struct phrase *phrase = name ? find_phrase(name) : NULL;

	if (deed)
		describe_phrase(d, deed);
	else if (phrase)
		tsem_buffer_add(d->buffer, phrase->text, strcspn(phrase->text, " "));
	else
		buffer_text(d->buffer, name);
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
