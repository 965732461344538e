/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The objects and headers that tsem has with it: of the list that the build makes of detections/. */
#include "detect.h"

#include "shipped.h"

/* F(symbol, name, path): a file of the build, as it is */
#define F(symbol, name, path) \
	__asm__(".section .rodata\n" \
		".balign 16\n" #symbol ":\n" \
		".incbin \"" path "\"\n" #symbol "_end:\n" \
		".byte 0\n" \
		".previous\n"); \
	extern const unsigned char symbol[], symbol##_end[];
SHIPPED_OBJECTS(F)
SHIPPED_HEADERS(F)
#undef F

#define F(symbol, name, path) {name, symbol, symbol##_end},
static const struct shipped {
	const char *name;
	const unsigned char *begin, *end;
} objects[] = {SHIPPED_OBJECTS(F)}, headers[] = {SHIPPED_HEADERS(F)};
#undef F

static bool take(const struct shipped *all, size_t count, size_t index, struct tsem_detect_shipped *ret_file)
{
	if (index >= count)
		return false;
	*ret_file = (struct tsem_detect_shipped){all[index].name, all[index].begin, all[index].end - all[index].begin};
	return true;
}

bool tsem_detect_object(size_t index, struct tsem_detect_shipped *ret_object)
{
	return take(objects, sizeof(objects) / sizeof(*objects), index, ret_object);
}

bool tsem_detect_header(size_t index, struct tsem_detect_shipped *ret_header)
{
	return take(headers, sizeof(headers) / sizeof(*headers), index, ret_header);
}
