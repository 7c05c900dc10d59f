#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# What goes through the home agent, in ESP tunnels that follow the care-of address (RFC 4877 4.3): home tests of the return
# routability procedure (on kernels that tell them apart), and everything. PF_KEY=1: MIGRATE by PF_KEY.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../ro/world.sh"
. "$(dirname "$0")/world.sh"

[ -z "${PF_KEY:-}" ] || IPSEC_MORE="IPsecMigrate pf_key;"

# what would go beside the protected tunnel
# shellcheck disable=SC2034 # of world.sh
HA_CONF='HaMulticast enabled;'

# up TYPE...: both daemons with these policies, at home
up()
{
	ip -n ha xfrm state deleteall proto esp
	ip -n mn xfrm state deleteall proto esp
	associations "$@" || die "no associations"
	IPSEC=$(policies "$@")
	start_ha || die "no home agent"
	start_mn || die "no mobile node"
}

# ends NS: where tunnel associations end beside the home agent, each once
ends() { ip -n "$1" xfrm state list proto esp | awk '/^src/ { a = $2 " " $4 } /mode tunnel/ { print a }' | tr ' ' '\n' | grep -vx $HA | sort -u; }
# moved_to LINK: on both sides
moved_to()
{
	local coa

	coa=$([ "$1" = home ] && echo $HOA || ctl mn status | jq -r .care_of_address)
	[ "$(ends ha)" = "$coa" ] && [ "$(ends mn)" = "$coa" ]
}
# counts NS: of policies and associations of IPsec
counts() { echo "$(ip -n "$1" xfrm policy | grep -c 'proto esp') $(ip -n "$1" xfrm state list proto esp | grep -c '^src')"; }
n_plain() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "p.inner and ($2)"; }

need_modules esp6 xfrm_user af_key
world_up
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"

# ---- home tests ----
start_cn || die "no correspondent"
up HomeRegBinding TunnelPayload
typed=$(able ha migrate_typed && able ha mh_type_in && echo yes)
if [ -n "$typed" ]; then
	stop_mn
	stop_ha
	up HomeRegBinding TunnelHomeTesting
	before="$(counts ha) $(counts mn)"
	capture r1 eth0 r1 ip6 || die "no capture"
	move f1
	settled f1; ok $? "home tests: f1: registered" || { diag_ipsec; finish; }
	busywait 3 moved_to f1; ok $? "home tests: f1: associations end at the care-of address" || diag_ipsec
	ns cn ping -6 -n -c 20 -i 0.05 -W 1 $HOA >"$OUT/ping"; ok $? "home tests: ping to the mobile node" || diag_file "$OUT/ping"
	busywait 3 ro_is optimized $CN; ok $? "home tests: the correspondent is optimized" || diag_ro
	capture_stop r1
	is "$(n_plain r1 "p.inner.kind in ('hoti', 'hot')")" 0 "home tests: f1: none of them in a plain tunnel"
	ge "$(seen r1 'esp && mip6.mhtype == 1')" 1 "home tests: f1: with the keys, a Home Test Init in ESP"
	ge "$(seen r1 'esp && mip6.mhtype == 3')" 1 "home tests: f1: and a Home Test"
	hotis=$(stat_of cn hoti_rx)
	ns r1 $PYTHON "$FORGE" --count 8 hoti $HA "$(ctl mn status | jq -r .care_of_address)" $HOA $CN
	nap 0.3
	is "$(stat_of cn hoti_rx)" "$hotis" "home tests: those in a plain tunnel do not reach the correspondent"
	move f2
	settled f2 >/dev/null; ok $? "home tests: f2: registered" || diag_ipsec
	busywait 3 moved_to f2; ok $? "home tests: f2: associations end at the care-of address" || diag_ipsec
	ns cn ping -6 -n -c 20 -i 0.05 -W 1 $HOA >"$OUT/ping"
	busywait 3 ro_is optimized $CN; ok $? "home tests: f2: the correspondent is optimized" || diag_ro
	move home
	settled home >/dev/null; ok $? "home tests: home: deregistered" || diag_ipsec
	busywait 3 moved_to home; ok $? "home tests: home: associations end at the home address" || diag_ipsec
	is "$(counts ha) $(counts mn)" "$before" "home tests: home: policies and associations are as many as at the start"
	stop_mn
	stop_ha
	up HomeRegBinding TunnelPayload
else
	skip "home tests" "this kernel cannot tell them apart, or not move their policies"
	stop_mn
	IPSEC=$(policies HomeRegBinding TunnelHomeTesting) write_mn_conf
	ns mn "$MIP6D" -c "$OUT/mn.conf" --socket "$OUT/mn/ctl" --state-dir "$OUT/mn" >"$OUT/refused" 2>&1; is $? 1 "TunnelHomeTesting is refused here"
	like "$(cat "$OUT/refused")" "\.patch" "and the patch is named" || diag_file "$OUT/refused"
	start_mn || die "no mobile node"
