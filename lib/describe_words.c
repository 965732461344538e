/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Single fields in words. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "describe.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void put_hex(struct tsem_buffer *buffer, const tsem_u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		tsem_buffer_printf(buffer, "%02x", bytes[i]);
}

void describe_program(struct describing *d, const tsem_u8 *id)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];

	if (!memcmp(id, zero, TSEM_DIGEST_SIZE)) {
		buffer_text(d->buffer, "the program that the workload began with");
		return;
	}
	buffer_text(d->buffer, "the program ");
	put_hex(d->buffer, id, 4);
}

static void describe_created(struct describing *d, const struct item *directory, const struct item *instance,
			     const struct item *owner)
{
	tsem_buffer_printf(d->buffer, "file number %llu that ", item_number(instance));
	if (memcmp(owner->data, d->record->task_id, TSEM_DIGEST_SIZE) != 0)
		describe_program(d, owner->data);
	else
		buffer_text(d->buffer, "it");
	buffer_text(d->buffer, " created in ");
	buffer_escape(d->buffer, directory->data, directory->size);
}

static void describe_path(struct describing *d, const struct item *path)
{
	const struct item *name = describe_member(&d->codec, path, "pathname");
	const struct item *directory = describe_member(&d->codec, path, "directory");
	const struct item *instance = describe_member(&d->codec, path, "instance");
	const struct item *owner = describe_member(&d->codec, path, "owner");

	if (name)
		buffer_escape(d->buffer, name->data, name->size);
	else if (directory && instance && owner)
		describe_created(d, directory, instance, owner);
	else
		buffer_text(d->buffer, "a file whose path could not be read");
}

void describe_path_short(struct describing *d, const struct item *path)
{
	const struct item *name = describe_member(&d->codec, path, "pathname");
	const struct item *directory = describe_member(&d->codec, path, "directory");
	const struct item *instance = describe_member(&d->codec, path, "instance");

	if (name)
		buffer_escape(d->buffer, name->data, name->size);
	if (!directory || !instance)
		return;
	buffer_escape(d->buffer, directory->data, directory->size);
	if (directory->size && directory->data[directory->size - 1] != '/')
		buffer_text(d->buffer, "/");
	tsem_buffer_printf(d->buffer, "(created %llu)", item_number(instance));
}

static void describe_inet(struct describing *d, const struct item *open, int family)
{
	const struct item *port = describe_member(&d->codec, open, "port");
	const struct item *address = describe_member(&d->codec, open, "address");
	char text[INET6_ADDRSTRLEN];

	if (port && address && inet_ntop(family, address->data, text, sizeof(text)))
		tsem_buffer_printf(d->buffer, "%s port %llu", text, item_number(port));
}

static void describe_unix(struct describing *d, const struct item *address)
{
	size_t size = address ? address->size : 0;

	if (!size) {
		buffer_text(d->buffer, "an unnamed local socket");
		return;
	}
	if (!address->data[0]) {
		buffer_text(d->buffer, "the local socket @");
		buffer_escape(d->buffer, address->data + 1, size - 1);
		return;
	}
	buffer_text(d->buffer, "the local socket ");
	buffer_escape(d->buffer, address->data, strnlen((const char *)address->data, size));
}

static void describe_address(struct describing *d, const struct item *address)
{
	const struct item *item = address + 1, *family;

	if (item >= d->codec.items + d->codec.count || item->depth <= address->depth)
		return;
	switch (item->field->type) {
	case FIELD_INET:
		describe_inet(d, item, AF_INET);
		break;
	case FIELD_INET6:
		describe_inet(d, item, AF_INET6);
		break;
	case FIELD_UNIX:
		describe_unix(d, describe_member(&d->codec, item, "address"));
		break;
	default:
		family = describe_member(&d->codec, item, "family");
		tsem_buffer_printf(d->buffer, "an address of family %llu", family ? item_number(family) : 0);
	}
}

