/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/environment.h"
#include "../front/front.h"
#include "../../lib/start/inherited.h"
#include "../../sink/mqtt_process.h"
#include "../../sink/notify_process.h"
#include "../../sink/webhook.h"
#include "../front/printer.h"
#include "help.h"
#include "option.h"
#include "../text/text.h"

/* The only place that prints an error. It prints one line, whatever the quoted names contain. */
static void print_error(const struct tsem_error *error)
{
	struct tsem_buffer text = {0};

	text_escape(&text, error->text, strlen(error->text));
	fprintf(stderr, "tsem: %s\n", text.data ? text.data : strerror(error->code));
	tsem_buffer_deinit(&text);
}

static int failure_status(const struct invocation *invocation)
{
	return invocation->command && command_has_workload(invocation->command) ? STATUS_TSEM_FAILED : STATUS_FAILED;
}

/*
 * For commands that start a CMD: claims every word of the command line that names a descriptor or file which CMD could
 * inherit.
 */
static int claim_words(const struct invocation *invocation)
{
	int r = 0;

	for (size_t i = 0; i < invocation->given_count && !r && command_has_workload(invocation->command); i++)
		if (invocation->given[i].value)
			r = inherited_claim(invocation->given[i].value, invocation->error);
	return r;
}

/*
 * A limit of the file size acts like a full disk, and of each child the status is known. Commands that start a workload
 * do the same without passing it to CMD (inherited.h).
 */
static void forget_signals(const struct invocation *invocation)
{
	if (command_has_workload(invocation->command))
		return;
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

static int run_command(const struct invocation *invocation)
{
	int status = invocation->help ? help_print(invocation->command, stdout) : claim_words(invocation);

	if (!status && !invocation->help)
		status = invocation->command->run(invocation);
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		if (status >= 0 && !invocation->error->text[0])
			status = tsem_error_set(invocation->error, errno ? errno : EIO,
						"cannot write to standard output: %s", strerror(errno ? errno : EIO));
	}
	if (status < 0 && !invocation->error->text[0])
		tsem_error_set(invocation->error, -status, "%s failed: %s", invocation->command->name,
			       strerror(-status));
	return status;
}

/* Engines start a runtime by a path, with words of their own: tsem-oci WORD... is tsem oci -- WORD... */
static char **as_runtime(int *argc, char **argv)
{
	const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;
	char **words;

	if (!argv[0] || strncmp(slash ? slash + 1 : argv[0], "tsem-oci", strlen("tsem-oci")))
		return argv;
	words = calloc(*argc + 3, sizeof(*words));
	if (!words)
		return argv;
	words[0] = argv[0];
	words[1] = "oci";
	words[2] = "--";
	memcpy(words + 3, argv + 1, (*argc - 1) * sizeof(*words));
	*argc += 2;
	return words;
}

int main(int argc, char **argv)
{
	struct tsem_error error = {0};
	struct invocation invocation = {.error = &error};
	int status;

	if (argc && !strcmp(argv[0], MQTT_PROCESS_NAME))
		return mqtt_process();
	if (argc && !strcmp(argv[0], NOTIFY_PROCESS_NAME))
		return notify_process();
	if (argc && !strcmp(argv[0], WEBHOOK_PROCESS_NAME))
		return webhook_process();
	argv = as_runtime(&argc, argv);
	inherited_open_standard();
	environment_take_secrets();
	if (argc < 2) {
		help_print_list(stderr);
		return STATUS_USAGE;
	}
	status = invocation_parse(argc, argv, &invocation);
	if (status == 0) {
		forget_signals(&invocation);
		status = run_command(&invocation);
	}
	if (error.text[0])
		print_error(&error);
	if (status < 0)
		status = failure_status(&invocation);
	invocation_deinit(&invocation);
	printer_end();
	front_end(status);
	return status;
}
