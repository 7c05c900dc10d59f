#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 320
#
# A group of the home link follows its mobile node from link to link, whoever joined it where, and what the mobile node sends to
# one comes from the home link. Who has not joined gets nothing, nor does anybody after the leave or the end of the binding. Forged
# reports change nothing, forged leaves neither. The home link is a switch that watches MLD.

SNOOPING=1
. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../ro/world.sh"

GROUP=ff05::4444 OTHER=ff15::5555
TOOL=$ROAMING/group.py
# shellcheck disable=SC2034 # of world.sh
HA_CONF="HaMulticast enabled; HaMaxGroupsPerBinding 4; HaMulticastQueryInterval 3; DoRouteOptimizationCN disabled;
	NonVolatileBindingCache enabled; BindingCacheFile \"$OUT/bindings.db\";"
# shellcheck disable=SC2034
MN_CONF='DoRouteOptimizationMN disabled;'

# listener NAME NS [OPTIONS]: hears GROUP
listener()
{
	local name=$1 ns=$2

	shift 2
	start_bg "$name" ip netns exec "$ns" $PYTHON "$TOOL" listen "${HEARS:-$GROUP}" "$@"
	busywait 10 grep -q joined "$OUT/$name.log" || die "no listener $name"
}

# heard NAME SOURCE: how many packets; hears NAME SOURCE: a further one comes
heard() { grep -c " $2 " "$OUT/$1.log"; }
hears() { local n; n=$(heard "$1" "$2"); busywait 15 eval "[ \$(heard $1 $2) -gt $((n + 2)) ]"; }
at() { busywait 10 bound_at "$1"; }
groups_of() { ctl ha bc | jq -r --arg h "$1" '.[] | select(.home_address == $h) | (.groups // []) | sort | join(" ")'; }
has_groups() { [ "$(groups_of "$1")" = "$2" ]; }
coa_of() { ctl ha bc | jq -r --arg h "$1" '.[] | select(.home_address == $h) | .care_of_address'; }
in_group() { ip -n "$1" -6 maddress show dev "$2" | grep -qw "${3:-$GROUP}"; }
# the routes of groups, all of them, lead there
group_routes() { [ "$(ip -n mn -6 route show table local proto 62 metric 1 | grep -c "^ff.* dev $1 ")" = 16 ]; }
left() { grep -c "group-left home_address=$1 group=$GROUP reason=done" "$OUT/ha.log"; }
# tunnelled FILE SOURCE CARE-OF-ADDRESS: packets of the group in a tunnel to there; a switch may show others for a moment
tunnelled() { packets "$1" "p.inner and p.inner.src == '$2' and p.dst == '$3' and p.inner.dst == '$GROUP'"; }
still() { local n; n=$(stat_of ha multicast_out); nap 1; [ "$(stat_of ha multicast_out)" = "$n" ]; }

diag_multicast()
{
	diag_world
	diag "$(ctl ha bc)"
	diag "$(ctl ha stats | grep -E 'mld|multi|guard')"
	diag "$(ctl mn status | grep -A5 -E 'multicast|groups')"
	diag "$(ip -n mn -6 maddress; ip -n mn -6 route show table local | grep ff)"
	diag "$(ip -n ha -6 maddress show dev eth0; ns ha tc filter show dev eth0 ingress; ns ha tc -s qdisc show dev eth0)"
	diag "$(ip -n sw -d mdb show 2>/dev/null || bridge -n sw mdb show)"
}

world_up home
start_ha || die "no home agent"
start_mn || die "no mobile node"
m2_up f1
start_m2 || die "no second mobile node"
start_bg sender ip netns exec nb $PYTHON "$TOOL" send $GROUP --if eth0 --src $NB

