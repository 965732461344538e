/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"
#include "model_lines.h"
#include "unit.h"

void test_sizes_list(void)
{
	struct tsem_sizes sizes = {}, other = {};

	CHECK(!tsem_size_counts(0) && !tsem_size_counts(TSEM_CONTENT_SMALL) &&
	      tsem_size_counts(TSEM_CONTENT_SMALL + 1));
	CHECK(tsem_size_counts(TSEM_CONTENT_LARGEST) && !tsem_size_counts(TSEM_CONTENT_LARGEST + 1) &&
	      !tsem_size_counts(~0ull));
	CHECK(tsem_sizes_add(&sizes, TSEM_CONTENT_SMALL) == -EINVAL &&
	      tsem_sizes_add(&sizes, TSEM_CONTENT_LARGEST + 1) == -EINVAL);
	CHECK(!sizes.count && !tsem_sizes_have(&sizes, TSEM_CONTENT_LARGEST));
	for (tsem_u64 i = 0; i < 1000; i++) /* 7 and 1000 have no common divisor: each once, in no order */
		CHECK(tsem_sizes_add(&sizes, TSEM_CONTENT_SMALL + 1 + 2 * (i * 7 % 1000)) == 1);
	CHECK(sizes.count == 1000);
	for (tsem_u64 i = 0; i < sizes.count; i++) {
		CHECK(sizes.items[i] == TSEM_CONTENT_SMALL + 1 + 2 * i);
		CHECK(tsem_sizes_add(&sizes, sizes.items[i]) == 0);
		CHECK(tsem_sizes_have(&sizes, sizes.items[i]) && !tsem_sizes_have(&sizes, sizes.items[i] + 1));
	}
	CHECK(tsem_sizes_add(&other, TSEM_CONTENT_LARGEST) == 1 && tsem_sizes_add(&other, TSEM_CONTENT_SMALL + 1) == 1);
	CHECK(!tsem_sizes_join(&sizes, &other) && sizes.count == 1001 && sizes.items[1000] == TSEM_CONTENT_LARGEST);
	CHECK(!tsem_sizes_join(&sizes, &sizes) && sizes.count == 1001);
	tsem_sizes_deinit(&sizes);
	tsem_sizes_deinit(&other);
}

#define NONE "this is not the size of a large content"
#define ORDER "the sizes of large contents are not in ascending order"

void test_sizes_file(void)
{
	static const struct {
		const char *lines, *reason; /* NULL: a model of so many sizes */
		size_t count;
	} files[] = {
		{"large 16777217\ncoefficients 0\n", NULL, 1},
		{"large 1073741824\ncoefficients 0\n", NULL, 1},
		{"large 16777217\nlarge 99999999\nlarge 100000000\nsyscalls 1\nopen\ncoefficients 0\n", NULL, 3},
		{"large 16777216\ncoefficients 0\n", "line 7: " NONE, 0},
		{"large 1073741825\ncoefficients 0\n", "line 7: " NONE, 0},
		{"large 0\ncoefficients 0\n", "line 7: " NONE, 0},
		{"large 18446744073709551615\ncoefficients 0\n", "line 7: " NONE, 0},
		{"large 18446744073726328833\ncoefficients 0\n", "line 7: this is not a decimal number", 0},
		{"large 017825792\ncoefficients 0\n", "line 7: this is not a decimal number", 0},
		{"large 0x1100000\ncoefficients 0\n", "line 7: this is not a decimal number", 0},
		{"large 17825792 \ncoefficients 0\n", "line 7: this is not a decimal number", 0},
		{"large -17825792\ncoefficients 0\n", "line 7: this is not a decimal number", 0},
		{"large  17825792\ncoefficients 0\n", "line 7: this is not a decimal number", 0},
		{"large \ncoefficients 0\n", "line 7: this is not a decimal number", 0},
		{"coefficients \n", "line 7: this is not a decimal number", 0},
		{"large\ncoefficients 0\n", "line 7: \"coefficients\" is expected", 0},
		{"large 17825793\nlarge 17825792\ncoefficients 0\n", "line 8: " ORDER, 0},
		{"large 17825792\nlarge 17825792\ncoefficients 0\n", "line 8: " ORDER, 0},
		{"large 100000000\nlarge 99999999\ncoefficients 0\n", "line 8: " ORDER, 0},
		{"syscalls 1\nopen\nlarge 17825792\ncoefficients 0\n", "line 9: \"coefficients\" is expected", 0},
		{"coefficients 0\nlarge 17825792\n", "line 8: ", 0},
	};
	struct tsem_error error = {};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct tsem_model *model = NULL;
		struct tsem_buffer again = {};
		int r = model_lines_parse(files[i].lines, &model, &error);

		if (files[i].reason) {
			if (CHECK(r == -EBADMSG))
				CHECK_HOLDS(error.text, files[i].reason);
		} else if (CHECK(!r) && CHECK(!model_format(model, &again, &error))) {
			CHECK(model->large.count == files[i].count);
			CHECK(!memcmp(again.data + strlen(MODEL_LINES_HEAD), files[i].lines, strlen(files[i].lines)));
		}
		tsem_buffer_deinit(&again);
		tsem_model_destroy(model);
	}
}

/* The sizes are no settings: models that differ in them can be merged. */
void test_sizes_merge(void)
{
	struct tsem_model *a = NULL, *b = NULL, *c = NULL;
	struct tsem_error error = {};

	if (!CHECK(!model_lines_parse("large 17000000\nlarge 19000000\ncoefficients 0\n", &a, &error)) ||
	    !CHECK(!model_lines_parse("large 18000000\nlarge 19000000\ncoefficients 0\n", &b, &error)) ||
	    !CHECK(!model_lines_parse("coefficients 0\n", &c, &error)))
		return;
	CHECK(!tsem_model_merge(c, a, &error) && c->large.count == 2 && c->large.items[0] == 17000000);
	CHECK(!tsem_model_merge(c, b, &error) && c->large.count == 3 && a->large.count == 2 && b->large.count == 2);
	CHECK(c->large.items[0] == 17000000 && c->large.items[1] == 18000000 && c->large.items[2] == 19000000);
	tsem_model_destroy(a);
	tsem_model_destroy(b);
	tsem_model_destroy(c);
}
