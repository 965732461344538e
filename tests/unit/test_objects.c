/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who decides by the object of an event looks at each: a renaming is about two files. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/explain/objects.h"
#include "../../lib/learn/selection.h"
#include "unit.h"
#include "written.h"

#define RENAMING(old, new) \
	"\"old_dir\":" INODE("040755") "," DENTRY("old_dentry", PATH(old)) ",\"new_dir\":" INODE( \
		"040755") "," DENTRY("new_dentry", PATH(new)) ",\"flags\":\"0x0\""
#define LINKING(name, to) DIR "," DENTRY("dentry", PATH(name)) ",\"old_name\":\"" to "\""

static const struct {
	const char *type, *cell, *objects, *pattern;
	bool secret, any, all;
} concerned[] = {
	{"inode_rename", RENAMING("/srv/n", "/etc/shadow"), "/srv/n, /etc/shadow", "/srv/*", true, true, false},
	{"inode_rename", RENAMING("/etc/shadow", "/srv/n"), "/etc/shadow, /srv/n", "/srv/*", true, true, false},
	{"inode_rename", RENAMING("/srv/n", "/srv/m"), "/srv/n, /srv/m", "/srv/*", false, true, true},
	{"inode_rename", RENAMING("/opt/n", "/opt/m"), "/opt/n, /opt/m", "/srv/*", false, false, false},
	{"inode_link", DENTRY("old_dentry", PATH("/srv/n")) "," DIR "," DENTRY("new_dentry", PATH("/etc/sudoers.d/n")),
	 "/srv/n, /etc/sudoers.d/n", "/etc/*", true, true, false},
	{"inode_symlink", LINKING("/srv/a/l", "../../root/.ssh/id_rsa"), "/srv/a/l, /root/.ssh/id_rsa", "/srv/*", true,
	 true, false},
	{"inode_symlink", LINKING("/srv/a/l", "../b"), "/srv/a/l, /srv/b", "/srv/*", false, true, true},
	{"inode_symlink", LINKING("/srv/a/l", "../../../.."), "/srv/a/l, /", "/srv/*", false, true, false},
	{"sb_mount", "\"dev_name\":\"/dev/sda\",\"path\":" PATH("/mnt") ",\"flags\":\"0x1000\"", "/dev/sda, /mnt",
	 "/mnt*", true, true, false},
	{"kernel_module_request", "\"kmod_name\":\"net-pf-9\"", "net-pf-9", "net-*", false, true, true},
	{"bpf", "\"cmd\":\"5\",\"size\":\"128\"", "", "*", false, false, false},
};

void test_objects_all(void)
{
	for (size_t i = 0; i < sizeof(concerned) / sizeof(*concerned); i++) {
		struct tsem_record *record = parse_event(concerned[i].type, "0", ID1, concerned[i].cell);
		struct tsem_buffer objects = {};

		if (!record)
			continue;
		record_objects(record, &objects);
		CHECK_TEXT(objects.size ? objects.data : "", concerned[i].objects);
		CHECK(record_secret(record) == concerned[i].secret);
		CHECK(record_matches_any(record, concerned[i].pattern) == concerned[i].any);
		CHECK(record_matches_all(record, concerned[i].pattern) == concerned[i].all);
		tsem_buffer_deinit(&objects);
		free(record);
	}
}

/* In `tsem why`: a violation each, as the coefficients do not matter but must differ. */
static void add_event(struct tsem_set *set, const char *type, const char *cell)
{
	tsem_u8 number[TSEM_DIGEST_SIZE] = {set->count + 1};
	struct tsem_entry *entry = tsem_set_add(set, number, NULL);

	entry->record = parse_event(type, "0", ID1, cell);
	entry->count = 1;
}

void test_objects_likes(void)
{
	static const size_t wanted[] = {0, 0, 2, 3, 4, 4, 6};
	struct tsem_findings findings;
	struct tsem_set set = {0};

	add_event(&set, "inode_rename", RENAMING("/srv/a", "/srv/b"));
	add_event(&set, "inode_rename", RENAMING("/srv/c", "/srv/d"));
	add_event(&set, "inode_rename", RENAMING("/srv/e", "/etc/shadow")); /* a secret */
	add_event(&set, "inode_rename", RENAMING("/srv/f", "/etc/f")); /* another directory */
	add_event(&set, "inode_symlink", LINKING("/srv/g", "/opt/g"));
	add_event(&set, "inode_symlink", LINKING("/srv/h", "/opt/h"));
	add_event(&set, "inode_symlink", LINKING("/srv/i", "/usr/i"));
	CHECK(!tsem_findings_init(&findings, &set, NULL));
	for (size_t i = 0; i < set.count; i++)
		if (findings.likes[i] != wanted[i])
			unit_fail(__FILE__, __LINE__, "event %zu is like %zu", i, findings.likes[i]);
	tsem_findings_deinit(&findings);
	tsem_set_deinit(&set);
}

/* What is chosen by a pattern becomes part of the model: never what concerns a file elsewhere too. */
void test_objects_chosen(void)
{
	struct tsem_session session = {.name = "s1"};
	struct selection selection;
	struct tsem_error error = {};

	session.model = tsem_model_create("choosing", TSEM_OPTION_PORTABLE);
	add_event(&session.forensics, "inode_rename", RENAMING("/srv/a", "/srv/b"));
	add_event(&session.forensics, "inode_rename", RENAMING("/srv/a", "/etc/cron.d/b"));
	add_event(&session.forensics, "inode_symlink", LINKING("/srv/l", "/etc/shadow"));
	for (size_t i = 0; i < session.forensics.count; i++)
		session.forensics.entries[i].record->flags = TSEM_RECORD_VIOLATION;
	if (selection_init(&session, &selection, &error)) {
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	} else {
		selection_add_objects(&selection, "/srv/*");
		CHECK(selection.chosen[0] && !selection.chosen[1] && !selection.chosen[2] && selection.count == 1);
		selection_deinit(&selection);
	}
	tsem_model_destroy(session.model);
	tsem_set_deinit(&session.forensics);
}

/* Two models beside each other: a renaming to elsewhere is another deed, not the same one changed. */
void test_objects_pairs(void)
{
	struct tsem_model *a = tsem_model_create("a", TSEM_OPTION_PORTABLE);
	struct tsem_model *b = tsem_model_create("b", TSEM_OPTION_PORTABLE);
	struct tsem_comparison comparison = {};
	struct tsem_error error = {};

	a->runs = b->runs = 1;
	add_event(&a->set, "inode_rename", RENAMING("/srv/a", "/srv/b"));
	tsem_set_add(&b->set, (const tsem_u8[TSEM_DIGEST_SIZE]){9}, NULL)->record =
		parse_event("inode_rename", "0", ID1, RENAMING("/srv/a", "/etc/b"));
	if (tsem_model_compare(a, b, &comparison, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	CHECK(!comparison.pair_count && comparison.count[0] == 1 && comparison.count[1] == 1);
	tsem_comparison_deinit(&comparison);
	tsem_model_destroy(a);
	tsem_model_destroy(b);
}
