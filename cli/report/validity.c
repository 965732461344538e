/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "validity.h"

void write_validity(struct writer *writer, const struct tsem_validity *validity)
{
	char text[TSEM_TIME_SIZE];

	if (validity->serial)
		writer_number(writer, "serial", validity->serial);
	tsem_time_format(validity->not_before, text);
	if (validity->not_before)
		writer_string(writer, "not_before", text);
	tsem_time_format(validity->not_after, text);
	if (validity->not_after)
		writer_string(writer, "not_after", text);
}
