/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What differs from run to run is written in one way: names by the rules of the
 * model, terminals, ports, names that the kernel chose. Which of it is done is
 * said in the model's header. Paths are at the tail of the CELL, behind the
 * room for their length, when they come here.
 */
#ifndef TSEM_BPF_NORMALISE_H
#define TSEM_BPF_NORMALISE_H

#include "kernel.h"
#include "maps.h"
#include "nameless.h"
#include "process_path.h"
#include "../../engine/name_form.h"

struct words_walk {
	const __u8 *a;
	const __u8 *b;
	__u64 size;
	__u64 different;
};

static __attribute__((noinline)) long start_step(__u32 number, void *context)
{
	struct words_walk *w = context;
	__u64 turn = number, different, left;

	asm volatile("" : "+r"(turn));
	if (turn >= TSEM_NAME_START / 8)
		return 1; /* not reached: it is the proof that the verifier asks for */
	different = *(const __u64 *)(w->a + turn * 8) ^ *(const __u64 *)(w->b + turn * 8);
	left = w->size - turn * 8;
	if (left < 8)
		different &= (1ULL << left * 8) - 1;
	w->different = different;
	return different != 0;
}

/* Where a rule's name begins and where it ends is near the front: a whole path fits behind. */
#define NAME_NEAR 511

INLINE __u8 *path_near(struct tsem_event *e, __u32 offset)
{
	return cell_tail(e) + 4 + (offset & NAME_NEAR);
}

/* Both are readable up to the next multiple of 8. A loop that the verifier walks once. */
INLINE int rule_starts(struct tsem_event *e, const struct tsem_name_rule *rule)
{
	struct words_walk w = {.a = path_at(e, 0), .b = rule->start, .size = rule->start_size};

	bpf_loop((w.size + 7) / 8, start_step, &w, 0);
	return !w.different;
}

static __attribute__((noinline)) long form_step(__u32 turn, void *context)
{
	return name_form_step(context);
}

/* Writes what replaces the part after the rule's start into the slack. 0: the rule does not match. */
INLINE bool rule_finds(struct tsem_event *e, const struct tsem_name_rule *rule, __u32 length)
{
	struct name_form f = {};

	if (length < rule->start_size || !rule_starts(e, rule))
		return 0;
	f.text = path_at(e, 0);
	f.form = rule->form;
	f.out = e->cell + TSEM_CELL_MAX;
	f.length = length;
	f.form_size = rule->form_size;
	f.state = &e->form;
	__builtin_memset(&e->form, 0, sizeof(e->form));
	e->form.at = rule->start_size;
	bpf_loop(NAME_FORM_TURNS, form_step, &f, 0);
	return e->form.matched;
}

/*
 * Puts what is written in the slack in the place of what is from start to end.
 * Both are near the front: a whole path fits behind. Returns the new length.
 */
INLINE int name_replace(struct tsem_event *e, __u32 start, __u32 end, __u32 written, __u32 length)
{
	__u8 *slack = e->cell + TSEM_CELL_MAX;
	__u32 rest = length - end;

	written &= NAME_FORM_OUT - 1;
	if (start + written + rest > TSEM_PATH_MAX) {
		event_fail(e, TSEM_FAILURE_path);
		return length;
	}
	bpf_probe_read_kernel(slack + written, TSEM_BOUND(rest, TSEM_PATH_MAX), path_near(e, end));
	bpf_probe_read_kernel(path_near(e, start), TSEM_BOUND(written + rest, TSEM_PATH_MAX), slack);
	return start + written + rest;
}

struct rules_walk {
	struct tsem_event *event;
	__u32 length;
};

/* First the name of a directory that has none, then the rules, each on what the one before has made of the path. */
static __attribute__((noinline)) long rule_step(__u32 turn, void *context)
{
	struct rules_walk *w = context;
	struct tsem_event *e = w->event;
	struct tsem_name_rule *rule;
	__u32 number = turn - 1, start;
	void *rules;

	if (!turn) {
		start = nameless_offset(e, w->length);
		if (!start)
			return 0;
		e->cell[TSEM_CELL_MAX] = '/';
		e->cell[TSEM_CELL_MAX + 1] = '/';
		e->form.written = 2;
		e->form.at = start + e->nameless_size;
	} else {
		rules = of_slot(&tsem_rules, e->slot);
		if (!rules)
			return 1;
		rule = bpf_map_lookup_elem(rules, &number);
		if (!rule || !rule->form_size)
			return 1;
		start = rule->start_size;
		if (!rule_finds(e, rule, w->length))
			return 0;
	}
	w->length = name_replace(e, start, e->form.at, e->form.written, w->length);
	return 0;
}

__attribute__((noinline)) int rules_apply(struct tsem_event *e, __u32 length)
{
	struct rules_walk w = {.event = e, .length = length};

	if (!e)
		return length;
	bpf_loop(1 + TSEM_NAME_RULES, rule_step, &w, 0);
	e->below = 0;
	return w.length;
}

#define PTS_PREFIX 9 /* "/dev/pts/" */

/*
 * The terminal of the process itself, or of another. A terminal below /dev/pts
 * knows its entry there, which tells it from one of the same number elsewhere.
 */
