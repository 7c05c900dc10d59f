#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# Moves that the mobile node's interface does not see, because only the switch changes: that packets leave and none comes
# back, and the first Router Advertisement of another router, are all there is to notice. And a router that disappears.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-10}

world_up
start_ha || die "no home agent"
start_mn || die "no mobile node"
busywait 5 reachable >/dev/null || die "the home address does not answer at home"
move f1
settled f1 >/dev/null || { diag_world; die "not registered from f1"; }
watch_mn || die "no capture"
probes_start
nap 1
echo "time,event,link,round" >"$MARKS"
good=1
for ((round = 1; round <= ROUNDS; round++)); do
	for link in f2 f1 home f1; do
		replug $link $round
		settled $link >/dev/null || { good=0; diag "round $round: not settled at $link"; diag_world; }
		nap 1.$((RANDOM % 10))	# so that moves fall anywhere between two advertisements
	done
done
mark end
probes_stop
capture_stop mn
[ $good = 1 ]; ok $? "every move was noticed"
analyse --all >"$OUT/table"
diag "$(cat "$OUT/table")"
le "$(figure f1-f2 gap worst)" 1500 "f1 -> f2 without carrier loss: longest gap, worst of $ROUNDS, ms"
le "$(figure f2-f1 gap worst)" 1500 "f2 -> f1 without carrier loss: longest gap, worst of $ROUNDS, ms"
le "$(figure f1-home gap worst)" 1500 "f1 -> home without carrier loss: longest gap, worst of $ROUNDS, ms"
# of which one second is duplicate address detection at the home agent
le "$(figure home-f1 gap median)" 1500 "home -> f1 without carrier loss: longest gap, median of $ROUNDS, ms"
# that second leaves little room: a busy machine's worst round may miss it, but not by another one
le "$(figure home-f1 gap worst)" 2500 "home -> f1 without carrier loss: longest gap, worst of $ROUNDS, ms"

# ---- a router that disappears, without traffic and without a promise when it will advertise again ----

# told nothing of Mobile IPv6, radvd insists on the usual intervals
RA_MIN=3 RA_MAX=4 write_radvd f1 eth0 :
sed -i 's/AdvIntervalOpt on/AdvIntervalOpt off/; s/MinDelayBetweenRAs .*/MinDelayBetweenRAs 3;/' "$OUT/radvd-f1.conf"
ns mn sysctl -qw net.ipv6.neigh.eth0.retrans_time_ms=100
stop_bg radvd-f1 KILL
capture mn eth0 gone icmp6 || die "no capture"
start_radvd f1
advertised() { [ "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/gone.pcap" "p.kind == 'ra'")" != 0 ]; }
busywait 10 advertised; ok $? "a router that does not say when it will advertise again" || diag_file "$OUT/radvd-f1.log"
ip -n sw link set r1 down
# as the kernel does when the host has something to send: Neighbour Unreachability Detection
ip -n mn -6 neigh change $LL_R1 dev eth0 nud probe
busywait 5 grep -q "router-lost router=$LL_R1 how=unreachable" "$OUT/mn.log"; ok $? "the kernel's neighbour unreachability detection counts" ||
	diag_world
nap 0.5
ip -n sw link set r1 up
busywait 10 grep -q "link-unchanged router=$LL_R1" "$OUT/mn.log"; ok $? "the router is back" || diag_world
settled f1 >/dev/null; ok $? "and packets flow"
capture_stop gone
ge "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/gone.pcap" "p.kind == 'rs'")" 2 "meanwhile others were solicited"
finish