# ---- who joined at home ----
listener app mn
hears app $NB; ok $? "at home the group is received" || diag_multicast
group_routes eth0; ok $? "groups lead to the home link" || diag_multicast
ip -n mn link set eth0 down
busywait 3 eval '! group_routes eth0' || diag_multicast
ip -n mn link set eth0 up
busywait 25 group_routes eth0; ok $? "again, after the link was down" || diag_multicast
hears app $NB || diag_multicast
move f1
at f1; ok $? "registered at f1" || diag_multicast
busywait 10 has_groups $HOA $GROUP; ok $? "the home agent knows of the group" || diag_multicast
hears app $NB; ok $? "and it is received at f1" || diag_multicast
in_group ha eth0; ok $? "the home agent is in it on the home link"
like "$("$MIP6CTL" --socket "$OUT/ha/ctl" bc)" "GROUPS.*$GROUP" "mip6ctl bc shows it" || diag "$("$MIP6CTL" --socket "$OUT/ha/ctl" bc)"
is "$(ctl mn status | jq -r '.multicast + " " + .groups[0]')" "through the home agent $GROUP" "so does the mobile node's status"
is "$(tail -n 1 "$OUT/app.log" | cut -d' ' -f3)" 1 "the hop limit is what the sender chose"
busywait 10 eval '[ -n "$(coa_of $HOA2)" ]' || die "the second mobile node is not registered"
capture m2 eth0 m2 ip6 || die "no capture"
start_bg big ip netns exec nb $PYTHON "$TOOL" send $GROUP --if eth0 --src $NB --size 1440
busywait 5 grep -q ' 14[0-9][0-9]$' "$OUT/app.log"; ok $? "a packet that is too big for the tunnel makes its sender fragment" || diag_multicast
stop_bg big
move f2
at f2 && hears app $NB; ok $? "at f2" || diag_multicast
capture_stop m2
is "$(tunnelled m2 $NB "$(coa_of $HOA2)")" 0 "the mobile node that has not joined gets nothing"
move home
busywait 10 eval '[ -z "$(coa_of $HOA)" ]' && hears app $NB; ok $? "at home again" || diag_multicast
busywait 5 eval '! in_group ha eth0'; ok $? "where the home agent is no member any more" || diag "$(ip -n ha -6 maddress show dev eth0)"
stop_bg app

# ---- who joins away from home, and a second member ----
move f1
at f1 || diag_multicast
busywait 10 eval '[ "$(ctl mn status | jq -r .multicast)" = "through the home agent" ]' || diag_multicast
listener app mn
in_group mn mip6mn0; ok $? "away from home a program that names no interface joins on the tunnel" || diag_multicast
hears app $NB; ok $? "and receives" || diag_multicast
listener app2 m2
hears app2 $NB; ok $? "so does the second mobile node" || diag_multicast

# ---- one packet, two members, and a path that it does not fit into ----
capture nb eth0 big 'icmp6 and ip6[40] == 2' || die "no capture"
n=$(stat_of ha multicast_lost)
ns nb $PYTHON "$TOOL" send $GROUP --if eth0 --src $NB --size 1440 --stubborn --count 5 --every 0.3
is "$(($(stat_of ha multicast_lost) - n))" 10 "packets too big for the tunnel are counted, for each member"
begin=$EPOCHSECONDS
ns nb $PYTHON "$TOOL" send $GROUP --if eth0 --src $NB --size 1440 --stubborn --count 300 --every 0
limit=$((5 + 20 * (EPOCHSECONDS - begin + 3)))
nap 0.3
capture_stop big
n=$(packets big "p.inner is None")
ge "$n" 5 "their sender is told"
le "$n" "$limit" "once for each packet, and not too often"

# ---- a link that was down ----
group_routes mip6mn0; ok $? "away from home groups lead into the tunnel" || diag_multicast
ip -n mn link set mip6mn0 down
ip -n mn link set mip6mn0 up
busywait 25 group_routes mip6mn0; ok $? "again, after that was down" || diag_multicast
hears app $NB || diag_multicast

# ---- sent by a mobile node ----
listener neighbour nb --if eth0
listener router ha --if eth0
capture mn eth0 own ip6 || die "no capture"
start_bg from-mn ip netns exec mn $PYTHON "$TOOL" send $GROUP
hears neighbour $HOA; ok $? "what the mobile node sends to the group arrives on the home link" || diag_multicast
hears app2 $HOA; ok $? "at the other mobile node" || diag_multicast
hears router $HOA; ok $? "and at the home agent's own listener" || diag_multicast
stop_bg from-mn
capture_stop own
is "$(packets own "p.inner and p.inner.src == '$HOA' and p.src == '$HA'")" 0 "it does not come back to the sender"
ge "$(packets own "p.inner and p.inner.src == '$HOA' and p.dst == '$HA' and p.inner.dst == '$GROUP'")" 3 "and leaves in the tunnel"
# of a program's own copy, the one that the kernel makes
is "$(grep " $HOA " "$OUT/app.log" | cut -d' ' -f4 | sort | uniq -d | wc -l)" 0 "no packet is heard twice"
is "$(grep " $NB " "$OUT/app2.log" | cut -d' ' -f4 | sort | uniq -d | wc -l)" 0 "by nobody"
stop_bg neighbour
stop_bg router
move home
busywait 10 eval '[ -z "$(coa_of $HOA)" ]' && hears app $NB; ok $? "who joined away from home receives at home" || diag_multicast
move f1
at f1 && hears app $NB; ok $? "and away again" || diag_multicast

