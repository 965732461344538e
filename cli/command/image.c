/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/verb.h"
#include "../image/verbs.h"

#define HAS(option) (1u << OPTION_image_##option)
#define PLACE (HAS(platform) | HAS(ca) | HAS(timeout))

static const struct verb verbs[] = {
	{"attach", image_attach, "an image and a model, REF|DIR MODEL", 2, 2, 0,
	 HAS(key) | HAS(keys) | HAS(serial) | HAS(not_before) | HAS(not_after) | HAS(sealed) | HAS(json) | PLACE},
	{"fetch", image_fetch, "an image, REF|DIR", 1, 1, HAS(keys), HAS(output) | HAS(into) | HAS(name) | PLACE},
	{"ls", image_list, "an image, REF|DIR", 1, 1, 0, HAS(keys) | HAS(json) | PLACE},
	{},
};

int cmd_image(const struct invocation *invocation)
{
	return verb_run(invocation, verbs);
}
