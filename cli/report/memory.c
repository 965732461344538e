/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

#include <stdlib.h>

static tsem_u64 in_all(const struct tsem_memory *memory)
{
	return memory->programs + memory->maps + memory->namespaces;
}

static void read_sessions(struct memory_use *use)
{
	char(*names)[TSEM_NAME_MAX];
	size_t count, i;

	if (tsem_session_list(&names, &count, NULL))
		return;
	use->sessions = calloc(count + 1, sizeof(*use->sessions));
	for (i = 0; use->sessions && i < count; i++) {
		if (!tsem_session_status(names[i], &use->sessions[use->count], NULL) && use->sessions[use->count].live)
			use->count++;
	}
	free(names);
}

void memory_read(struct memory_use *ret_use)
{
	struct memory_use use = {0};

	if (!tsem_memory_read(&use.memory, NULL) && in_all(&use.memory))
		read_sessions(&use);
	*ret_use = use;
}

void memory_deinit(struct memory_use *use)
{
	free(use->sessions);
}

static void print_bytes(const char *what, tsem_u64 bytes)
{
	printf("  %-24s %9.2f MiB\n", what, bytes / 1048576.0);
}

void memory_print(const struct memory_use *use)
{
	const struct tsem_memory *memory = &use->memory;
	char title[32];
	size_t i;

	if (!in_all(memory))
		return;
	putchar('\n');
	print_styled(stdout, STYLE_STRONG, "Memory of the kernel that tsem uses now");
	puts(":");
	snprintf(title, sizeof(title), "%u programs", memory->program_count);
	print_bytes(title, memory->programs);
	print_bytes("shared maps", memory->maps);
	print_bytes("namespaces", memory->namespaces);
	for (i = 0; i < use->count; i++) {
		printf("    ");
		print_styled(stdout, STYLE_PLAIN, use->sessions[i].name);
		printf(": %.2f MiB\n", use->sessions[i].memory / 1048576.0);
	}
	print_bytes("in all", in_all(memory));
}

void memory_write(const struct memory_use *use, struct writer *writer)
{
	const struct tsem_memory *memory = &use->memory;
	size_t i;

	if (!in_all(memory)) {
		writer_null(writer, "memory");
		return;
	}
	writer_open(writer, "memory", '{');
	writer_number(writer, "programs", memory->programs);
	writer_number(writer, "maps", memory->maps);
	writer_number(writer, "namespaces", memory->namespaces);
	writer_number(writer, "total", in_all(memory));
	writer_open(writer, "sessions", '[');
	for (i = 0; i < use->count; i++) {
		writer_open(writer, NULL, '{');
		writer_string(writer, "name", use->sessions[i].name);
		writer_number(writer, "bytes", use->sessions[i].memory);
		writer_close(writer, '}');
	}
	writer_close(writer, ']');
	writer_close(writer, '}');
}
