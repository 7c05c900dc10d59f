#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# ip mroute: a router forwards IPv6 multicast with nothing but its commands, and what a kernel without multicast routes by
# netlink says; IPv4 as far as any kernel has it. Needs build/iproute2 (scripts/iproute2 build stock patched).

. "$(dirname "$0")/../vm/lib.sh"

BUILD=${BUILD:-$TOP/build}
OLD=$BUILD/iproute2/stock/ip/ip NEW=$BUILD/iproute2/patched/ip/ip
{ [ -x "$OLD" ] && [ -x "$NEW" ]; } || die "no iproute2: scripts/iproute2 build stock patched"
ROUTES=${ROUTES:-50000}
WORK=$(mktemp -d)
cleanup() { rm -rf "$WORK"; }

# snd a0 - r0 rtr r1 - b0 rcv, and r2 of rtr leads nowhere
S=2001:db8:a::2 G=ff3e::4321:1234
ns_add snd rtr rcv
{ veth snd a0 rtr r0 && veth rtr r1 rcv b0 && ip -n rtr link add r2 type dummy && ip -n rtr link set r2 up; } || die "links"
ip -n snd addr add $S/64 dev a0 nodad && ip -n snd addr add 10.0.0.2/24 dev a0
ns rtr sysctl -qw net.ipv6.conf.all.forwarding=1

MANAGED=0	# does the kernel have routes and interfaces by netlink?
[ ! -e /proc/sys/net/ipv6/mroute ] || MANAGED=1
[ -z "${NEED_MROUTE:-}" ] || { [ $MANAGED = 1 ]; ok $? "the kernel has the series' multicast routing"; }

mr() { "$NEW" -n rtr -6 mroute "$@"; }
v4() { "$NEW" -n rtr mroute "$@"; }
count() { mr show "$@" | wc -l; }
mif() { mr mif "$@"; }
out_of() { "$NEW" -n rtr -j -s mroute mif show dev "$1" | jq -r '.[].packets_out'; }

# refused NAME WORD COMMAND...: it fails, the error has the word
refused()
{
	local name=$1 word=$2

	shift 2
	! "$@" >"$OUT/refused" 2>&1 && grep -q -e "$word" "$OUT/refused"
	ok $? "refused: $name" || diag_file "$OUT/refused"
}

