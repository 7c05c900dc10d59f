#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# A TCP transfer goes on over all moves, to the mobile node and from it: the bytes hash equal at both ends, and 80 % of
# the rate is there again within a second of the first packet after each move.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-2}
RATE=${RATE:-20}	# Mbit/s
TCP=$ROAMING/tcp.py

# flows FILE: bytes have come in the last quarter of a second
flows() { awk -F, -v now="$EPOCHREALTIME" 'END { exit !($1 > now - 0.25) }' "$1"; }

# transfer NAME SINK-NS SINK-ADDR SOURCE-NS SOURCE-ADDR
transfer()
{
	local name=$1 link round

	echo "time,event,link,round" >"$MARKS"
	start_bg "$name-sink" ip netns exec "$2" $PYTHON "$TCP" sink 5001 --bind "$3" --log "$OUT/$name.csv"
	busywait 10 grep -q listening "$OUT/$name-sink.log" || die "$name: no sink"
	start_bg "$name-source" ip netns exec "$4" $PYTHON "$TCP" source "$3" 5001 --src "$5" --rate "$RATE" --out "$OUT/$name.json"
	busywait 10 grep -q connected "$OUT/$name-source.log" || { diag_file "$OUT/$name-source.log"; die "$name: no connection"; }
	nap 3
	for ((round = 1; round <= ROUNDS; round++)); do
		for link in f1 f2 home; do
			move $link $round
			settled $link >/dev/null || diag "$name: not settled at $link"
			busywait 10 flows "$OUT/$name.csv" || diag "$name: nothing flows at $link"
			nap 2
		done
	done
	mark end
	stop_bg "$name-source" INT
	ok $? "$name: all bytes arrived, hashes equal, no reset" || { diag "$(cat "$OUT/$name.json")"; diag_file "$OUT/$name-source.log" 3; }
	stop_bg "$name-sink"
	diag "$name:"
	diag "$($PYTHON "$TCP" judge "$OUT/$name.csv" "$MARKS" --out "$OUT/$name-moves.json")"
	is "$(jq .ok "$OUT/$name-moves.json")" true "$name: 80 % of the rate again within 1 s of the first packet, after every move"
	cp "$MARKS" "$OUT/$name-marks.csv"
}

world_up
start_ha || die "no home agent"
start_mn || die "no mobile node"
busywait 5 reachable >/dev/null || die "the home address does not answer at home"
transfer to-mn mn $HOA cn $CN
transfer from-mn cn $CN mn $HOA
stop_mn
stop_ha
finish
