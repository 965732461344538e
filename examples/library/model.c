/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* model FILE: the name of a model, what it holds, and its state, which is equal for models that allow the same. */
#include <stdio.h>
#include <tsem/model.h>

static int print_state(const struct tsem_model *model)
{
	tsem_u8 state[TSEM_DIGEST_SIZE];
	int r = tsem_set_state(&model->set, NULL, NULL, state);

	if (r)
		return r;
	printf("%s: %zu coefficients, state ", model->name, model->set.count);
	for (size_t i = 0; i < sizeof(state); i++)
		printf("%02x", state[i]);
	putchar('\n');
	return 0;
}

int main(int argc, char **argv)
{
	struct tsem_error error = {0};
	struct tsem_model *model;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: model FILE\n");
		return 2;
	}
	r = tsem_model_read(argv[1], &model, &error);
	if (r) {
		fprintf(stderr, "model: %s\n", error.text);
		return 1;
	}
	r = print_state(model);
	tsem_model_destroy(model);
	return r ? 1 : 0;
}
