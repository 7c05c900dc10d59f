#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# A move that the mobile node's interface does not see, because only the switch changes: the first Router Advertisement
# of another router is all there is to notice.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-10}

world_up
start_ha || die "no home agent"
start_mn || die "no mobile node"
busywait 5 reachable >/dev/null || die "the home address does not answer at home"
move f1
settled f1 >/dev/null || { diag_world; die "not registered from f1"; }
watch_mn || die "no capture"
probes_start
nap 1
echo "time,event,link,round" >"$MARKS"
good=1
for ((round = 1; round <= ROUNDS; round++)); do
	for link in f2 f1; do
		replug $link $round
		settled $link >/dev/null || { good=0; diag "round $round: not settled at $link"; diag_world; }
		nap 1.$((RANDOM % 10))
	done
done
replug home $round
settled home >/dev/null || { good=0; diag "not settled at home"; diag_world; }
nap 1
replug f1 $round
settled f1 >/dev/null || { good=0; diag "not settled at f1"; diag_world; }
nap 1
mark end
probes_stop
capture_stop mn
[ $good = 1 ]; ok $? "every move was noticed"
analyse --all >"$OUT/table"
diag "$(cat "$OUT/table")"
le "$(figure f1-f2 gap worst)" 1500 "f1 -> f2 without carrier loss: longest gap, worst of $ROUNDS, ms"
le "$(figure f2-f1 gap worst)" 1500 "f2 -> f1 without carrier loss: longest gap, worst of $ROUNDS, ms"
le "$(figure f1-home gap worst)" 1500 "return home without carrier loss: longest gap, ms"
# and one second of duplicate address detection at the home agent
le "$(figure home-f1 gap worst)" 2500 "home -> f1 without carrier loss: longest gap, ms"
finish
