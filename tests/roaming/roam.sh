#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# home -> f1 -> f2 -> home, ten times, the cable pulled each time, with 10 ms probes in both directions: how long is
# the mobile node out of reach? And after both daemons have stopped, nothing of them is left.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-10}

# show ha|mn COMMAND: mip6ctl as people see it
show() { "$MIP6CTL" --socket "$OUT/$1/ctl" "$2"; }

# events FILE EVENT: lines of a monitor with it
events() { grep -cE "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3} $2 .*home_address=$HOA" "$OUT/$1.log"; }

world_up
# the first answer over each hop makes the neighbours known, so that they are in both snapshots or in none
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"

start_ha; ok $? "the home agent runs"
start_mn; ok $? "the mobile node runs" || { diag_world; finish; }
busywait 5 reachable >/dev/null; ok $? "at home, the home address answers" || { diag_world; finish; }
start_bg monitor-ha "$MIP6CTL" --socket "$OUT/ha/ctl" monitor
start_bg monitor-mn "$MIP6CTL" --socket "$OUT/mn/ctl" monitor
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
			for command in bc status stats; do show ha $command >"$OUT/ha-$command"; done
			for command in bul status stats; do show mn $command >"$OUT/mn-$command"; done
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

like "$(cat "$OUT/ha-bc")" "^HOME ADDRESS  +CARE-OF ADDRESS .*"$'\n'"$HOA  +${PREFIX[f2]}[^ ]*  +home  +bound  +AH .* eth0 +$HA$" "mip6ctl bc is a table, too"
like "$(cat "$OUT/mn-bul")" "^HOME ADDRESS  +CARE-OF ADDRESS .*"$'\n'"$HOA  +${PREFIX[f2]}[^ ]*  +$HA  +registered " "and mip6ctl bul"
like "$(cat "$OUT/ha-status")" "^Role +home agent"$'\n'".*Bindings +1"$'\n'".*Interfaces +name=eth0 up=yes addresses=$HA/64"$'\n' \
	"mip6ctl status says what a home agent is"
like "$(cat "$OUT/mn-status")" "^Role +mobile node"$'\n'".*Location +away"$'\n'".*Registered +yes"$'\n'".*Moves +[0-9]+"$'\n' \
	"and where a mobile node is"
like "$(cat "$OUT/ha-stats")" "^COUNTER +COUNT"$'\n'"mh_rx +[1-9].*"$'\n'"reg_accepted +[1-9].*"$'\n'"guard_passed +[1-9]" "mip6ctl stats counts at the home agent"
like "$(cat "$OUT/mn-stats")" "^COUNTER +COUNT"$'\n'".*"$'\n'"bu_tx +[1-9].*"$'\n'"moves +[1-9]" "and at the mobile node"

stop_mn; is $? 0 "the mobile node stops with status 0"
stop_ha; is $? 0 "the home agent stops with status 0"
wait_bg monitor-ha; is $? 1 "the end of mip6d ends mip6ctl monitor"
wait_bg monitor-mn
for event in moved handoff; do ge "$(events monitor-mn $event)" $((3 * ROUNDS)) "the mobile node's monitor told of each move: $event"; done
ge "$(events monitor-mn deregistered)" "$ROUNDS" "and of each return home"
for event in registered moved deregistered; do
	ge "$(events monitor-ha binding-$event)" "$ROUNDS" "the home agent's monitor: binding-$event"
done
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
