#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# Abroad, ping and TCP in both directions and a stream that only comes in are optimized: the routing header of type 2 and the
# Home Address option are on the wire within 300 ms of the first packet.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

TCP=$ROAMING/tcp.py

# fresh: mip6d of the mobile node starts anew, abroad, and knows no correspondent
fresh()
{
	stop_mn
	stop_cn
	start_cn || die "no correspondent"
	start_mn || die "no mobile node"
	busywait 10 bound_at f1 || die "not registered"
	busywait 5 ip netns exec mn ping -6 -n -c 1 -W 0.3 -I $HOA $HA >/dev/null
	capture mn eth0 "$1" ip6 || die "no capture"
}

# tunnelled in and out, direct in and out
T_IN="p.inner and p.inner.src == '$CN' and p.inner.kind == K"
T_OUT="p.inner and p.inner.dst == '$CN' and p.inner.kind == K"
D_IN="p.src == '$CN' and p.rt2 == '$HOA' and p.kind == K"
D_OUT="p.dst == '$CN' and p.hoa == '$HOA' and p.kind == K"
kind() { echo "${1//K/\'$2\'}"; }

# within NAME DESCRIPTION DIRECT TUNNELLED...: from the first packet in the tunnel to the first direct one
within()
{
	local name=$1 what=$2 direct=$3 from='' t

	shift 3
	for t; do
		t=$(first "$name" "$t")
		[ -z "$t" ] || { [ -n "$from" ] && awk -v a="$t" -v b="$from" 'BEGIN { exit !(a > b) }'; } || from=$t
	done
	le "$(ms "$from" "$(first "$name" "$direct")")" 300 "$what, after the first packet, ms"
}

# after NAME DIRECT-IN DIRECT-OUT EXPRESSION DESCRIPTION: none of these once both ways are direct
none_later()
{
	local name=$1 a b

	a=$(first "$name" "$2") b=$(first "$name" "$3")
	# a few are on their way
	is "$(packets "$name" "p.time > max(${a:-0}, ${b:-0}) + 0.3 and ($4)")" 0 "$5"
}

world_up f1
start_ha || die "no home agent"

# ---- ping to and from the mobile node
fresh ping-in
ns cn ping -6 -n -c 30 -i 0.05 -W 1 $HOA >"$OUT/ping"; ok $? "ping to the home address" || diag_ro
capture_stop ping-in
within ping-in "requests have a routing header" "$(kind "$D_IN" echo)" "$(kind "$T_IN" echo)"
within ping-in "replies have a Home Address option" "$(kind "$D_OUT" reply)" "$(kind "$T_IN" echo)"
none_later ping-in "$(kind "$D_IN" echo)" "$(kind "$D_OUT" reply)" "p.kind == 'tunnel'" "nothing is in the tunnel afterwards"
is "$(grep -o '[0-9.]*% packet loss' "$OUT/ping")" "0% packet loss" "no packet is lost"
busywait 2 ro_is optimized $CN; ok $? "mip6ctl bul shows it" || diag_ro
like "$("$MIP6CTL" --socket "$OUT/mn/ctl" bul)" "PEER .*"$'\n'"$HOA  +${PREFIX[f1]}[^ ]*  +$CN  +optimized" "in its table, too"
like "$("$MIP6CTL" --socket "$OUT/mn/ctl" status)" "Route optimization +yes"$'\n'"Correspondents +optimized=1" "mip6ctl status counts"

fresh ping-out
ns mn ping -6 -n -c 30 -i 0.05 -W 1 $CN >"$OUT/ping"; ok $? "ping from the home address" || diag_ro
capture_stop ping-out
within ping-out "requests have a Home Address option" "$(kind "$D_OUT" echo)" "$(kind "$T_OUT" echo)"
within ping-out "replies have a routing header" "$(kind "$D_IN" reply)" "$(kind "$T_OUT" echo)"
is "$(grep -o '[0-9]*% packet loss' "$OUT/ping")" "0% packet loss" "no packet is lost"