__attribute__((noinline)) int terminal_path(struct tsem_event *e, __u64 dentry, __u32 length)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tty_struct *tty;
	__u32 number;
	bool own;

	if (!e || length <= PTS_PREFIX || !path_has(e, 0, "/dev/pts/", PTS_PREFIX))
		return length;
	number = path_number(e, PTS_PREFIX, length);
	if (!number)
		return length;
	e->own = 1;
	tty = BPF_CORE_READ(task, signal, tty);
	own = tty && (__u64)BPF_CORE_READ(tty, driver_data) == dentry;
	return path_replace(e, PTS_PREFIX, number & 15, length, own ? WORD_OWN : WORD_TTY);
}

/* Returns the path's new length. */
INLINE __u32 path_normalise(struct tsem_event *e, __u64 dentry, __u32 length)
{
	if (e->options & TSEM_NORMALISE_terminal)
		length = terminal_path(e, dentry, length) & TSEM_PATH_MAX;
	if (e->options & TSEM_OPTION_NAMES || e->below)
		length = rules_apply(e, length) & TSEM_PATH_MAX;
	return length;
}

#define PORT_FIRST 32768
#define PORT_LAST 60999

/* In network byte order, as it comes. */
INLINE __u16 port_normalise(const struct tsem_event *e, __u16 port)
{
	__u16 number = __builtin_bswap16(port);

	if (e->options & TSEM_NORMALISE_port && number >= PORT_FIRST && number <= PORT_LAST)
		number = PORT_FIRST;
	return __builtin_bswap16(number);
}

INLINE __u64 size_normalise(const struct tsem_event *e, __u64 size)
{
	return e->options & TSEM_NORMALISE_size && size ? 1 : size;
}

struct typed_walk {
	const __u8 *from;
	__u8 *to;
	__u32 length;
	__u32 size; /* written */
	__u8 last;
	__u8 dots; /* of which the last component consists; 3: of others too, or more */
	__u8 up; /* a component was ".." */
};

INLINE void typed_component(struct typed_walk *w, __u8 character)
{
	if (character == '/') {
		w->up |= w->dots == 2;
		w->dots = 0;
	} else {
		w->dots = character == '.' && w->dots < 2 ? w->dots + 1 : 3;
	}
}

static __attribute__((noinline)) long typed_step(__u32 turn, void *context)
{
	struct typed_walk *w = context;
	__u8 character;

	if (turn >= w->length)
		return 1;
	character = w->from[TSEM_BOUND(turn, TSEM_PATH_MAX)];
	if (character == '/' && w->last == '/')
		return 0;
	typed_component(w, character);
	w->to[TSEM_BOUND(w->size, TSEM_PATH_MAX)] = character;
	w->size++;
	w->last = character;
	return 0;
}

/*
 * A name at the tail as it was typed. Two slashes stand for what was left out
 * of a name; so no name that was typed may have them. In a path the second means
 * nothing. An abstract name that begins with them gets a third. Returns the new length.
 */
__attribute__((noinline)) int typed_literal(struct tsem_event *e, __u32 length)
{
	struct typed_walk w = {.length = length};
	__u8 *name, *slack;

	if (!e)
		return length;
	e->climbs = 0;
	name = path_at(e, 0);
	slack = e->cell + TSEM_CELL_MAX;
	bpf_probe_read_kernel(slack, TSEM_BOUND(length, TSEM_PATH_MAX), name);
	if (name[0]) {
		w.from = slack;
		w.to = name;
		bpf_loop(TSEM_PATH_MAX, typed_step, &w, 0);
		e->climbs = w.up || w.dots == 2;
		return w.size;
	}
	if (length < 3 || name[1] != '/' || name[2] != '/')
		return length;
	bpf_probe_read_kernel(name + 2, TSEM_BOUND(length - 1, TSEM_PATH_MAX), slack + 1);
	return length + 1;
}

/*
 * A name as it was typed, in a directory where names are made up (nameless.h):
 * its size up to there, 0 for any other, such as one that leads up again. What is
 * made or reached there is another event, with its directory.
 */
INLINE __u32 typed_common(struct tsem_event *e)
{
	if (!(e->options & TSEM_NORMALISE_temporary) || e->climbs)
		return 0;
#define IN(directory) \
	if (path_has(e, 0, directory, sizeof(directory) - 1)) \
	return sizeof(directory) - 1
	IN("/tmp/");
	IN("/var/tmp/");
	IN("/dev/shm/");
	IN("/run/user/");
#undef IN
	return 0;
}

/* Without what was made up. Returns the new length. */
INLINE __u32 typed_normalise(struct tsem_event *e, __u32 length)
{
	__u32 common = typed_common(e);
	__u8 *name = path_at(e, common);

	if (!common)
		return e->options & TSEM_OPTION_NAMES ? rules_apply(e, length) & TSEM_PATH_MAX : length;
	name[0] = '/';
	name[1] = '/';
	return common + 2;
}

#define AUTOBIND_DIGITS 5

/* The kernel's choice, behind the NUL. */
INLINE bool socket_name_chosen(const __u8 *name)
{
	for (int i = 1; i <= AUTOBIND_DIGITS; i++)
		if (!name_class_has(TSEM_NAME_HEX, name[i]))
			return 0;
	return 1;
}

/* A name of a UNIX socket at the tail: NUL and five digits are what the kernel chooses. Returns the new length. */
__attribute__((noinline)) int socket_name_normalise(struct tsem_event *e, __u32 length)
{
	__u8 *name;

	if (!e)
		return length;
	name = path_at(e, 0);
	if (name[0] || !(e->options & TSEM_NORMALISE_anonymous) || length != 1 + AUTOBIND_DIGITS ||
	    !socket_name_chosen(name))
		return typed_normalise(e, length);
	name[1] = '/';
	name[2] = '/';
	return 3;
}

#endif
