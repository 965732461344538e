/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a workload does, by question: each event below the right one, in order, and no two answers alike. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/event/codec.h"
#include "../../lib/explain/review.h"
#include "generate.h"
#include "sample.h"
#include "unit.h"
#include "written.h"

static void make_review(struct tsem_record *record, struct review *ret_review)
{
	struct tsem_set set = {0};
	struct tsem_explainer *explainer;
	struct tsem_entry *entry;

	entry = tsem_set_add(&set, record->coefficient, NULL);
	entry->record = record;
	entry->count = 1;
	explainer = tsem_explainer_create(&set);
	CHECK(!review_make(&set, explainer, ret_review));
	tsem_explainer_destroy(explainer);
	entry->record = NULL;
	tsem_set_deinit(&set);
}

static void add_answers(const struct review *review, struct tsem_buffer *text)
{
	for (size_t i = 0; i < review->count; i++) {
		const struct answer *a = &review->answers[i];

		tsem_buffer_printf(text, "%s: %s|%s %s %s x%llu; ", question_word(a->question), a->group, a->object,
				   a->deed, a->program, a->count);
	}
}

void test_review_order(void)
{
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE];
	struct tsem_set set = {0};
	struct tsem_explainer *explainer;
	struct tsem_buffer text = {};
	struct review review;

	sample_exec(&set, NULL, "/bin/shell", 1, shell);
	sample_exec(&set, shell, "/bin/tool", 2, tool);
	sample_open(&set, shell, tool, "/srv/z", 3);
	sample_open(&set, shell, tool, "/srv/z", 4);
	sample_open(&set, NULL, shell, "/srv/z", 3);
	sample_open(&set, NULL, shell, "/a", 3);
	sample_open(&set, shell, tool, "/etc/shadow", 3);
	explainer = tsem_explainer_create(&set);
	CHECK(!review_make(&set, explainer, &review));
	add_answers(&review, &text);
	CHECK_TEXT(text.data, "secrets: /etc/|shadow reads /bin/tool x1; "
			      "runs: /bin/|shell runs tsem x1; runs: /bin/|tool runs /bin/shell x1; "
			      "reads: /|a reads /bin/shell x1; "
			      "reads: /srv/|z reads /bin/shell x1; reads: /srv/|z reads /bin/tool x2; ");
	CHECK(review_question_end(&review, 0) == 1 && review_question_end(&review, 1) == 3);
	CHECK(review_group_end(&review, 3) == 4 && review_group_end(&review, 4) == 6);
	CHECK(review_object_end(&review, 1) == 2 && review_object_end(&review, 4) == 6);
	review_deinit(&review);
	CHECK(!review.answers && !review.count);
	tsem_buffer_deinit(&text);
	tsem_explainer_destroy(explainer);
	tsem_set_deinit(&set);
}

/* Whatever an event holds, its answers say something. */
void test_review_generated(void)
{
	struct generator generator = {.seed = 7};
	struct tsem_explainer *explainer;
	struct tsem_set set = {0};
	struct review review;
	bool is_new;

	for (unsigned round = 0; round < 20; round++) {
		for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
			struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;
			struct tsem_entry *entry = record ? tsem_set_add(&set, record->coefficient, &is_new) : NULL;

			if (entry && is_new) {
				entry->record = record;
				entry->count = 1;
			} else {
				free(record);
			}
		}
	}
	explainer = tsem_explainer_create(&set);
	CHECK(!review_make(&set, explainer, &review));
	for (size_t i = 0; i < review.count; i++) {
		const struct answer *a = &review.answers[i];

		CHECK(*question_title(a->question) && *a->program && (*a->object || *a->group));
		CHECK(!*a->group || a->group[strlen(a->group) - 1] == '/');
	}
	CHECK(review.count > set.count / 2);
	review_deinit(&review);
	tsem_explainer_destroy(explainer);
	tsem_set_deinit(&set);
}

/* ---- each name in each event ---- */

