/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_REBASE_H
#define TSEM_LIB_REBASE_H

#include "../event/codec.h"

/* The content of an open item of type FILE; NULL when its digest is zero or it is not in the list. */
struct tsem_content *contents_find(const struct tsem_contents *contents, const struct codec *codec,
				   const struct item *file);

#endif
