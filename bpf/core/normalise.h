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
#include "../../engine/name_class.h"

struct words_walk {
	const __u8 *a;
	const __u8 *b;
	__u64 size; /* bytes left */
	__u64 different;
};

INLINE long words_compare(__u64 turn, struct words_walk *w, __u32 words)
{
	__u64 different;

	asm volatile("" : "+r"(turn));
	if (turn >= words)
		return 1; /* not reached: it is the proof that the verifier asks for */
	different = *(const __u64 *)(w->a + turn * 8) ^ *(const __u64 *)(w->b + turn * 8);
	if (w->size < 8)
		different &= (1ULL << w->size * 8) - 1;
	w->size -= 8;
	w->different = different;
	return different != 0;
}

static __attribute__((noinline)) long start_step(__u32 turn, void *context)
{
	return words_compare(turn, context, TSEM_NAME_START / 8);
}

static __attribute__((noinline)) long end_step(__u32 turn, void *context)
{
	return words_compare(turn, context, TSEM_NAME_SUFFIX / 8);
}

/*
 * Whether size bytes are equal, as many as the step's words at most. Both are
 * readable up to the next multiple of 8. A loop that the verifier walks once.
 */
#define bytes_equal(a_, b_, size_, step) \
	({ \
		struct words_walk walk_ = {.a = (a_), .b = (b_), .size = (size_)}; \
		bpf_loop((walk_.size + 7) / 8, step, &walk_, 0); \
		!walk_.different; \
	})

/* Where a rule's name begins and where its middle ends are near the front: a whole path fits behind. */
INLINE __u8 *path_near(struct tsem_event *e, __u32 offset)
{
	return cell_tail(e) + 4 + (offset & PATH_NEAR);
}

/* The parts of a rule belong to the step that walks the rules, which the verifier walks once. */
INLINE int rule_starts(struct tsem_event *e, const struct tsem_name_rule *rule)
{
	if (!e || !rule)
		return 0;
	return bytes_equal(path_at(e, 0), rule->start, rule->start_size, start_step);
}

struct middle_walk {
	struct tsem_event *event;
	__u32 offset;
	__u32 class;
	__u32 size;
};

static __attribute__((noinline)) long middle_step(__u32 turn, void *context)
{
	struct middle_walk *w = context;

	if (!name_class_has(w->class, path_at(w->event, w->offset)[turn & 127]))
		return 1;
	w->size++;
	return 0;
}

/* Characters of the class from offset on, at most one more than may be. */
__attribute__((noinline)) int rule_middle(struct tsem_event *e, __u32 offset, __u32 class)
{
	struct middle_walk w = {.event = e, .offset = offset, .class = class};

	if (!e)
		return 0;
	bpf_loop(TSEM_NAME_MIDDLE_MAX + 1, middle_step, &w, 0);
	return w.size;
}

/* The name ends in the suffix: then nothing follows, or a slash, or what is written of a deleted file. */
INLINE int rule_ends(struct tsem_event *e, __u32 offset, __u32 length, const struct tsem_name_rule *rule)
{
	static const __u8 deleted[TSEM_NAME_SUFFIX] = TSEM_DELETED;
	const __u8 *string;

	if (!e || !rule || offset + rule->suffix_size > length)
		return 0;
	string = path_at(e, offset);
	if (!bytes_equal(string, rule->suffix, rule->suffix_size, end_step))
		return 0;
	offset += rule->suffix_size;
	string = path_at(e, offset);
	if (offset == length || string[0] == '/')
		return 1;
	return length - offset == sizeof(TSEM_DELETED) - 1 &&
	       bytes_equal(string, deleted, sizeof(TSEM_DELETED) - 1, end_step);
}

/* Writes two slashes in the place of size bytes at offset. Returns the new length. */
INLINE int middle_replace(struct tsem_event *e, __u32 offset, __u32 size, __u32 length)
{
	__u32 rest = length - offset - size;
	__u8 *string, *slack;

	if (!e)
		return 0;
	if (offset + 2 + rest > TSEM_PATH_MAX) {
		event_fail(e, TSEM_FAILURE_path);
		return length;
	}
	slack = e->cell + TSEM_CELL_MAX;
	bpf_probe_read_kernel(slack, TSEM_BOUND(rest, TSEM_PATH_MAX), path_near(e, offset + size));
	string = path_near(e, offset);
	string[0] = '/';
	string[1] = '/';
	bpf_probe_read_kernel(path_near(e, offset + 2), TSEM_BOUND(rest, TSEM_PATH_MAX), slack);
	return offset + 2 + rest;
}

/* So many bytes behind the start are what a name of the rule may have there; 0: it is none. */
INLINE __u32 rule_find(struct tsem_event *e, const struct tsem_name_rule *rule, __u32 length)
{
	__u32 start, middle;

	if (!e || !rule)
		return 0;
	start = rule->start_size;
	if (length <= start || !rule_starts(e, rule))
		return 0;
	middle = rule_middle(e, start, rule->alphabet);
	if (rule->length && middle > rule->length)
		middle = rule->length;
	if (!middle || middle > TSEM_NAME_MIDDLE_MAX || (rule->length && middle != rule->length))
		return 0;
	return start + middle <= length && rule_ends(e, start + middle, length, rule) ? middle : 0;
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
	__u32 number = turn - 1, start, middle;
	void *rules;

	if (!turn) {
		start = nameless_offset(e, w->length);
		middle = start ? e->nameless_size : 0;
	} else {
		rules = of_slot(&tsem_rules, e->slot);
		if (!rules)
			return 1;
		rule = bpf_map_lookup_elem(rules, &number);
		if (!rule || !rule->start_size)
			return 1;
		start = rule->start_size;
		middle = rule_find(e, rule, w->length);
	}
	if (middle)
		w->length = middle_replace(e, start, middle, w->length);
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

#define AUTOBIND_DIGITS 5

/*
 * A name of a UNIX socket, as it was typed, in a directory where names are made
 * up (nameless.h): its size up to there, 0 for any other. What is bound there is
 * another event, with its directory, and whose socket is reached as well.
 */
INLINE __u32 socket_name_common(struct tsem_event *e)
{
	if (!(e->options & TSEM_NORMALISE_temporary))
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

/* A name of a UNIX socket at the tail: NUL and five digits are what the kernel chooses. Returns the new length. */
__attribute__((noinline)) int socket_name_normalise(struct tsem_event *e, __u32 length)
{
	__u32 common;
	__u8 *name;

	if (!e)
		return length;
	name = path_at(e, 0);
	common = socket_name_common(e);
	if (common) {
		name[common] = '/';
		name[common + 1] = '/';
		return common + 2;
	}
	if (name[0])
		return e->options & TSEM_OPTION_NAMES ? rules_apply(e, length) : length;
	if (!(e->options & TSEM_NORMALISE_anonymous) || length != 1 + AUTOBIND_DIGITS ||
	    rule_middle(e, 1, TSEM_NAME_HEX) < AUTOBIND_DIGITS)
		return length;
	name[1] = '/';
	name[2] = '/';
	return 3;
}

#endif
