/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* "Did you mean": the restricted edit distance of Damerau, over short words. */
#include <stdlib.h>
#include <string.h>

#include "../text/text.h"

#define WORD_MAX 31

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

static unsigned word_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	unsigned rows[WORD_MAX + 1][WORD_MAX + 1];
	unsigned differs;
	size_t i, j;

	for (i = 0; i <= a_size; i++)
		rows[i][0] = i;
	for (j = 0; j <= b_size; j++)
		rows[0][j] = j;
	for (i = 1; i <= a_size; i++) {
		for (j = 1; j <= b_size; j++) {
			differs = a[i - 1] != b[j - 1];
			rows[i][j] = smallest(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    rows[i - 2][j - 2] + 1 < rows[i][j])
				rows[i][j] = rows[i - 2][j - 2] + 1;
		}
	}
	return rows[a_size][b_size];
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
	size_t size = strlen(word), other, i;
	const char *nearest = NULL;
	unsigned distance, least;

	if (size == 0 || size > WORD_MAX)
		return NULL;
	least = 1 + size / 3;
	for (i = 0; i < count; i++) {
		other = strlen(words[i]);
		if (other > WORD_MAX)
			continue;
		distance = word_distance(word, size, words[i], other);
		if (size >= 3 && strncmp(word, words[i], size) == 0)
			distance = 1;
		if (distance <= least && distance < size) {
			if (!nearest || distance < least)
				nearest = words[i];
			least = distance;
		}
	}
	return nearest;
}
