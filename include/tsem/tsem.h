/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libtsem: models, events and modeling namespaces. This header has all of it; each of the others stands on its own.
 *
 * Functions that can fail return 0 or a negative errno and fill the caller's struct tsem_error (which may be NULL) with
 * one sentence: what failed, on what, why, and what to do. The library never prints. Out-parameters are called ret_x,
 * come last, and are written only on success.
 *
 * A struct of options begins with its size, which the caller sets: members that an earlier version did not have are zero,
 * and those that a later one has must be. Zero is always what there was before.
 */
#ifndef TSEM_TSEM_H
#define TSEM_TSEM_H

#include "agent.h"
#include "buffer.h"
#include "call.h"
#include "compare.h"
#include "detect.h"
#include "error.h"
#include "event.h"
#include "explain.h"
#include "finding.h"
#include "group.h"
#include "kernel.h"
#include "learn.h"
#include "model.h"
#include "namespace.h"
#include "option.h"
#include "session.h"
#include "set.h"
#include "signature.h"
#include "size.h"
#include "tma.h"
#include "version.h"
#include "wall.h"

#endif
