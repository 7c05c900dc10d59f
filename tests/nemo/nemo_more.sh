#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# What the short scenario leaves out: the statuses that refuse a mobile router, and that its network is silent then; implicit mode; a
# home agent found by discovery; a home agent's daemon that is killed; a mobile router behind another one, and no loops.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

HOA2=${PREFIX[home]}::300
LEAF2=2001:db8:b::10
R1=${PREFIX[f1]}:1
ACCEPT="HaAcceptMobRtr enabled;"

# refused STATUS WHAT HA_CONF [MN_CONF]: the mobile router at f1 gets that status, says why, and its network gets nowhere
refused()
{
	local status=$1 what=$2

	HA_CONF=$3
	MN_CONF="${4:-} InitialBindackTimeoutFirstReg 0.5;"
	capture r1 eth0 "f1-$status" ip6 || die "no capture"
	start_ha || die "no home agent"
	start_mn || die "no mobile router"
	busywait 15 log_has mn "mobile-router-refused.*status=$status"; ok $? "$status, $what: the log says why" || diag_file "$OUT/mn.log"
	# what a handoff may hold is over
	nap 3
	ns leaf ping -6 -n -c 2 -W 1 $CN >"$OUT/ping" 2>&1
	like "$(cat "$OUT/ping")" "nreachable|No route" "$status: a host behind it is told so" || diag_file "$OUT/ping"
	stop_mn
	stop_ha
	capture_stop "f1-$status"
	ge "$(count "f1-$status" "p.kind == 'ba' and p.status == $status and not p.flags")" 1 "$status: it was on the wire, without the R flag"
	is "$(count "f1-$status" "p.src == '$LEAF' or p.inner and p.inner.src == '$LEAF'")" 0 "$status: no packet of the mobile network was"
}

# answer STATUS WHAT SEQUENCE ARGUMENTS...: an update from r1 for the mobile router's home address gets that status
answer()
{
	local status=$1 what=$2 seq=$3

	shift 3
	ns r1 $PYTHON "$TOP/tests/nemo/update.py" $R1 $HA $HOA "$seq" "$@"
	busywait 5 answered "$status" "$seq"; ok $? "$what: $status" || diag "$(packets r1 "p.kind in ('bu', 'ba')" | tail -n 3)"
}
answered() { [ "$(count r1 "p.kind == 'ba' and p.rt2 == '$HOA' and p.status == $1 and p.seq == $2")" = 1 ]; }

leaf2_reachable() { ip netns exec cn ping -6 -n -c 1 -W 0.5 $LEAF2; }

nemo_up f1
# a router's network has a router before the daemon makes it one
ip -n leaf -6 route add default via 2001:db8:a::1

# ---- refused ----
refused 140 "no mobile routers" ""
refused 141 "a prefix that is not served" "$ACCEPT HaServedPrefix 2001:db8:f0::/44;"
refused 142 "somebody else's prefix" "$ACCEPT BindingAclPolicy $HOA (2001:db8:e::/64) allow;"
refused 143 "no prefix known, implicit mode" "$ACCEPT BindingAclPolicy $HOA allow;" "MobRtrUseExplicitMode disabled;"

# ---- implicit mode, and a home agent that is found ----
more_ha ha2 2 20
run_mip6d ha2 ha2 || die "no second home agent"
HA_CONF="$ACCEPT BindingAclPolicy $HOA ($MNP) allow; BindingAclPolicy $HOA2 ($MNP2) allow; NonVolatileBindingCache enabled; BindingCacheFile \"$OUT/ha.db\";"
MN_CONF="MobRtrUseExplicitMode disabled;"
MN_HA=
capture r1 eth0 implicit ip6 || die "no capture"
start_ha || die "no home agent"
start_mn || die "no mobile router"
nemo_settled f1; ok $? "implicit mode: registered, the host answers" || diag_world
capture_stop implicit
is "$(count implicit "p.kind == 'dhaadrequest' and p.flags == 'R'")" 1 "discovery asks for home agents of mobile routers"
is "$(packets implicit "p.kind == 'dhaadreply' and p.flags == 'R'" | sed 's/.*agents=//')" "$HA" "and is told of the one that is, not of the more preferred one"
is "$(count implicit "p.kind == 'bu' and p.lifetime and p.flags == 'AHR' and not p.mnps")" 1 "the update names no prefix"
ge "$(count implicit "p.kind == 'ba' and p.status == 0 and p.flags == 'R'")" 1 "the acknowledgement has the R flag"
like "$("$MIP6CTL" --socket "$OUT/ha/ctl" hal)" "$HA .* yes " "mip6ctl hal says that it serves mobile routers" || diag "$(ctl ha hal)"
log_has ha advertised-otherwise; ok $? "that its advertisements do not say so is in the log"

