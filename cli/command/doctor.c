/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "../frame/cmd.h"
#include "../report/memory.h"
#include "../text/output.h"
#include "../text/text.h"

#define FEATURES_MAX 64

static bool is_enough(const struct tsem_feature *features, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (features[i].required && !features[i].present)
			return false;
	}
	return true;
}

static void write_features(const struct tsem_feature *features, size_t count, const struct memory_use *use)
{
	struct writer writer;
	size_t i;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_bool(&writer, "enforcement", is_enough(features, count));
	writer_open(&writer, "features", '[');
	for (i = 0; i < count; i++) {
		writer_open(&writer, NULL, '{');
		writer_string(&writer, "name", features[i].name);
		writer_bool(&writer, "required", features[i].required);
		writer_bool(&writer, "present", features[i].present);
		writer_string(&writer, "detail", features[i].detail);
		writer_string(&writer, "remedy", features[i].remedy);
		writer_close(&writer, '}');
	}
	writer_close(&writer, ']');
	memory_write(use, &writer);
	writer_close(&writer, '}');
}

static void add_feature(struct table *table, const struct tsem_feature *feature)
{
	if (feature->present)
		table_add(table, STYLE_GOOD, "ok");
	else if (feature->required)
		table_add(table, STYLE_BAD, "missing");
	else
		table_add(table, STYLE_WARN, "optional");
	table_add(table, STYLE_PLAIN, "%s", feature->name);
	table_add(table, STYLE_FAINT, "%s", feature->detail);
}

static bool needs(const struct tsem_feature *feature)
{
	return !feature->present && feature->remedy[0];
}

static bool was_said(const struct tsem_feature *features, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (needs(&features[i]) && !strcmp(features[i].remedy, features[index].remedy))
			return true;
	return false;
}

/* Prints each remedy once, for all features that it helps. */
static void print_remedies(const struct tsem_feature *features, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!needs(&features[i]) || was_said(features, i))
			continue;
		putchar('\n');
		for (size_t k = i; k < count; k++) {
			if (!needs(&features[k]) || strcmp(features[k].remedy, features[i].remedy) != 0)
				continue;
			fputs(k > i ? ", " : "", stdout);
			print_styled(stdout, STYLE_STRONG, features[k].name);
			fputs(features[k].required ? "" : " (optional)", stdout);
		}
		puts(":");
		text_wrap(stdout, features[i].remedy, 2, 79);
	}
}

static void add_missing(const struct tsem_feature *features, size_t count, struct tsem_buffer *out)
{
	const char *separator = "";
	size_t i;

	for (i = 0; i < count; i++) {
		if (!features[i].required || features[i].present)
			continue;
		tsem_buffer_printf(out, "%s%s", separator, features[i].name);
		separator = ", ";
	}
}

/* The sentence that says what to do comes first, then its reasons. */
static void print_conclusion(const struct tsem_feature *features, size_t count)
{
	struct tsem_buffer text = {0};

	if (is_enough(features, count)) {
		puts("Enforcement works here. Try `tsem learn -o grep.model -- grep root /etc/passwd`.\n");
		return;
	}
	tsem_buffer_printf(&text, "Not here: ");
	add_missing(features, count, &text);
	tsem_buffer_printf(&text, " missing; use `tsem lab -- CMD` to try it in a micro-VM.");
	text_wrap(stdout, text.data ? text.data : "Not here.", 0, 79);
	putchar('\n');
	tsem_buffer_deinit(&text);
}

static int print_features(const struct tsem_feature *features, size_t count, const struct memory_use *use,
			  struct tsem_error *error)
{
	struct table table;
	int status;
	size_t i;

	print_conclusion(features, count);
	table_init(&table, 3, 0);
	for (i = 0; i < count; i++)
		add_feature(&table, &features[i]);
	status = table_print(&table, stdout, error);
	table_deinit(&table);
	if (status)
		return status;
	print_remedies(features, count);
	memory_print(use);
	return 0;
}

int cmd_doctor(const struct invocation *invocation)
{
	struct tsem_feature features[FEATURES_MAX];
	struct memory_use use;
	size_t count;
	int status;

	status = tsem_features_probe(features, FEATURES_MAX, &count, invocation->error);
	if (status)
		return status;
	memory_read(&use);
	if (invocation_given(invocation, OPTION_doctor_json))
		write_features(features, count, &use);
	else
		status = print_features(features, count, &use, invocation->error);
	memory_deinit(&use);
	if (status)
		return status;
	return is_enough(features, count) ? 0 : STATUS_FAILED;
}
