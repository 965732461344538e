/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel side as one object: one room, one set of maps, one copy of the engine. */
#include "decide.bpf.c"
#include "task.bpf.c"
#include "exec.bpf.c"
#include "file.bpf.c"
#include "ioctl.bpf.c"
#include "inode.bpf.c"
#include "attribute.bpf.c"
#include "net.bpf.c"
#include "ipc.bpf.c"
#include "key.bpf.c"
#include "system.bpf.c"
#include "guard.bpf.c"
#include "syscall.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
