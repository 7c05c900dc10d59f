# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Figure 2.1 of the 2007 report: three routers between a host that is asked and one that asks, with ssmping. Source it after
# ../vm/lib.sh.
#
#	        A               B               C               D
#	snd ---------- r1 ---------- r2 ---------- r3 ---------- rcv
#	ssmpingd  eth0    eth1  eth0    eth1  eth0    eth1       ssmping
#
# Link X is 2001:db8:X::/64. Its end at the left router is ::1, the other one is ::2 (on A, where no router is left of it, snd is
# ::2), and the link-local addresses are fe80::X:1 and fe80::X:2. Routes for unicast packets are static, by link-local
# addresses: a PIM daemon finds its neighbour by the next hop.
#
# With SWITCH=1, link A is a switch that forwards a group only to who has joined it with MLD.

GROUP=ff3e::4321:1234
SND=2001:db8:a::2
ROUTERS=(r1 r2 r3)
ANSWERS=20		# asked for
ENOUGH=19		# the first one may be sent before everybody has joined
IP=${IP:-ip}		# what shows multicast routes

# end NS DEV LINK NUMBER: addresses of one end of a link
end()
{
	ip -n "$1" -batch - <<-END
	addr add fe80::$3:$4/64 dev $2 nodad
	addr add 2001:db8:$3::$4/64 dev $2 nodad
	END
}

# cable NS1 DEV1 NS2 DEV2: up, without addresses; link LEFT DEV RIGHT DEV LINK NUMBER-LEFT NUMBER-RIGHT: with them
cable()
{
	ip link add name "$2" netns "$1" type veth peer name "$4" netns "$3" &&
		ip -n "$1" link set "$2" addrgenmode none up && ip -n "$3" link set "$4" addrgenmode none up
}
link() { cable "$1" "$2" "$3" "$4" && end "$1" "$2" "$5" "$6" && end "$3" "$4" "$5" "$7"; }

# switch: link A is a bridge of the namespace sw, which snoops, and asks for joins itself. Its address is there before it asks: a query
# needs one that has passed duplicate address detection, there are two queries within a second, then none for two minutes, and a
# switch whose last query failed floods.
switch()
{
	# the querier last: it leaves others the time that is set by then
	ns_add sw && ip -n sw link add name br0 type bridge mcast_snooping 1 mcast_mld_version 2 mcast_query_response_interval 100 \
		mcast_startup_query_interval 100 && ip -n sw link set br0 addrgenmode none up &&
		ip -n sw addr add fe80::a:5/64 dev br0 nodad && ip -n sw link set br0 type bridge mcast_querier 1 || return 1
	{ cable snd eth0 sw port1 && cable r1 eth0 sw port2; } || return 1
	ip -n sw link set port1 master br0 && ip -n sw link set port2 master br0 && end snd eth0 a 2 && end r1 eth0 a 1
}

# joined: does the switch know that r1 wants the group?
joined() { ip netns exec sw bridge mdb show dev br0 | grep -q "port port2 grp $GROUP"; }

world_up()
{
	local router

	command -v ssmping >/dev/null || die "there is no ssmping: scripts/deps check"
	ns_add snd "${ROUTERS[@]}" rcv || die "namespaces"
	for router in "${ROUTERS[@]}"; do
		ip netns exec "$router" sysctl -qw net.ipv6.conf.all.forwarding=1 || die "forwarding"
	done
	if [ "${SWITCH:-0}" = 1 ]; then switch; else link snd eth0 r1 eth0 a 2 1; fi || die "link A"
	{ link r1 eth1 r2 eth0 b 1 2 && link r2 eth1 r3 eth0 c 1 2 &&
		link r3 eth1 rcv eth0 d 1 2; } || die "links"
	route snd default fe80::a:1 eth0
	route r1 2001:db8:c::/64 fe80::b:2 eth1
	route r1 2001:db8:d::/64 fe80::b:2 eth1
	route r2 2001:db8:a::/64 fe80::b:1 eth0
	route r2 2001:db8:d::/64 fe80::c:2 eth1
	route r3 2001:db8:a::/64 fe80::c:1 eth0
	route r3 2001:db8:b::/64 fe80::c:1 eth0
	route rcv default fe80::d:1 eth0
	busywait 10 ip netns exec rcv ping -6 -n -q -c 1 -W 1 $SND >/dev/null || die "unicast packets do not get through"
	start_bg ssmpingd ip netns exec snd ssmpingd
	busywait 10 listens snd 4321 || { diag_file "$OUT/ssmpingd.log"; die "ssmpingd does not listen"; }
}

# route NS PREFIX NEXT-HOP DEV
route() { ip -n "$1" route add "$2" via "$3" dev "$4" || die "route to $2 in $1"; }
# listens NS PORT: does anybody, with UDP?
listens() { [ -n "$(ip netns exec "$1" ss -Hlun "sport = :$2")" ]; }

# asks NAME [COUNT]: rcv asks, the answers are in $OUT/NAME; fails without multicast ones
asks() { ip netns exec rcv ssmping -6 -c "${2:-$ANSWERS}" $SND >"$OUT/$1" 2>&1; }
# count NAME KIND: answers that came by unicast or multicast packets, each counted once
count() { grep -oE "^ *$2 from [^ ]*, seq=[0-9]+" "$OUT/$1" | sort -u | wc -l; }

# answered NAME DESCRIPTION: asks, and enough answers came to the group, through three routers
answered()
{
	asks "$1"
	like "$(head -n 1 "$OUT/$1")" "joined \(S,G\) = \($SND,$GROUP\)" "$2: ssmping joins the group"
	is "$(count "$1" unicast)" $ANSWERS "$2: unicast answers"
	ge "$(count "$1" multicast)" $ENOUGH "$2: multicast answers of $ANSWERS" || diag_file "$OUT/$1" 30
	is "$(grep -oE '^ *multicast .* dist=[0-9]+' "$OUT/$1" | sed 's/.*dist=//' | sort -u)" 3 "$2: they passed three routers"
}

# routes ROUTER: its multicast routes, each on a line, with counters
routes() { "$IP" -n "$1" -6 -s -o mroute show | sed 's/\\/ /g; s/[[:space:]]\+/ /g'; }
# forwarded ROUTER: how many packets of the figure's source and group it has forwarded
forwarded() { routes "$1" | sed -n "s/^($SND,$GROUP) .* \([0-9]*\) packets.*/\1/p"; }
# has_route ROUTER: from eth0 to eth1
has_route() { [[ $(routes "$1") == *"($SND,$GROUP) Iif: eth0 Oifs: eth1 "*"State: resolved"* ]]; }

# tables: shows them, and what they say is what was seen
tables()
{
	local router table

	for router in "${ROUTERS[@]}"; do
		table=$(routes "$router")
		diag "$router: ip -6 mroute: $table"
		has_route "$router"
		ok $? "$router has the route from eth0 to eth1"
		ge "$(forwarded "$router")" $ENOUGH "$router has counted the packets"
	done
}

# ended ROUTER PROCESS [STATUS]: the daemon still ran, ends with that status (0) when it is told to, and takes its routes along
ended()
{
	bg_alive "$2"
	ok $? "$2 runs" || diag_file "$OUT/$2.log"
	stop_bg "$2"
	is "$?,$(routes "$1"),$(mc_forwarding "$1")" "${3:-0},,0" "$2 ends as it should, and leaves no route"
}
mc_forwarding() { ip netns exec "$1" cat /proc/sys/net/ipv6/conf/all/mc_forwarding; }
