/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether a name is of the form that a rule says, and how it is written then
 * (tsem_name_rule). Who applies a rule, who checks one and who proposes one
 * agree here.
 */
#ifndef TSEM_ENGINE_NAME_FORM_H
#define TSEM_ENGINE_NAME_FORM_H

#include "../abi/namespace.h"
#include "port.h"

#define NAME_FORM_LITERAL 0x20 /* bytes from here on stand for themselves */
#define NAME_FORM_OUT 512 /* room for what is written: {name}, and no more than the form has for the rest */
#define NAME_FORM_NAME 255 /* characters that {name} stands for at most, as file systems have them */
#define NAME_FORM_TURNS 1024 /* a name that is not decided by then is none */

static TSEM_INLINE int name_class_has(tsem_u32 class, tsem_u8 c)
{
	tsem_u8 letter = c | 0x20;

	if (c >= '0' && c <= '9')
		return 1;
	if (class == TSEM_NAME_HEX)
		return letter >= 'a' && letter <= 'f';
	return class == TSEM_NAME_ALNUM && ((letter >= 'a' && letter <= 'z') || c == '_' || c == '-');
}

/* Where a search is. In the kernel it lies in memory whose content the verifier does not follow, or each turn were a new one. */
struct name_form_state {
	tsem_u32 at; /* the next character of the text */
	tsem_u32 place; /* in the form */
	tsem_u32 run; /* characters of the part so far */
	tsem_u32 written;
	/* Behind the characters that {name} has so far: where it can go on. place 0: it has none yet. */
	tsem_u32 name_at;
	tsem_u32 name_place;
	tsem_u32 name_written;
	tsem_u32 matched;
};

struct name_form {
	const tsem_u8 *text; /* TSEM_PATH_MAX + 1 bytes can be read in the kernel, length elsewhere */
	const tsem_u8 *form;
	tsem_u8 *out; /* NAME_FORM_OUT bytes */
	struct name_form_state *state; /* all 0, but for at */
	tsem_u32 length; /* of the text */
	tsem_u32 form_size;
};

static TSEM_INLINE void name_form_put(struct name_form *f, tsem_u8 c)
{
	f->out[TSEM_BOUND(f->state->written, NAME_FORM_OUT - 1)] = c;
	f->state->written++;
}

static TSEM_INLINE int name_form_ended(const struct name_form *f)
{
	return f->state->at >= f->length || f->text[TSEM_BOUND(f->state->at, TSEM_PATH_MAX)] == '/';
}

static TSEM_INLINE tsem_u8 name_form_next(const struct name_form *f)
{
	return f->text[TSEM_BOUND(f->state->at, TSEM_PATH_MAX)];
}

/* {name} takes one more character; it has one at the least. Returns 1 when there is none. */
static TSEM_INLINE int name_form_extend(struct name_form *f)
{
	f->state->run = 0;
	f->state->at = f->state->name_at;
	f->state->place = f->state->name_place;
	f->state->written = f->state->name_written;
	if (!f->state->place || f->state->written > NAME_FORM_NAME || name_form_ended(f))
		return 1;
	name_form_put(f, name_form_next(f));
	f->state->name_at = ++f->state->at;
	f->state->name_written = f->state->written;
	return 0;
}

/* One character, or the end of a part. Returns 1 when it is decided. */
static TSEM_INLINE int name_form_step(struct name_form *f)
{
	tsem_u8 code, length, c;
	int ended = name_form_ended(f);

	if (f->state->place >= f->form_size) {
		f->state->matched = ended;
		return ended || name_form_extend(f);
	}
	code = f->form[TSEM_BOUND(f->state->place, TSEM_NAME_FORM - 1)];
	c = ended ? 0 : name_form_next(f);
	if (code >= NAME_FORM_LITERAL) {
		if (ended || c != code)
			return name_form_extend(f);
		name_form_put(f, c);
		f->state->at++;
		f->state->place++;
		return 0;
	}
	if (code == TSEM_NAME_WHOLE) {
		f->state->name_at = f->state->at;
		f->state->name_written = f->state->written;
		f->state->name_place = f->state->place + 2;
		return name_form_extend(f);
	}
	length = f->form[TSEM_BOUND(f->state->place + 1, TSEM_NAME_FORM - 1)];
	if (!ended && f->state->run < (length ? length : TSEM_NAME_MIDDLE_MAX + 1) && name_class_has(code, c)) {
		f->state->run++;
		f->state->at++;
		return 0;
	}
	if (!f->state->run || f->state->run > TSEM_NAME_MIDDLE_MAX || (length && f->state->run != length))
		return name_form_extend(f);
	name_form_put(f, '/');
	name_form_put(f, '/');
	f->state->run = 0;
	f->state->place += 2;
	return 0;
}

#endif
