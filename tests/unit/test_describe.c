/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "unit.h"
#include "written.h"

static const struct {
	const char *type, *cell, *sentence, *object;
} sentences[] = {
	{"file_open", FILE_("0x8000", PATH("/etc/passwd"), ID1), "opens /etc/passwd for reading", "/etc/passwd"},
	{"file_open", FILE_("0x8001", PATH("/tmp/x"), ID0), "opens /tmp/x for writing", "/tmp/x"},
	{"file_open", FILE_("0x8402", PATH("/log"), ID0), "opens /log for reading and writing, at its end", "/log"},
	{"file_open", FILE_("0x8201", PATH("/log"), ID0), "opens /log for writing, emptying it", "/log"},
	{"file_open", FILE_("0x8001", CREATED("/tmp", "3", ID1), ID0),
	 "opens file number 3 that it created in /tmp for writing", "/tmp/(created 3)"},
	{"file_open", FILE_("0x8001", CREATED("/", "3", ID2), ID0),
	 "opens file number 3 that the program 22222222 created in / for writing", "/(created 3)"},
	{"file_open", FILE_("0x0", PATH("/a\\u001b[2Jb\\\\xff"), ID0), "opens /a\\x1b[2Jb\\xff for reading",
	 "/a\\x1b[2Jb\\xff"},
	{"bprm_committed_creds", FILE_("0x8020", PATH("/bin/cat"), ID1), "runs /bin/cat", "/bin/cat"},
	{"mmap_file",
	 FILE_("0x8000", PATH("/lib/x86_64-linux-gnu/libc.so.6"), ID1) ",\"prot\":\"0x5\",\"flags\":\"0x2\"",
	 "maps /lib/x86_64-linux-gnu/libc.so.6 into memory as program code", "/lib/x86_64-linux-gnu/libc.so.6"},
	{"mmap_file", "\"prot\":\"0x7\",\"flags\":\"0x22\"",
	 "maps anonymous memory as program code that can be written", ""},
	{"file_receive", FILE_("0x8000", PATH("/a"), ID1), "receives /a from another process, open for reading", "/a"},
	{"socket_create", "\"family\":\"2\",\"type\":\"1\",\"protocol\":\"6\",\"kern\":\"0\"",
	 "creates an IPv4 socket of type stream for protocol 6", ""},
	{"socket_connect", SOCK("2", "1") ",\"addr\":{\"af_inet\":{\"port\":\"4444\",\"address\":\"127.0.0.1\"}}",
	 "connects to 127.0.0.1 port 4444", "127.0.0.1 port 4444"},
	{"socket_connect",
	 SOCK("10", "1") ",\"addr\":{\"af_inet6\":{\"port\":\"443\",\"flow\":\"0\",\"scope\":\"0\","
			 "\"address\":\"fe80::1\"}}",
	 "connects to fe80::1 port 443", "fe80::1 port 443"},
	{"socket_connect", SOCK("1", "1") ",\"addr\":{\"af_unix\":{\"address\":\"/run/a.sock\\u0000\"}}",
	 "connects to the local socket /run/a.sock", "the local socket /run/a.sock"},
	{"socket_bind", SOCK("1", "1") ",\"addr\":{\"af_unix\":{\"address\":\"\\u0000abs\"}}",
	 "binds a socket to the local socket @abs", "the local socket @abs"},
	{"socket_accept", SOCK("16", "3") ",\"addr\":{\"af_other\":{\"family\":\"16\",\"digest\":\"" ID1 "\"}}",
	 "accepts connections on an address of family 16", "an address of family 16"},
	{"socket_listen",
	 SOCK("2", "1") ",\"addr\":{\"af_inet\":{\"port\":\"80\",\"address\":\"0.0.0.0\"}},\"backlog\":\"128\"",
	 "listens on 0.0.0.0 port 80 (backlog 128)", "0.0.0.0 port 80"},
	{"task_kill", "\"target\":\"" ID2 "\",\"sig\":\"9\",\"cross_ns\":\"0\"",
	 "sends signal 9 (SIGKILL) to the program 22222222", ""},
	{"task_kill", "\"target\":\"" ID1 "\",\"sig\":\"64\",\"cross_ns\":\"1\"",
	 "sends signal 64 to a process of the same program in another namespace", ""},
	{"ptrace_access_check", "\"target\":\"" ID2 "\",\"mode\":\"0x12\",\"call\":\"ptrace\"",
	 "traces or controls the program 22222222 (ptrace, mode 0x12) in the system call ptrace", "ptrace"},
	{"task_setscheduler", "\"task\":\"" ID2 "\",\"call\":\"\"", "changes the scheduling of the program 22222222",
	 ""},
	{"kernel_read_file", FILE_("0x0", PATH("/lib/modules/a.ko"), ID1) ",\"id\":\"2\",\"contents\":\"1\"",
	 "loads /lib/modules/a.ko into the kernel as a module", "/lib/modules/a.ko"},
	{"sb_mount", "\"path\":" PATH("/mnt") ",\"type\":\"tmpfs\",\"flags\":\"0x1\"",
	 "mounts on /mnt as tmpfs (read-only)", "/mnt"},
	{"sb_mount", "\"dev_name\":\"/dev/sda\",\"path\":" PATH("/mnt") ",\"flags\":\"0x1000\"",
	 "mounts /dev/sda on /mnt (as a bind mount)", "/mnt"},
	{"inode_create", DIR "," DENTRY("dentry", CREATED("/tmp", "1", ID1)) ",\"mode\":\"0100600\"",
	 "creates file number 1 that it created in /tmp with mode 0100600", "/tmp/(created 1)"},
	{"inode_mkdir", DIR ",\"dentry\":{\"path\":" CREATED("/tmp", "0", ID1) "},\"mode\":\"0700\"",
	 "creates the directory /tmp/(any name) with mode 0700", "/tmp/(any name)"},
	{"inode_mkdir", DIR "," DENTRY("dentry", PATH("/d")) ",\"mode\":\"0755\"",
	 "creates the directory /d with mode 0755", "/d"},
	{"inode_unlink", DIR "," DENTRY("dentry", PATH("/d/x")), "deletes /d/x", "/d/x"},
	{"inode_link", DENTRY("old_dentry", PATH("/a")) "," DIR "," DENTRY("new_dentry", PATH("/b")),
	 "creates /b as another name of /a", "/a"},
	{"inode_symlink", DIR "," DENTRY("dentry", PATH("/l")) ",\"old_name\":\"../x\"",
	 "creates /l as a symbolic link to ../x", "/l"},
	{"inode_rename",
	 "\"old_dir\":" INODE("040755") "," DENTRY("old_dentry", PATH("/a")) ",\"new_dir\":" INODE(
		 "040755") "," DENTRY("new_dentry", PATH("/b")) ",\"flags\":\"0x0\"",
	 "renames /a to /b", "/a"},
	{"inode_rename",
	 "\"old_dir\":" INODE("040755") "," DENTRY("old_dentry", PATH("/a")) ",\"new_dir\":" INODE(
		 "040755") "," DENTRY("new_dentry", PATH("/b")) ",\"flags\":\"0x2\"",
	 "renames /a to /b, which gets its name in turn", "/a"},
	{"inode_setattr",
	 DENTRY("dentry", PATH("/a")) ",\"valid\":\"0x47\",\"mode\":\"0644\",\"uid\":\"1\",\"gid\":\"1\","
				      "\"size\":\"0\"",
	 "changes the mode, the owner and the group of /a (mode 0644, user 1, group 1)", "/a"},
	{"inode_setattr",
	 DENTRY("dentry", PATH("/a")) ",\"valid\":\"0x48\",\"mode\":\"0\",\"uid\":\"0\",\"gid\":\"0\",\"size\":\"0\"",
	 "changes the size of /a", "/a"},
	{"bpf", "\"cmd\":\"5\",\"size\":\"128\"", "uses the bpf() system call (command 5, PROG_LOAD)", ""},
	{"capset", "\"effective\":\"0x2000\",\"inheritable\":\"0x0\",\"permitted\":\"0x3fffffffffffffff\"",
	 "sets its capabilities: effective net_raw, permitted all, inheritable none", ""},
	{"userns_create",
	 "\"cred\":{\"uid\":\"0\",\"euid\":\"0\",\"suid\":\"0\",\"gid\":\"0\",\"egid\":\"0\",\"sgid\":\"0\",\"fsuid\":\"0\","
	 "\"fsgid\":\"0\",\"capeff\":\"0x0\",\"securebits\":\"0x0\"}",
	 "creates a user namespace", ""},
};

