/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers that have names. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "describe.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

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
static void put_bits(struct tsem_buffer *buffer, const struct name *names, size_t count, tsem_u64 bits,
		     const char *none)
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
		"",	"HUP",	"INT",	"QUIT", "ILL",	  "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
		"SEGV", "USR2", "PIPE", "ALRM", "TERM",	  "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
		"TTOU", "URG",	"XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
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
	static const char *const access[] = {"for reading", "for writing", "for reading and writing",
					     "for control only"};
	const tsem_u64 path = 010000000; /* O_PATH */

	if (flags & DESCRIBE_EXECUTION)
		buffer_text(d->buffer, "for execution");
	else if (flags & path)
		buffer_text(d->buffer, "as a path only");
	else
		buffer_text(d->buffer, access[flags & O_ACCMODE]);
	if (flags & O_APPEND)
		buffer_text(d->buffer, ", at its end");
	if (flags & O_TRUNC)
		buffer_text(d->buffer, ", emptying it");
	if (flags & TSEM_FLAG_RUNNING)
		buffer_text(d->buffer, ", while it runs");
	if (flags & TSEM_FLAG_TERMINAL)
		buffer_text(d->buffer, ", as its controlling terminal");
	if (flags & TSEM_FLAG_OTHERS)
		buffer_text(d->buffer, ", by way of another process");
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
		{AF_UNIX, "a local"},	     {AF_INET, "an IPv4"}, {AF_INET6, "an IPv6"}, {AF_NETLINK, "a netlink"},
		{AF_PACKET, "a raw packet"}, {AF_ALG, "a crypto"}, {AF_VSOCK, "a vsock"}, {AF_BLUETOOTH, "a Bluetooth"},
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
		{SOCK_STREAM, "stream"},
		{SOCK_DGRAM, "datagram"},
		{SOCK_RAW, "raw"},
		{SOCK_SEQPACKET, "sequential packet"},
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
		{1, " as firmware"},	 {2, " as a module"}, {3, " as a new kernel"},
		{4, " as an initramfs"}, {5, " as a policy"}, {6, " as an X.509 certificate"},
	};
	const char *name = find_name(names, COUNT(names), id);

	buffer_text(d->buffer, name ? name : "");
}

static void word_renaming(struct describing *d, tsem_u64 flags)
{
	if (flags & 1)
		buffer_text(d->buffer, " if that does not exist");
	if (flags & DESCRIBE_EXCHANGE)
		buffer_text(d->buffer, ", which gets its name in turn");
	if (flags & ~3ULL)
		tsem_buffer_printf(d->buffer, " (flags 0x%llx)", flags);
}

static void word_renames(struct describing *d, tsem_u64 flags)
{
	buffer_text(d->buffer, flags & DESCRIBE_EXCHANGE ? "exchanges with" : "renames to");
}

static void word_replaces(struct describing *d, tsem_u64 flags)
{
	if (flags & DESCRIBE_EXCHANGE)
		buffer_text(d->buffer, "exchanges with");
	else
		tsem_buffer_printf(d->buffer, "%s by renaming",
				   codec_find(&d->codec, "new_dentry.inode") ? "replaces" : "creates");
}

static void word_readwrite(struct describing *d, tsem_u64 flags)
{
	buffer_text(d->buffer, (flags & O_ACCMODE) == O_RDONLY ? "reads" : "writes");
}

tsem_u64 describe_special(tsem_u64 mode)
{
	tsem_u64 bits = mode & (S_ISDIR(mode) ? 0 : S_ISUID | S_ISGID);

	return S_ISBLK(mode) || S_ISCHR(mode) ? bits | (mode & S_IFMT) : bits;
}

static void put_special(struct describing *d, const char *before, tsem_u64 mode)
{
	static const struct name names[] = {{S_ISUID, "setuid"}, {S_ISGID, "setgid"}};

	if (!(mode & (S_ISUID | S_ISGID)))
		return;
	buffer_text(d->buffer, before);
	put_bits(d->buffer, names, COUNT(names), mode, "");
}

static void word_special(struct describing *d, tsem_u64 mode)
{
	put_special(d, ", ", mode);
	if (mode & (S_ISUID | S_ISGID))
		tsem_buffer_printf(d->buffer, " (mode %#llo)", mode & 07777);
}

