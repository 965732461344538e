/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "../../sink/notify_process.h"
#include "../../sink/webhook.h"
#include "golden.h"
#include "unit.h"

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
#define T(name) {#name, test_##name},
	UNIT_TESTS(T)
#undef T
};

static unsigned failures; /* of the running test */
static const char *skipped;

bool unit_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	va_list args;

	if (failures++ > 20)
		return false;
	printf("# %s:%d: ", base ? base + 1 : file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return false;
}

void unit_skip(const char *reason)
{
	skipped = reason;
}

bool unit_check_text(const char *file, int line, const char *text, const char *expected)
{
	return !strcmp(text, expected) || unit_fail(file, line, "\"%s\" instead of \"%s\"", text, expected);
}

bool unit_check_holds(const char *file, int line, const char *text, const char *part)
{
	return strstr(text, part) || unit_fail(file, line, "\"%s\" without \"%s\"", text, part);
}

static bool must_run(void)
{
	const char *value = getenv("TSEM_MUST_RUN");

	return value && !strcmp(value, "1");
}

int main(int count, char **arguments)
{
	unsigned passed = 0, failed = 0, skips = 0, number = 0;

	if (!strcmp(arguments[0], NOTIFY_PROCESS_NAME))
		return notify_process();
	if (!strcmp(arguments[0], WEBHOOK_PROCESS_NAME))
		return webhook_process();
	if (count == 3 && !strcmp(arguments[1], "--write-golden"))
		return golden_write(arguments[2]);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (count > 1 && strncmp(tests[i].name, arguments[1], strlen(arguments[1])) != 0)
			continue;
		failures = 0;
		skipped = NULL;
		tests[i].run();
		if (skipped && !failures && must_run())
			unit_fail(__FILE__, __LINE__, "has to run, but: %s", skipped);
		printf("%sok %u - %s%s%s\n", failures ? "not " : "", ++number, tests[i].name, skipped ? " # SKIP " : "",
		       skipped ? skipped : "");
		fflush(stdout);
		*(failures ? &failed : skipped ? &skips : &passed) += 1;
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skips);
	return failed ? 1 : 0;
}
