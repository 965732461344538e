/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes as lower-case hexadecimal digits. */
#ifndef TSEM_LIB_HEX_H
#define TSEM_LIB_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include "../../abi/types.h"

/* Two digits for each byte, and no NUL; returns the end. */
static inline char *hex_put(const tsem_u8 *bytes, size_t size, char *at)
{
	for (size_t i = 0; i < size; i++) {
		*at++ = "0123456789abcdef"[bytes[i] >> 4];
		*at++ = "0123456789abcdef"[bytes[i] & 15];
	}
	return at;
}

/* The same, and a NUL. */
static inline void hex_format(const tsem_u8 *bytes, size_t size, char *ret_text)
{
	*hex_put(bytes, size, ret_text) = 0;
}

/* Of a lower-case digit; -1 of anything else. */
static inline int hex_value(char digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Reads two digits for each byte; false at the first that is none, also at a NUL. Reads nothing behind them. */
static inline bool hex_parse(const char *text, size_t size, tsem_u8 *ret_bytes)
{
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(text[2 * i]), low = high < 0 ? -1 : hex_value(text[2 * i + 1]);

		if (low < 0)
			return false;
		ret_bytes[i] = high << 4 | low;
	}
	return true;
}

#endif
