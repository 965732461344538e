/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../lib/base/replace.h"
#include "internal.h"

#include "wire.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROBE_MS 20000
#define PROBE_MEMORY_MIB 512

static bool wait_hello(struct lab_channel *channel, int milliseconds)
{
	struct pollfd ready = {.fd = channel->fd, .events = POLLIN};
	struct lab_message message;

	while (poll(&ready, 1, milliseconds) > 0) {
		if (lab_channel_read(channel) <= 0)
			return false;
		if (lab_channel_next(channel, &message) > 0)
			return message.type == LAB_HELLO;
	}
	return false;
}

/* A guest that says hello and then powers off by itself did run. */
static bool probe_boot(const struct lab_kernel *kernel)
{
	const struct lab_options options = {.memory_mib = PROBE_MEMORY_MIB};
	struct lab_machine machine;
	struct lab_channel channel;
	struct tsem_error ignored;
	struct pollfd end = {.events = POLLIN};
	char byte;
	bool works;

	if (lab_machine_start(&options, kernel, LAB_ACCEL_KVM, true, &machine, &ignored) < 0)
		return false;
	works = lab_channel_init(&channel, machine.port) == 0 && wait_hello(&channel, PROBE_MS);
	end.fd = machine.port;
	works = works && poll(&end, 1, PROBE_MS) > 0 && read(machine.port, &byte, 1) == 0;
	machine.port = -1;
	lab_channel_deinit(&channel);
	lab_machine_stop(&machine);
	return works;
}

/* The answer holds for this boot of the host and this kernel. */
static int answer_path(const char *cache, const struct lab_kernel *kernel, char *ret_path)
{
	char boot[64] = "";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file)
		return -1;
	if (!fgets(boot, sizeof(boot), file))
		boot[0] = '\0';
	fclose(file);
	boot[strcspn(boot, "\n")] = '\0';
	return lab_path(ret_path, "%s/kvm-%s-%s", cache, boot, kernel->release);
}

static bool read_answer(const char *path, bool *ret_works)
{
	uint8_t *text;
	size_t length;

	if (lab_file_read(path, &text, &length) < 0)
		return false;
	*ret_works = strcmp((const char *)text, "works\n") == 0;
	free(text);
	return true;
}

static void write_answer(const char *path, bool works)
{
	const char *text = works ? "works\n" : "broken\n";

	replace_file(path, text, strlen(text), 0, NULL); /* asked again when it is not there */
}

enum lab_accel lab_accel_choose(const struct lab_kernel *kernel)
{
	struct tsem_error ignored;
	char cache[PATH_MAX];
	char path[PATH_MAX];
	bool works = false;
	int lock;

	if (access("/dev/kvm", R_OK | W_OK) < 0 || lab_cache_directory(cache, &ignored) < 0 ||
	    answer_path(cache, kernel, path) < 0)
		return LAB_ACCEL_TCG;
	if (read_answer(path, &works))
		return works ? LAB_ACCEL_KVM : LAB_ACCEL_TCG;
	lock = lab_cache_lock(cache, &ignored);
	if (lock < 0)
		return LAB_ACCEL_TCG;
	if (!read_answer(path, &works)) {
		lab_progress("probing KVM, once per boot of this host");
		works = probe_boot(kernel);
		lab_progress("KVM %s", works ? "works" : "does not work here; emulating instead");
		write_answer(path, works);
	}
	close(lock);
	return works ? LAB_ACCEL_KVM : LAB_ACCEL_TCG;
}
