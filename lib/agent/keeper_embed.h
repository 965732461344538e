/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_KEEPER_EMBED_H
#define TSEM_LIB_KEEPER_EMBED_H

/* roots/keeper, as it is executed. */
extern const char embedded_keeper[], embedded_keeper_end[];

#endif
