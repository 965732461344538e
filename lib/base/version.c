/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../tsem.h"

const char *tsem_version(void)
{
	return TSEM_VERSION;
}

unsigned tsem_version_number(void)
{
	return TSEM_VERSION_NUMBER;
}
