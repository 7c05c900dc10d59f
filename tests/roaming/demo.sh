#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# `make demo`, the part in the VM: home -> f1 -> f2 -> home with a TCP transfer and 10 ms probes, and a word on each step.
# tests/roaming/demo shows it and draws the plot.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

STAY=${STAY:-4}		# seconds on each link
RATE=${RATE:-10}	# Mbit/s

declare -A WHERE=([home]="the home link" [f1]="foreign link f1" [f2]="foreign link f2")
start=
clock() { awk -v a="$EPOCHREALTIME" -v b="$start" 'BEGIN { printf "t=%5.1fs", a - b }'; }
say() { diag "$(clock)  $*"; }

# last_gap: the longest pause of the answers since the last mark, in ms, as it is known by now
last_gap()
{
	awk -F, -v since="$(tail -n 1 "$MARKS" | cut -d, -f1)" '
		/^# epoch_offset/ { split($0, w, " "); offset = w[3] }
		/^[0-9]/ && $4 != "" { t = $4 + offset; if (t > since && last && t - last > gap) gap = t - last; if (t > last) last = t }
		END { printf "%.0f", gap * 1000 }' "$OUT/send-cn.csv"
}

# bytes have come since the last mark
tcp_goes_on() { awk -F, -v since="$(tail -n 1 "$MARKS" | cut -d, -f1)" 'END { exit !($1 > since) }' "$OUT/tcp.csv"; }

DEBUG_LEVEL=1
diag "setting up: home link, two foreign links, a core network, a correspondent"
world_up
start_ha || die "no home agent"
start_mn || die "no mobile node"
busywait 5 reachable >/dev/null || die "the home address does not answer"
watch_mn || die "no capture"
start_bg sink ip netns exec mn $PYTHON "$ROAMING/tcp.py" sink 5001 --bind $HOA --log "$OUT/tcp.csv"
busywait 10 grep -q listening "$OUT/sink.log" || die "no TCP sink"
start_bg source ip netns exec cn $PYTHON "$ROAMING/tcp.py" source $HOA 5001 --src $CN --rate "$RATE" --out "$OUT/tcp.json"
busywait 10 grep -q connected "$OUT/source.log" || die "no TCP connection"
probes_start
nap 1
start=$EPOCHREALTIME
mark start
say "at home, $HOA: a TCP transfer of $RATE Mbit/s and a probe every 10 ms"
nap "$STAY"
for link in f1 f2 home; do
	say "moving to ${WHERE[$link]} ..."
	move $link 1
	if settled $link >/dev/null; then
		nap 1
		# the sender may be waiting for its timer
		if busywait 5 tcp_goes_on; then survived="connection survived"; else survived="CONNECTION STALLED"; fi
		if [ $link = home ]; then what="deregistered"; else
			what="care-of address $(ctl ha bc | sed -n 's/.*"care_of_address": *"\([^"]*\)".*/\1/p' | head -n 1)"
		fi
		say "... $survived, gap $(last_gap) ms; $what"
	else
		ok 1 "registered at $link"
		diag_world
	fi
	nap $((STAY - 2))
done
mark end
stop_bg source INT
ok $? "the TCP connection has survived, the bytes hash equal at both ends"
say "$(jq -r '"\(.sent) bytes sent, \(.arrived) arrived, SHA-256 " + (if .equal then "equal" else "DIFFERENT" end)' "$OUT/tcp.json")"
probes_stop
capture_stop mn
stop_mn
stop_ha
analyse --brief >"$OUT/table"
diag ""
diag "$(cat "$OUT/table")"
finish
