#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# lab: --cmdline ima_policy=tcb
# boots: layers fuse
# boots are independent
#
# Where IMA has a policy of its own it keeps digests, and answers with them: attackers on contents that change where
# IMA does not see it, once more on such a machine.

[ "$(wc -l </sys/kernel/security/ima/ascii_runtime_measurements)" -gt 1 ] || {
	echo "not ok 1 - IMA has a policy"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}
case $1 in
layers) TSEM_ATTACKERS=${TSEM_ATTACKERS:-lower_between layer_between two_overlays_between attributes_open deeper_open} ;;
fuse) TSEM_ATTACKERS=${TSEM_ATTACKERS:-late_read handed_through_program} ;;
esac
# Of a program on an overlay, as the machine's own root is, IMA's digest is not taken once any layer has changed.
TSEM_ATTACKERS_FROM=/mnt/attackers
mkdir -p $TSEM_ATTACKERS_FROM
mount -t tmpfs none $TSEM_ATTACKERS_FROM
cp "$(dirname "$TSEM_UNDER_TEST")/attackers" $TSEM_ATTACKERS_FROM
# shellcheck source=tests/vm/test_attackers.sh
. "$(dirname "$0")/test_attackers.sh"
