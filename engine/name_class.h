/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the middle of a name may be made of (tsem_name_rule). Who applies a rule, who checks one and who proposes one agree here. */
#ifndef TSEM_ENGINE_NAME_CLASS_H
#define TSEM_ENGINE_NAME_CLASS_H

#include "../abi/namespace.h"
#include "port.h"

static TSEM_INLINE int name_class_has(tsem_u32 class, tsem_u8 c)
{
	tsem_u8 letter = c | 0x20;

	if (c >= '0' && c <= '9')
		return 1;
	if (class == TSEM_NAME_HEX)
		return letter >= 'a' && letter <= 'f';
	return class == TSEM_NAME_ALNUM && ((letter >= 'a' && letter <= 'z') || c == '_' || c == '-');
}

#endif