/* Events of which the review says nothing at all, each with the reason. */
static const struct {
	const char *event, *reason;
} left_out[] = {
	{"file_lock", "has no effect on the file, which has been opened before"},
	{"sb_statfs", "only looks"},
	{"inode_getattr", "only looks"},
	{"inode_getxattr", "only looks"},
	{"inode_listxattr", "only looks"},
	{"socket_recvmsg", "has no address, and its connection has been made before"},
};
static bool met[sizeof(left_out) / sizeof(*left_out)];

static bool is_left_out(const char *event)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++)
		if (!strcmp(left_out[i].event, event))
			return met[i] = true;
	return false;
}

static bool review_has(const struct review *review, const char *text)
{
	struct tsem_buffer name = {};
	bool has = false;

	for (size_t i = 0; !has && i < review->count; i++) {
		name.size = 0;
		tsem_buffer_printf(&name, "%s%s", review->answers[i].group, review->answers[i].object);
		has = strstr(name.data, text) || strstr(review->answers[i].deed, text);
	}
	tsem_buffer_deinit(&name);
	return has;
}

/* How the review must have the item: the name of a path, an address, or a text of the event itself; false: not at all. */
static bool name_of(const struct item *item, char *text, size_t size)
{
	const char *name = item->field->name;

	switch (item->field->type) {
	case FIELD_OTHER:
		return item->kind == ITEM_OPEN && snprintf(text, size, "family 4");
	case FIELD_IPV4:
		return inet_ntop(AF_INET, item->data, text, size);
	case FIELD_IPV6:
		return inet_ntop(AF_INET6, item->data, text, size);
	case FIELD_STR:
		if (item->depth && strcmp(name, "pathname") && strcmp(name, "directory"))
			return false;
		break;
	case FIELD_BYTES:
		if (strcmp(name, "address"))
			return false;
		break;
	default:
		return false;
	}
	return snprintf(text, size, "%.*s", (int)item->size, (const char *)item->data);
}

static bool check_answers(const struct tsem_record *record, const struct review *review)
{
	const char *event = tsem_event_name(record->event);
	struct codec codec;
	char text[128];
	bool whole = true;

	CHECK(codec_decode_record(&codec, record));
	if (is_left_out(event))
		return !review->count;
	for (const struct item *item = codec.items; item < codec.items + codec.count; item++) {
		if (item->kind == ITEM_CLOSE || !name_of(item, text, sizeof(text)) || review_has(review, text))
			continue;
		unit_fail(__FILE__, __LINE__, "no answer has %s (%s) of %s", item->field->name, text, event);
		whole = false;
	}
	return whole;
}

static bool check_whole(struct tsem_record *record)
{
	struct review review;
	bool whole;

	make_review(record, &review);
	whole = check_answers(record, &review);
	review_deinit(&review);
	free(record);
	return whole;
}

/* A new event, or field, is here by itself: every name that it has is in the review, or the event is left out above. */
void test_review_whole(void)
{
	struct generator generator = {.seed = 11, .mode = GENERATE_MARKED};
	unsigned round = 0;

	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		if (!tsem_event_name(event))
			continue;
		for (round = 0; round < 40 && check_whole(generate_record(&generator, event));)
			round++;
		if (round < 40)
			unit_fail(__FILE__, __LINE__, "event %s", tsem_event_name(event));
	}
	for (size_t i = 0; i < sizeof(met) / sizeof(*met); i++)
		if (!met[i])
			unit_fail(__FILE__, __LINE__, "there is no event %s, which %s", left_out[i].event,
				  left_out[i].reason);
}

/* ---- what is said of each name ---- */

#define PATH_OF(type, name) "{\"type\":\"" type "\",\"pathname\":\"" name "\"}"
#define OPENED(mode, path) \
	"\"file\":{\"flags\":\"0x8000\",\"inode\":" INODE(mode) ",\"path\":" path ",\"digest\":\"" ID0 "\"}"
