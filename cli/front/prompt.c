/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/base/ticks.h"
#include "../../lib/tsem.h"
#include "../text/text.h"

/* Nobody reads a question and answers it in less: such a line was meant for CMD. */
#define UNREAD_NS 500000000ull
#define WRITE_MS 1000
#define TEXT_MAX (4u << 20)
/* Colours, fonts, margins and a hidden cursor are CMD's. */
#define PLAIN "\030\033\\\033[4i\033[?2026l\r\033[!p\033[0m\033[?25h\r\n"

/* A terminal that takes nothing does not stop us. */
static void put(const struct prompt *p, const char *text, size_t size)
{
	struct pollfd to = {.fd = p->terminal->outer, .events = POLLOUT};

	while (size && poll(&to, 1, WRITE_MS) > 0) {
		ssize_t n = write(p->terminal->outer, text, size);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		text += n > 0 ? n : 0;
		size -= n > 0 ? n : 0;
	}
}

static void put_text(const struct prompt *p, const char *text)
{
	put(p, text, strlen(text));
}

/* No line of it begins with a part of a name that CMD has chosen, however long that is. */
static bool show(struct prompt *p)
{
	struct tsem_buffer folded = {};

	text_fold_for(&folded, p->text, p->text_size, p->terminal->outer);
	if (folded.failed) {
		tsem_buffer_deinit(&folded);
		return false;
	}
	put_text(p, PLAIN);
	put(p, folded.data, folded.size);
	tsem_buffer_deinit(&folded);
	tcflush(p->terminal->outer, TCIFLUSH);
	p->since = ticks_now();
	p->unread = true;
	p->size = 0;
	p->overlong = false;
	return true;
}

int prompt_unread_ms(unsigned long long since)
{
	tsem_u64 now = ticks_now();

	return now - since < UNREAD_NS ? (int)((since + UNREAD_NS - now) / 1000000 + 1) : 0;
}

int prompt_wait(const struct prompt *p)
{
	return p->terminal && p->unread ? prompt_unread_ms(p->since) : -1;
}

/* Also what is the beginning of a line: its end may come later. */
bool prompt_settle(struct prompt *p)
{
	if (prompt_wait(p))
		return false;
	tcflush(p->terminal->outer, TCIFLUSH);
	p->unread = false;
	p->size = 0;
	p->overlong = false;
	return true;
}

static char *read_text(int fd, size_t *ret_size)
{
	struct stat st;
	char *text = NULL;

	if (!fstat(fd, &st) && st.st_size > 0 && st.st_size < TEXT_MAX)
		text = malloc(st.st_size);
	if (text && pread(fd, text, st.st_size, 0) != st.st_size) {
		free(text);
		return NULL;
	}
	*ret_size = text ? st.st_size : 0;
	return text;
}

bool prompt_open(struct prompt *p, struct terminal *terminal, int id, int text)
{
	size_t size;
	char *bytes = read_text(text, &size);

	close(text);
	if (p->terminal || !bytes || !terminal || !terminal_pause(terminal)) {
		free(bytes);
		return false;
	}
	*p = (struct prompt){.terminal = terminal, .id = id, .text = bytes, .text_size = size};
	if (show(p))
		return true;
	prompt_close(p, NULL);
	return false;
}

bool prompt_resume(struct prompt *p)
{
	return !p->terminal || (terminal_pause(p->terminal) && show(p));
}

int prompt_fd(const struct prompt *p)
{
	return p->terminal ? p->terminal->outer : -1;
}

/* The bytes of a line that is too long to be an answer are dropped up to its end. */
static const char *take_line(struct prompt *p)
{
	char *end;

	p->line[p->size] = 0;
	end = strpbrk(p->line, "\r\n");
	if (!end) {
		p->overlong |= p->size == sizeof(p->line) - 1;
		p->size = p->overlong ? 0 : p->size;
		return NULL;
	}
	if (p->overlong)
		*p->line = 0;
	p->line[strcspn(p->line, "\r\n")] = 0;
	p->size = 0;
	p->overlong = false;
	return *p->line ? p->line : "?";
}

const char *prompt_turn(struct prompt *p)
{
	ssize_t n = read(p->terminal->outer, p->line + p->size, sizeof(p->line) - 1 - p->size);
	const char *word;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n <= 0)
		return "";
	for (ssize_t i = 0; i < n; i++, p->size++)
		if (!p->line[p->size])
			p->line[p->size] = '?';
	word = take_line(p);
	if (word && prompt_unread_ms(p->since)) {
		prompt_again(p, "(typed before the question could be read) ");
		return NULL;
	}
	return word;
}

void prompt_again(struct prompt *p, const char *text)
{
	tcflush(p->terminal->outer, TCIFLUSH);
	put_text(p, text);
}

void prompt_close(struct prompt *p, const char *text)
{
	struct terminal *terminal = p->terminal;

	if (!terminal)
		return;
	if (text)
		put_text(p, text);
	free(p->text);
	*p = (struct prompt){};
	terminal_unpause(terminal);
}
