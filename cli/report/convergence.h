/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The events that the runs of tsem learn have added, for people. */
#ifndef TSEM_CLI_CONVERGENCE_H
#define TSEM_CLI_CONVERGENCE_H

#include "../../lib/tsem.h"

/*
 * On standard error: the curve, the verdict, the events that keep changing, the proposed patterns; local: those for names
 * with the host name, the date or the place of a device.
 */
void convergence_print(const struct tsem_convergence *convergence, const struct tsem_changes *changes,
		       const struct tsem_proposals *local, const struct tsem_buffer *command);

#endif
