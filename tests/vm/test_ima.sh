#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# lab: --cmdline ima_policy=tcb
# boots: layers fuse cut
# boots are independent
#
# Where IMA has a policy of its own it keeps digests, and answers with them: attackers on contents that change where
# IMA does not see it, once more on such a machine; and what is cut, by its own path or through an overlay, or not at all.

[ "$(wc -l </sys/kernel/security/ima/ascii_runtime_measurements)" -gt 1 ] || {
	echo "not ok 1 - IMA has a policy"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}
cut() {
	# shellcheck source=tests/vm/lib.sh
	. "$(dirname "$0")/lib.sh"
	mke2fs -q -t ext4 "$disk" && mkdir place && mount "$disk" place && cd place || exit 1
	cp /bin/true program
	need "load" "$T" load
	tsem learn -o ../program.model -- ./program </dev/null
	tsem learn -o ../other.model -- /usr/bin/python3 -c 'import os' </dev/null
	tsem run -m ../other.model --enforce --on-violation deny -- /usr/bin/python3 -c 'import os; os.truncate("program", 0)' </dev/null
	like "a truncation that is not learned is refused" "$status:$errors" "1:*PermissionError*"
	tsem run -m ../program.model --enforce -- ./program </dev/null
	is "... and nobody notices it" "$status:$errors" 0:
	mkdir lower upper work merged
	mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work merged
	printf '#!/bin/sh\necho begins\nexit 7 # and so on\n' >merged/script
	chmod 755 merged/script
	sync
	tsem learn -o ../script.model -- "$PWD/upper/script" </dev/null
	tsem run -m ../script.model --enforce -- "$PWD/upper/script" </dev/null
	is "a script in a layer" "$status:$output" 7:begins
	/usr/bin/python3 -c 'import os; os.truncate("merged/script", 22)'
	tsem run -m ../script.model --enforce --name cut -- "$PWD/upper/script" </dev/null
	is "cut through the overlay it is another one" "$status:$output" 126:
	cd ..
	finish
}
[ "$1" != cut ] || cut
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