# daemon: one that has interfaces and a route of IPv6 in the lower places, and interfaces of IPv4
daemon()
{
	start_bg daemon ip netns exec rtr /usr/bin/python3 -c '
import socket, struct, time
index = [socket.if_nametoindex(name) for name in ("r0", "r1", "r2")]
v4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
v4.setsockopt(socket.IPPROTO_IP, 200, 1)						# MRT_INIT
for vif, i in enumerate(index):
    v4.setsockopt(socket.IPPROTO_IP, 202, struct.pack("HBBIi4x", vif, 8, 1, 0, i))	# MRT_ADD_VIF, by ifindex
v6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
v6.setsockopt(socket.IPPROTO_IPV6, 200, 1)						# MRT6_INIT
for mif, i in enumerate(index):
    v6.setsockopt(socket.IPPROTO_IPV6, 202, struct.pack("HBBHI", mif, 0, 1, i, 0))	# MRT6_ADD_MIF
def address(a): return struct.pack("HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, a), 0)
v6.setsockopt(socket.IPPROTO_IPV6, 204,							# MRT6_ADD_MFC
    address("2001:db8:a::d") + address("ff3e::d") + struct.pack("HxxI28x", 0, 1 << 1))
print("ready", flush=True)
time.sleep(600)'
	busywait 20 grep -q ready "$OUT/daemon.log" || { diag_file "$OUT/daemon.log"; die "the daemon starts"; }
}

sent() { [ "$(out_of r1)" -ge "$1" ]; }

# forwards N HOPS: so many of N packets with this hop limit are forwarded to rcv
forwards()
{
	local before

	before=$(out_of r1)
	ns snd ping -q -I a0 -t "$2" -c "$1" -i 0.01 -W 0.1 $G >/dev/null 2>&1
	busywait 1 sent $((before + $1))
	echo $(($(out_of r1) - before))
}

# ---- what is wrong with the unpatched one ---------------------------------------------------------

refused "unpatched: any prefix" '???' "$OLD" -n rtr -6 mroute show to ff3e::/16
refused "unpatched: add" unknown "$OLD" -n rtr -6 mroute add $G from $S iif r0 oif r1

# ---- a kernel without requests --------------------------------------------------------------------

if [ $MANAGED = 0 ]; then
	said="leaves IPv6 multicast routes to a daemon"
	refused "a route, by this kernel" "$said" mr add $G from $S iif r0 oif r1
	refused "a deletion" "$said" mr del $G from $S
	refused "an interface" "leaves the interfaces of IPv6 multicast routing to a daemon" mif add dev r0
	refused "the list of interfaces" "does not show the interfaces" mif show
	refused "their flush" "does not show the interfaces" mif flush
	is "$(ip -n rtr link show dev r0 | grep -c r0)" 1 "the interface is there as it was"
	daemon
	is "$(mr show $G)$(mr show ff3e::/16 from 2001:db8:a::/64 | xargs)" \
		"(2001:db8:a::d,ff3e::d) Iif: r0 Oifs: r1 State: resolved" "a daemon's route, by prefix"
	is "$(mr get ff3e::d from 2001:db8:a::d | xargs)" "(2001:db8:a::d,ff3e::d) Iif: r0 Oifs: r1 State: resolved" "get"
	mr flush
	is "$?,$(count)" 0,1 "flush leaves it alone"
	refused "a flush of a daemon's routes" "not supported" mr flush proto mrouted
fi

# ---- IPv6 -----------------------------------------------------------------------------------------

if [ $MANAGED = 1 ]; then
	start_bg monitor "$NEW" -n rtr monitor mroute
	start_bg json "$NEW" -n rtr -j monitor mroute
	start_bg all "$NEW" -n rtr monitor all
	busywait 10 sh -c "$NEW -n rtr mroute mif replace dev r2; $NEW -n rtr mroute mif del dev r2; grep -q r2 $OUT/monitor.log &&
		grep -q r2 $OUT/json.log && grep -q r2 $OUT/all.log"
	ok $? "three monitors see an interface"

	mif add dev r0 && mif add dev r1
	is "$?,$(mif show | xargs)" "0,dev r1 index 30 table main static dev r0 index 31 table main static" "two interfaces"
	mr add $G from $S iif r0 oif r1 ttl 3 oif r0
	is "$?,$(mr get $G from $S | xargs)" "0,($S,$G) Iif: r0 Oifs: r1(ttl 3) r0 State: resolved" "a route"
	capture rcv b0 wire "dst $G" || die "capture"
	is "$(forwards 20 4)" 20 "20 of 20 packets are forwarded above the threshold"
	is "$(forwards 5 3)" 0 "none that is not above it"
	capture_stop wire
	is "$(tcpdump -r "$OUT/wire.pcap" 2>/dev/null | wc -l)" 20 "they arrive"
	is "$("$NEW" -n rtr -s mroute get $G from $S | sed -n 's/^ *\(.* packets\).*/\1/p')" "25 packets" "the route has counted them"
	like "$("$NEW" -n rtr -6 route get $G from $S iif r0)" "r1" "ip route get shows the route of a packet"
	mr append $G from $S iif r0 oif r1 ttl 1
	is "$?,$(forwards 5 3)" 0,5 "append lowers the threshold"
	mr replace $G iif r0 oif r1 && mr del $G from $S
	is "$?,$(forwards 5 3)" 0,5 "(*,G) forwards, too"
	mr del $G && mr add any iif r1 oif r0
	is "$?,$(forwards 5 3)" 0,5 "(*,*) sends to its input"
	mr add $G iif r1 oif r0
	is "$?,$(forwards 5 3)" 0,5 "(*,G) beside it takes what comes from an output"
	refused "what is there" "there already" mr add any iif r1
	refused "a change of nothing" "No such" mr change ff3e::9 iif r0
	refused "a group of one link" "not forwarded" mr add ff02::5 iif r0
	refused "an interface twice" "a MIF already" mif add dev r0
	refused "a daemon's protocol" "daemon" mr add $G iif r0 proto mrouted

	start_bg report "$NEW" -n rtr monitor mreport
	mr flush
	busywait 20 sh -c "ip netns exec snd ping -q -I a0 -t 9 -c 1 -W 0.1 $G >/dev/null; grep -q $G $OUT/report.log"
	like "$(head -n 1 "$OUT/report.log")" "^nocache \($S,$G\) mif 31 table main bytes [0-9]+" "a monitor of what a daemon is asked"
	busywait 5 grep -q "^($S,$G) *Iif: unresolved .*State: unresolved" "$OUT/monitor.log"
	ok $? "and of the packet that waits"
	stop_bg report

	# a VRF
	if ip -n rtr link add vrf10 type vrf table 10 2>/dev/null; then
		ip -n rtr link set vrf10 up && mif flush
		for dev in r0 r1; do ip -n rtr link set $dev master vrf10 && mif add dev $dev vrf vrf10; done
		mr add $G from $S iif r0 oif r1 vrf vrf10
		is "$?,$(count vrf vrf10),$(mr save table main 2>/dev/null)" 0,1, "a route of a VRF"
		is "$(forwards 5 9)" 5 "forwards"
		mif flush vrf vrf10
		for dev in r0 r1; do ip -n rtr link set $dev nomaster; done
		ip -n rtr link del vrf10
	else
		skip "a route of a VRF" "no VRFs in this kernel"
	fi

	# beside a daemon
	daemon
	mif replace dev r0 && mif replace dev r1 && mr add $G from $S iif r0 oif r1
	is "$?,$("$NEW" -n rtr -j mroute mif show | jq -c '[.[].index]')" "0,[0,1,2,30,31]" "a daemon's interfaces are shown, too"
	refused "a daemon's route" "there already" mr add ff3e::d from 2001:db8:a::d iif r0
	mr save >"$WORK/saved"
	is "$(grep -c . "$WORK/saved"),$(count proto mrouted),$(count proto static)" 1,1,1 "save leaves a daemon's route out"
	mr flush
	is "$?,$(count proto mrouted),$(count)" 0,1,1 "so does flush"
	mr flush proto mrouted
	is "$?,$(count)" 0,0 "but on demand"

	# the monitors have seen it
	mr add $G from $S iif r0 oif r1 && mr del $G from $S && mif del dev r1
	busywait 5 grep -q '"deleted":true,"mif":true,"ifname":"r1"' "$OUT/json.log"
	ok $? "JSON of a deletion" || diag_file "$OUT/json.log"
	jq -es 'length > 20' "$OUT/json.log" >/dev/null
	ok $? "every line is an object"
	like "$(tail -n 3 "$OUT/monitor.log" | xargs)" "^\($S,$G\).* Deleted \($S,$G\).* Deleted mif dev r1 index 30" "in the order of the changes"
	like "$(cat "$OUT/all.log")" '\[MROUTE\]Deleted mif' "among all objects"
	stop_bg monitor; stop_bg json; stop_bg all
fi

# ---- IPv4, on any kernel --------------------------------------------------------------------------

is "$(v4 vif show | xargs)" \
	"dev r0 index 0 table default ifindex dev r1 index 1 table default ifindex dev r2 index 2 table default ifindex" "IPv4: VIFs"
v4 add 239.1.1.1 from 10.0.0.2 iif r0 oif r2 ttl 3 oif r1
is "$?,$(v4 show | xargs)" "0,(10.0.0.2,239.1.1.1) Iif: r0 Oifs: r1 r2(ttl 3) State: resolved" \
	"IPv4: a route, with outputs by name"
refused "IPv4: what is there" "there already" v4 add 239.1.1.1 from 10.0.0.2 iif r0
refused "IPv4: append" "cannot append" v4 append 239.1.1.1 from 10.0.0.2 iif r0 oif r0
refused "IPv4: an output that is no VIF" "no VIF" v4 add 239.1.1.2 from 10.0.0.2 iif r0 oif lo
refused "IPv4: another protocol" "" v4 add 239.1.1.2 from 10.0.0.2 iif r0 proto 99
v4 add 239.1.1.1 iif r0 oif r1 && v4 add 239.1.1.1 iif r1 oif r0 && v4 replace 239.1.1.1 from 10.0.0.2 iif r1 oif r0
is "$?,$(v4 show 239.1.1.0/24 | wc -l),$(v4 show from 10.0.0.0/8 | xargs)" \
	"0,3,(10.0.0.2,239.1.1.1) Iif: r1 Oifs: r0 State: resolved" "IPv4: any source, and replace"
v4 del 239.1.1.1 iif r1
is "$?,$(v4 show from 0.0.0.0 | xargs)" "0,(0.0.0.0,239.1.1.1) Iif: r0 Oifs: r1 State: resolved" "IPv4: delete one of any source"
v4 save >"$WORK/saved4" && v4 flush
is "$?,$(v4 show | wc -l)" 0,0 "IPv4: flush"
"$NEW" -n rtr -batch "$WORK/saved4"
is "$?,$(v4 save)" "0,$(cat "$WORK/saved4")" "IPv4: what was saved makes the same table"
stop_bg daemon

# ---- many -----------------------------------------------------------------------------------------

if [ $MANAGED = 1 ]; then
	# batch N: ns for each route
	batch()
	{
		local t0

		awk -v n="$1" -v g=$G 'BEGIN {
			for (i = 65536; i < 65536 + n; i++)
				printf "mroute add %s from 2001:db8:a::%x:%x iif r0 oif r1\n", g, int(i / 65536), i % 65536
		}' >"$WORK/batch"
		t0=$(now_ms)
		"$NEW" -n rtr -batch "$WORK/batch" || diag "the batch fails"
		echo $((($(now_ms) - t0) * 1000000 / $1))
	}
	# what a unicast route costs, for comparison
	seq -f "route add 2001:db8:b::%g/128 dev r2" 1000 $((999 + ROUTES / 10)) >"$WORK/unicast"
	t0=$(now_ms)
	"$NEW" -n rtr -batch "$WORK/unicast" || diag "the batch fails"
	unicast=$((($(now_ms) - t0) * 10000000 / ROUTES))
	mif flush && mif add dev r0 && mif add dev r1
	few=$(batch $((ROUTES / 10)))
	is "$(count)" $((ROUTES / 10)) "a batch of $((ROUTES / 10)) routes"
	mr flush
	many=$(batch "$ROUTES")
	is "$(count)" "$ROUTES" "a batch of $ROUTES"
	t0=$(now_ms)
	{ mif save && mr save; } >"$WORK/saved"
	t1=$(now_ms)
	mr flush
	is "$?,$(count)" 0,0 "flush"
	t2=$(now_ms)
	"$NEW" -n rtr -batch "$WORK/saved" && { mif save && mr save; } | cmp -s - "$WORK/saved"
	ok $? "what was saved makes the same table"
	diag "ns a route: $few of $((ROUTES / 10)), $many of $ROUTES, a unicast route $unicast; save $((t1 - t0)) ms, flush $((t2 - t1)) ms"
	le "$(awk -v a="$many" -v b="$few" 'BEGIN { printf "%.2f", a / b }')" 1.5 "a route of many costs what one of few does"
	le "$(awk -v a="$many" -v b="$unicast" 'BEGIN { printf "%.2f", a / b }')" 1.5 "and not much more than a unicast route"
fi
finish
