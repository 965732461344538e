#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# test_events_all.sh with the default set: each event that it has beyond those of test_events.sh.
SET=default
# shellcheck source=tests/vm/test_events_all.sh
. "$(dirname "$0")/test_events_all.sh"
