/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model.h"
#include "../base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buffer.h"
#include "../event/digest.h"

struct tsem_model *tsem_model_create(const char *name, tsem_u32 options)
{
	struct tsem_model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	snprintf(model->name, sizeof(model->name), "%s", name ? name : "");
	model->options = options;
	return model;
}

void tsem_model_destroy(struct tsem_model *model)
{
	if (!model)
		return;
	tsem_set_deinit(&model->set);
	free(model->sources);
	for (size_t i = 0; i < model->pseudonym_count; i++)
		free(model->pseudonyms[i]);
	free(model->pseudonyms);
	tsem_sizes_deinit(&model->large);
	tsem_calls_deinit(&model->calls);
	model_deinit_decisions(model);
	model_deinit_trees(model);
	free(model);
}

int tsem_model_add_pattern(struct tsem_model *model, const struct tsem_name_rule *rule)
{
	for (size_t i = 0; i < model->name_count; i++)
		if (!memcmp(&model->names[i], rule, sizeof(*rule)))
			return -EEXIST;
	if (model->name_count == TSEM_NAME_RULES)
		return -ENOSPC;
	model->names[model->name_count++] = *rule;
	model->options |= TSEM_OPTION_NAMES;
	return 0;
}

const char *model_name_fault(const char *name)
{
	size_t size = strlen(name);

	if (!size)
		return "is empty";
	if (size >= TSEM_NAME_MAX)
		return "is longer than 63 bytes";
	for (size_t i = 0; i < size; i++)
		if ((tsem_u8)name[i] < 0x20 || name[i] == 0x7f)
			return "has a control character in it";
	return NULL;
}

bool entry_failed(const struct tsem_entry *entry)
{
	return entry->record && entry->record->flags & TSEM_RECORD_FAILED;
}

const char *model_record_fault(const struct tsem_record *record, const tsem_u8 *coefficient)
{
	tsem_u8 computed[TSEM_DIGEST_SIZE];

	if (record->flags & TSEM_RECORD_FAILED)
		return "is one that could not be modeled";
	if (record->flags & TSEM_RECORD_BARE)
		return "is one of an export, without its coefficient";
	tsem_record_coefficient(record, computed);
	if (memcmp(computed, record->coefficient, TSEM_DIGEST_SIZE) != 0)
		return "does not have the coefficient that it states";
	if (memcmp(computed, coefficient, TSEM_DIGEST_SIZE) != 0)
		return "does not belong to its coefficient";
	return NULL;
}

/* ---- writing ---- */

static int compare_coefficients(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;

	return memcmp((*x)->coefficient, (*y)->coefficient, TSEM_DIGEST_SIZE);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;

	if ((*x)->number != (*y)->number)
		return (*x)->number < (*y)->number ? -1 : 1;
	return compare_coefficients(a, b);
}

static void format_hex(struct tsem_buffer *buffer, const tsem_u8 *digest)
{
	buffer_hex(buffer, digest, TSEM_DIGEST_SIZE);
	buffer_text(buffer, "\n");
}

static void format_option(struct tsem_buffer *buffer, const struct tsem_option *option, tsem_u32 bits)
{
	if (!option->always && !(bits & option->mask))
		return;
	tsem_buffer_printf(buffer, "%s ", option->key);
	tsem_option_format(option, bits, buffer);
	buffer_text(buffer, "\n");
}

static void format_pseudonyms(const struct tsem_model *model, struct tsem_buffer *buffer)
{
	for (size_t i = 0; i < model->pseudonym_count; i++) {
		buffer_text(buffer, "pseudonym ");
		model_escape(model->pseudonyms[i], false, buffer);
		buffer_text(buffer, "\n");
	}
}

static void format_trees(const struct tsem_model *model, struct tsem_buffer *buffer)
{
	for (size_t i = 0; i < model->tree_count; i++) {
		buffer_text(buffer, "tree ");
		model_escape(model->trees[i].path, false, buffer);
		tsem_buffer_printf(buffer, ":%s\n", tree_word(model->trees[i].rights));
	}
}

static void format_sources(const struct tsem_model *model, struct tsem_buffer *buffer)
{
	for (size_t i = 0; i < model->source_count; i++) {
		tsem_buffer_printf(buffer, "source %s %u ", model->sources[i].name, model->sources[i].runs);
		format_hex(buffer, model->sources[i].state);
	}
}

static void format_large(const struct tsem_sizes *large, struct tsem_buffer *buffer)
{
	for (size_t i = 0; i < large->count; i++)
		tsem_buffer_printf(buffer, "large %llu\n", large->items[i]);
}

static void format_calls(const struct tsem_calls *calls, struct tsem_buffer *buffer)
{
	if (calls->known)
		tsem_buffer_printf(buffer, "syscalls %zu\n", calls->count);
	for (size_t i = 0; i < calls->count; i++) {
		tsem_call_format(&calls->items[i], buffer);
		buffer_text(buffer, "\n");
	}
}

static void format_decision(const struct tsem_decision *decision, struct tsem_buffer *buffer)
{
	char time[TSEM_TIME_SIZE];

	tsem_time_format(decision->time, time);
	tsem_buffer_printf(buffer, "%s %s ", decision->allow ? "allow" : "deny", time);
	buffer_hex(buffer, decision->key, sizeof(decision->key));
	buffer_text(buffer, " ");
	model_escape(decision->who, false, buffer);
	buffer_text(buffer, decision->why[0] ? " " : "");
	model_escape(decision->why, true, buffer);
	buffer_text(buffer, "\n");
}