# ---- forged ----
forge() { ns "$1" $PYTHON "$TOOL" mld "${@:2}" || die "forge"; }
COA=$(coa_of $HOA)
before=$(groups_of $HOA)
# what comes out of the tunnel is no word of a neighbour's
ns ha ping -6 -n -c 1 -W 1 $NB >/dev/null
like "$(ip -n ha -6 neigh show $NB dev eth0)" "lladdr" "the home agent knows a neighbour's link-layer address"
n=$(stat_of ha multicast_in)
ns r1 $PYTHON "$TOP/tests/ro/forge.py" --count 3 na $HA "$COA" $HOA $NB
nap 0.3
ge "$(stat_of ha multicast_in)" $((n + 3)) "advertisements to a group in the tunnel reach the home link"
[[ $(ip -n ha -6 neigh show $NB dev eth0) != *02:ba:db:ad* ]]; ok $? "and nobody believes them" || diag "$(ip -n ha -6 neigh)"
# a leave is a question, which the mobile node answers; nobody else's group ends
n=$(left $HOA) m=$(stat_of ha mld_tx)
forge r1 "$COA" $HA $GROUP --record 3 --count 3
forge r1 "$COA" $HA $GROUP --type 132
nap 2.5
ge "$(stat_of ha mld_tx)" $((m + 1)) "a forged leave makes the home agent ask"
is "$(left $HOA) $(groups_of $HOA)" "$n $before" "and the mobile node answers" || diag_multicast
has_groups $HOA2 $GROUP && hears app2 $NB; ok $? "the other one's group goes on" || diag_multicast
# fragments: of the tunnel's packet they are put together, of the report itself they are no report
COA2=$(coa_of $HOA2)
forge r1 "$COA2" $HA ff05::f --fragment outer
busywait 3 has_groups $HOA2 "$GROUP ff05::f"; ok $? "a report in two pieces of a tunnel packet" || diag_multicast
forge r1 "$COA2" $HA ff05::e --fragment inner
nap 0.3
[[ $(groups_of $HOA2) != *ff05::e* ]]; ok $? "a report that is in pieces itself is none" || diag_multicast
n=$(stat_of ha mld_dropped)
forge cn $CN $HA $OTHER
is "$(stat_of ha mld_dropped)" $((n + 1)) "a report from an address that is no care-of address is dropped"
n=$(stat_of ha mld_ignored)
forge r1 "$COA" $HA $OTHER --src $HOA2
forge r1 "$COA" $HA $OTHER --hops 2
forge r1 "$COA" $HA $OTHER --no-alert
forge r1 "$COA" $HA $OTHER --garble 1
is "$(stat_of ha mld_ignored)" $((n + 4)) "with another's home address, hop limit, without alert, with a wrong checksum: ignored" || diag "$(ctl ha stats | grep mld)"
is "$(groups_of $HOA)" "$before" "nothing comes of them"
n=$(stat_of ha mld_limited)
forge r1 "$COA" $HA ff05::1:{1..9} ff02::fb ff01::1
is "$(groups_of $HOA)" "ff05::1:1 ff05::1:2 ff05::1:3 $before" "no more groups than the limit, and none of the link" || diag_multicast
is "$(stat_of ha mld_limited)" $((n + 6)) "the others are counted"
n=$(stat_of ha mld_dropped)
forge r1 "$COA" $HA ff05::1:1 --count 200
ge $(($(stat_of ha mld_dropped) - n)) 100 "a flood is dropped in the kernel"
busywait 12 has_groups $HOA $GROUP; ok $? "what the mobile node does not confirm expires" || diag_multicast

