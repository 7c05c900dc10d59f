#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# home -> f1 -> f2 -> home, ten times, the cable pulled each time, with 10 ms probes in both directions: how long is
# the mobile node out of reach? And after both daemons have stopped, nothing of them is left.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-10}

world_up
# the first answer over each hop makes the neighbours known, so that they are in both snapshots or in none
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"

start_ha; ok $? "the home agent runs"
start_mn; ok $? "the mobile node runs" || { diag_world; finish; }
busywait 5 reachable >/dev/null; ok $? "at home, the home address answers" || { diag_world; finish; }
watch_mn || die "no capture"
probes_start
nap 2

good=1
for ((round = 1; round <= ROUNDS; round++)); do
	for link in f1 f2 home; do
		move $link $round
		if ! settled $link >/dev/null; then
			diag "round $round: not settled at $link"
			[ $good = 0 ] || diag_world
			good=0
		fi
		case $round-$link in
		1-f2)
			ctl ha bc >"$OUT/bc.json"
			ctl mn bul >"$OUT/bul.json"
			;;
		esac
		nap 1.$((RANDOM % 10))	# so that moves fall anywhere between two advertisements
	done
done
mark end
nap 0.5
probes_stop
capture_stop mn
[ $good = 1 ]; ok $? "every move ended in a registration, or in a deregistration at home"
like "$(cat "$OUT/bc.json")" "$HOA.*${PREFIX[f2]}" "abroad, mip6ctl bc shows home address and care-of address"
like "$(cat "$OUT/bul.json")" "$HOA.*${PREFIX[f2]}" "abroad, mip6ctl bul shows the same"

stop_mn; is $? 0 "the mobile node stops with status 0"
stop_ha; is $? 0 "the home agent stops with status 0"
snapshot_diff mn "$OUT/mn.before" "nothing is left on the mobile node"
snapshot_diff ha "$OUT/ha.before" "nothing is left on the home agent"

analyse --all >"$OUT/table"
diag "$(cat "$OUT/table")"
le "$(figure home-f1 gap median)" 1700 "home -> f1: longest gap, median of $ROUNDS, ms"
le "$(figure f1-f2 gap median)" 700 "f1 -> f2: longest gap, median of $ROUNDS, ms"
le "$(figure f2-home gap median)" 700 "f2 -> home: longest gap, median of $ROUNDS, ms"
le "$(figure f1-f2 ra_to_in median)" 100 "f1 -> f2: first RA to first packet to the mobile node, median, ms"
le "$(figure f1-f2 ra_to_out median)" 100 "f1 -> f2: first RA to first packet from the mobile node, median, ms"
finish
