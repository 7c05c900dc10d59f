#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# Home agents are found and replaced. A mobile node abroad that was told none asks the home agents' anycast address, registers
# with the more preferred of two, changes to the other one when that is gone, and when it says that it is not its home agent.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

HA2=${PREFIX[home]}::2
ANYCAST=${PREFIX[home]}:fdff:ffff:ffff:fffe

packets() { $PYTHON "$ROAMING/pcap.py" "$OUT/$1.pcap" "$2"; }
count() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "$2"; }
# agents NAME: its list, best first where it has an order of its own
agents() { ctl "$1" hal | jq -r '.[].home_agent_address' | tr '\n' ' '; }
has_agents() { [ "$(agents "$1" | wc -w)" = "$2" ]; }
in_use() { ctl mn status | jq -e --arg a "$1" '.home_agent_address == $a and .registered' >/dev/null; }
# own_preference NAME: what it says of itself
own_preference() { ctl "$1" hal | jq '.[] | select(.source == "self") | .preference'; }
prefers() { [ "$(own_preference "$1")" = "$2" ]; }

world_up f1
# the first one tells its address, too
write_radvd home eth0 ::1
stop_bg radvd-home
start_radvd home
start_ha || die "no home agent"
more_ha ha2 2 20
run_mip6d ha2 ha2 || die "no second home agent"

# ---- the lists ----
busywait 5 has_agents ha 2; is "$(agents ha)" "$HA $HA2 " "the first home agent knows both" || diag "$(ctl ha hal)"
busywait 5 has_agents ha2 2; is "$(agents ha2)" "$HA2 $HA " "the second home agent knows both" || diag "$(ctl ha2 hal)"
busywait 5 prefers ha 10; is "$(own_preference ha)" 10 "its own preference is what its advertisements say"
busywait 5 prefers ha2 20; is "$(own_preference ha2)" 20 "and so is the other's"
like "$(ip -n ha2 -6 route show table all)" "anycast $ANYCAST dev eth0" "the anycast address is the second one's, too"

# ---- found ----
capture r1 eth0 f1 'icmp6 or ip6 proto 60 or ip6 proto 43' || die "no capture"
MN_HA=
begin=$(now_ms)
start_mn || die "no mobile node"
busywait 10 in_use "$HA2"; ok $? "registered with the more preferred one, without having been told of any" || diag_world
diag "registered $(($(now_ms) - begin)) ms after the start"
busywait 3 reachable >/dev/null; ok $? "the correspondent reaches it"
like "$("$MIP6CTL" --socket "$OUT/mn/ctl" hal)" "$HA2 +yes +usable.*discovery" "mip6ctl shows it"
capture_stop f1
is "$(count f1 "p.kind == 'dhaadrequest' and p.dst == '$ANYCAST' and p.src.startswith('${PREFIX[f1]}')")" 1 \
	"one request has left, from the care-of address"
like "$(packets f1 "p.kind == 'dhaadreply'")" "agents=$HA2,$HA\$" "the reply has both, by preference" || diag "$(packets f1 "p.kind == 'dhaadreply'")"
is "$(count f1 "p.kind == 'dhaadreply' and p.src in ('$HA', '$HA2')")" 1 "it comes from a home agent's own address"

# ---- dead ----
ip -n sw link set ha2 down
begin=$(now_ms)
move f2
busywait 20 in_use "$HA"; ok $? "the home agent is cut off: the other one takes its place" || diag_world
took=$(($(now_ms) - begin))
diag "another home agent after $took ms"
le "$took" 12000 "in less than, ms"
busywait 3 reachable >/dev/null; ok $? "the correspondent reaches it again"
is "$({ ip -n mn xfrm state; ip -n mn xfrm policy; ip -n mn -6 tunnel show; } | grep -cw "$HA2")" 0 "nothing of the dead one is left in the kernel" ||
	diag "$(ip -n mn xfrm state; ip -n mn xfrm policy; ip -n mn -6 tunnel show)"

# ---- not a home agent ----
# it goes on advertising itself, but its mip6d serves another link
stop_bg ha2
ip -n sw link set ha2 up
printf 'link add other type veth peer name other1\nlink set other1 up\nlink set other up\naddress add 2001:db8:9::1/64 dev other nodad\n' |
	ip -n ha2 -batch - || die "no other link"
write_ha_conf ha2 other
run_mip6d ha2 ha2 || die "no second home agent"
stop_mn
busywait 5 bound_at home; ok $? "stopped: the binding is gone"
capture r2 eth0 f2 'icmp6 or ip6 proto 60 or ip6 proto 43' || die "no capture"
start_mn || die "no mobile node"
busywait 15 in_use "$HA"; ok $? "the more preferred one says 133: registered with the other" || diag_world
capture_stop f2
is "$(count f2 "p.kind == 'ba' and p.src == '$HA2' and p.status == 133")" 1 "status 133 was on the wire, once" || diag "$(packets f2 "p.kind in ('ba', 'bu')")"
like "$(ctl mn hal | jq -r ".[] | select(.home_agent_address == \"$HA2\") | .state")" "ot home agent" "mip6ctl says why"
diag "$("$MIP6CTL" --socket "$OUT/mn/ctl" hal)"

# ---- the end ----
is "$(ip -n ha2 -6 route show table all | grep -c "$ANYCAST")" 0 "a home agent of another link has no anycast address here"
stop_ha
is "$(ip -n ha -6 route show table all | grep -c "$ANYCAST")" 0 "the anycast address ends with the home agent"
finish
