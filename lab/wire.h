/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The messages between the runner on the host and /init in the guest, over one virtio-serial port. Both ends are
 * x86-64, so integers go as they are.
 */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include <assert.h>
#include <stdint.h>

#define LAB_PORT "tsem.lab"
#define LAB_FS_TAG "host"
#define LAB_PROBE_WORD "tsem.lab=probe"
#define LAB_SYSTEMD_WORD "tsem.lab=systemd"
#define LAB_CPUS_MAX 2

#define LAB_FRAME_MAX (8u << 20)
#define LAB_CHUNK 32768u
#define LAB_STDIN_WINDOW 131072u /* bytes of stdin in flight, before credit */

enum lab_frame_type {
	/* guest to host */
	LAB_HELLO = 1, /* no payload: the guest runs and expects the job */
	LAB_STARTED = 2, /* no payload: the command is about to be executed */
	LAB_STDOUT = 3,
	LAB_STDERR = 4,
	LAB_CREDIT = 5, /* uint32_t: number of stdin bytes taken */
	LAB_STATUS = 6, /* uint32_t: exit status; the host ends the guest after it */
	LAB_FAIL = 7, /* text: why the command could not be started at all */
	/* host to guest */
	LAB_JOB = 32, /* struct lab_job and its strings */
	LAB_STDIN = 33,
	LAB_STDIN_EOF = 34,
	LAB_SIGNAL = 35, /* uint32_t: signal for the command's process group */
	LAB_SIZE = 36, /* struct lab_size: the terminal's new size */
};

struct lab_frame {
	uint32_t type;
	uint32_t length; /* of the payload that follows */
};

struct lab_size {
	uint16_t rows;
	uint16_t columns;
};

enum lab_job_flags {
	LAB_JOB_STDIN = 1, /* stdin is forwarded; otherwise /dev/null */
	LAB_JOB_TTY = 2, /* stdin and stdout are one pseudo-terminal */
	LAB_JOB_TTY_STDERR = 4, /* and stderr too */
};

/* Followed by NUL-terminated strings: cwd, argv[argc], environment[envc]. */
struct lab_job {
	uint32_t flags;
	uint32_t idle_seconds; /* seconds to wait before the command */
	uint32_t inode_limit; /* drop caches above this number of inodes; 0 never */
	uint32_t argc;
	uint32_t envc;
	struct lab_size size;
};

static_assert(sizeof(struct lab_frame) == 8, "lab_frame layout");
static_assert(sizeof(struct lab_job) == 24, "lab_job layout");

#endif
