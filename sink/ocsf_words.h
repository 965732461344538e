/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_SINK_OCSF_WORDS_H
#define TSEM_SINK_OCSF_WORDS_H

#include <stdbool.h>

#include "../lib/tsem.h"

#define OCSF_VERSION "1.3.0"
/* Value of the member "product" of metadata. */
#define OCSF_PRODUCT "{\"name\":\"tsem\",\"vendor_name\":\"tsem\",\"version\":\"" TSEM_VERSION "\"}"
#define OCSF_FINDING 2004
#define OCSF_CREATE 1 /* activity of a new finding */

/* What a finding says of an operation: it was refused, or only seen. */
#define OCSF_ACTION(refused) ((refused) ? 2u : 1u)
#define OCSF_FINDING_SEVERITY(refused) ((refused) ? 4u : 3u)
#define OCSF_FINDING_DISPOSITION(refused) ((refused) ? 2u : 15u)

/* NULL: 99, which each event names itself. */
const char *ocsf_activity_name(unsigned class, unsigned activity);
const char *ocsf_class_name(unsigned class);
const char *ocsf_category_name(unsigned class);
const char *ocsf_severity_name(unsigned severity);
const char *ocsf_action_name(bool refused);
const char *ocsf_disposition_name(unsigned disposition);

#endif