# ---- too big ----
ns cn ping -6 -n -c 1 -W 1 -M 'do' -s 1452 $LEAF >"$OUT/big" 2>&1
like "$(cat "$OUT/big")" 'mtu[=: ]*1460' "a packet of 1500 bytes to the mobile network: the error names the tunnel's MTU" || diag_file "$OUT/big"
ns leaf ping -6 -n -c 1 -W 1 -M 'do' -s 1452 $CN >"$OUT/big" 2>&1
like "$(cat "$OUT/big")" 'mtu[=: ]*14[0-9][0-9]' "one from it: the sender is told" || diag_file "$OUT/big"
ns cn ping -6 -n -c 2 -W 1 -M 'do' -s $((1460 - 48)) $LEAF >"$OUT/big" 2>&1; ok $? "one of 1460 arrives and is answered" || diag_file "$OUT/big"

# ---- killed ----
start_bg pinger ip netns exec cn ping -6 -n -i 0.1 $LEAF
nap 1
stop_ha KILL
nap 1
start_ha || die "no home agent"
nap 1
stop_bg pinger INT
like "$(cat "$OUT/pinger.log")" ", 0% packet loss" "the home agent's daemon is killed and started: no packet to the mobile network is lost" || diag_file "$OUT/pinger.log" 4
is "$(ctl ha bc | jq -r '.[0].mobile_network_prefixes[0]')" "$MNP" "the binding has its prefix again"

# ---- behind another one ----
ns_add mr2
ip -n sw link add mr2 type veth peer name eth0 netns mr2 && ip -n sw link set mr2 master br-leaf up || die "mr2"
ip -n mr2 link set eth0 up
network leaf2 mr2 2001:db8:b::
network_routed leaf mn
cat >"$OUT/mr2.conf" <<-END
NodeConfig MN;
DebugLevel 5;
UseMnHaIPsec disabled;
MnHomeLink "eth0" {
	HomeAgentAddress $HA;
	IsMobRtr enabled;
	HomeAddress $HOA2/64 ($MNP2);
}
END
run_mip6d mr2 mr2 || die "no second mobile router"
ip -n leaf2 -6 route add default via 2001:db8:b::1
busywait 20 leaf2_reachable >/dev/null; ok $? "a host behind a mobile router behind a mobile router answers" ||
	{ diag_file "$OUT/mr2.log" 15; diag_world; diag "$(ip -n ha -6 route)"; diag "$(ip -n ha -s link show dev mip6ha)"; }
like "$(ip -n ha -6 route show 2001:db8:b::/64)" "encap ip6.*dst 2001:db8:a:" "its care-of address is in the other one's network"
busywait 5 leaf_reachable >/dev/null; ok $? "so does a host of the other one"

# ---- no loops ----
capture r1 core r1 'ip6 proto 43 or ip6 proto 60 or ip6 proto 135' || die "no capture"
seq=$(ctl ha bc | jq ".[] | select(.home_address == \"$HOA\") | .sequence")
answer 174 "a care-of address in its own network" $(((seq + 1) % 65536)) --coa 2001:db8:a::66 --mnp $MNP
answer 174 "one in the network of the mobile router behind it" $(((seq + 2) % 65536)) --coa 2001:db8:b::66 --mnp $MNP
answer 174 "its home address" $(((seq + 3) % 65536)) --coa $HOA2 --mnp $MNP
answer 141 "the home link as its network" $(((seq + 4) % 65536)) --mnp ${PREFIX[home]}::/64
answer 141 "a prefix that contains it" $(((seq + 5) % 65536)) --mnp 2001:db8::/32
answer 142 "the other one's network" $(((seq + 6) % 65536)) --mnp $MNP2
capture_stop r1
busywait 5 leaf_reachable >/dev/null; ok $? "all of that has changed nothing"

# ---- the outer one moves, then is put into its own network ----
move f2
busywait 15 leaf2_reachable >/dev/null; ok $? "the outer mobile router moves: the host behind both answers" || { diag_file "$OUT/mr2.log" 15; diag_world; }
move leaf
nap 6
is "$(ctl mn status | jq -r .care_of_address)" null "in its own network a mobile router takes no care-of address" || diag "$(ctl mn status)"
move f1
nemo_settled f1; ok $? "and is back as soon as it is out of there" || diag_world
is "$(ctl ha stats | jq '.kernel_errors')" 0 "the home agent's kernel has refused nothing" || diag "$(grep kernel "$OUT/ha.log")"
stop_bg mr2
stop_mn
stop_ha
is "$(ip -n ha -6 route show proto 62 | wc -l)" 2 "a home agent that keeps its bindings leaves the routes to the networks" || diag "$(ip -n ha -6 route)"
ns ha "$MIP6D" -c "$OUT/ha.conf" --state-dir "$OUT/ha" --clean >"$OUT/clean.log" 2>&1; ok $? "mip6d --clean" || diag_file "$OUT/clean.log"
is "$(ip -n ha -6 route show proto 62 | wc -l)" 0 "nothing is left then"
! ip -n ha link show mip6hn >/dev/null 2>&1; ok $? "not the device either"
finish