/* A shape that has no words of its own: its values in braces. */
static void describe_shape(struct describing *d, const struct item *open)
{
	const struct item *path = describe_member(&d->codec, open, "path");
	const char *before = "{";

	if (path) {
		describe_path(d, path);
		return;
	}
	for (const struct item *item = open + 1; item < d->codec.items + d->codec.count && item->depth > open->depth; item++) {
		if (item->depth != open->depth + 1 || item->kind == ITEM_CLOSE)
			continue;
		tsem_buffer_printf(d->buffer, "%s%s ", before, item->field->name);
		describe_item(d, item);
		before = ", ";
	}
	buffer_text(d->buffer, *before == '{' ? "{}" : "}");
}

static void describe_value(struct describing *d, const struct item *item)
{
	tsem_u64 number;

	switch (item->field->type) {
	case FIELD_STR:
	case FIELD_BYTES:
	case FIELD_PATH_TYPE:
		buffer_escape(d->buffer, item->data, item->size);
		return;
	case FIELD_DIGEST:
	case FIELD_UUID:
	case FIELD_IPV6:
	case FIELD_IPV4:
		put_hex(d->buffer, item->data, item->size);
		return;
	default:
		number = item_number(item);
	}
	if (item->field->type == FIELD_MODE)
		tsem_buffer_printf(d->buffer, "%#llo", number);
	else if (item->field->type == FIELD_X32 || item->field->type == FIELD_X64)
		tsem_buffer_printf(d->buffer, "0x%llx", number);
	else
		tsem_buffer_printf(d->buffer, item->field->type == FIELD_S32 ? "%lld" : "%llu", number);
}

/* Digests with one of these names are the TASK_ID of another task. */
static bool names_task(const char *name)
{
	return !strcmp(name, "target") || !strcmp(name, "task") || !strcmp(name, "source");
}

static void describe_task(struct describing *d, const struct item *item)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];

	if (memcmp(item->data, zero, TSEM_DIGEST_SIZE) && !memcmp(item->data, d->record->task_id, TSEM_DIGEST_SIZE))
		buffer_text(d->buffer, "a process of the same program");
	else
		describe_program(d, item->data);
}

void describe_item(struct describing *d, const struct item *item)
{
	if (!item)
		return;
	if (item->field->type == FIELD_PATH)
		describe_path(d, item);
	else if (item->field->type == FIELD_ADDR)
		describe_address(d, item);
	else if (item->kind == ITEM_OPEN)
		describe_shape(d, item);
	else if (item->field->type == FIELD_DIGEST && names_task(item->field->name))
		describe_task(d, item);
	else
		describe_value(d, item);
}

/* ---- numbers that have names ---- */

struct name {
	tsem_u64 number;
	const char *name;
};

