/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/cmd.h"
#include "../text/clock.h"
#include "../text/output.h"

static const char *scope_word(tsem_u32 scope)
{
	static const char *const words[] = {"?", "host", "namespace", "descendants", "cgroup"};

	return words[scope <= TSEM_SCOPE_CGROUP ? scope : 0];
}

static void add_counter(struct table *table, tsem_u64 number, enum style style)
{
	table_add(table, number ? style : STYLE_PLAIN, "%llu", number);
}

static void add_agent(struct table *table, const struct tsem_agent_info *agent)
{
	struct tsem_buffer age = {0};

	clock_describe_age(clock_age(agent->created), &age);
	table_add(table, STYLE_STRONG, "%s", agent->name);
	table_add(table, STYLE_PLAIN, "%u", agent->pid);
	table_add(table, STYLE_PLAIN, "%s", scope_word(agent->scope));
	table_add(table, STYLE_PLAIN, "%u", agent->asked);
	table_add(table, STYLE_PLAIN, "%u", agent->notified);
	add_counter(table, agent->stats.produced, STYLE_PLAIN);
	add_counter(table, agent->stats.answered, STYLE_PLAIN);
	add_counter(table, agent->stats.denied, STYLE_PLAIN);
	add_counter(table, agent->stats.late, STYLE_BAD);
	add_counter(table, agent->stats.lost + agent->stats.unheard, STYLE_WARN);
	table_add(table, STYLE_PLAIN, "%s", age.data ? age.data : "");
	tsem_buffer_deinit(&age);
}

static int print_table(const struct tsem_agent_info *agents, size_t count, struct tsem_error *error)
{
	struct table table;
	int status;

	table_init(&table, 11, 0x3fa);
	table_head(&table, "NAME PROCESS SCOPE ASKED NOTIFIED MESSAGES ANSWERED DENIED LATE LOST AGE");
	for (size_t i = 0; i < count; i++)
		add_agent(&table, &agents[i]);
	status = table_print(&table, stdout, error);
	table_deinit(&table);
	return status;
}

static void write_agent(struct writer *writer, const struct tsem_agent_info *agent)
{
	const struct tsem_agent_stats *stats = &agent->stats;

	writer_open(writer, NULL, '{');
	writer_string(writer, "name", agent->name);
	writer_number(writer, "pid", agent->pid);
	writer_string(writer, "scope", scope_word(agent->scope));
	writer_number(writer, "target", agent->target);
	writer_number(writer, "asked", agent->asked);
	writer_number(writer, "notified", agent->notified);
	writer_number(writer, "produced", stats->produced);
	writer_number(writer, "delivered", stats->delivered);
	writer_number(writer, "lost", stats->lost);
	writer_number(writer, "muted", stats->muted);
	writer_number(writer, "answered", stats->answered);
	writer_number(writer, "denied", stats->denied);
	writer_number(writer, "late", stats->late);
	writer_number(writer, "unheard", stats->unheard);
	writer_close(writer, '}');
}

static void print_json(const struct tsem_agent_info *agents, size_t count)
{
	struct writer writer;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (size_t i = 0; i < count; i++)
		write_agent(&writer, &agents[i]);
	writer_close(&writer, ']');
}

static void print_names(const struct tsem_agent_info *agents, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_styled(stdout, STYLE_PLAIN, agents[i].name);
		putchar('\n');
	}
}

int cmd_agents(const struct invocation *invocation)
{
	struct tsem_agent_info agents[TSEM_AGENT_MAX];
	size_t count;
	int status;

	status = tsem_agent_list(agents, TSEM_AGENT_MAX, &count, invocation->error);
	if (status)
		return status;
	if (invocation_given(invocation, OPTION_agents_json))
		print_json(agents, count);
	else if (invocation_given(invocation, OPTION_agents_quiet))
		print_names(agents, count);
	else
		status = print_table(agents, count, invocation->error);
	return status;
}
