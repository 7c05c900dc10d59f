# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The selftests on the patched kernel with lockdep, RCU checks, KASAN and kmemleak: a report of theirs is a failure.
# Sourced by tests/kernel/check.

# debug.known has reports that are not of the series' making: that is believed of files only that it does not change
ours=$(sed -n '/^#/d; s/\\//g; s/:.*//p' tests/kernel/debug.known |
	grep -xFf <(cd kernel && sed -n 's,\t.*,,; s,^+++ b/,,p' "${PATCHES[@]}" | sort -u))
[ -z "$ours" ]
expect $? "reports of the unpatched debug kernel are not about files of the series" || echo "#   $ours"

# shellcheck disable=SC2034
SELFTEST_KERNELS=debug SELFTEST_VM=(--known tests/kernel/debug.known --env ADDRLABEL_SECONDS=600 --env IP6MR_SECONDS=300)
# shellcheck disable=SC2034
SELFTEST_MORE=(tests/kernel/lockdep.sh tests/kernel/kmemleak.sh)
# shellcheck source=/dev/null
. tests/kernel/selftests.sh
unset SELFTEST_KERNELS SELFTEST_VM SELFTEST_MORE