# ---- TCP to and from the mobile node
# tcp NAME SINK-NS SINK-ADDR SOURCE-NS SOURCE-ADDR
tcp()
{
	local name=$1

	start_bg "$name-sink" ip netns exec "$2" $PYTHON "$TCP" sink 5001 --bind "$3" --log "$OUT/$name.csv"
	busywait 10 grep -q listening "$OUT/$name-sink.log" || die "$name: no sink"
	start_bg "$name-source" ip netns exec "$4" $PYTHON "$TCP" source "$3" 5001 --src "$5" --rate 4 --out "$OUT/$name.json"
	busywait 10 grep -q connected "$OUT/$name-source.log" || { diag_file "$OUT/$name-source.log"; die "$name: no connection"; }
	nap 2
	stop_bg "$name-source" INT
	ok $? "$name: all bytes arrive" || diag_file "$OUT/$name-source.log" 3
	stop_bg "$name-sink"
	capture_stop "$name"
	within "$name" "$name: with a routing header" "$(kind "$D_IN" tcp)" "$(kind "$T_IN" tcp)" "$(kind "$T_OUT" tcp)"
	within "$name" "$name: with a Home Address option" "$(kind "$D_OUT" tcp)" "$(kind "$T_IN" tcp)" "$(kind "$T_OUT" tcp)"
}
fresh tcp-in
tcp tcp-in mn $HOA cn $CN
fresh tcp-out
tcp tcp-out cn $CN mn $HOA

# ---- a stream that nobody answers
need_probe
fresh stream
start_bg echo-mn ip netns exec mn "$PROBE" echo --out "$OUT/echo-mn.csv"
busywait 5 grep -q seq "$OUT/echo-mn.csv"
ip netns exec cn "$PROBE" send $HOA --src $CN --one-way --seconds 2 --out "$OUT/send-cn.csv" 2>/dev/null
stop_bg echo-mn INT
capture_stop stream
within stream "a stream that only comes in has a routing header" "$(kind "$D_IN" udp)" "$(kind "$T_IN" udp)"
is "$(packets stream "p.dst == '$CN' and p.kind == 'udp' or p.inner and p.inner.dst == '$CN' and p.inner.kind == 'udp'")" 0 "nothing of it was answered"
is "$(grep -c '^[0-9]' "$OUT/echo-mn.csv")" "$(grep -c '^[0-9]' "$OUT/send-cn.csv")" "and nothing lost"

# ---- killed, and started again: the correspondent still sends to the care-of address
fresh killed
ns cn ping -6 -n -c 10 -i 0.1 $HOA >/dev/null
busywait 3 ro_is optimized $CN; ok $? "optimized before the daemon is killed" || diag_ro
capture_stop killed
stop_mn KILL
start_mn || die "no mobile node"
is "$(ctl cn bc | jq length)" 1 "the correspondent's binding outlives the daemon"
busywait 5 ip netns exec cn ping -6 -n -c 1 -W 0.3 $HOA >/dev/null; ok $? "the one that takes over is reached by it" || diag_ro
busywait 5 ro_is optimized $CN; ok $? "and optimizes again" || diag_ro

# ---- an independent reader
if command -v tshark >/dev/null; then
	tshark -r "$OUT/ping-in.pcap" -Y "icmpv6.type == 128" -T fields -e ipv6.routing.type 2>/dev/null >"$OUT/tshark-in"
	tshark -r "$OUT/ping-in.pcap" -Y "icmpv6.type == 129" -T fields -e ipv6.opt.mipv6.home_address 2>/dev/null >"$OUT/tshark-out"
	ge "$(grep -c '^2$' "$OUT/tshark-in")" 20 "tshark sees routing headers of type 2"
	ge "$(grep -c "$HOA" "$OUT/tshark-out")" 20 "and Home Address options"
	is "$(tshark -r "$OUT/ping-in.pcap" -Y "mipv6 && _ws.expert.severity >= 0x600000" 2>/dev/null | wc -l)" 0 "and nothing wrong with a Mobility Header"
fi
stop_mn; is $? 0 "the mobile node stops with status 0"
stop_cn; is $? 0 "and the correspondent"
is "$(ip -n mn xfrm state; ip -n mn xfrm policy)" "" "and nothing is left in XFRM"
finish
