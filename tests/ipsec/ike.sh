#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# IKEv2 by strongSwan with a pre-shared key, on a kernel with the series: the first registration without any association, moves that negotiate
# nothing (the K bit), and what is lost comes back by itself. ROUNDS: how often the mobile node goes from f1 to f2.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/ike_world.sh"

# shellcheck disable=SC2034 # policies() has it
IPSEC_MORE="KeyMngMobCapability enabled;"

# associations in both kernels; a larval one is none
all_there() { [ "$(associations_of mn)" = "$1" ] && [ "$(associations_of ha)" = "$1" ]; }
associations_of() { ip -n "$1" xfrm state | grep 'proto esp spi 0x' | grep -vc 'spi 0x00000000'; }
# the IKE association's number at the mobile node
ike_sa() { swanctl mn --list-sas | sed -n 's/^mip6.*: \(#[0-9]*\), ESTABLISHED.*/\1/p' | tr '\n' ' '; }
# of the registration, without ESP; those with the correspondent are
clear_messages() { tshark -r "$OUT/$1.pcap" -Y "(mip6.mhtype == 5 || mip6.mhtype == 6) && ipv6.addr == $HA" 2>>"$OUT/tshark.err" | wc -l; }
# optimizing: packets with the correspondent, until they are direct; the home test had its association then
optimizing()
{
	ip netns exec cn ping -6 -n -c 2 -i 0.2 -W 1 $HOA >/dev/null
	[ "$(ctl mn bul | jq -r ".[] | select(.peer_address == \"$CN\") | .state")" = optimized ]
}
# both_there: what the registration and the home test need
both_there() { optimizing && all_there 4; }
start_cn()
{
	printf 'NodeConfig CN;\n' >"$OUT/cn.conf"
	run_mip6d cn cn
}

ROUNDS=${ROUNDS:-3}

need_modules esp6 xfrm_user
world_up
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"
IPSEC=$(policies HomeRegBinding TunnelHomeTesting)
write_ha_conf
write_mn_conf
swan_conf ha --psk && swan_conf mn --psk; ok $? "mip6ctl writes strongSwan's configuration"

# ---- the first registration, whatever was started first ----
start_cn && swan_start ha && start_ha && start_mn && swan_start mn; ok $? "all run: the home agent's IKE daemon first, the mobile node's last" || { diag_ike; finish; }
is "$(associations_of mn) $(associations_of ha)" "0 0" "there is no association"
capture r1 eth0 r1 ip6 || die "no capture"
move f1
busywait 40 bound_at f1 >/dev/null && settled f1 >/dev/null; ok $? "f1: registered" || { diag_ike; finish; }
# When the address of the last link goes as the association is asked for, strongSwan may still take it for IKE, and tries again later.
if grep -q 'error writing to socket' "$OUT/swan-mn/log"; then
	skip "within three seconds and the home agent's DAD" "strongSwan chose an address that had just gone"
else
	le "$(sed -n 's/.*handoff location=away.* ra_to_ba_ms=\([0-9]*\).*/\1/p' "$OUT/mn.log" | head -n 1)" 4000 "within three seconds and the home agent's DAD, ms"
fi
busywait 20 both_there; ok $? "optimized: the home test has its association, too" || diag_ike
start=$(counts ha)/$(counts mn)
sa=$(ike_sa)
capture_stop r1
is "$(clear_messages r1)" 0 "no message of the registration in clear"
is "$(inits r1)" 1 "one IKE association was set up"
is "$(tshark -r "$OUT/r1.pcap" -Y "isakmp && ipv6.addr == $HOA" 2>/dev/null | wc -l)" 0 "between the care-of address and the home agent, never the home address"
is "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/r1.pcap" "p.kind == 'hoti'")" 0 "the Home Test Init is inside ESP"
is "$(ipsec_state ha HomeRegBinding) $(ipsec_state mn HomeRegBinding)" "protected protected" "so says mip6ctl, on both sides"