fi

# ---- everything ----
before="$(counts ha) $(counts mn)"
GROUP=ff05::4444
start_bg app ip netns exec mn $PYTHON "$ROAMING/group.py" listen $GROUP
start_bg sender ip netns exec nb $PYTHON "$ROAMING/group.py" send $GROUP --if eth0 --src $NB
busywait 30 grep -q " $NB " "$OUT/app.log"; ok $? "everything: home: a group of the home link is received"
capture r1 eth0 r1 ip6 || die "no capture"
start_bg ping-out ip netns exec mn ping -6 -n -i 0.05 -I $HOA $CN
nap 0.3
move f1
settled f1; ok $? "everything: f1: registered" || { diag_ipsec; finish; }
busywait 3 moved_to f1; ok $? "everything: f1: associations end at the care-of address" || diag_ipsec
ns cn ping -6 -n -c 20 -i 0.05 -W 1 $HOA >"$OUT/ping"; ok $? "everything: ping to the mobile node" || diag_file "$OUT/ping"
ns mn ping -6 -n -c 20 -i 0.05 -W 1 -I $HOA $CN >"$OUT/ping"; ok $? "everything: and from it" || diag_file "$OUT/ping"
ns mn ping -6 -n -c 3 -i 0.05 -W 1 -I $HOA $HA >"$OUT/ping"; ok $? "everything: to the home agent itself" || diag_file "$OUT/ping"
stop_bg ping-out INT
pinging f2
move f2
settled f2 >/dev/null; ok $? "everything: f2: registered" || diag_ipsec
busywait 3 moved_to f2; ok $? "everything: f2: associations end at the care-of address" || diag_ipsec
pinged f2
le "$gap" 800 "everything: f1 to f2: the longest gap, ms"
capture_stop r1
is "$(n_plain r1 True)" 0 "everything: f1: nothing in a plain tunnel"
is "$(stat_of ha mld_tx) $(stat_of ha multicast_out)" "0 0" "everything: f1: no question about groups, and no packet of one"
is "$(ctl mn status | jq -r .multicast)" none "everything: f1: nobody offers any"
stop_bg app
stop_bg sender
ge "$(seen r1 'esp && icmpv6.type == 128')" 20 "everything: f1: with the keys, the pings"
is "$(ro_state $CN)" "" "everything: no correspondent is optimized"

# a home agent without its policies sends nothing in clear, and lets nothing unprotected in
capture r2 eth0 r2 ip6 || die "no capture"
coa=$(ctl mn status | jq -r .care_of_address)
kill -STOP "$(bg_pid ha)"
ip -n ha xfrm policy flush ptype main
ns cn ping -6 -n -c 10 -i 0.05 -W 0.2 $HOA >"$OUT/ping"; is $? 1 "everything: without the home agent's policies nothing arrives"
kill -CONT "$(bg_pid ha)"
busywait 3 reachable >/dev/null; ok $? "everything: with them again, it does" || diag_ipsec
capture cn eth0 cn 'udp port 9999' || die "no capture"
ns r2 $PYTHON "$ROAMING/inject.py" "$coa" $HA $HOA $CN --count 5
nap 0.3
capture_stop cn
capture_stop r2
is "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/cn.pcap" True)" 0 "everything: a plain tunnel from the care-of address leads nowhere"
is "$(n_plain r2 "p.inner.kind != 'udp'")" 0 "everything: f2: nothing in a plain tunnel"

# killed: the next daemon finds where the tunnel is
stop_ha KILL
stop_mn KILL
start_ha || die "no home agent"
start_mn || die "no mobile node"
settled f2 >/dev/null; ok $? "everything: killed, and registered again" || diag_ipsec
busywait 3 moved_to f2; ok $? "everything: associations end at the care-of address" || diag_ipsec
move home
settled home >/dev/null; ok $? "everything: home: deregistered" || diag_ipsec
busywait 3 moved_to home; ok $? "everything: home: associations end at the home address" || diag_ipsec
is "$(counts ha) $(counts mn)" "$before" "everything: home: policies and associations are as many as at the start"
stop_mn; is $? 0 "the mobile node's mip6d stops"
stop_ha; is $? 0 "the home agent's mip6d stops"
stop_cn
# of the one that was killed; its successor does not know whose it is, and takes away its filters only
is "$(ns ha tc filter show dev eth0 ingress; ns ha tc filter show dev eth0 egress)" "" "no filter is left on the home link"
ns ha tc qdisc del dev eth0 clsact
for n in ha mn; do ip -n $n xfrm state deleteall proto esp; done
snapshot_diff mn "$OUT/mn.before" "the mobile node's kernel is as it was before"
snapshot_diff ha "$OUT/ha.before" "the home agent's kernel is as it was before"
finish