#define UNNAMED(mode, path) \
	"\"file\":{\"flags\":\"0x408002\",\"inode\":" INODE(mode) ",\"path\":" path ",\"digest\":\"" ID0 "\"}"
#define BEFORE(name, mode, path) "\"" name "\":{\"inode\":" INODE(mode) ",\"path\":" path "}"
#define RENAMING(old, new, flags) \
	"\"old_dir\":" INODE("040755") "," old ",\"new_dir\":" INODE("040755") "," new ",\"flags\":\"" flags "\""
#define CREATING(path, mode) DIR "," DENTRY("dentry", path) ",\"mode\":\"" mode "\""
#define SETTING(mode, path, valid, to) \
	BEFORE("dentry", mode, path) \
	",\"valid\":\"" valid "\",\"mode\":\"" to "\",\"uid\":\"3\",\"gid\":\"4\",\"size\":\"0\""
#define SOCKET(family, type) "\"family\":\"" family "\",\"type\":\"" type "\",\"protocol\":\"0\",\"kern\":\"0\""
#define LINKING(path, to) DIR "," DENTRY("dentry", path) ",\"old_name\":\"" to "\""
#define MAKING(path, mode) CREATING(path, mode) ",\"dev\":{\"major\":\"254\",\"minor\":\"1\"}"
#define BY " a process called 'sh' x1; "