static void word_unnamed(struct describing *d, tsem_u64 flags)
{
	const struct item *mode = codec_find(&d->codec, "file.inode.mode");

	if (!(flags & DESCRIBE_TMPFILE))
		return;
	buffer_text(d->buffer, " as a new file without a name");
	word_special(d, mode ? item_number(mode) : 0);
}

static bool is_device(tsem_u64 mode)
{
	return S_ISBLK(mode) || S_ISCHR(mode);
}

static void put_device(struct describing *d)
{
	const struct item *major = codec_find(&d->codec, "dev.major"), *minor = codec_find(&d->codec, "dev.minor");

	tsem_buffer_printf(d->buffer, " %llu:%llu", major ? item_number(major) : 0, minor ? item_number(minor) : 0);
}

static void word_device(struct describing *d, tsem_u64 mode)
{
	if (!is_device(mode))
		return;
	buffer_text(d->buffer, S_ISBLK(mode) ? ", block device" : ", character device");
	put_device(d);
}

static void word_node(struct describing *d, tsem_u64 mode)
{
	static const struct name names[] = {
		{S_IFBLK, "the block device"},
		{S_IFCHR, "the character device"},
		{S_IFIFO, "a pipe"},
		{S_IFSOCK, "a socket"},
	};
	const char *name = find_name(names, COUNT(names), mode & S_IFMT);

	buffer_text(d->buffer, name ? name : "a file");
	if (is_device(mode))
		put_device(d);
}

static void put_value(struct describing *d, const char **before, const char *what, const char *field)
{
	const struct item *item = codec_find(&d->codec, field);

	tsem_buffer_printf(d->buffer, "%s%s %llu", *before, what, item ? item_number(item) : 0);
	*before = ", ";
}

/* Of the attributes that are changed, those by which anybody gets a right. */
static void word_values(struct describing *d, tsem_u64 valid)
{
	const struct item *mode = codec_find(&d->codec, "mode");
	const char *before = " (";

	if (valid & DESCRIBE_SET_MODE && mode) {
		tsem_buffer_printf(d->buffer, "%smode %#llo", before, item_number(mode) & 07777);
		put_special(d, ": ", item_number(mode));
		before = ", ";
	}
	if (valid & DESCRIBE_SET_USER)
		put_value(d, &before, "user", "uid");
	if (valid & DESCRIBE_SET_GROUP)
		put_value(d, &before, "group", "gid");
	if (*before == ',')
		buffer_text(d->buffer, ")");
	if (valid & TSEM_FLAG_RUNNING)
		buffer_text(d->buffer, ", while it runs");
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
		{DESCRIBE_SET_MODE, "the mode"},   {DESCRIBE_SET_USER, "the owner"},
		{DESCRIBE_SET_GROUP, "the group"}, {8, "the size"},
		{16 | 128, "the time of access"},  {32 | 256, "the time of change"},
		{64, "the time of status change"},
	};

	/* every change also sets the time of status change */
	if (valid & ~(tsem_u64)64 & (1 | 2 | 4 | 8 | 16 | 32 | 128 | 256))
		valid &= ~(tsem_u64)64;
	put_bits(d->buffer, names, COUNT(names), valid, "the attributes");
}

static void word_bpf(struct describing *d, tsem_u64 number)
{
	static const char *const names[] = {
		"MAP_CREATE", "MAP_LOOKUP_ELEM", "MAP_UPDATE_ELEM", "MAP_DELETE_ELEM", "MAP_GET_NEXT_KEY",
		"PROG_LOAD",  "OBJ_PIN",	 "OBJ_GET",	    "PROG_ATTACH",     "PROG_DETACH",
	};

	tsem_buffer_printf(d->buffer, "%llu", number);
	if (number < COUNT(names))
		tsem_buffer_printf(d->buffer, ", %s", names[number]);
}

