#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# Fifty moves in a row, with IKEv2, the K bit, and everything protected, under TCP and ping: no reconnect, no association lost or
# doubled, no sequence number used twice, nothing negotiated anew. Then what the IKE daemon does afterwards, which knows associations by addresses
# that they no longer have: a rekey and an end, by either side, leave nothing behind. MOVES: how many; MIGRATE=pf_key: by PF_KEY.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/ike_world.sh"

MOVES=${MOVES:-50}
TCP=$ROAMING/tcp.py
# shellcheck disable=SC2034 # policies() has it
IPSEC_MORE="KeyMngMobCapability enabled; ${MIGRATE:+IPsecMigrate $MIGRATE;}"

errors() { ns "$1" awk -v n="$2" '$1 == n { print $2 }' /proc/net/xfrm_stat; }
# what a kernel refuses when an association is taken out and put in again: the home agent's all go by its own address, which does not move
refusals() { echo "$(errors ha XfrmInNoStates) $(errors ha XfrmOutNoStates) $(errors mn XfrmOutNoStates)"; }
repeated() { echo "$(errors ha XfrmInStateSeqError) $(errors mn XfrmInStateSeqError)"; }
as_at_start() { [ "$(counts ha), $(counts mn)" = "$start" ]; }
# the newest tunnel association out; what was is another one now, and it carries something
spi_out() { ctl "$1" ipsec | jq -r '.[] | select(.type == "TunnelPayload") | .spi_out'; }
renewed() { local now; now=$(spi_out mn); [ "$now" != null ] && [ "$now" != "$was" ] && reachable >/dev/null; }
elsewhere() { if [ "$MN_LINK" = f1 ]; then move f2; else move f1; fi; }

# afterwards WHAT COMMAND...
afterwards()
{
	local what=$1

	shift
	elsewhere
	settled "$MN_LINK" >/dev/null; ok $? "$MN_LINK: registered, then $what" || diag_ike
	was=$(spi_out mn)
	pinging after
	"$@" >/dev/null || diag "$*: failed"
	busywait 40 renewed; ok $? "there is a new association, and traffic goes on" || diag_ike
	# 5 s for strongSwan, which keeps what was rekeyed for so long, and then 10 s for mip6d
	busywait 30 as_at_start; ok $? "no association is left behind" || { diag "$(counts ha), $(counts mn)"; diag_ike; }
	pinged after
	diag "pings: longest gap $gap ms, $lost lost"
}

need_modules esp6 xfrm_user
[ "${MIGRATE:-}" != pf_key ] || need_modules af_key
world_up
IPSEC=$(policies HomeRegBinding TunnelPayload)
write_ha_conf
write_mn_conf
swan_conf ha --psk && swan_conf mn --psk && swan_start ha && swan_start mn && start_ha && start_mn || die "not everything runs"
move f1
# when the address of the last link goes as the association is asked for, strongSwan may take it for IKE, and gives up before it tries again
busywait 40 bound_at f1 >/dev/null && settled f1 >/dev/null; ok $? "registered" || { diag_ike; finish; }
busywait 20 reachable >/dev/null; ok $? "what goes through the home agent has its associations" || { diag_ike; finish; }
start="$(counts ha), $(counts mn)"
refused=$(refusals)
capture r1 eth0 r1 "udp port 500" && capture r2 eth0 r2 "udp port 500" || die "no capture"
start_bg sink ip netns exec mn $PYTHON "$TCP" sink 5001 --bind $HOA --log "$OUT/tcp.csv"
nap 0.3
start_bg source ip netns exec cn $PYTHON "$TCP" source $HOA 5001 --src $CN --rate 0.2 --out "$OUT/tcp.json"
pinging all
missed=0
for ((i = 1; i <= MOVES; i++)); do
	elsewhere
	settled "$MN_LINK" >/dev/null || missed=$((missed + 1))
done
is $missed 0 "$MOVES moves, each registered and reachable" || diag_ike
pinged all
diag "pings: longest gap $gap ms, $lost lost"
stop_bg source INT; ok $? "TCP: all bytes arrived, over one connection" || diag_file "$OUT/source.log" 5
stop_bg sink
nap 1
is "$(counts ha), $(counts mn)" "$start" "policies and associations are as many as at the start" || diag_ike
is "$(repeated)" "0 0" "no packet had a sequence number that was used before"
is "$(refusals)" "$refused" "no packet met an association that was taken out and put in again"
# the home agent is at the new address first
diag "$(errors mn XfrmInNoStates) packets came before the mobile node's association had moved"
# what was deciphered before its association was moved, and judged after its policy was
le "$(($(errors ha XfrmInTmplMismatch) + $(errors mn XfrmInTmplMismatch)))" $((MOVES / 10)) "packets refused by a policy that was being moved"
busywait 5 ike_at; ok $? "the IKE association is at the care-of address" || diag_ike

afterwards "the home agent rekeys" swanctl ha --rekey --child TunnelPayload
afterwards "the home agent's administrator ends the tunnel's association" swanctl ha --terminate --child TunnelPayload
# the next one lives 25 s
sed -i 's/^\(\t*\)mode = tunnel/&\n\1rekey_time = 25s\n\1rand_time = 1s\n\1life_time = 300s/' "$OUT/swan-mn/conf.d/mip6.conf"
swanctl mn --load-conns >/dev/null
afterwards "the mobile node's administrator ends it" swanctl mn --terminate --child TunnelPayload
afterwards "the mobile node rekeys, when its time has come" true
is "$(repeated)" "0 0" "and no sequence number was used twice"
capture_stop r1
capture_stop r2
is "$(($(inits r1) + $(inits r2)))" 0 "no IKE_SA_INIT"
for n in mn ha; do stop_bg "charon-$n"; done
finish
