#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# Figure 2.1 with smcrouted on the routers, as Debian has it: r1 and r3 know the source, r2 learns it from the first packet.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

command -v smcrouted >/dev/null || die "there is no smcrouted: scripts/deps check"

# start_smcroute ROUTER SOURCE...: with a route from eth0 to eth1, for that source only if there is one
start_smcroute()
{
	local router=$1

	shift
	cat >"$OUT/$router.conf" <<-END
	phyint eth0 enable
	phyint eth1 enable
	mroute from eth0 $* group $GROUP to eth1
	END
	start_bg "$router" ip netns exec "$router" smcrouted -n -N -l debug -i "$router" -f "$OUT/$router.conf" \
		-P "$OUT/$router.pid" -u "$OUT/$router.sock"
}

world_up
start_smcroute r1 source $SND
start_smcroute r2
start_smcroute r3 source $SND
for router in r1 r3; do
	busywait 10 has_route $router || { diag_file "$OUT/$router.log"; die "smcrouted of $router has no route"; }
done
busywait 10 ip netns exec r2 grep -q eth1 /proc/net/ip6_mr_vif || { diag_file "$OUT/r2.log"; die "smcrouted of r2 does nothing"; }
is "$(forwarded r2)" "" "r2 does not know the source yet"

answered ssmping smcroute
tables
for router in "${ROUTERS[@]}"; do ended $router $router; done
finish