static const struct {
	const char *type, *cell, *answers;
} reviewed[] = {
	{"inode_rename",
	 RENAMING(DENTRY("old_dentry", PATH("/u/n")), DENTRY("new_dentry", PATH("/etc/cron.d/e")), "0x0"),
	 "writes: /etc/cron.d/|e creates by renaming /u/n" BY "writes: /u/|n renames to /etc/cron.d/e" BY},
	{"inode_rename",
	 RENAMING(DENTRY("old_dentry", PATH("/u/n")), BEFORE("new_dentry", "0100644", PATH("/etc/shadow")), "0x0"),
	 "secrets: /etc/|shadow replaces by renaming /u/n" BY "writes: /u/|n renames to /etc/shadow" BY},
	{"inode_rename", RENAMING(DENTRY("old_dentry", PATH("/u/n")), DENTRY("new_dentry", PATH("/etc/sudo")), "0x2"),
	 "writes: /etc/|sudo exchanges with /u/n" BY "writes: /u/|n exchanges with /etc/sudo" BY},
	{"inode_rename",
	 RENAMING(BEFORE("old_dentry", "0104755", PATH("/u/n")), DENTRY("new_dentry", PATH("/u/su")), "0x0"),
	 "rights: /u/|su creates by renaming /u/n" BY "writes: /u/|n renames to /u/su" BY},
	{"inode_rename",
	 RENAMING(DENTRY("old_dentry", PATH("/u/n")), BEFORE("new_dentry", "0104755", PATH("/u/su")), "0x2"),
	 "rights: /u/|n exchanges with /u/su" BY "writes: /u/|su exchanges with /u/n" BY},
	{"inode_link", DENTRY("old_dentry", PATH("/u/n")) "," DIR "," DENTRY("new_dentry", PATH("/etc/ld.so.preload")),
	 "writes: /etc/|ld.so.preload creates as another name of /u/n" BY
	 "writes: /u/|n gives the other name /etc/ld.so.preload" BY},
	{"inode_link", BEFORE("old_dentry", "0104755", PATH("/u/n")) "," DIR "," DENTRY("new_dentry", PATH("/u/su")),
	 "rights: /u/|su creates as another name of /u/n" BY "writes: /u/|n gives the other name /u/su" BY},
	{"inode_symlink", LINKING(PATH("/u/l"), "/u/x"), "writes: /u/|l creates as a symbolic link to /u/x" BY},
	{"inode_symlink", LINKING(PATH("/u/v/l"), "./../../etc/shadow"),
	 "secrets: /etc/|shadow lets the symbolic link /u/v/l lead to it" BY
	 "writes: /u/v/|l creates as a symbolic link to ./../../etc/shadow" BY},
	{"inode_symlink", LINKING(PATH("/u/l"), "/proc/self/root/etc/sudoers"),
	 "secrets: /proc/self/root/etc/|sudoers lets the symbolic link /u/l lead to it" BY
	 "writes: /u/|l creates as a symbolic link to /proc/self/root/etc/sudoers" BY},
	{"inode_symlink", LINKING(PATH("/u/l"), "/root/.ssh"),
	 "secrets: /root/|.ssh lets the symbolic link /u/l lead to it" BY
	 "writes: /u/|l creates as a symbolic link to /root/.ssh" BY},
	{"inode_create", CREATING(PATH("/u/b"), "0100644"), "writes: /u/|b creates" BY},
	{"inode_create", CREATING(PATH("/u/b"), "0106755"), "rights: /u/|b creates, setuid and setgid (mode 06755)" BY},
	{"inode_create", CREATING(PATH("/etc/sudoers.d/b"), "0104755"),
	 "secrets: /etc/sudoers.d/|b creates, setuid (mode 04755)" BY
	 "rights: /etc/sudoers.d/|b creates, setuid (mode 04755)" BY},
	{"file_open", UNNAMED("0104755", PATH("/u/b")),
	 "rights: /u/|b writes as a new file without a name, setuid (mode 04755)" BY},
	{"file_open", UNNAMED("0100600", PATH("/u/b")), "writes: /u/|b writes as a new file without a name" BY},
	{"inode_mkdir", CREATING(PATH("/u/d"), "02755"), "writes: /u/|d creates, setgid (mode 02755)" BY},
	{"inode_mknod", MAKING(PATH("/u/d"), "060600"), "rights: /u/|d creates the block device 254:1" BY},
	{"inode_mknod", MAKING(PATH("/u/d"), "020600"), "rights: /u/|d creates the character device 254:1" BY},
	{"inode_mknod", MAKING(PATH("/u/d"), "010600"), "writes: /u/|d creates a pipe" BY},
	{"inode_setattr", SETTING("0100755", PATH("/u/n"), "0x41", "0104755"),
	 "rights: /u/|n changes the mode (mode 04755: setuid)" BY},
	{"inode_setattr", SETTING("040755", PATH("/u/d"), "0x41", "042755"),
	 "writes: /u/|d changes the mode (mode 02755: setgid)" BY},
	{"inode_setattr", SETTING("0100755", PATH("/u/n"), "0x47", "0100644"),
	 "writes: /u/|n changes the mode, the owner and the group (mode 0644, user 3, group 4)" BY},
	{"inode_setattr", SETTING("020600", PATH("/u/d"), "0x42", "0"), "rights: /u/|d changes the owner (user 3)" BY},
	{"inode_setattr", SETTING("0100644", PATH("/u/n"), "0x48", "0"), "writes: /u/|n changes the size" BY},
	{"inode_setxattr",
	 DENTRY("dentry", PATH("/u/n")) ",\"name\":\"security.capability\",\"value\":\"x\",\"flags\":\"0x0\"",
	 "rights: /u/|n sets the attribute security.capability" BY},
	{"inode_setxattr", DENTRY("dentry", PATH("/u/n")) ",\"name\":\"user.a\",\"value\":\"x\",\"flags\":\"0x0\"",
	 "writes: /u/|n sets the attribute user.a" BY},
	{"inode_removexattr", DENTRY("dentry", PATH("/u/n")) ",\"name\":\"security.ima\"",
	 "rights: /u/|n removes the attribute security.ima" BY},
	{"inode_set_acl", DENTRY("dentry", PATH("/u/n")) ",\"name\":\"posix_acl_access\",\"value\":\"x\"",
	 "rights: /u/|n sets the access list posix_acl_access" BY},
	{"inode_killpriv", DENTRY("dentry", PATH("/u/n")), "writes: /u/|n removes the capabilities" BY},
	{"file_fcntl", OPENED("0100644", PATH("/u/n")) ",\"cmd\":\"8\"",
	 "others: |uses the fcntl() system call on /u/n (command 8) " BY},
	{"socket_create", SOCKET("17", "3"), "contacts: |creates a raw packet socket of type raw " BY},
	{"socket_create", SOCKET("38", "5"), "contacts: |creates a crypto socket of type sequential packet " BY},
	{"socket_create", SOCKET("40", "1"), "contacts: |creates a vsock socket of type stream " BY},
	{"socket_create", SOCKET("2", "3"), "contacts: |creates an IPv4 socket of type raw " BY},
	{"socket_create", SOCKET("2", "10"), "contacts: |creates an IPv4 socket of type 10 " BY},
	{"socket_create", SOCKET("44", "3"), "contacts: |creates a family-44 socket of type raw " BY},
	{"socket_create", SOCKET("10", "1"), ""},
	{"socket_create", SOCKET("1", "3"), ""},
	{"socket_create", SOCKET("16", "3"), ""},
	{"sb_mount", "\"dev_name\":\"/etc/shadow\",\"path\":" PATH("/mnt") ",\"flags\":\"0x1000\"",
	 "secrets: /etc/|shadow mounts /etc/shadow on /mnt (as a bind mount)" BY
	 "system: |mounts /etc/shadow on /mnt (as a bind mount) " BY},
	{"sb_mount",
	 "\"dev_name\":\"o\",\"path\":" PATH("/mnt") ",\"type\":\"overlay\",\"flags\":\"0x0\","
						     "\"data\":\"lowerdir=/u:/root/.ssh,ro\"",
	 "secrets: /root/|.ssh mounts o on /mnt as overlay with lowerdir=/u:/root/.ssh,ro" BY
	 "system: |mounts o on /mnt as overlay with lowerdir=/u:/root/.ssh,ro " BY},
};