void test_describe_sentences(void)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
		struct tsem_record *record = parse_event(sentences[i].type, "0", ID1, sentences[i].cell);
		struct tsem_buffer sentence = {0}, object = {0};

		if (!record)
			continue;
		tsem_record_describe(record, &sentence);
		tsem_record_object(record, &object);
		CHECK_TEXT(sentence.data, sentences[i].sentence);
		CHECK_TEXT(object.size ? object.data : "", sentences[i].object);
		tsem_buffer_deinit(&sentence);
		tsem_buffer_deinit(&object);
		free(record);
	}
}

static bool printable(const struct tsem_buffer *buffer)
{
	for (size_t i = 0; i < buffer->size; i++)
		if ((tsem_u8)buffer->data[i] < 0x20 || buffer->data[i] == 0x7f)
			return false;
	return true;
}

/* Whatever is in an event, also when it is cut: words without control characters. */
void test_describe_hostile(void)
{
	struct tsem_record *before = NULL;
	struct tsem_buffer text = {0};

	for (unsigned turn = 0; turn < 128 * 30; turn++) {
		struct generator generator = {.seed = turn};
		struct tsem_record *record =
			tsem_event_name(turn % 128) ? generate_record(&generator, turn % 128) : NULL;

		if (!record)
			continue;
		if (turn % 5 == 0) {
			record->flags |= TSEM_RECORD_FAILED;
			record->failure = TSEM_FAILURE_field;
			record->cell_size = generate_number(&generator) % (record->cell_size + 1);
			record->size = sizeof(*record) + record->cell_size;
		}
		text.size = 0;
		tsem_record_describe(record, &text);
		CHECK(text.size && printable(&text));
		tsem_record_object(record, &text);
		if (before) {
			CHECK(tsem_record_distance(before, record) > 0);
			tsem_record_difference(before, record, &text);
			tsem_record_difference(record, before, &text);
		}
		CHECK(tsem_record_distance(record, record) == 0 && printable(&text));
		free(before);
		before = record;
	}
	free(before);
	tsem_buffer_deinit(&text);
}

