#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# f1 -> f2 -> f1 ... with optimized traffic, the cable pulled each time: how long is the mobile node out of reach, how soon after the
# home agent's acknowledgement is traffic optimized again? Then home: correspondents are told, and nothing is left.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-3}	# of f1 -> f2 -> f1

world_up f1
start_ha || die "no home agent"
start_cn || die "no correspondent"
start_mn || die "no mobile node"
settled f1 >/dev/null || { diag_ro; die "not registered"; }
capture mn eth0 mn ip6 || die "no capture"
probes_start
busywait 5 ro_is optimized $CN; ok $? "optimized from the start" || { diag_ro; finish; }
nap 1

good=1
for ((round = 1; round <= ROUNDS; round++)); do
	for link in f2 f1; do
		move $link $round
		busywait 10 bound_at $link && busywait 5 ro_is optimized $CN || { diag "round $round: not optimized at $link"; [ $good = 0 ] || diag_ro; good=0; }
		nap 1.$((RANDOM % 10))
	done
done
is $good 1 "optimized again after every move"
move home end
settled home >/dev/null; ok $? "at home again" || diag_ro
busywait 5 ro_is idle $CN; ok $? "the correspondent has let go of the binding" || diag_ro
mark end
nap 1
probes_stop
capture_stop mn
end=$(awk -F, '$2 == "end" { print $1 }' "$MARKS")
is "$(packets mn "p.time > $end and (p.hoa or p.rt2)")" 0 "at home, packets have none of the headers"
is "$(packets mn "p.kind == 'bu' and p.dst == '$CN' and p.lifetime == 0 and p.hoa is None")" 1 "one update took the binding away"
is "$(packets mn "p.src == '$HOA' and p.hoa is None and p.time > $(awk -F, 'NR == 2 { print $1 }' "$MARKS") and p.time < $(awk -F, '$4 == "end" { print $1 }' "$MARKS")")" 0 \
	"abroad, nothing left with the home address as source"

analyse --all >"$OUT/table"
diag "$(cat "$OUT/table")"
$PYTHON "$TOP/tests/ro/handoff.py" "$OUT" $HA $CN >"$OUT/optimized"
diag "after the home agent's acknowledgement, ms until optimized out and in:"
diag "$(cat "$OUT/optimized")"
le "$(figure f1-f2 gap median)" 800 "f1 -> f2: longest gap, median of $ROUNDS, ms"
le "$(figure f2-f1 gap median)" 800 "f2 -> f1: longest gap, median of $ROUNDS, ms"
le "$(awk '$1 == "median" { print $2 }' "$OUT/optimized")" 100 "from the acknowledgement to the first optimized packet out, median, ms"
le "$(awk '$1 == "median" { print $3 }' "$OUT/optimized")" 100 "and in, ms"
stop_mn; is $? 0 "the mobile node stops with status 0"
stop_cn; is $? 0 "and the correspondent"
is "$(ip -n mn xfrm state; ip -n mn xfrm policy)" "" "and nothing is left in XFRM"
finish
