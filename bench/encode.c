/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * encode MODEL URL COUNT [ocsf]: how many events a second of one core become lines, from ring records: encoded only,
 * and carried to a sink, such as file:/dev/null. Events are those of the model, with identities, numbered anew.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../sink/carrier.h"
#include "../sink/format.h"

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static struct carrier *carrier;

static void take(const struct sink_format *format, const struct tsem_record *record, tsem_u64 number,
		 struct tsem_buffer *line)
{
	struct sink_message message = {
		.number = number,
		.class = tsem_event_class_number(record->event),
		.host = format->identity.host,
		.boot = format->identity.boot,
		.name = format->identity.name,
	};

	line->size = 0;
	sink_format_record(format, record, line);
	message.text = line->data;
	message.size = line->size;
	while (carrier && carrier_take(carrier, &message, 100, NULL))
		;
}

static void run(const char *what, const struct sink_format *format, const struct tsem_model *model, tsem_u64 count)
{
	struct tsem_buffer line = {};
	tsem_u64 number = 0, bytes = 0;
	double from = cpu_seconds(), seconds;

	while (number < count)
		for (size_t i = 0; i < model->set.count && number < count; i++) {
			struct tsem_record *record = model->set.entries[i].record;

			if (!record)
				continue;
			record->number = ++number;
			take(format, record, number, &line);
			bytes += line.size + 1;
		}
	while (carrier && !carrier_settled(carrier, 100))
		;
	seconds = cpu_seconds() - from;
	printf("%-8s %llu events of %llu bytes, %.2f s of CPU: %.0f events/s of one core\n", what, count, bytes / count,
	       seconds, count / seconds);
	tsem_buffer_deinit(&line);
}

int main(int argc, char **argv)
{
	struct carrier_options options = {.format = "tsem"};
	struct carrier_counts counts;
	struct spool_found found;
	struct sink_format format;
	struct tsem_model *model;
	struct tsem_error error;
	tsem_u64 count;

	if (argc < 4 || tsem_model_read(argv[1], &model, &error))
		return 2;
	count = strtoull(argv[3], NULL, 10);
	sink_identity_here("bench", &options.identity);
	sink_format_init(&format, argc > 4 ? FORMAT_OCSF : FORMAT_TSEM, true, &options.identity);
	run("encoded", &format, model, count);
	options.url = argv[2];
	if (carrier_create(&options, &carrier, &found, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	run("carried", &format, model, count);
	carrier_destroy(carrier, &counts, NULL);
	return counts.delivered == count ? 0 : 1;
}
