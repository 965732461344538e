/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/verb.h"
#include "../model/verbs.h"

#define HAS(option) (1u << OPTION_model_##option)

static const struct verb verbs[] = {
	{"verify", model_verify, "FILE", 1, 1, 0, HAS(key) | HAS(keys) | HAS(about) | HAS(json)},
	{"sign", model_sign, "FILE", 1, 1, 0,
	 HAS(key) | HAS(keys) | HAS(subject) | HAS(sealed) | HAS(output) | HAS(not_before) | HAS(not_after) |
		 HAS(serial)},
	{"diff", model_diff, "two models, A B", 2, 2, 0, HAS(json) | HAS(keys)},
	{"merge", model_merge, "at least two models, A B...", 2, -1u, HAS(output), HAS(keys)},
	{"minimise", model_minimise, "MODEL", 1, 1, 0, HAS(keys) | HAS(output) | HAS(runs) | HAS(dry_run) | HAS(json)},
	{"learn-from", model_learn_from, "NAME, of a session", 1, 1, HAS(forensics),
	 HAS(output) | HAS(class) | HAS(number) | HAS(path) | HAS(all) | HAS(json)},
	{"rebase", model_rebase, "MODEL", 1, 1, HAS(package_update),
	 HAS(keys) | HAS(output) | HAS(root) | HAS(keep_missing) | HAS(dry_run) | HAS(json)},
	{"pseudonym", model_pseudonym, "MODEL and at least one PATH", 2, -1u, HAS(output), HAS(keys)},
	{"revoke", model_revoke, "FILE, or NAME with --serial", 1, 1, 0, HAS(serial) | HAS(serials)},
	{},
};

int cmd_model(const struct invocation *invocation)
{
	return verb_run(invocation, verbs);
}
