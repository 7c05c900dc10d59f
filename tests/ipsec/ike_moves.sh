#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# Fifty moves in a row, with IKEv2, the K bit, and everything protected, under TCP and ping: no reconnect, no association lost or
# doubled, nothing negotiated anew. MOVES: how many.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/ike_world.sh"

MOVES=${MOVES:-50}
TCP=$ROAMING/tcp.py
# shellcheck disable=SC2034 # policies() has it
IPSEC_MORE="KeyMngMobCapability enabled;"

errors() { ns "$1" awk -v n="$2" '$1 == n { print $2 }' /proc/net/xfrm_stat; }

need_modules esp6 xfrm_user
world_up
IPSEC=$(policies HomeRegBinding TunnelPayload)
write_ha_conf
write_mn_conf
swan_conf ha --psk && swan_conf mn --psk && swan_start ha && swan_start mn && start_ha && start_mn || die "not everything runs"
move f1
settled f1 >/dev/null; ok $? "registered" || { diag_ike; finish; }
busywait 20 reachable >/dev/null; ok $? "what goes through the home agent has its associations" || { diag_ike; finish; }
start="$(counts ha), $(counts mn)"
capture r1 eth0 r1 "udp port 500" && capture r2 eth0 r2 "udp port 500" || die "no capture"
start_bg sink ip netns exec mn $PYTHON "$TCP" sink 5001 --bind $HOA --log "$OUT/tcp.csv"
nap 0.3
start_bg source ip netns exec cn $PYTHON "$TCP" source $HOA 5001 --src $CN --rate 0.2 --out "$OUT/tcp.json"
pinging all
missed=0
for ((i = 1; i <= MOVES; i++)); do
	[ "$MN_LINK" = f1 ] && move f2 || move f1
	settled "$MN_LINK" >/dev/null || missed=$((missed + 1))
done
is $missed 0 "$MOVES moves, each registered and reachable" || diag_ike
pinged all
diag "pings: longest gap $gap ms, $lost lost"
stop_bg source INT; ok $? "TCP: all bytes arrived, over one connection" || diag_file "$OUT/source.log" 5
stop_bg sink
nap 1
is "$(counts ha), $(counts mn)" "$start" "policies and associations are as many as at the start" || diag_ike
capture_stop r1
capture_stop r2
is "$(($(inits r1) + $(inits r2)))" 0 "no IKE_SA_INIT"
# strongSwan takes its outbound tunnel association out and puts it in again after a move, with the sequence number of a moment ago: a packet
# that left meanwhile has the number of the next one
le "$(($(errors ha XfrmInStateSeqError) + $(errors mn XfrmInStateSeqError)))" $((MOVES / 10)) "packets with a sequence number that was used before"
# a packet may come just between the moves of the policies for what is for this host, and for what it forwards
le "$(($(errors ha XfrmInTmplMismatch) + $(errors mn XfrmInTmplMismatch)))" $((MOVES / 5)) "packets refused by a policy that was being moved"
busywait 5 ike_at; ok $? "the IKE association is at the care-of address" || diag_ike
for n in mn ha; do stop_bg "charon-$n"; done
finish
