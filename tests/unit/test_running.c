/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which program of a model a process is that nobody saw begin. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/session/running_set.h"
#include "sample.h"
#include "unit.h"

#define DAEMON 1
#define HELPER 2
#define SHELL 3
#define OTHER 4

/* A daemon, what it starts, and a shell that it starts as others do. */
struct scene {
	struct tsem_model *model;
	tsem_u8 daemon[TSEM_DIGEST_SIZE], helper[TSEM_DIGEST_SIZE], shell[TSEM_DIGEST_SIZE], child[TSEM_DIGEST_SIZE];
	struct running_process processes[8];
	struct running_set set;
};

static void begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->model = tsem_model_create("", TSEM_OPTION_PORTABLE);
	sample_exec(&s->model->set, NULL, "/bin/daemon", DAEMON, s->daemon);
	sample_exec(&s->model->set, s->daemon, "/bin/helper", HELPER, s->helper);
	sample_exec(&s->model->set, NULL, "/bin/shell", SHELL, s->shell);
	sample_exec(&s->model->set, s->daemon, "/bin/shell", SHELL, s->child);
	s->set.processes = s->processes;
}

static void end(struct scene *s)
{
	for (size_t i = 0; i < s->set.process_count; i++)
		free(s->processes[i].path);
	tsem_model_destroy(s->model);
}

/* Returns its place. */
static size_t add(struct scene *s, const char *path, tsem_u8 content, size_t parent)
{
	struct running_process *p = &s->processes[s->set.process_count];

	*p = (struct running_process){
		.path = strdup(path),
		.parent = parent,
		.executes = true,
		.parent_same = parent != RUNNING_NONE,
		.file = {.st_mode = 0100755},
	};
	memset(p->content, content, sizeof(p->content));
	return s->set.process_count++;
}

static void recognise(struct scene *s)
{
	CHECK(!running_recognise(&s->set, s->model, NULL));
}

static bool is(const struct scene *s, size_t place, const tsem_u8 *task, const tsem_u8 *parent)
{
	static const tsem_u8 zeros[TSEM_DIGEST_SIZE];
	const struct running_process *p = &s->processes[place];

	return !p->unknown && !memcmp(p->task.task_id, task, TSEM_DIGEST_SIZE) &&
	       !memcmp(p->task.ptask_id, parent ? parent : zeros, TSEM_DIGEST_SIZE);
}

void test_running_trees(void)
{
	size_t child, helper, shell, outside, daemon = 4;
	struct scene s;

	begin(&s);
	child = add(&s, "/bin/daemon", DAEMON, daemon); /* before its parent */
	helper = add(&s, "/bin/helper", HELPER, daemon);
	shell = add(&s, "/bin/shell", SHELL, daemon);
	outside = add(&s, "/bin/shell", SHELL, RUNNING_NONE);
	CHECK(add(&s, "/bin/daemon", DAEMON, RUNNING_NONE) == daemon);
	s.processes[child].executes = false;
	s.processes[child].coe.uid = 33; /* it has given up root since */
	s.processes[helper].coe.uid = 33;
	s.processes[daemon].task.home = 7;
	recognise(&s);
	CHECK(is(&s, daemon, s.daemon, NULL));
	CHECK(is(&s, child, s.daemon, s.daemon));
	CHECK(is(&s, helper, s.helper, s.daemon));
	CHECK(is(&s, shell, s.child, s.daemon));
	CHECK(is(&s, outside, s.shell, NULL));
	CHECK(s.processes[child].task.home == 7 && !s.processes[outside].task.home);
	end(&s);
}

/* Whose parents are gone, or run something else by now. */
void test_running_orphans(void)
{
	size_t daemon, orphan, shell;
	struct scene s;

	begin(&s);
	daemon = add(&s, "/bin/daemon", DAEMON, RUNNING_NONE);
	s.processes[daemon].executes = false; /* whoever has forked it was the same program */
	orphan = add(&s, "/bin/helper", HELPER, RUNNING_NONE);
	shell = add(&s, "/bin/shell", SHELL, daemon);
	s.processes[shell].parent_same = false;
	recognise(&s);
	CHECK(is(&s, daemon, s.daemon, s.daemon));
	CHECK(is(&s, orphan, s.helper, s.daemon));
	CHECK_HOLDS(s.processes[shell].unknown, "more than one program");
	end(&s);
}

void test_running_unknown(void)
{
	static const tsem_u8 zeros[TSEM_DIGEST_SIZE];
	size_t other, child, mode, owner;
	struct scene s;

	begin(&s);
	other = add(&s, "/bin/daemon", OTHER, RUNNING_NONE);
	child = add(&s, "/bin/daemon", OTHER, other);
	s.processes[child].executes = false;
	mode = add(&s, "/bin/daemon", DAEMON, RUNNING_NONE);
	s.processes[mode].file.st_mode = 0104755;
	owner = add(&s, "/bin/daemon", DAEMON, RUNNING_NONE);
	s.processes[owner].file.st_uid = 1000;
	CHECK(add(&s, "/bin/none", DAEMON, RUNNING_NONE) == 4);
	recognise(&s);
	for (size_t i = 0; i < s.set.process_count; i++) {
		CHECK_HOLDS(s.processes[i].unknown, "does not start");
		CHECK(memcmp(s.processes[i].task.task_id, zeros, sizeof(zeros)));
		CHECK(!is(&s, i, s.daemon, NULL));
	}
	end(&s);
}