void model_format_head(const struct tsem_model *model, struct tsem_buffer *buffer)
{
	const struct tsem_option *option;

	tsem_buffer_printf(buffer, "tsem-model %d\nname %s\ndigest sha256\n", MODEL_VERSION, model->name);
	for (unsigned i = 0; (option = tsem_option_at(i)); i++)
		format_option(buffer, option, model->options);
	for (size_t i = 0; i < model->name_count; i++) {
		buffer_text(buffer, "pattern ");
		tsem_pattern_format(&model->names[i], buffer);
		buffer_text(buffer, "\n");
	}
	format_pseudonyms(model, buffer);
	format_trees(model, buffer);
	if (model->has_action)
		tsem_buffer_printf(buffer, "on-violation %s\n", tsem_action_name(model->action));
	tsem_buffer_printf(buffer, "runs %u\n", model->runs);
	format_sources(model, buffer);
	format_large(&model->large, buffer);
	format_calls(&model->calls, buffer);
	if (model->decision_count)
		tsem_buffer_printf(buffer, "decisions %zu\n", model->decision_count);
	for (size_t i = 0; i < model->decision_count; i++)
		format_decision(&model->decisions[i], buffer);
	tsem_buffer_printf(buffer, "coefficients %zu\n", model->set.count);
}

static int format_event(const struct tsem_model *model, const struct tsem_entry *entry, struct tsem_buffer *buffer,
			struct tsem_error *error)
{
	const char *fault = model_record_fault(entry->record, entry->coefficient);

	if (!fault && (entry->last > model->runs || entry->run > entry->last || !entry->run != !entry->last))
		fault = "comes from a run that the model does not count";
	if (fault)
		return tsem_error_set(error, EINVAL, "model %s: event %llu (%s) %s", model->name, entry->number,
				      tsem_event_name(entry->record->event), fault);
	tsem_buffer_printf(buffer, "%llu %u %u ", entry->count, entry->run, entry->last);
	tsem_record_to_json(entry->record, buffer);
	buffer_text(buffer, "\n");
	return 0;
}

static int format_trajectory(const struct tsem_model *model, const struct tsem_entry **entries,
			     struct tsem_buffer *buffer, struct tsem_error *error)
{
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < model->set.count; i++)
		if (model->set.entries[i].record)
			entries[count++] = &model->set.entries[i];
	if (!count)
		return 0;
	qsort(entries, count, sizeof(*entries), compare_numbers);
	tsem_buffer_printf(buffer, "trajectory %zu\n", count);
	for (size_t i = 0; i < count && !result; i++)
		result = format_event(model, entries[i], buffer, error);
	return result;
}

static int check_options(const struct tsem_model *model, struct tsem_error *error)
{
	const char *fault = model_name_fault(model->name);
	const struct tsem_option *option;
	tsem_u32 known = TSEM_OPTION_NAMES;

	if (fault)
		return tsem_error_set(error, EINVAL, "the name of a model %s", fault);
	if (model->has_action && !tsem_action_name(model->action))
		return tsem_error_set(error, EINVAL, "model %s: there is no action %u", model->name, model->action);
	for (unsigned i = 0; (option = tsem_option_at(i)); i++)
		known |= option->mask;
	if (model->options & ~known)
		return tsem_error_set(error, EINVAL, "model %s: options 0x%x cannot be written", model->name,
				      model->options);
	return 0;
}

static int check_decisions(const struct tsem_model *model, struct tsem_error *error)
{
	for (size_t i = 0; i < model->decision_count; i++)
		if (!decision_valid(model, &model->decisions[i]))
			return tsem_error_set(error, EINVAL, "model %s: decision %zu cannot be written", model->name,
					      i + 1);
	return 0;
}

int model_format(const struct tsem_model *model, struct tsem_buffer *buffer, struct tsem_error *error)
{
	const struct tsem_entry **entries;
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	int result = check_options(model, error);

	if (!result)
		result = check_decisions(model, error);
	if (result < 0)
		return result;
	entries = calloc(model->set.count + 1, sizeof(*entries));
	if (!entries)
		return tsem_error_set(error, ENOMEM, "model %s: out of memory", model->name);
	model_format_head(model, buffer);
	for (size_t i = 0; i < model->set.count; i++)
		entries[i] = &model->set.entries[i];
	qsort(entries, model->set.count, sizeof(*entries), compare_coefficients);
	for (size_t i = 0; i < model->set.count; i++)
		format_hex(buffer, entries[i]->coefficient);
	result = format_trajectory(model, entries, buffer, error);
	free(entries);
	if (result < 0)
		return result;
	digest_bytes(buffer->data, buffer->size, digest);
	buffer_text(buffer, "end ");
	format_hex(buffer, digest);
	if (buffer->failed)
		return tsem_error_set(error, ENOMEM, "model %s: out of memory", model->name);
	if (buffer->size > MODEL_SIZE_MAX)
		return tsem_error_set(error, EFBIG, "model %s: more than 1 GiB as a file", model->name);
	return 0;
}

int tsem_buffer_write(const struct tsem_buffer *buffer, const char *path, struct tsem_error *error)
{
	return replace_file(path, buffer->data ? buffer->data : "", buffer->size, 0, error);
}

int tsem_model_write(const struct tsem_model *model, const char *path, struct tsem_error *error)
{
	struct tsem_buffer buffer = {0};
	int result = model_format(model, &buffer, error);

	if (!result)
		result = tsem_buffer_write(&buffer, path, error);
	tsem_buffer_deinit(&buffer);
	return result;
}
