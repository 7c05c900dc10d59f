#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# Two mobile routers on one node (RFC 3963): two home addresses, of two home links with a home agent each, and a mobile network for each. The
# hosts behind either stay reachable over f1 -> f2 -> the first's home -> f1, each network goes through its own home address's tunnel, and the
# two reach each other.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"
. "$TOP/tests/roaming/homes_world.sh"

GAP=${GAP:-3500}	# ms: a router does no optimistic detection of duplicates
LEAF2=2001:db8:b::10

leaf_of() { [ "$1" = $HOA ] && echo $LEAF || echo $LEAF2; }
at() { located $HOA "$1" && located $HOA_C "$1"; }
both_answer() { ns cn ping -6 -n -c 1 -W 0.3 $LEAF && ns cn ping -6 -n -c 1 -W 0.3 $LEAF2; }
diag_homes() { diag_world; diag "$(ctl ha bc) $(ctl ha2 bc)"; diag_file "$OUT/ha2.log" 10; }
registered() { ctl "$1" bc | jq -rc '.[] | .home_address, .flags, .mobile_network_prefixes[]' | tr '\n' ' '; }

# goes LINK: there, under pings to the hosts of both networks
goes()
{
	local i leaf=($LEAF $LEAF2) from=$MN_LINK

	for i in 0 1; do asked $i "${leaf[i]}"; done
	nap 0.4
	move "$1"
	busywait 15 at "$1"; ok $? "$from -> $1: each home agent knows" || diag_homes
	busywait 8 both_answer >/dev/null; ok $? "$from -> $1: the hosts of both networks answer" || diag_homes
	nap 0.4
	for i in 0 1; do
		unanswered $i
		diag "$from -> $1: ${leaf[i]} was out of reach for $gap ms, $lost requests lost"
		le "$gap" "$GAP" "$from -> $1: ${leaf[i]}: the longest time without an answer, ms"
	done
	for i in leaf leaf2; do ns $i ping -6 -n -c 10 -i 0.05 -W 2 $CN >"$OUT/ping"; ok $? "$1: $i reaches the correspondent" || diag_file "$OUT/ping"; done
	ns leaf ping -6 -n -c 3 -i 0.05 -W 2 $LEAF2 >"$OUT/ping"; ok $? "$1: and the two reach each other" || diag_file "$OUT/ping"
}

world_up f1
second_home
ip -n core -6 route add $MNP via 2001:db8:ff:1::2 && ip -n core -6 route add $MNP2 via 2001:db8:ff:2::2 || die "no route to the mobile networks"
network leaf mn 2001:db8:a::
network leaf2 mn 2001:db8:b:: net1
busywait 5 bash -c "! ip -n mn -6 address show tentative | grep -q inet6"
snapshot mn >"$OUT/mn.before"
snapshot ha >"$OUT/ha.before"
snapshot ha2 >"$OUT/ha2.before"
start_ha || die "no home agent"
HA_CONF="HaAcceptMobRtr enabled; BindingAclPolicy $HOA_C ($MNP2) allow;" write_ha_conf ha2
run_mip6d ha2 ha2 || die "no second home agent"
MN_CONF="MnHomeLink \"eth0\" {
		HomeAgentAddress $HA2;
		IsMobRtr enabled;
		HomeAddress $HOA_C/64 ($MNP2);
	}"
start_mn || die "no mobile router"
busywait 15 at f1; ok $? "started abroad, both are registered" || { diag_homes; finish; }
is "$(registered ha)" "$HOA AHR $MNP " "the first's home agent has its network"
is "$(registered ha2)" "$HOA_C AHR $MNP2 " "the second's the other one"
network_routed leaf mn
network_routed leaf2 mn
busywait 8 both_answer >/dev/null; ok $? "the hosts of both networks answer" || diag_homes

# ---- moves ----
capture r1 eth0 f1 ip6 && capture r2 eth0 f2 ip6 && capture ha eth0 home ip6 || die "no capture"
goes f2
goes home
is "$(home_is $HOA location) $(home_is $HOA_C location)" "home away" "home: the second is abroad there"
goes f1
# past the home agents nothing enters either network
ip -n r1 -6 route add $MNP2 via "$(ip -n mn -6 -o address show dev eth0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')" dev eth0
ns r1 ping -6 -n -c 1 -W 0.5 $LEAF2 >/dev/null 2>&1; [ $? != 0 ]; ok $? "the second mobile router forwards nothing of the foreign link"
ip -n r1 -6 route del $MNP2
for file in f1 f2 home; do capture_stop $file; done

# ---- the wire ----
for file in f1 f2; do
	for hoa in $HOA $HOA_C; do
		agent=$([ $hoa = $HOA ] && echo $HA || echo $HA2)
		leaf=$(leaf_of $hoa)
		ge "$(count $file "p.kind == 'tunnel' and p.inner.src == '$leaf' and p.dst == '$agent'")" 10 "$file: packets of $leaf in the tunnel to $agent"
		is "$(count $file "p.kind == 'tunnel' and '$leaf' in (p.inner.src, p.inner.dst) and '$agent' not in (p.src, p.dst)")" 0 "$file: and in no other"
	done
	is "$(count $file "p.src.startswith(('${MNP%:/*}', '${MNP2%:/*}'))")" 0 "$file: nothing of either network in clear"
done
ge "$(count home "p.kind == 'tunnel' and p.inner.src == '$LEAF2' and p.dst == '$HA2'")" 10 "home: packets of $LEAF2 in the tunnel to $HA2"
ge "$(count home "p.src == '$LEAF' and p.dst == '$CN'")" 10 "home: those of $LEAF need none"
is "$(count home "p.src.startswith('${MNP2%:/*}')")" 0 "home: nothing of the other network in clear"

# ---- the end ----
is "$(grep -c 'kernel-refused\|ERROR' "$OUT/mn.log")" 0 "the kernel has refused nothing" || diag "$(grep 'kernel-refused\|ERROR' "$OUT/mn.log" | head -5)"
stop_bg radvd-leaf
stop_bg radvd-leaf2
stop_mn; is $? 0 "the mobile routers stop with status 0"
for n in ha ha2; do
	is "$(ctl $n bc | jq length)" 0 "$n has no binding"
	stop_bg $n; is $? 0 "and stops"
done
snapshot_diff mn "$OUT/mn.before" "the mobile routers' kernel is as it was before"
snapshot_diff ha "$OUT/ha.before" "the first home agent's kernel is as it was before"
snapshot_diff ha2 "$OUT/ha2.before" "and the second's"
finish
