/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The contents of a model as the files have them now: what is read, what never is, and what is said of the rest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/event/digest.h"
#include "../../lib/model/reread.h"
#include "sample.h"
#include "unit.h"

/* In a directory of its own, which is the root of all paths. */
struct fixture {
	char directory[64];
	struct tsem_model *model;
	struct tsem_contents contents;
};

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

/* The model's only program opens each of the paths. */
static bool begin(struct fixture *f, const char *const *paths)
{
	tsem_u8 shell[TSEM_DIGEST_SIZE];

	memset(f, 0, sizeof(*f));
	strcpy(f->directory, "/tmp/tsem-unit-XXXXXX");
	if (!CHECK(mkdtemp(f->directory) && !chdir(f->directory)))
		return false;
	put_file("shell", "a program");
	f->model = tsem_model_create("reread", TSEM_OPTION_PORTABLE);
	sample_exec(&f->model->set, NULL, "/shell", 1, shell);
	for (; *paths; paths++)
		sample_open(&f->model->set, NULL, shell, *paths, 3);
	return CHECK(!tsem_model_contents(f->model, &f->contents, NULL));
}

static void end(struct fixture *f, const char *const *names)
{
	tsem_contents_deinit(&f->contents);
	tsem_model_destroy(f->model);
	for (; *names; names++)
		CHECK(!remove(*names));
	CHECK(!unlink("shell") && !chdir("/"));
	CHECK(!rmdir(f->directory));
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct reread reread(struct fixture *f, const char *root)
{
	struct reread found = {.changed = 99};
	struct tsem_error error = {};

	if (reread_contents(f->model, &f->contents, root, &found, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	return found;
}

static void check_text(const struct fixture *f, size_t index, const char *text)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	digest_bytes(text, strlen(text), digest);
	CHECK(!memcmp(f->contents.items[index].replacement, digest, sizeof(digest)));
}

static void check_named(const struct reread *found, size_t index, const char *path, const char *reason)
{
	if (!CHECK(index < found->missing && index < REREAD_NAMED))
		return;
	CHECK_TEXT(found->named[index].content->path, path);
	CHECK_TEXT(found->named[index].reason, reason);
}

void test_reread_files(void)
{
	struct fixture f;
	struct reread found;

	if (!begin(&f, LIST("/d/file", "/link", "/l/file", "/up", "/missing", "/d", "/pipe")))
		return;
	CHECK(!mkdir("d", 0700) && !symlink("d/file", "link") && !symlink("d", "l") && !mkfifo("pipe", 0600));
	CHECK(!symlink("/etc/hostname", "up"));
	put_file("d/file", "new");
	found = reread(&f, f.directory);
	CHECK(found.changed == 2 && found.missing == 6 && found.sizes == 0);
	check_text(&f, 0, "a program");
	check_text(&f, 1, "new");
	check_named(&found, 0, "/link", "there is a symbolic link on its path now");
	check_named(&found, 1, "/l/file", "there is a symbolic link on its path now");
	check_named(&found, 2, "/up", "there is a symbolic link on its path now");
	for (size_t i = 2; i < f.contents.count; i++)
		CHECK(!tsem_content_changed(&f.contents.items[i]));
	CHECK(!remove("link") && !remove("l") && !remove("up"));
	found = reread(&f, f.directory);
	check_named(&found, 0, "/link", "it is not there");
	put_file("link", "x");
	put_file("up", "x");
	CHECK(!mkdir("l", 0700));
	put_file("l/file", "x");
	found = reread(&f, f.directory);
	CHECK(found.missing == 3);
	check_named(&found, 1, "/d", "it is no regular file");
	check_named(&found, 2, "/pipe", "it is no regular file");
	end(&f, LIST("d/file", "d", "l/file", "l", "link", "up", "pipe"));
}

/* Without a root only paths of type root are of this file system, and no path leaves the root. */
void test_reread_places(void)
{
	struct fixture f;
	struct reread found;
	struct tsem_error error = {};
	char above[128];

	if (!begin(&f, LIST("/a", "/b")))
		return;
	put_file("a", "a");
	put_file("b", "b");
	strcpy(f.contents.items[1].type, "namespace");
	strcpy(f.contents.items[2].type, "detached");
	found = reread(&f, f.directory);
	CHECK(found.changed == 2 && found.missing == 1);
	check_named(&found, 0, "/b", "it was in no mount that has a path");
	found = reread(&f, NULL);
	check_named(&found, 1, "/a", "it was in another root file system, which --root names");
	strcpy(f.contents.items[1].type, "root");
	strcpy(f.contents.items[2].type, "root");
	snprintf(above, sizeof(above), "/../../..%s/a", f.directory);
	free(f.contents.items[1].path);
	f.contents.items[1].path = strdup(above);
	found = reread(&f, f.directory);
	CHECK(found.missing == 1);
	check_named(&found, 0, above, "it is not there");
	CHECK(reread_contents(f.model, &f.contents, "/no/such/place", &found, &error) == -ENOENT);
	CHECK_HOLDS(error.text, "cannot look for files in /no/such/place: No such file");
	end(&f, LIST("a", "b"));
}

/* Of large contents the model gets the size; one above all limits is not read. A pseudonym may be missing. */
void test_reread_sizes(void)
{
	struct fixture f;
	struct reread found;

	if (!begin(&f, LIST("/large", "/vast", "/any")))
		return;
	put_file("large", "");
	put_file("vast", "");
	CHECK(!truncate("large", TSEM_CONTENT_SMALL + 5) && !truncate("vast", TSEM_CONTENT_LARGEST + 1));
	CHECK(!tsem_model_add_pseudonym(f.model, "/any", NULL));
	found = reread(&f, f.directory);
	CHECK(found.sizes == 1 && found.missing == 1 && found.changed == 2);
	CHECK(f.model->large.count == 1 && tsem_sizes_have(&f.model->large, TSEM_CONTENT_SMALL + 5));
	check_named(&found, 0, "/vast", "it has more than 1 GiB, which is never read");
	put_file("any", "thing");
	found = reread(&f, f.directory);
	CHECK(found.sizes == 0 && found.missing == 1 && found.changed == 2);
	CHECK(!tsem_content_changed(&f.contents.items[3]));
	end(&f, LIST("large", "vast", "any"));
}

void test_reread_check(void)
{
	static const tsem_u8 bare[TSEM_DIGEST_SIZE] = {7};
	struct tsem_model *model = tsem_model_create("reread", TSEM_OPTION_PORTABLE);
	struct tsem_error error = {};
	tsem_u8 shell[TSEM_DIGEST_SIZE];

	sample_exec(&model->set, NULL, "/shell", 1, shell);
	CHECK(!reread_check(model, "m", "rebase", &error));
	tsem_set_add(&model->set, bare, NULL);
	CHECK(reread_check(model, "m", "rebase", &error) == -ENODATA);
	CHECK_HOLDS(error.text, "m: 1 of its 2 coefficients have no event");
	CHECK_HOLDS(error.text, "model rebase needs the whole trajectory");
	tsem_model_destroy(model);
	model = tsem_model_create("reread", TSEM_OPTION_PORTABLE | TSEM_OPTION_BYPASS(TSEM_CLASS_PROCESS));
	CHECK(reread_check(model, "m", "pseudonym", &error) == -ENODATA);
	CHECK_HOLDS(error.text, "m leaves out the events of class process");
	tsem_model_destroy(model);
}
