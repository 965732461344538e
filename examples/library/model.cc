/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The same in C++: what the library makes is given back when its owner goes. */
#include <cstdio>
#include <memory>
#include <tsem/tsem.h>

struct destroy {
	void operator()(tsem_model *model) const { tsem_model_destroy(model); }
};
using owned_model = std::unique_ptr<tsem_model, destroy>;

static owned_model read_model(const char *path, tsem_error &error)
{
	tsem_model *model = nullptr;

	tsem_model_read(path, &model, &error);
	return owned_model(model);
}

int main(int argc, char **argv)
{
	tsem_u8 state[TSEM_DIGEST_SIZE];
	tsem_error error = {};

	if (argc != 2) {
		std::fprintf(stderr, "usage: model FILE\n");
		return 2;
	}
	owned_model model = read_model(argv[1], error);
	if (!model || tsem_set_state(&model->set, nullptr, nullptr, state)) {
		std::fprintf(stderr, "model: %s\n", error.text);
		return 1;
	}
	std::printf("%s: %zu coefficients, state ", model->name, model->set.count);
	for (unsigned byte : state)
		std::printf("%02x", byte);
	std::putchar('\n');
	return 0;
}
