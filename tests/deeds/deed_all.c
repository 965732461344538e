// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The deeds for the events that are modeled with --events all only. Used as
 * deed is (see deed.c), and
 *
 * deed_all module FILE   load a kernel module; nothing when it is there
 *
 * The process of each deed has a file system group of its own, which is part of
 * the context of all its events. So what one deed does on its way is never
 * what makes another one known.
 */
#include "deed_task.h"
#include "deed_ipc.h"
#include "deed_net.h"
#include "deed_inode.h"
#include "deed_system.h"

static const struct deed deeds[] = {DEEDS_TASK, DEEDS_IPC, DEEDS_NET, DEEDS_INODE, DEEDS_SYSTEM};

static void begin(void)
{
	setfsgid(1000 + (deed - deeds));
}

#include "deed_run.h"
