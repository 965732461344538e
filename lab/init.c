/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORTS_MAX 16
#define PORT_WAIT_MS 60000 /* an emulator that shares its processors is slow */

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

/* The scratch layer goes with the guest; only real disks need care. */
static void release_disks(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	struct stat disk;

	if (!mounts)
		return;
	if (stat("/dev/vda", &disk) == 0)
		kill(-1, SIGKILL);
	while ((entry = getmntent(mounts))) {
		if (strncmp(entry->mnt_fsname, "/dev/vd", 7) != 0)
			continue;
		if (umount2(entry->mnt_dir, 0) < 0)
			mount(NULL, entry->mnt_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL);
	}
	endmntent(mounts);
	if (stat("/dev/vda", &disk) == 0)
		sync();
}

void guest_power_off(void)
{
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/*
 * The host ends the guest once it has all sent bytes: a power off would lose those still queued in the device. Without
 * a host there is nothing to wait for.
 */
static void guest_end(const struct lab_channel *channel)
{
	struct pollfd host = {.fd = channel->fd};

	while (poll(&host, 1, -1) < 0 || !(host.revents & (POLLHUP | POLLERR)))
		continue;
	guest_power_off();
}

void guest_flush(struct lab_channel *channel)
{
	struct pollfd ready = {.fd = channel->fd, .events = POLLOUT};

	while (lab_channel_queued(channel)) {
		if (lab_channel_write(channel) < 0)
			guest_power_off();
		if (lab_channel_queued(channel))
			poll(&ready, 1, 1000);
	}
}

void guest_fail(struct lab_channel *channel, int code, const char *format, ...)
{
	char text[384];
	va_list arguments;
	size_t used;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	used = strlen(text);
	if (code)
		snprintf(text + used, sizeof(text) - used, ": %s", strerror(code));
	say(text);
	say("\n");
	if (channel && lab_channel_put(channel, LAB_FAIL, text, strlen(text)) == 0) {
		guest_flush(channel);
		guest_end(channel);
	}
	guest_power_off();
}

static bool port_has_name(unsigned int port, const char *name)
{
	char path[64];
	char text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/virtio-ports/vport0p%u/name", port);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

static int port_try_open(void)
{
	char path[32];
	unsigned int port;

	for (port = 0; port < PORTS_MAX; port++) {
		if (!port_has_name(port, LAB_PORT))
			continue;
		snprintf(path, sizeof(path), "/dev/vport0p%u", port);
		return open(path, O_RDWR | O_CLOEXEC);
	}
	return -1;
}

/* The kernel learns of the port, and that the host listens, a little later. */
static int port_open(void)
{
	struct pollfd state = {.events = POLLOUT};
	int waited = 0;

	state.fd = port_try_open();
	while (state.fd < 0 && waited++ < PORT_WAIT_MS) {
		usleep(1000);
		state.fd = port_try_open();
	}
	while (state.fd >= 0 && waited++ < PORT_WAIT_MS) {
		if (poll(&state, 1, 0) >= 0 && !(state.revents & POLLHUP))
			break;
		usleep(1000);
	}
	return state.fd;
}

static struct lab_message wait_message(struct lab_channel *channel)
{
	struct pollfd ready = {.fd = channel->fd, .events = POLLIN};
	struct lab_message message;
	int found;

	while ((found = lab_channel_next(channel, &message)) == 0) {
		poll(&ready, 1, 100);
		lab_channel_read(channel);
	}
	if (found < 0)
		guest_fail(channel, EPROTO, "the guest could not read its job");
	return message;
}

static char **take_strings(char **cursor, const char *end, uint32_t count)
{
	char **list = calloc((size_t)count + 1, sizeof(*list));
	uint32_t i;

	for (i = 0; list && i < count && *cursor < end; i++) {
		list[i] = *cursor;
		*cursor += strlen(*cursor) + 1;
	}
	if (list && i < count) {
		free(list);
		return NULL;
	}
	return list;
}

/* The strings are kept in a copy that lives as long as the guest. */
static void receive_job(struct lab_channel *channel, struct guest_job *ret_job)
{
	struct lab_message message = wait_message(channel);
	size_t head = sizeof(ret_job->head);
	char **cwd;
	char *copy;
	char *end;

	if (message.type != LAB_JOB || message.length <= head || message.payload[message.length - 1] != '\0')
		guest_fail(channel, EPROTO, "the guest got a malformed job");
	memcpy(&ret_job->head, message.payload, head);
	copy = malloc(message.length - head);
	if (!copy)
		guest_fail(channel, ENOMEM, "the guest could not keep its job");
	memcpy(copy, message.payload + head, message.length - head);
	end = copy + message.length - head;
	cwd = take_strings(&copy, end, 1);
	ret_job->argv = take_strings(&copy, end, ret_job->head.argc);
	ret_job->environment = take_strings(&copy, end, ret_job->head.envc);
	if (!cwd || !ret_job->argv || !ret_job->environment || !ret_job->head.argc)
		guest_fail(channel, EPROTO, "the guest got a malformed job");
	ret_job->cwd = cwd[0];
	free(cwd);
}

static bool is_told(const char *word)
{
	char line[4096] = "";
	FILE *file = fopen("/proc/cmdline", "re");

	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return strstr(line, word) != NULL;
}

int main(void)
{
	struct lab_channel channel;
	struct guest_job job;
	uint32_t status;
	unsigned int refused = 0;
	int fd, err;

	guest_early_mounts();
	err = guest_load_modules(&refused);
	fd = port_open();
	if (fd < 0 || lab_channel_init(&channel, fd) < 0)
		guest_fail(NULL, errno, "tsem lab: no virtio-serial port in the guest");
	if (err)
		guest_fail(&channel, err, "the guest's kernel refused kernel module %u", refused);
	lab_channel_put(&channel, LAB_HELLO, NULL, 0);
	guest_flush(&channel);
	if (is_told(LAB_PROBE_WORD))
		guest_power_off();
	receive_job(&channel, &job);
	guest_enter_root(&channel);
	guest_prepare(&channel);
	if (is_told(LAB_SYSTEMD_WORD))
		guest_start_systemd(&channel);
	status = guest_run_job(&channel, &job);
	release_disks();
	lab_channel_put(&channel, LAB_STATUS, &status, sizeof(status));
	guest_flush(&channel);
	guest_end(&channel);
}
