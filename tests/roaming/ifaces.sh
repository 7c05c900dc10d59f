#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# A mobile node with two interfaces, eth0 at f1 and eth1 at f2, while a correspondent pings the home address: the binding
# follows the better one that works, and comes back without a loss.
# ROUNDS=1 BRIEF=1: the short form, ifaces_brief.sh.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-5}
BRIEF=${BRIEF:-}

MN_IFACE='Interface "eth0" { MnIfPreference 1; }
	Interface "eth1" { MnIfPreference 2; }'

# pinging NAME: an echo request each 20 ms, until pinged
pinging() { start_bg "ping-$1" ip netns exec cn ping -6 -n -i 0.02 -D -W 1 $HOA; nap 0.3; }
# pinged NAME: stops it; $gap is the longest time without an answer in ms, $lost how many were not answered
pinged()
{
	stop_bg "ping-$1" INT
	read -r gap lost <<<"$(sed -n 's/^\[\([0-9.]*\)\].*icmp_seq=\([0-9]*\).*/\1 \2/p' "$OUT/ping-$1.log" |
		awk 'NR == 1 { t = $1; first = $2 } { if ($1 - t > g) g = $1 - t; t = $1; n++; last = $2 }
			END { printf "%d %d", g * 1000, last - first + 1 - n }')"
}
cable() { ip -n sw link set "$1" "$2"; }
used() { ctl mn status | jq -r .interface; }
uses() { [ "$(used)" = "$1" ]; }
moves() { ctl mn status | jq .moves; }
# what the tunnel carries leaves by the interface of its care-of address
worst() { local i m=0; for i in "$@"; do [ "$i" -le "$m" ] || m=$i; done; echo "$m"; }

world_up f1
second_if f2
snapshot mn >"$OUT/mn.before"
start_ha || die "no home agent"
start_mn || die "no mobile node"
settled f1 >/dev/null; ok $? "registered by the preferred interface" || { diag_world; finish; }
is "$(used)" eth0 "which is eth0"
ip -n mn -6 route show default | sed 's/^/# /'

gaps=() losses=() returns=()
for ((round = 1; round <= ROUNDS; round++)); do
	# ---- the preferred one loses its carrier ----
	pinging "loss$round"
	cable mn down
	busywait 5 bound_at f2 || { diag_world; break; }
	nap 0.7
	pinged "loss$round"
	gaps+=("$gap")
	diag "round $round: eth0 down: gap $gap ms, lost $lost"
	nap "$((RANDOM % 3 + 1))"
	# ---- it is back ----
	pinging "return$round"
	cable mn up
	busywait 90 bound_at f1 || { diag_world; break; }
	nap 0.7
	pinged "return$round"
	losses+=("$lost") returns+=("$gap")
	diag "round $round: eth0 up: gap $gap ms, lost $lost"
done
is "${#returns[@]}" "$ROUNDS" "each time the binding went to eth1 and came back"
le "$(worst "${gaps[@]}")" 700 "the preferred interface loses its carrier: longest gap, ms"
le "$(worst "${losses[@]}")" 0 "it is back: pings lost"
le "$(worst "${returns[@]}")" 200 "it is back: longest gap, ms"
finish
