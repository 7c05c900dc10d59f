#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# A mobile node with two interfaces, eth0 at f1 and eth1 at f2, while a correspondent pings the home address every 20 ms: the
# binding follows the better one that works, and comes back without a loss.
# BRIEF=1: one round of the carrier only (ifaces_brief.sh).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

BRIEF=${BRIEF:-}
ROUNDS=${ROUNDS:-3}
[ -z "$BRIEF" ] || ROUNDS=1

MN_IFACE='Interface "eth0" { MnIfPreference 1; }
	Interface "eth1" { MnIfPreference 2; }'

cable() { ip -n sw link set "$1" "$2"; }
used() { ctl mn status | jq -r .interface; }
moves() { ctl mn status | jq .moves; }
worst() { local i m=0; for i in "$@"; do [ "$i" -le "$m" ] || m=$i; done; echo "$m"; }
# goes LINK SECONDS: the home agent has the binding there within that time
goes() { busywait "$2" bound_at "$1" || { diag "not at $1"; diag_world; finish; }; }

# fresh: a mobile node that knows of no bad contact
fresh()
{
	stop_mn
	start_mn && settled f1 >/dev/null || { diag_world; die "not registered by eth0"; }
	busywait 5 ready_to_take_over || diag "$(ctl mn status)"
}
ready_to_take_over() { ctl mn status | jq -e '.interfaces[] | select(.interface == "eth1" and .state == "ready")' >/dev/null; }

world_up f1
second_if f2
snapshot mn >"$OUT/mn.before"
start_ha || die "no home agent"
start_mn || die "no mobile node"
settled f1 >/dev/null; ok $? "registered by the preferred interface" || { diag_world; finish; }
is "$(used)" eth0 "which is eth0"
busywait 5 ready_to_take_over
ok $? "and eth1 is ready" || diag "$(ctl mn status)"

# ---- the carrier ----------------------------------------------------------------------------------
gaps=() losses=() returns=()
for ((round = 1; round <= ROUNDS; round++)); do
	pinging loss$round
	cable mn down
	goes f2 5
	nap 0.7
	pinged loss$round
	gaps+=("$gap")
	diag "round $round: eth0 loses its carrier: longest gap $gap ms, $lost lost"
	pinging return$round
	cable mn up
	goes f1 70
	nap 0.7
	pinged return$round
	losses+=("$lost") returns+=("$gap")
	diag "round $round: eth0 is back: longest gap $gap ms, $lost lost"
done
le "$(worst "${gaps[@]}")" 700 "the preferred interface loses its carrier: longest gap, ms"
le "$(worst "${losses[@]}")" 0 "it is back: pings lost"
le "$(worst "${returns[@]}")" 500 "it is back: longest gap, ms"
rule="from ${PREFIX[f1]}:ff:fe00:64 lookup 25200"
like "$(ip -n mn -6 rule)" "$rule" "the care-of address has a routing table"
like "$(ip -n mn -6 route show table 25200)" "default via $LL_R1 dev eth0" "that leads out by its interface"

if [ -z "$BRIEF" ]; then
	# ---- a bad contact ----------------------------------------------------------------------------
	before=$(moves)
	for ((i = 0; i < 6; i++)); do cable mn down; nap 0.4; cable mn up; nap 0.8; done
	flaps=$(($(moves) - before))
	le "$flaps" 3 "six times off and on: changes of the interface"
	busywait 5 reachable >/dev/null; ok $? "and the mobile node answers" || diag_world
	goes f1 90
	is "$(used)" eth0 "in the end the preferred one is used again"

	# ---- its router, and nothing else ---------------------------------------------------------------
	fresh
	pinging router
	ip -n sw link set r1 down
	goes f2 10
	nap 0.7
	pinged router
	# The carrier stays, and a host that only answers sends nothing that could stay without an answer: it is the next advertisement
	# that is missed, after a second and a tenth, and two questions to the router, a quarter of a second
	le "$gap" 1700 "the router behind it disappears: longest gap, ms"
	ip -n sw link set r1 up
	goes f1 20

	# ---- its address, and nothing else --------------------------------------------------------------
	fresh
	pinging address
	ip -n mn address del "${PREFIX[f1]}:ff:fe00:64/64" dev eth0
	goes f2 5
	nap 0.7
	pinged address
	le "$gap" 700 "somebody deletes its address: longest gap, ms"
	goes f1 20	# the next advertisement brings it again

	# ---- pulled out -----------------------------------------------------------------------------------
	fresh
	pinging out
	ip -n sw link del mn
	goes f2 5
	nap 0.7
	pinged out
	le "$gap" 700 "the interface is pulled out: longest gap, ms"
	ip -n sw link add mn type veth peer name eth0 netns mn
	printf 'link set mn master br-f1\nlink set mn up\n' | ip -n sw -batch -
	ip -n mn link set eth0 address $MN_MAC
	pinging in
	ip -n mn link set eth0 up
	goes f1 20
	nap 0.7
	pinged in
	is "$lost" 0 "and put in again: pings lost"
	is "$(used)" eth0 "it is used again"
fi

# ---- at home by one, abroad with the other ------------------------------------------------------------
move home
busywait 10 bound_at home && busywait 5 reachable >/dev/null; ok $? "at home by eth0" || diag_world
ip -n mn -6 route add default via $LL_R2 dev eth1 metric 1
like "$(ip -n mn -6 route get $CN)" "via $LL_HA dev eth0 .*src $HOA" "what is not for the link leaves by it, although eth1 has the better default route" ||
	{ diag "$(ip -n mn -6 rule; ip -n mn -6 route)"; diag_world; }
like "$(ip -n mn -6 route get $NB)" "^$NB (from [^ ]+ )?dev eth0 .*src $HOA" "a neighbour is reached without the router"
ns mn ping -6 -n -c 2 -i 0.2 -W 1 $CN >"$OUT/ping-home"; ok $? "the correspondent is reached" || diag_file "$OUT/ping-home"
ip -n mn -6 route del default via $LL_R2 dev eth1 metric 1
move f1
goes f1 20
is "$(ip -n mn -6 rule | grep -c "^99[69]:.*from $HOA ")" 0 "abroad there is nothing of this" || diag "$(ip -n mn -6 rule)"

# ---- the end ----------------------------------------------------------------------------------------
stop_mn
like "$(ip -n mn -6 rule | tr '\n' ' ')" '^0:[^0-9]*local 32766:[^0-9]*main $' "after the stop no rule is left"
is "$(ip -n mn -6 route show table all proto 62 | wc -l)$(ip -n mn -o link show type ip6tnl | grep -c mip6)" 00 "and no route, and no tunnel"
is "$(ip -n mn xfrm policy | wc -l)" 0 "and no policy"
finish