static const char *find_name(const struct name *names, size_t count, tsem_u64 number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

/* The names of the bits that are set, as a list with "and". */
static void put_bits(struct tsem_buffer *buffer, const struct name *names, size_t count, tsem_u64 bits, const char *none)
{
	tsem_u64 left = 0;
	bool any = false;

	for (size_t i = 0; i < count; i++)
		if (bits & names[i].number)
			left |= names[i].number;
	for (size_t i = 0; i < count; i++) {
		if (!(left & names[i].number))
			continue;
		left &= ~names[i].number;
		tsem_buffer_printf(buffer, "%s%s", !any ? "" : left ? ", " : " and ", names[i].name);
		any = true;
	}
	if (!any)
		buffer_text(buffer, none);
}

static void word_signal(struct describing *d, tsem_u64 number)
{
	static const char *const names[] = {
		"",	"HUP",	"INT",	  "QUIT", "ILL",  "TRAP", "ABRT", "BUS",  "FPE",  "KILL",   "USR1",
		"SEGV", "USR2", "PIPE",	  "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP",   "TTIN",
		"TTOU", "URG",	"XCPU",	  "XFSZ", "VTALRM", "PROF", "WINCH", "IO",  "PWR",  "SYS",
	};

	tsem_buffer_printf(d->buffer, "%llu", number);
	if (number && number < COUNT(names))
		tsem_buffer_printf(d->buffer, " (SIG%s)", names[number]);
}

static void word_foreign(struct describing *d, tsem_u64 number)
{
	if (number)
		buffer_text(d->buffer, " in another namespace");
}

static void word_access(struct describing *d, tsem_u64 flags)
{
	static const char *const access[] = {"for reading", "for writing", "for reading and writing", "for control only"};
	const tsem_u64 execution = 0x20; /* __FMODE_EXEC: the kernel opens it in order to run it */
	const tsem_u64 path = 010000000; /* O_PATH */

	if (flags & execution)
		buffer_text(d->buffer, "for execution");
	else if (flags & path)
		buffer_text(d->buffer, "as a path only");
	else
		buffer_text(d->buffer, access[flags & O_ACCMODE]);
	if (flags & O_APPEND)
		buffer_text(d->buffer, ", at its end");
	if (flags & O_TRUNC)
		buffer_text(d->buffer, ", emptying it");
}

static void word_memory(struct describing *d, tsem_u64 prot)
{
	if (prot & PROT_EXEC)
		buffer_text(d->buffer, prot & PROT_WRITE ? "as program code that can be written" : "as program code");
	else if (prot & PROT_WRITE)
		buffer_text(d->buffer, "for reading and writing");
	else
		buffer_text(d->buffer, prot & PROT_READ ? "for reading" : "without access");
}

static void word_hex(struct describing *d, tsem_u64 number)
{
	tsem_buffer_printf(d->buffer, "0x%llx", number);
}

static void word_family(struct describing *d, tsem_u64 number)
{
	static const struct name names[] = {
		{AF_UNIX, "a local"},	       {AF_INET, "an IPv4"},  {AF_INET6, "an IPv6"},   {AF_NETLINK, "a netlink"},
		{AF_PACKET, "a raw packet"}, {AF_ALG, "a crypto"},  {AF_VSOCK, "a vsock"}, {AF_BLUETOOTH, "a Bluetooth"},
	};
	const char *name = find_name(names, COUNT(names), number);

	if (name)
		buffer_text(d->buffer, name);
	else
		tsem_buffer_printf(d->buffer, "a family-%llu", number);
}

static void word_socktype(struct describing *d, tsem_u64 number)
{
	static const struct name names[] = {
		{SOCK_STREAM, "stream"}, {SOCK_DGRAM, "datagram"}, {SOCK_RAW, "raw"}, {SOCK_SEQPACKET, "sequential packet"},
	};
	const char *name = find_name(names, COUNT(names), number & 15);

	if (name)
		buffer_text(d->buffer, name);
	else
		tsem_buffer_printf(d->buffer, "%llu", number);
}

static void word_protocol(struct describing *d, tsem_u64 number)
{
	if (number)
		tsem_buffer_printf(d->buffer, " for protocol %llu", number);
}

static void word_kernel(struct describing *d, tsem_u64 number)
{
	if (number)
		buffer_text(d->buffer, " inside the kernel");
}

static void word_ptrace(struct describing *d, tsem_u64 mode)
{
	const tsem_u64 attach = 2; /* PTRACE_MODE_ATTACH */

	buffer_text(d->buffer, mode & attach ? "traces or controls" : "inspects");
}

static void word_loading(struct describing *d, tsem_u64 id)
{
	static const struct name names[] = {
		{1, " as firmware"}, {2, " as a module"},	    {3, " as a new kernel"},
		{4, " as an initramfs"}, {5, " as a policy"}, {6, " as an X.509 certificate"},
	};
	const char *name = find_name(names, COUNT(names), id);

	buffer_text(d->buffer, name ? name : "");
}

static void word_mount(struct describing *d, tsem_u64 flags)
{
	static const struct name names[] = {
		{MS_RDONLY, "read-only"}, {MS_REMOUNT, "changing options"}, {MS_BIND, "as a bind mount"},
		{MS_MOVE, "moving it"},	  {MS_PRIVATE, "private"},	    {MS_SLAVE, "slave"},
		{MS_SHARED, "shared"},
	};
	struct tsem_buffer list = {0};

	put_bits(&list, names, COUNT(names), flags, "");
	if (list.size)
		tsem_buffer_printf(d->buffer, " (%s)", list.data);
	tsem_buffer_deinit(&list);
}

static void word_attributes(struct describing *d, tsem_u64 valid)
{
	static const struct name names[] = {
		{1, "the mode"},	     {2, "the owner"},		  {4, "the group"},		 {8, "the size"},
		{16 | 128, "the time of access"}, {32 | 256, "the time of change"}, {64, "the time of status change"},
	};

	/* every change also sets the time of status change */
	if (valid & ~(tsem_u64)64 & (1 | 2 | 4 | 8 | 16 | 32 | 128 | 256))
		valid &= ~(tsem_u64)64;
	put_bits(d->buffer, names, COUNT(names), valid, "the attributes");
}

static void word_bpf(struct describing *d, tsem_u64 number)
{
	static const char *const names[] = {
		"MAP_CREATE", "MAP_LOOKUP_ELEM", "MAP_UPDATE_ELEM", "MAP_DELETE_ELEM", "MAP_GET_NEXT_KEY", "PROG_LOAD",
		"OBJ_PIN",    "OBJ_GET",	 "PROG_ATTACH",	    "PROG_DETACH",
	};

	tsem_buffer_printf(d->buffer, "%llu", number);
	if (number < COUNT(names))
		tsem_buffer_printf(d->buffer, ", %s", names[number]);
}

static const char *const capability_names[] = {
	"chown",	  "dac_override",  "dac_read_search", "fowner",		"fsetid",      "kill",
	"setgid",	  "setuid",	   "setpcap",	      "linux_immutable", "net_bind_service", "net_broadcast",
	"net_admin",	  "net_raw",	   "ipc_lock",	      "ipc_owner",	"sys_module",  "sys_rawio",
	"sys_chroot",	  "sys_ptrace",	   "sys_pacct",	      "sys_admin",	"sys_boot",    "sys_nice",
	"sys_resource",	  "sys_time",	   "sys_tty_config",  "mknod",		"lease",       "audit_write",
	"audit_control",  "setfcap",	   "mac_override",    "mac_admin",	"syslog",      "wake_alarm",
	"block_suspend",  "audit_read",	   "perfmon",	      "bpf",		"checkpoint_restore",
};

static void word_capability(struct describing *d, tsem_u64 number)
{
	if (number < COUNT(capability_names))
		tsem_buffer_printf(d->buffer, "the capability %s", capability_names[number]);
	else
		tsem_buffer_printf(d->buffer, "capability %llu", number);
}

/* More than this many are a number: nobody reads a longer list. */
#define CAPABILITY_LIST 6

static void word_capabilities(struct describing *d, tsem_u64 bits)
{
	const char *before = "";

	if (!bits) {
		buffer_text(d->buffer, "none");
	} else if (!(~bits & ((1ull << COUNT(capability_names)) - 1))) {
		buffer_text(d->buffer, "all");
	} else if (__builtin_popcountll(bits) > CAPABILITY_LIST || bits >> COUNT(capability_names)) {
		tsem_buffer_printf(d->buffer, "0x%llx", bits);
	} else {
		for (unsigned i = 0; i < COUNT(capability_names); i++)
			if (bits >> i & 1) {
				tsem_buffer_printf(d->buffer, "%s%s", before, capability_names[i]);
				before = "+";
			}
	}
}

static const struct {
	const char *name;
	void (*print)(struct describing *d, tsem_u64 number);
} words[] = {
	{"signal", word_signal},     {"foreign", word_foreign},	      {"access", word_access},
	{"memory", word_memory},     {"hex", word_hex},		      {"family", word_family},
	{"socktype", word_socktype}, {"protocol", word_protocol},     {"kernel", word_kernel},
	{"ptrace", word_ptrace},     {"loading", word_loading},	      {"mount", word_mount},
	{"bpf", word_bpf},	     {"attributes", word_attributes}, {"capability", word_capability},
	{"capabilities", word_capabilities},
};

bool describe_word(struct describing *d, const struct item *item, const char *name, size_t size)
{
	if (!item)
		return true;
	if (size == strlen("fstype") && !memcmp(name, "fstype", size)) {
		buffer_text(d->buffer, " as ");
		describe_item(d, item);
		return true;
	}
	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i].name) == size && !memcmp(words[i].name, name, size)) {
			words[i].print(d, item_number(item));
			return true;
		}
	return false;
}