static void check_review(const char *type, const char *cell, const char *answers)
{
	struct tsem_record *record = parse_event(type, "0", ID1, cell);
	struct tsem_buffer text = {};
	struct review review;

	if (!record)
		return;
	make_review(record, &review);
	add_answers(&review, &text);
	CHECK_TEXT(text.size ? text.data : "", answers);
	tsem_buffer_deinit(&text);
	review_deinit(&review);
	free(record);
}

void test_review_objects(void)
{
	for (size_t i = 0; i < sizeof(reviewed) / sizeof(*reviewed); i++)
		check_review(reviewed[i].type, reviewed[i].cell, reviewed[i].answers);
}

/* By whatever name: what the file is called where it is looked at decides, and a disk is one under any name. */
void test_review_secrets(void)
{
	check_review("file_open", OPENED("0100600", PATH_OF("detached", "/shadow")), "secrets: /|shadow reads" BY);
	check_review("file_open", OPENED("0100600", PATH_OF("namespace", "/a/gshadow")),
		     "secrets: /a/|gshadow reads" BY);
	check_review("file_open", OPENED("0100600", PATH_OF("chroot", "/sudoers")), "secrets: /|sudoers reads" BY);
	check_review("file_open", OPENED("0100600", PATH_OF("root", "/u/shadow")), "reads: /u/|shadow reads" BY);
	check_review("file_open", OPENED("0100600", PATH_OF("root", "/u/shadow///deleted")),
		     "secrets: /u/shadow///|deleted reads" BY);
	check_review("file_open", OPENED("0100600", PATH_OF("root", "/u/tls.key///deleted")),
		     "secrets: /u/tls.key///|deleted reads" BY);
	check_review("file_open", OPENED("0100600", PATH_OF("detached", "/passwd")), "reads: /|passwd reads" BY);
	check_review("file_open", OPENED("060600", PATH("/u/disk")), "secrets: /u/|disk reads" BY);
}
