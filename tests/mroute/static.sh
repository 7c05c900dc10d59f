#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# Figure 2.1 with no daemon: interfaces and routes by ip -6 mroute, and a join on r1, which a switch on link A wants to see, by an
# address. No process is left on the routers. Needs a kernel with the series, and build/iproute2 (scripts/iproute2 build patched).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

IP=${BUILD:-$TOP/build}/iproute2/patched/ip/ip
[ -x "$IP" ] || die "there is no iproute2: scripts/iproute2 build patched"
[ -e /proc/sys/net/ipv6/mroute ] || [ -n "${NEED_MROUTE:-}" ] || skip_all "the kernel has no multicast routes by netlink"

# mroute ROUTER ARGUMENT...
mroute() { "$IP" -n "$1" -6 mroute "${@:2}"; }
# mif ROUTER DEVICE FIELD: of what the interface's MIF says
mif() { "$IP" -n "$1" -6 -j mroute mif show dev "$2" | jq -r --arg f "$3" '.[0][$f]'; }

SWITCH=1 world_up
for router in "${ROUTERS[@]}"; do
	mroute $router mif add dev eth0 && mroute $router mif add dev eth1 &&
		mroute $router add $GROUP from $SND iif eth0 oif eth1
	is "$?,$(mc_forwarding $router)" 0,1 "$router has MIFs and a route, and forwards"
done

# the switch floods until it has asked, and heard who wants what
silent() { asks silent 1; [ "$(count silent unicast),$(count silent multicast)" = 1,0 ]; }
busywait 20 silent || die "the switch does not snoop"
before=$(forwarded r1)
asks unjoined 3
is "$(count unjoined unicast),$(count unjoined multicast),$(forwarded r1)" "3,0,$before" \
	"nothing gets past the switch without a join" || diag_file "$OUT/unjoined"
ip -n r1 addr add $GROUP/128 dev eth0 autojoin nodad
is $? 0 "r1 joins with an address"
busywait 10 joined
ok $? "the switch has seen r1's join" || diag "$(ip netns exec sw bridge -d mdb show)"

answered ssmping "no daemon"
tables
for router in "${ROUTERS[@]}"; do
	diag "$router: ip -6 mroute mif: $(mroute $router mif)"
	like "$("$IP" -n $router -6 route get $GROUP from $SND iif eth0)" "$GROUP from $SND" "$router answers for the route"
done
is "$(for router in "${ROUTERS[@]}"; do ip netns pids $router; done)" "" "no process has anything to do with it"

ip -n r1 addr del $GROUP/128 dev eth0
busywait 20 silent
ok $? "without the address, the switch lets nothing through any more"
ip -n r1 addr add $GROUP/128 dev eth0 autojoin nodad
busywait 10 joined && asks again 3
is "$(count again multicast)" 3 "and with it again"

mroute r2 del $GROUP from $SND
is "$?,$(routes r2)" 0, "r2's route is deleted"
asks without 3
is "$(count without unicast),$(count without multicast)" 3,0 "and forwards no more"
for router in "${ROUTERS[@]}"; do
	mroute $router mif del dev eth0 && mroute $router mif del dev eth1
	is "$?,$(routes $router),$(mc_forwarding $router)" "0,,0" "$router's last MIF goes, and with the MIFs the routes"
done
finish