static const struct {
	const char *type, *uid, *task, *cell;
} candidates[] = {
	{"file_open", "0", ID1, FILE_("0x8001", PATH("/etc/nginx/nginx.conf"), ID1)}, /* the event */
	{"file_open", "0", ID1, FILE_("0x8000", PATH("/etc/nginx/nginx.conf"), ID1)},
	{"file_open", "33", ID1, FILE_("0x8000", PATH("/etc/nginx/nginx.conf"), ID2)},
	{"file_open", "33", ID2, FILE_("0x8000", PATH("/etc/nginx/nginx.conf"), ID2)},
	{"file_open", "0", ID1, FILE_("0x8001", PATH("/etc/nginx/mime.types"), ID1)},
	{"file_open", "0", ID1, FILE_("0x8001", PATH("/etc/hosts"), ID1)},
	{"file_open", "0", ID1, FILE_("0x8001", PATH("/var/log/nginx/access.log"), ID1)},
	{"bprm_committed_creds", "0", ID1, FILE_("0x8001", PATH("/etc/nginx/nginx.conf"), ID1)},
	{"bprm_committed_creds", "0", ID1, FILE_("0x8001", PATH("/bin/sh"), ID1)},
	{"bpf", "0", ID1, "\"cmd\":\"5\",\"size\":\"1\""},
};

