#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# Files as a UMIP site without IPsec has them, for a home agent, a mobile node and a correspondent, used unchanged: what each line asks for
# is seen to happen.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../ro/world.sh"

NET=2001:db8:a:1::/64
LOST=2001:db8:0:1::bad	# a home address that the access list does not have

optimized() { ro_is optimized $CN; }

world_up
cat >"$OUT/ha.conf" <<END
NodeConfig HA;
DebugLevel 10;
Interface "eth0";
UseMnHaIPsec disabled;
KeyMngMobCapability disabled;
HaMaxBindingLife 60;
SendMobPfxAdvs enabled;
SendUnsolMobPfxAdvs enabled;
MinMobPfxAdvInterval 600;
MaxMobPfxAdvInterval 86400;
HaAcceptMobRtr enabled;
HaServedPrefix 2001:db8:a::/48;
DefaultBindingAclPolicy deny;
BindingAclPolicy $HOA ($NET) allow;
END
cat >"$OUT/mn.conf" <<END
NodeConfig MN;
DebugLevel 10;
## route optimization with one correspondent only
DoRouteOptimizationCN enabled;
DoRouteOptimizationMN enabled;
UseCnBuAck enabled;
MnMaxHaBindingLife 120;
MnMaxCnBindingLife 40;
InitialBindackTimeoutFirstReg 1.5;
InitialBindackTimeoutReReg 1;
MnDiscardHaParamProb enabled;
MnUseAllInterfaces disabled;
SendMobPfxSols enabled;
OptimisticHandoff disabled;
Interface "eth0" {
	MnIfPreference 1;
	IfType MN;
}
MnHomeLink "eth0" {
	HomeAgentAddress $HA;
	HomeAddress $HOA/64;
	HomePrefix ${PREFIX[home]}::/64;
	UseAltCoa disabled;
	IsMobRtr disabled;
	MnRoPolicy $CN enabled;
	MnRoPolicy disabled;
}
UseMnHaIPsec disabled;
KeyMngMobCapability disabled;
END
cat >"$OUT/cn.conf" <<END
NodeConfig CN;
DebugLevel 10;
DoRouteOptimizationCN enabled;
END
for name in ha mn cn; do
	"$MIP6D" --compat -c "$OUT/$name.conf" >"$OUT/compat"; ok $? "$name: the file is right: $(tail -n 1 "$OUT/compat")"
	! grep -v -e ': note: ' -e ': ok, ' "$OUT/compat"; ok $? "$name: and what differs is said"
done

run_mip6d ha ha || die "no home agent"
run_mip6d cn cn || die "no correspondent"
run_mip6d mn mn || die "no mobile node"
move f1
settled f1 >/dev/null; ok $? "registered" || { diag_world; finish; }
is "$(ctl ha bc | jq '.[0].lifetime_s')" 60 "HaMaxBindingLife"
is "$(ctl ha bc | jq -r '.[0].flags')" AH "a mobile node, not a mobile router"
busywait 5 sh -c "ip netns exec mn ping -6 -n -c 1 -W 1 -I $HOA $CN >/dev/null; $MIP6CTL --socket $OUT/mn/ctl --json bul | grep -q optimized"
optimized; ok $? "MnRoPolicy: optimized with the one that has a line"
is "$(ctl cn bc | jq -r '.[0].lifetime_s')" 40 "MnMaxCnBindingLife"
is "$(ro_field $CN acknowledged)" true "UseCnBuAck"
ns mn ping -6 -n -c 3 -i 0.2 -W 1 -I $HOA 2001:db8:c::1 >/dev/null; ok $? "another correspondent answers"
is "$(ro_state 2001:db8:c::1)" "" "and is left alone"
move f2
settled f2 >/dev/null; ok $? "moved" || diag_world
busywait 5 optimized; ok $? "and optimized again"

# the access list's default
stop_mn
sed "s/HomeAddress $HOA/HomeAddress $LOST/" "$OUT/mn.conf" >"$OUT/other.conf"
run_mip6d other mn || die "no mobile node"
busywait 5 grep -q 'status=129' "$OUT/other.log"; ok $? "DefaultBindingAclPolicy deny: status 129"
stop_bg other

# the same mobile node with the network behind it
sed "s/IsMobRtr disabled/IsMobRtr enabled/; s,HomeAddress $HOA/64,& ($NET),; s/DebugLevel/MobRtrUseExplicitMode enabled; &/" "$OUT/mn.conf" >"$OUT/mr.conf"
run_mip6d mr mn || die "no mobile router"
busywait 10 sh -c "$MIP6CTL --socket $OUT/ha/ctl --json bc | jq -e '.[0].flags == \"AHR\"' >/dev/null"; ok $? "IsMobRtr: registered as a mobile router" || diag "$(ctl ha bc)"
ip -n ha -6 route show | grep -q "^${NET/::/::}"; ok $? "and the home agent has a route to its network" || diag "$(ip -n ha -6 route)"
stop_bg mr
stop_bg cn
stop_bg ha
finish
