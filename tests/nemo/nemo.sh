#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# A mobile router (RFC 3963), explicit mode: a host behind it stays reachable over home -> f1 -> f2 -> home, its connection lives, nothing
# of its network is seen in clear on a foreign link, and the home agent lets nobody else speak for it.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

TCP=$ROAMING/tcp.py
need_probe
nemo_up home
busywait 5 bash -c "! ip -n mn -6 address show tentative | grep -q inet6"
snapshot mn >"$OUT/mn.before"
snapshot ha >"$OUT/ha.before"
start_ha || die "no home agent"
start_mn || die "no mobile router"
network_routed leaf mn

# ---- at home ----
busywait 10 leaf_reachable >/dev/null; ok $? "at home: the host behind the router answers" || diag_world
like "$(ip -n ha -6 route show 2001:db8:a::/64)" "via $HOA dev eth0" "at home: the home agent's route leads to the home address on the link"

start_bg sink ip netns exec leaf $PYTHON "$TCP" sink 5001 --bind $LEAF --log "$OUT/tcp.csv"
busywait 10 grep -q listening "$OUT/sink.log" || die "no sink"
start_bg source ip netns exec cn $PYTHON "$TCP" source $LEAF 5001 --src $CN --rate 0.5 --out "$OUT/tcp.json"
busywait 10 grep -q connected "$OUT/source.log" || die "no connection"
start_bg echo-leaf ip netns exec leaf "$PROBE" echo --out "$OUT/echo-leaf.csv"
start_bg send-cn ip netns exec cn "$PROBE" send $LEAF --src $CN --interval-ms 50 --out "$OUT/send-cn.csv"

# ---- f1 ----
capture r1 eth0 f1 ip6 || die "no capture"
capture r2 eth0 f2 ip6 || die "no capture"
move f1
nemo_settled f1; ok $? "f1: registered, and the host answers" || diag_world
is "$(ctl ha bc | jq -rc '.[0] | .flags, .mobile_network_prefixes[]' | tr '\n' ' ')" "AHR $MNP " "mip6ctl bc shows the flag and the prefix" || diag "$(ctl ha bc)"
like "$("$MIP6CTL" --socket "$OUT/ha/ctl" bc)" "MOBILE NETWORK" "so does its table"
like "$(ip -n ha -6 route show 2001:db8:a::/64)" "encap ip6.*dst ${PREFIX[f1]}.* dev mip6hn" "the home agent's route leads into the tunnel"
coa=$(ctl mn status | jq -r .care_of_address)

# the inner source: only from the mobile router's care-of address
passed=$(guard passed)
ns r1 $PYTHON "$ROAMING/inject.py" "$coa" $HA 2001:db8:a::77 $CN
busywait 2 counted passed $((passed + 1)); ok $? "an inner source of the mobile network passes from its router's care-of address"
capture cn eth0 cn 'udp port 9999' || die "no capture"
wrong=$(guard wrong_coa)
ns r1 $PYTHON "$ROAMING/inject.py" ${PREFIX[f1]}:1 $HA 2001:db8:a::77 $CN
busywait 2 counted wrong_coa $((wrong + 1)); ok $? "from another address it is dropped and counted"
none=$(guard no_binding)
ns r1 $PYTHON "$ROAMING/inject.py" "$coa" $HA 2001:db8:b::77 $CN
busywait 2 counted no_binding $((none + 1)); ok $? "so is a source of a network that is not its"
capture_stop cn
is "$(count cn True)" 0 "the correspondent has seen neither"
# from the foreign link to the mobile network, past the home agent
ip -n r1 -6 route add 2001:db8:a::/64 via "$(ip -n mn -6 -o address show dev eth0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')" dev eth0
ns r1 ping -6 -n -c 1 -W 0.5 $LEAF >/dev/null 2>&1; [ $? != 0 ]; ok $? "the mobile router forwards nothing of the foreign link"
ip -n r1 -6 route del 2001:db8:a::/64

# ---- f2, home ----
move f2
nemo_settled f2; ok $? "f2: registered, and the host answers" || diag_world
ns cn ping -6 -n -q -i 0.05 -c 20 -W 2 $LEAF >"$OUT/ping-f2.log" 2>&1	# what the wire is asked for below, however fast the machine went on
move home
nemo_settled home; ok $? "home: deregistered, and the host answers" || diag_world
like "$(ip -n ha -6 route show 2001:db8:a::/64)" "^2001:db8:a::/64 via $HOA dev eth0 [^\n]*$" "home: the tunnel's route is gone"
nap 1
capture_stop f1
capture_stop f2
stop_bg send-cn INT
stop_bg source INT
ok $? "TCP: all bytes arrived over the moves, hashes equal" || { diag "$(cat "$OUT/tcp.json")"; diag_file "$OUT/source.log" 3; }
stop_bg sink
stop_bg echo-leaf INT
diag "probes: $(awk -F, '!/^#|seq/ { n++; if ($4 == "") lost++; else { if (last && $2 - last > gap) gap = $2 - last; last = $2 } } END { printf "%d of %d lost, longest gap %.2f s", lost, n, gap }' "$OUT/send-cn.csv")"

# ---- the wire ----
# figures LINK: packets of the host in the tunnel; of its network in clear; updates with flag and prefix; acknowledgements with the flag
figures()
{
	$PYTHON - "$OUT/$1.pcap" "$coa" $MNP $LEAF <<-END
	import sys
	sys.path.insert(0, "$ROAMING")
	import pcap
	path, coa, mnp, leaf = sys.argv[1:]
	n = [0, 0, 0, 0]
	for p in pcap.read(path):
	    n[0] += p.kind == "tunnel" and p.inner.src == leaf
	    n[1] += p.src.startswith("2001:db8:a:") and p.src != coa
	    n[2] += p.kind == "bu" and "R" in p.flags and p.mnps == [mnp]
	    n[3] += p.kind == "ba" and p.flags == "R" and p.status == 0
	print(*n)
	END
}
for link in f1 f2; do
	read -r tunnelled clear updates acks < <(figures $link)
	ge "$tunnelled" 10 "$link: the host's packets are in the tunnel"
	is "$clear" 0 "$link: none of the mobile network's in clear" || diag "$(packets $link "p.src.startswith('2001:db8:a:')" | head -n 5)"
	ge "$updates" 1 "$link: the update has the R flag and the prefix"
	ge "$acks" 1 "$link: the acknowledgement has the R flag"
done

# ---- the end ----
stop_bg radvd-leaf
stop_mn
stop_ha
snapshot_diff mn "$OUT/mn.before" "the mobile router's kernel is as it was before"
snapshot_diff ha "$OUT/ha.before" "the home agent's kernel is as it was before"
finish