void test_distance_order(void)
{
	unsigned distance, before = 0;
	struct tsem_record *first = NULL;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++) {
		struct tsem_record *record =
			parse_event(candidates[i].type, candidates[i].uid, candidates[i].task, candidates[i].cell);

		if (!record)
			continue;
		if (!first)
			first = record;
		distance = tsem_record_distance(first, record);
		CHECK(distance == tsem_record_distance(record, first));
		if (i ? distance <= before : distance)
			unit_fail(__FILE__, __LINE__, "candidate %zu: %u after %u", i, distance, before);
		before = distance;
		if (record != first)
			free(record);
	}
	free(first);
}

static void check_difference(const char *type, const char *there, const char *here, const char *expected)
{
	struct tsem_record *a = parse_event(type, "0", ID1, there), *b = parse_event(type, "33", ID2, here);
	struct tsem_buffer text = {0}, whole = {0};

	tsem_buffer_printf(&whole, "%s%sprogram 111111111111 there, 222222222222 here; uid 0 there, 33 here", expected,
			   *expected ? "; " : "");
	tsem_record_difference(a, b, &text);
	CHECK_TEXT(text.data, whole.data);
	text.size = 0;
	tsem_record_difference(a, a, &text);
	CHECK(!text.size);
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&whole);
	free(a);
	free(b);
}

void test_difference_words(void)
{
	check_difference("bpf", "\"cmd\":\"5\",\"size\":\"1\"", "\"cmd\":\"5\",\"size\":\"1\"", "");
	check_difference("file_open", FILE_("0x8000", PATH("/a"), ID1), FILE_("0x8001", PATH("/a"), ID1),
			 "flags for reading there, for writing here");
	check_difference("file_open", FILE_("0x8000", PATH("/a"), ID1), FILE_("0x0", PATH("/a"), ID1),
			 "flags 0x8000 there, 0x0 here");
	check_difference("file_open", FILE_("0x0", PATH("/a"), ID1), FILE_("0x0", PATH("/b"), ID0),
			 "/a there, /b here; content 111111111111 there, none here");
	check_difference("file_open", FILE_("0x0", PATH("/a"), ID1), FILE_("0x0", CREATED("/tmp", "2", ID2), ID1),
			 "/a there, file number 2 that it created in /tmp here");
	check_difference("inode_mkdir", DIR "," DENTRY("dentry", PATH("/a")) ",\"mode\":\"0755\"",
			 "\"dir\":" INODE("041777") "," DENTRY("dentry", PATH("/a")) ",\"mode\":\"0700\"",
			 "directory mode 040755 there, 041777 here; mode 0755 there, 0700 here");
	check_difference("mmap_file", "\"prot\":\"0x5\",\"flags\":\"0x2\"",
			 FILE_("0x0", PATH("/a"), ID1) ",\"prot\":\"0x1\",\"flags\":\"0x2\"",
			 "access as program code there, for reading here; nothing there, /a here");
	check_difference("socket_connect",
			 SOCK("2", "1") ",\"addr\":{\"af_inet\":{\"port\":\"80\",\"address\":\"10.0.0.1\"}}",
			 SOCK("2", "1") ",\"addr\":{\"af_inet\":{\"port\":\"4444\",\"address\":\"10.0.0.1\"}}",
			 "address 10.0.0.1 port 80 there, 10.0.0.1 port 4444 here");
	check_difference("task_kill", "\"target\":\"" ID2 "\",\"sig\":\"15\",\"cross_ns\":\"0\"",
			 "\"target\":\"" ID2 "\",\"sig\":\"9\",\"cross_ns\":\"0\"",
			 "signal 15 (SIGTERM) there, 9 (SIGKILL) here");
}
