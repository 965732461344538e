/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which violations are chosen to become part of the model: by class, by object, by number, by likeness. */
#include <errno.h>
#include <string.h>

#include "../../lib/learn/selection.h"
#include "sample.h"
#include "unit.h"

struct choosing {
	struct tsem_session session;
	struct selection selection;
	tsem_u8 shell[TSEM_DIGEST_SIZE];
};

enum { FILE_A, FILE_B, FILE_FAR, START, OTHERS, LOST, ALLOWED, COUNT };

/* In its place: the selection borrows the session. Only the events of OTHERS come from an untrusted process. */
static void create_choosing(struct choosing *c)
{
	static const tsem_u8 lost[TSEM_DIGEST_SIZE] = {9};
	struct tsem_set *set = &c->session.forensics;
	tsem_u8 tool[TSEM_DIGEST_SIZE];
	struct tsem_error error = {};

	memset(c, 0, sizeof(*c));
	c->session.model = tsem_model_create("choosing", TSEM_OPTION_PORTABLE);
	strcpy(c->session.name, "s1");
	sample_exec(&c->session.model->set, NULL, "/bin/shell", 1, c->shell);
	sample_open(&c->session.model->set, NULL, c->shell, "/etc/hosts", 1);
	sample_open(set, NULL, c->shell, "/srv/data/a", 1);
	sample_open(set, NULL, c->shell, "/srv/data/b", 1);
	sample_open(set, NULL, c->shell, "/opt/far", 1);
	sample_exec(set, c->shell, "/bin/tool", 2, tool);
	sample_open(set, c->shell, tool, "/srv/data/a", 1)->record->flags = TSEM_RECORD_UNTRUSTED;
	tsem_set_add(set, lost, NULL);
	sample_open(set, NULL, c->shell, "/etc/hosts", 1);
	if (selection_init(&c->session, &c->selection, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
}

static void destroy_choosing(struct choosing *c)
{
	selection_deinit(&c->selection);
	tsem_model_destroy(c->session.model);
	tsem_set_deinit(&c->session.forensics);
}

/* The chosen ones are those of the bits, and nothing is chosen afterwards. */
static void check_chosen(struct choosing *c, int line, unsigned wanted)
{
	unsigned chosen = 0, count = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		chosen |= c->selection.chosen[i] ? 1u << i : 0;
		count += c->selection.chosen[i];
		c->selection.chosen[i] = false;
	}
	if (chosen != wanted || c->selection.count != count)
		unit_fail(__FILE__, line, "0x%x instead of 0x%x, %zu of them", chosen, wanted, c->selection.count);
	c->selection.count = 0;
}

#define CHOSEN(choosing, wanted) check_chosen(choosing, __LINE__, wanted)
#define BIT(index) (1u << (index))

void test_selection_none(void)
{
	struct tsem_session session = {.name = "empty"};
	struct tsem_error error = {};
	struct selection selection;

	CHECK(selection_init(&session, &selection, &error) == -EINVAL);
	CHECK_TEXT(error.text, "session empty has no model to which anything could be added");
	session.model = tsem_model_create("choosing", TSEM_OPTION_PORTABLE);
	CHECK(selection_init(&session, &selection, &error) == -ENOENT);
	CHECK_TEXT(error.text, "session empty has no violations");
	tsem_model_destroy(session.model);
}

/* What is lost, and what the model has, is never chosen. */
void test_selection_kinds(void)
{
	const unsigned files = BIT(FILE_A) | BIT(FILE_B) | BIT(FILE_FAR) | BIT(OTHERS);
	struct choosing c;

	create_choosing(&c);
	CHECK(selection_fault(&c.selection, LOST) && selection_fault(&c.selection, ALLOWED) &&
	      !selection_fault(&c.selection, START));
	selection_add_all(&c.selection);
	CHOSEN(&c, files | BIT(START));
	selection_add_classes(&c.selection, 0);
	CHOSEN(&c, 0);
	selection_add_classes(&c.selection, TSEM_OPTION_BYPASS(TSEM_CLASS_PROCESS));
	CHOSEN(&c, BIT(START));
	selection_add_classes(&c.selection, TSEM_OPTION_BYPASS(TSEM_CLASS_FILE) | TSEM_OPTION_BYPASS(TSEM_CLASS_KEY));
	CHOSEN(&c, files);
	selection_add_objects(&c.selection, "/srv/*");
	CHOSEN(&c, BIT(FILE_A) | BIT(FILE_B) | BIT(OTHERS));
	selection_add_objects(&c.selection, "/*/a");
	selection_add_objects(&c.selection, "/*a");
	CHOSEN(&c, BIT(FILE_A) | BIT(OTHERS));
	selection_add_objects(&c.selection, "/srv/data");
	selection_add_objects(&c.selection, "/etc/hosts");
	CHOSEN(&c, 0);
	destroy_choosing(&c);
}

static void refuse(struct choosing *c, const char *list, const char *reason)
{
	struct tsem_error error = {};

	CHECK(selection_add_numbers(&c->selection, list, &error) == -EINVAL);
	CHECK_HOLDS(error.text, reason);
}

void test_selection_numbers(void)
{
	struct choosing c;

	create_choosing(&c);
	CHECK(!selection_add_numbers(&c.selection, "1", NULL));
	CHOSEN(&c, BIT(FILE_A));
	CHECK(!selection_add_numbers(&c.selection, "5,2,5,", NULL));
	CHOSEN(&c, BIT(FILE_B) | BIT(OTHERS));
	refuse(&c, "0", "there is no violation number 0: session s1 has 7; `tsem model learn-from s1 --forensics`");
	refuse(&c, "8", "number 8:");
	refuse(&c, "18446744073709551617", "number 18446744073709551617:");
	refuse(&c, "6", "violation number 6 cannot be added: its record was lost");
	refuse(&c, "7", "violation number 7 cannot be added: the model allows it");
	CHOSEN(&c, 0);
	destroy_choosing(&c);
}

/* Of the same program in the same directory, and only from there on. */
void test_selection_alike(void)
{
	struct choosing c;

	create_choosing(&c);
	selection_add_alike(&c.selection, FILE_A);
	CHOSEN(&c, BIT(FILE_A) | BIT(FILE_B));
	selection_add_alike(&c.selection, FILE_B);
	CHOSEN(&c, BIT(FILE_B));
	selection_add_alike(&c.selection, FILE_FAR);
	CHOSEN(&c, BIT(FILE_FAR));
	destroy_choosing(&c);
}

void test_selection_followers(void)
{
	struct choosing c;

	create_choosing(&c);
	CHECK(selection_follows(&c.selection, OTHERS) && !selection_follows(&c.selection, START));
	CHECK(!selection_follows(&c.selection, LOST));
	CHECK(selection_followers(&c.selection, false) == 1 && selection_followers(&c.selection, true) == 0);
	selection_add(&c.selection, FILE_A);
	CHECK(selection_followers(&c.selection, true) == 0);
	selection_add(&c.selection, OTHERS);
	selection_add(&c.selection, OTHERS);
	CHECK(selection_followers(&c.selection, true) == 1);
	CHOSEN(&c, BIT(FILE_A) | BIT(OTHERS));
	destroy_choosing(&c);
}