# ---- the daemon dies, and another one follows ----
stop_ha KILL
rm -f "$OUT/ha/ctl"
start_ha || die "no home agent"
busywait 8 has_groups $HOA $GROUP && busywait 8 has_groups $HOA2 $GROUP; ok $? "a home agent that starts anew asks who listens" || diag_multicast
hears app $NB; ok $? "and the group is received" || diag_multicast
is "$(ns ha tc filter show dev eth0 ingress | grep -c mip6_home_in)" 1 "by one filter"

# ---- the end ----
stop_bg app2
busywait 8 has_groups $HOA2 ''; ok $? "a leave counts when nobody has answered" || diag_multicast
stop_bg app
busywait 8 has_groups $HOA ''; ok $? "the other one's, too" || diag_multicast
busywait 3 eval '! in_group ha eth0'; ok $? "the home agent has left"
still; ok $? "and nothing is encapsulated" || diag_multicast

# ---- two home addresses ----
HOA3=2001:db8:0:1::103
stop_mn
rm -f "$OUT/mn/ctl"
write_mn_conf
sed -i "s,HomeAddress $HOA/64,&; HomeAddress $HOA3/64," "$OUT/mn.conf"
run_mip6d mn mn || die "no mobile node"
busywait 20 eval '[ -n "$(coa_of $HOA)" ] && [ -n "$(coa_of $HOA3)" ]'; ok $? "two home addresses in one place" || diag_multicast
busywait 10 eval '[ "$(ctl mn status | jq -r .multicast)" = "through the home agent" ]' || diag_multicast
listener app mn
hears app $NB && nap 7 && hears app $NB; ok $? "receive a group" || diag_multicast
is "$(ctl ha bc | jq '[.[].groups[]?] | length')" 1 "by one of them" || diag_multicast
is "$(grep " $NB " "$OUT/app.log" | cut -d' ' -f4 | sort | uniq -d | wc -l)" 0 "each packet once"
stop_bg app
stop_mn
rm -f "$OUT/mn/ctl"
start_mn || die "no mobile node"
at f1 || diag_multicast

# ---- a home agent that stops ----
listener app mn
hears app $NB || diag_multicast
# a home agent that offers nothing any more
stop_ha
rm -f "$OUT/ha/ctl"
# shellcheck disable=SC2034
with=$HA_CONF HA_CONF=${HA_CONF/HaMulticast enabled/HaMulticast disabled}
start_ha || die "no home agent"
busywait 20 eval '[ "$(ctl mn status | jq -r .multicast)" = none ]'; ok $? "without HaMulticast the mobile node knows soon" || diag_multicast
ip -n mn -6 route show table local proto 62 | grep -q '^ff'; is $? 1 "and leads groups nowhere any more" || diag_multicast
stop_ha
rm -f "$OUT/ha/ctl"
HA_CONF=$with
start_ha || die "no home agent"
busywait 20 has_groups $HOA $GROUP; ok $? "until it is offered again" || diag_multicast
# it cannot say goodbye, nor can its kernel
stop_bg mn KILL
rm -f "$OUT/mn/ctl"
ip -n sw link set mn down
n=$(stat_of ha multicast_out)
busywait 12 has_groups $HOA ''; ok $? "a silent member expires" || diag_multicast
still; ok $? "nothing is encapsulated for it" || diag_multicast
# killed, and what comes after it knows another home link
stop_ha KILL
rm -f "$OUT/ha/ctl"
is "$(ns ha tc filter show dev eth0 ingress | grep -c mip6_home_in)" 1 "one that is killed leaves its filters"
write_ha_conf elsewhere core
ns ha "$MIP6D" -c "$OUT/elsewhere.conf" --state-dir "$OUT/ha" --socket "$OUT/ha/ctl" --clean >"$OUT/clean.log" 2>&1 || diag_file "$OUT/clean.log"
is "$(ns ha tc filter show dev eth0 ingress; ns ha tc filter show dev eth0 egress)" "" "no filter stays on the home link after the end" || diag "$(ns ha tc qdisc show dev eth0)"
like "$(cat "$OUT/ha.log")" "group-joined home_address=$HOA group=$GROUP" "the log has a member's coming"
finish
