/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The guest's /init: a static program that is process 1 of the micro-VM. */
#ifndef LAB_INIT_H
#define LAB_INIT_H

#include "channel.h"
#include "wire.h"

struct guest_job {
	struct lab_job head;
	char *cwd;
	char **argv;
	char **environment;
};

/* Reports why to the host and powers off. */
void guest_fail(struct lab_channel *channel, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));
void guest_power_off(void) __attribute__((noreturn));

/* Sends all that is queued, waiting as long as the host needs. */
void guest_flush(struct lab_channel *channel);

/* Before the job is known: the few mounts that the port needs. */
void guest_early_mounts(void);
/* An errno and the number of the module that the kernel refused, or 0. */
int guest_load_modules(unsigned int *ret_number);
/* The host's root under a scratch overlay, and everything mounted on it. */
void guest_enter_root(struct lab_channel *channel);
/* Limits, loopback interface, processors, host name. */
void guest_prepare(struct lab_channel *channel);

/* Process 1 becomes systemd; returns in another process, when systemd has come to basic.target. */
void guest_start_systemd(struct lab_channel *channel);

/* Runs the command to its end; its exit status as a shell would tell it. */
uint32_t guest_run_job(struct lab_channel *channel, const struct guest_job *job);

#endif
