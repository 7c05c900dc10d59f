#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# The home link while its mobile node is away and when it comes back (RFC 6275 10.4.1, 11.5.5), as a neighbour sees it.
# SNOOPING=1: the same behind switches that forward multicast only to those who asked for it.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

# packets FILE EXPRESSION, count FILE EXPRESSION
packets() { $PYTHON "$ROAMING/pcap.py" "$OUT/$1.pcap" "$2"; }
count() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "$2"; }

# answered_in FILE SINCE NS-CONDITION: ms from the first such solicitation for the home address to the next advertisement of it
answered_in()
{
	packets "$1" "p.time > $2 and p.target == '$HOA' and (p.kind == 'na' or p.kind == 'ns' and $3)" |
		awk '$2 == "ns" && !t { t = $1 } $2 == "na" && t { printf "%.1f\n", ($1 - t) * 1000; exit }'
}

nb_knows() { ip -n nb -6 neigh show $HOA dev eth0 | grep -qi "lladdr $1"; }

world_up
ha_mac=$(ip -n ha -o link show eth0 | sed 's/.*ether \([0-9a-f:]*\).*/\1/')
start_ha || die "no home agent"
start_mn || die "no mobile node"
capture nb eth0 nb icmp6 || die "no capture"
capture mn eth0 mn || die "no capture"
need_probe
# a daemon that has just started looks for a second whether the home address is free
busywait 10 ns nb ping -6 -n -c 1 -W 1 $HOA >/dev/null; ok $? "a neighbour reaches the mobile node at home"
nb_knows $MN_MAC; ok $? "by the mobile node's own link-layer address"

# ---- it goes ----
t_away=$EPOCHREALTIME
move f1
settled f1 >/dev/null; ok $? "registered from f1" || { diag_world; finish; }
busywait 1 nb_knows "$ha_mac"; ok $? "the neighbour's cache has the home agent's address instead" ||
	diag "$(ip -n nb -6 neigh)"
ns nb ping -6 -n -c 3 -i 0.2 -W 1 $HOA >"$OUT/ping" 2>&1; ok $? "the neighbour reaches the mobile node abroad" || diag_file "$OUT/ping"
ns mn ping -6 -n -c 3 -i 0.2 -W 1 -I $HOA $NB >"$OUT/ping" 2>&1; ok $? "the mobile node abroad reaches the neighbour" || diag_file "$OUT/ping"

t_multicast=$EPOCHREALTIME
ip -n nb -6 neigh del $HOA dev eth0
ns nb ping -6 -n -c 1 -W 1 $HOA >/dev/null; ok $? "a neighbour that knows nothing resolves the home address"
t_unicast=$EPOCHREALTIME
ip -n nb -6 neigh replace $HOA lladdr "$ha_mac" dev eth0 nud probe
busywait 3 sh -c "ip -n nb -6 neigh show $HOA | grep -q REACHABLE"; ok $? "a unicast solicitation for the home address is answered" ||
	diag "$(ip -n nb -6 neigh)"
# a host that wants the address for itself
ip -n nb -6 address add $HOA/128 dev eth0
busywait 3 sh -c "ip -n nb -6 address show dev eth0 | grep -q dadfailed"; ok $? "the home agent defends the home address"
ip -n nb -6 address del $HOA/128 dev eth0 2>/dev/null

# ---- it comes back ----
start_bg echo-mn ip netns exec mn "$PROBE" echo --out "$OUT/echo-mn.csv"
start_bg send-nb ip netns exec nb "$PROBE" send $HOA --src $NB --out "$OUT/send-nb.csv"
nap 1
t_back=$EPOCHREALTIME
move home
for ((i = 0; i < 200; i++)); do
	if nb_knows $MN_MAC; then break; fi
	nap 0.01
done
t_known=$EPOCHREALTIME
settled home >/dev/null; ok $? "deregistered at home" || diag_world
nap 1
t_after=$EPOCHREALTIME
stop_bg send-nb INT
stop_bg echo-mn INT
ip -n nb -6 neigh del $HOA dev eth0
ns nb ping -6 -n -c 2 -i 0.2 -W 1 $HOA >/dev/null; ok $? "a neighbour resolves the home address again"
nb_knows $MN_MAC; ok $? "to the mobile node's link-layer address"
capture_stop nb
capture_stop mn

# ---- what the wire has seen ----
dad="p.kind == 'ns' and p.src == '::' and p.target == '$HOA' and p.time > $t_away and p.time < $t_multicast"
# behind a snooping switch this neighbour does not hear it
if [ "${SNOOPING:-0}" = 0 ]; then is "$(count nb "$dad")" 1 "one solicitation for duplicates at the registration"; fi
na="p.kind == 'na' and p.target == '$HOA' and p.eth_dst == '33:33:00:00:00:01' and p.time > $t_away and p.time < $t_multicast"
ge "$(count nb "$na")" 1 "the home agent tells all nodes at the registration"
is "$(count nb "$na and (p.flags != 'O' or p.lladdr != '$ha_mac')")" 0 "with O=1, S=0, R=0 and its own link-layer address"
# the home agent may itself be looking for who was there when it had something for it
le "$(answered_in nb "$t_multicast" "p.eth_dst.startswith('33:33') and p.eth_src != '$ha_mac'")" 50 "a multicast solicitation is answered, ms"
le "$(answered_in nb "$t_unicast" "p.eth_dst == '$ha_mac'")" 50 "a unicast solicitation is answered, ms"
is "$(count nb "p.kind == 'na' and p.target == '$HOA' and p.eth_src == '$ha_mac' and 'R' in p.flags")" 0 "no advertisement for the home address calls it a router"

is "$(count mn "p.time > $t_back and p.kind == 'ns' and p.src == '::' and p.target == '$HOA' and p.eth_src == '$MN_MAC'")" 0 \
	"back home, the mobile node does no duplicate address detection for the home address"
ge "$(count mn "p.time > $t_back and p.kind == 'bu' and p.lifetime == 0")" 1 "it sends an update with lifetime 0"
ge "$(count mn "p.time > $t_back and p.kind == 'ba' and p.status == 0 and p.lifetime == 0")" 1 "which is acknowledged with lifetime 0"
ge "$(count nb "p.time > $t_back and p.kind == 'na' and p.target == '$HOA' and p.eth_src == '$MN_MAC' and p.eth_dst == '33:33:00:00:00:01' and p.flags == 'O'")" 1 \
	"it tells all nodes, O=1, S=0"
first_ra=$(packets mn "p.time > $t_back and p.kind == 'ra' and '2001:db8:0:1::/64' in p.prefixes" | awk '{ print $1; exit }')
le "$(awk -v a="$t_known" -v b="$first_ra" 'BEGIN { printf "%d", (a - b) * 1000 }')" 1000 "the neighbour's cache is right after the first advertisement, ms"
is "$(count nb "p.time > $t_after and p.kind == 'na' and p.target == '$HOA' and p.eth_src == '$ha_mac'")" 0 "the home agent answers for the home address no more"
is "$(count mn "p.time > $t_back and p.src == '$HOA' and p.kind not in ('na', 'ns', 'bu') and p.time < ${first_ra:-0}")" 0 "nothing else left with the home address before that"
finish