static const char *const capability_names[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

static void word_capability(struct describing *d, tsem_u64 number)
{
	if (number < COUNT(capability_names))
		tsem_buffer_printf(d->buffer, "the capability %s", capability_names[number]);
	else
		tsem_buffer_printf(d->buffer, "capability %llu", number);
}

static void word_usernamespace(struct describing *d, tsem_u64 number)
{
	if (number)
		buffer_text(d->buffer, " in a user namespace of its own");
}

/* A longer list becomes a number, because nobody reads it. */
#define CAPABILITY_LIST 6

/* Of a COE: the kernel's namespaces that are others than where it all began. */
static void put_spaces(struct describing *d, tsem_u64 bits)
{
	static const char *const words[] = {
#define S(bit, name, file, words) words,
		TSEM_SPACES(S)
#undef S
	};
	const char *before = " in another ";

	for (unsigned i = 0; i < COUNT(words); i++)
		if (bits & TSEM_SPACE_BIT(i)) {
			tsem_buffer_printf(d->buffer, "%s%s", before, words[i]);
			before = " and another ";
		}
}

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

static void word_powers(struct describing *d, tsem_u64 bits)
{
	word_capabilities(d, bits & (TSEM_SPACE_BIT(TSEM_SPACE_COUNT - 1) - 1));
	put_spaces(d, bits);
}

static const struct {
	const char *name;
	void (*print)(struct describing *d, tsem_u64 number);
} words[] = {
	{"signal", word_signal},
	{"foreign", word_foreign},
	{"access", word_access},
	{"memory", word_memory},
	{"hex", word_hex},
	{"family", word_family},
	{"socktype", word_socktype},
	{"protocol", word_protocol},
	{"kernel", word_kernel},
	{"ptrace", word_ptrace},
	{"loading", word_loading},
	{"mount", word_mount},
	{"renaming", word_renaming},
	{"bpf", word_bpf},
	{"attributes", word_attributes},
	{"capability", word_capability},
	{"powers", word_powers},
	{"capabilities", word_capabilities},
	{"usernamespace", word_usernamespace},
	{"renames", word_renames},
	{"replaces", word_replaces},
	{"readwrite", word_readwrite},
	{"unnamed", word_unnamed},
	{"special", word_special},
	{"device", word_device},
	{"node", word_node},
	{"values", word_values},
};

/* Words that join a text field to the sentence, when it is there and not empty. */
static const struct {
	const char *name;
	const char *text;
} links[] = {
	{"fstype", " as "},
	{"with", " with "},
	{"source", " from "},
	{"place", " on "},
	{"incall", " in the system call "},
};

/* The entry of a call whose argument determines its effect; NULL for others. */
static const char *find_call(const struct item *name)
{
	char text[32] = "";
	const char *entry;

	if (name->size >= sizeof(text))
		return NULL;
	memcpy(text, name->data, name->size);
	entry = tsem_call_entry(text);
	return entry && tsem_call_argument(entry) >= 0 ? entry : NULL;
}

/* The argument of a system call, as its call writes it. */
static void word_call(struct describing *d, tsem_u64 argument)
{
	struct tsem_call call = {.argument = argument};
	const struct item *name = codec_find(&d->codec, "call");
	struct tsem_buffer text = {};

	call.entry = name ? find_call(name) : NULL;
	if (call.entry) {
		tsem_call_describe(&call, &text);
		tsem_buffer_add(d->buffer, text.data + strlen(call.entry), text.size - strlen(call.entry));
	} else {
		tsem_buffer_printf(d->buffer, " (number %llu)", argument);
	}
	d->buffer->failed |= text.failed;
	tsem_buffer_deinit(&text);
}

bool describe_word(struct describing *d, const struct item *item, const char *name, size_t size)
{
	if (!item)
		return true;
	if (size == strlen("call") && !memcmp(name, "call", size)) {
		word_call(d, item_number(item));
		return true;
	}
	for (size_t i = 0; i < COUNT(links); i++)
		if (strlen(links[i].name) == size && !memcmp(links[i].name, name, size)) {
			if (item->size || item->kind == ITEM_OPEN) {
				buffer_text(d->buffer, links[i].text);
				describe_item(d, item);
			}
			return true;
		}
	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i].name) == size && !memcmp(words[i].name, name, size)) {
			words[i].print(d, item_number(item));
			return true;
		}
	return false;
}
