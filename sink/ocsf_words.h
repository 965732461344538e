/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_SINK_OCSF_WORDS_H
#define TSEM_SINK_OCSF_WORDS_H

#include <stdbool.h>

const char *ocsf_class_name(unsigned class);
/* NULL: 99, which each event names itself. */
const char *ocsf_activity_name(unsigned class, unsigned activity);
const char *ocsf_category_name(unsigned class);
const char *ocsf_severity_name(unsigned severity);
const char *ocsf_action_name(bool refused);
const char *ocsf_disposition_name(unsigned disposition);

#endif
