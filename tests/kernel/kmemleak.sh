#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# The last of the scenarios on the debug kernel: what the others left behind that nobody can reach any more.

. "$(dirname "$0")/../vm/lib.sh"

leaks=/sys/kernel/debug/kmemleak
[ -e $leaks ] || skip_all "no kmemleak in this kernel"
# kmemleak believes a leak only of objects older than 5 s, and only when a second scan agrees
nap 6
echo scan >$leaks
nap 1
echo scan >$leaks
cat $leaks >"$OUT/kmemleak"
[ ! -s "$OUT/kmemleak" ]
ok $? "no leaked memory" || diag "$(head -n 40 "$OUT/kmemleak")"
finish