# ---- moves ----
capture r2 eth0 r2 ip6 || die "no capture"
gaps=()
for ((round = 1; round <= ROUNDS; round++)); do
	[ $round = 1 ] || { move f1; settled f1 >/dev/null; ok $? "f1, round $round: registered" || diag_ike; }
	pinging f2-$round
	move f2
	settled f2 >/dev/null; ok $? "f2, round $round: registered" || diag_ike
	pinged f2-$round
	gaps+=("$gap")
done
le "$(printf '%s\n' "${gaps[@]}" | sort -n | sed -n "$((ROUNDS / 2 + 1))p")" 800 "f1 to f2: the longest gap, median of ${gaps[*]}, ms"
busywait 5 ike_at; ok $? "the IKE association is at the new care-of address, on both sides" || diag_ike
move home
settled home >/dev/null; ok $? "home: deregistered" || diag_ike
move f2
settled f2 >/dev/null; ok $? "f2 again: registered" || diag_ike
busywait 20 both_there; ok $? "and optimized" || diag_ike
is "$(counts ha)/$(counts mn)" "$start" "as many policies and associations as at first"
is "$(ike_sa)" "$sa" "the same IKE association"
# a rekey in the middle of a move
swanctl mn --rekey --child TunnelHomeTesting >/dev/null &
swanctl mn --rekey --child HomeRegBinding >/dev/null &
rekeys=$!
move f1
settled f1 >/dev/null; ok $? "f1, rekeying on the way: registered" || diag_ike
wait $rekeys
busywait 20 all_there 4; ok $? "no association is lost or doubled" || diag_ike
capture_stop r2
is "$(inits r2)" 0 "no IKE_SA_INIT since"
is "$(clear_messages r2)" 0 "nothing of a registration in clear"
for n in ha mn; do is "$(ns $n awk '$1 ~ /^XfrmInStateSeqError|^XfrmInTmplMismatch/ { n += $2 } END { print n }' /proc/net/xfrm_stat)" 0 "$n: no replay, nothing without protection"; done

# ---- what is lost comes back ----
swanctl ha --terminate --child HomeRegBinding >/dev/null; ok $? "the home agent's administrator ends an association"
move f2
settled f2 >/dev/null; ok $? "f2: registered, with a new one" || diag_ike
back() { bound_at "$MN_LINK" && [ "$(ipsec_state mn HomeRegBinding)" = protected ]; }
was=$(ctl mn ipsec | jq '[.[].renewed] | add')
ip -n ha xfrm state deleteall proto esp; ok $? "the home agent's kernel has lost all, and its IKE daemon does not know"
end=$((SECONDS + 60))
move f1
busywait 60 back >/dev/null; ok $? "f1: registered, in $((SECONDS - end + 60)) s" || diag_ike
ge "$(ctl mn ipsec | jq '[.[].renewed] | add')" $((was + 2)) "the mobile node has had what the home agent lost negotiated anew"
busywait 20 optimizing; ok $? "and optimized" || diag_ike
stop_bg charon-ha KILL
ip -n ha xfrm state deleteall proto esp
swan_start ha; ok $? "the home agent's IKE daemon has died, and lost everything"
end=$((SECONDS + 90))
move f2
busywait 90 back >/dev/null; ok $? "registered again, by itself, in $((SECONDS - end + 90)) s" || diag_ike
busywait 20 optimizing; ok $? "and optimized" || diag_ike
# the home test of a moment ago still counts, so that its association is not asked for yet
all_there 2 || all_there 4; ok $? "there is nothing but new associations" || diag_ike

# ---- the end ----
move home
settled home >/dev/null; ok $? "home" || diag_ike
for n in mn ha; do stop_bg "charon-$n"; done
stop_mn; is $? 0 "the mobile node's mip6d stops"
stop_ha; is $? 0 "the home agent's mip6d stops"
snapshot_diff mn "$OUT/mn.before" "the mobile node's kernel is as it was before"
snapshot_diff ha "$OUT/ha.before" "the home agent's kernel is as it was before"
finish
