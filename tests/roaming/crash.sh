#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# A daemon that is killed with a live binding, and started again: it finds its kernel state, and after a clean stop nothing is left.
# Neither a start nor a stop takes the host's default route, at home or abroad.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

default_route() { ip -n mn -6 route show default | sed 's/ expires [0-9]*sec//'; }

# The traffic of the host itself, not of the home address, must not notice a start or a stop.
host_reaches() { ns mn ping -6 -n -c 1 -W 1 -I "$(own_address)" $CN >/dev/null; }
own_address() { ip -n mn -6 -o address show dev eth0 scope global dynamic | awk '{ sub("/.*", "", $4); print $4; exit }'; }

# start_and_stop WHERE: watches the default route all the time
start_and_stop()
{
	local before

	before=$(default_route)
	: >"$OUT/lost-$1"
	start_bg "watch-$1" bash -c 'while :; do ip -n mn -6 route show default | grep -q . || echo lost >>"$0"; done' "$OUT/lost-$1"
	start_mn || die "$1: no mobile node"
	settled "$1" >/dev/null; ok $? "$1: registered, or at home" || diag_world
	host_reaches; ok $? "$1: the host's own address still reaches the world"
	nap 1
	stop_mn; is $? 0 "$1: a clean stop"
	nap 1
	stop_bg "watch-$1"
	is "$(cat "$OUT/lost-$1")" "" "$1: the default route was there all the time"
	is "$(default_route)" "$before" "$1: and is the one from before"
	host_reaches; ok $? "$1: the host reaches the world"
	snapshot_diff mn "$OUT/mn.before" "$1: nothing is left"
}

world_up f1
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"
start_ha || die "no home agent"

start_and_stop f1

# ---- the home agent is killed ----
start_mn || die "no mobile node"
settled f1 >/dev/null || die "not registered from f1"
stop_ha KILL
reachable >/dev/null; ok $? "a home agent that died: packets still find the mobile node"
run_mip6d ha ha; ok $? "it starts again"
nap 1
is "$(ctl ha bc | grep -c care_of_address)" 0 "it knows no binding"
is "$(ip -n ha -6 route show table all | grep -c encap)" 0 "and has none in the kernel"
is "$(ip -n ha -6 neigh show proxy | wc -l)" 0 "nor a proxy entry"
stop_mn KILL
run_mip6d mn mn; ok $? "a mobile node that died starts again"
settled f1 >/dev/null; ok $? "and registers" || diag_world
stop_ha KILL
stop_mn KILL
run_mip6d ha ha && run_mip6d mn mn; ok $? "both died, both start again"
settled f1 >/dev/null; ok $? "registered again" || diag_world
stop_mn; is $? 0 "the mobile node stops"
snapshot_diff mn "$OUT/mn.before" "nothing is left on the mobile node"
stop_ha; is $? 0 "the home agent stops"
snapshot_diff ha "$OUT/ha.before" "nothing is left on the home agent"

# ---- at home ----
move home
busywait 5 sh -c "ip -n mn -6 route show default | grep -q $LL_HA"
# what the kernel still holds of the foreign link is not what this is about
ip -n mn -6 route del default via $LL_R1 dev eth0 2>/dev/null
ip -n mn -6 address flush dev eth0 scope global to ${PREFIX[f1]}:/64
ip -n mn -6 route flush ${PREFIX[f1]}:/64
busywait 5 own_address >/dev/null
nap 1.5
snapshot mn >"$OUT/mn.before"
start_ha || die "no home agent"
start_and_stop home
stop_ha
finish
