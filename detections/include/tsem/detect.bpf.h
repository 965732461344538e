/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Detections: each is one source file like this, which `tsem detect build` compiles and `tsem detect add` attaches.
 *
 *	#include <tsem/detect.bpf.h>
 *
 *	TSEM_DETECTION(self_unlink, "T1070.004", "a process deletes its own executable");
 *
 *	SEC("lsm/path_unlink")
 *	int BPF_PROG(on_unlink, const struct path *dir, struct dentry *entry)
 *	{
 *		return tsem_is_executable_of(entry, TSEM_SELF) ? tsem_signal(dir, entry) : 0;
 *	}
 *
 * The kernel calls the program whenever any process of the machine passes the hook. The program returns 0, or what
 * tsem_signal() returns, which depends on the action that the administrator has chosen. tsem_signal() takes up to
 * two pieces of evidence: an entry of a directory, a directory with one, a path, a file, a process, or a string.
 *
 * Other helpers: tsem/detect/exec.bpf.h (arguments and environment), tsem/detect/digest.bpf.h (digests of files, and
 * sets of them), tsem/detect/running.bpf.h (executables in use), tsem/detect/state.bpf.h (state with a lifetime, rates).
 * The kernel's structs are in tsem/detect/kernel.h, with the fields that detections have needed so far. If you need
 * another field, declare it: struct inode___mine { unsigned int i_generation; } __attribute__((preserve_access_index));
 */
#ifndef TSEM_DETECT_BPF_H
#define TSEM_DETECT_BPF_H

#include "detect/kernel.h"
#include "abi/detect.h"
#include "abi/namespace.h"

/* TSEM_DETECTION sets the default action; a member `.action` among its arguments overrides it. */
#pragma clang diagnostic ignored "-Winitializer-overrides"

extern const volatile struct tsem_detection_head tsem_detection;

/*
 * The name (with _ for -), the technique of MITRE ATT&CK, and a sentence. Then members of struct tsem_detection_head may
 * follow: `.action = TSEM_ACTION_DENY` makes deny the default action instead of log.
 */
#define TSEM_DETECTION(name_, technique_, text_, ...) \
	char LICENSE[] SEC("license") = "Dual BSD/GPL"; \
	const volatile struct tsem_detection_head tsem_detection SEC(".rodata.tsem") = {.version = \
												TSEM_DETECT_VERSION, \
											.name = #name_, \
											.technique = technique_, \
											.text = text_, \
											.action = TSEM_ACTION_LOG, \
											__VA_ARGS__}

#include "detect/shared.bpf.h"
#include "detect/frame.bpf.h"
#include "detect/untrust.bpf.h"
#include "detect/signal.bpf.h"
#include "detect/process.bpf.h"

#endif
