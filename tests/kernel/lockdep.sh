#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 60
#
# On the debug kernel, after the other scenarios: lockdep stops at its first report, or when a table of its own is full.
# Had it stopped, silence would mean nothing.

. "$(dirname "$0")/../vm/lib.sh"

stats=/proc/lockdep_stats
[ -e $stats ] || skip_all "no lockdep in this kernel"
is "$(awk '$1 == "debug_locks:" { print $2 }' $stats)" 1 "lockdep still watches"
diag "$(grep -E '^ *(lock-classes|direct dependencies|dependency chains):' $stats)"
finish
