# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The selftests on the patched kernel with lockdep, RCU checks, KASAN and kmemleak: a report of theirs is a failure.
# Sourced by tests/kernel/check.

# shellcheck disable=SC2034
SELFTEST_KERNELS=debug SELFTEST_MORE=(tests/kernel/lockdep.sh tests/kernel/kmemleak.sh)
# shellcheck source=/dev/null
. tests/kernel/selftests.sh
unset SELFTEST_KERNELS SELFTEST_MORE
