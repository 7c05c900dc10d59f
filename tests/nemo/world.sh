# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A mobile router in the world of tests/roaming: the node that moves there has a network behind it, 2001:db8:a::/64, on which it is the
# router and "leaf" a host that knows nothing of all this. Source it after ../vm/lib.sh.

# shellcheck source=tests/roaming/world.sh
. "$TOP/tests/roaming/world.sh"

MNP=2001:db8:a::/64
MNP2=2001:db8:b::/64	# of a second one
LEAF=2001:db8:a::10
MN_NETWORK=$MNP
HA_CONF="HaAcceptMobRtr enabled; BindingAclPolicy $HOA ($MNP) allow;"

packets() { $PYTHON "$ROAMING/pcap.py" "$OUT/$1.pcap" "$2"; }
count() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "$2"; }
guard() { ctl ha stats | jq ".guard_$1"; }
counted() { [ "$(guard "$1")" -ge "$2" ]; }
log_has() { grep -q "$2" "$OUT/$1.log"; }

# network NAME ROUTER-NS PREFIX [DEVICE]: a link of the world, br-NAME, with a host NAME on it; its router is that namespace's device net0, or
# DEVICE, with a router advertisement daemon
network()
{
	local name=$1 router=$2 prefix=$3 device=${4:-net0}

	ns_add "$name" || die "$name"
	{
		echo "link add br-$name type bridge forward_delay 0 stp_state 0 mcast_snooping 0"
		echo "link set br-$name up"
		echo "link add $name-r type veth peer name $device netns $router"
		echo "link add $name-h type veth peer name eth0 netns $name"
		echo "link set $name-r master br-$name up"
		echo "link set $name-h master br-$name up"
	} | ip -n sw -batch - || die "$name"
	ip -n "$router" link set "$device" up && ip -n "$name" link set eth0 up || die "$name"
	ip -n "$router" address add "${prefix}1/64" dev "$device" nodad
	ip -n "$name" address add "${prefix}10/64" dev eth0 nodad
	cat >"$OUT/radvd-$name.conf" <<-END
	interface $device {
		AdvSendAdvert on;
		MinRtrAdvInterval 3;
		MaxRtrAdvInterval 4;
		prefix $prefix/64 { };
	};
	END
}

# network_routed NAME ROUTER-NS: its router advertises itself; only once the router is one, since radvd wants that
network_routed()
{
	start_bg "radvd-$1" ip netns exec "$2" radvd -n -m stderr -C "$OUT/radvd-$1.conf" -p "$OUT/radvd-$1.pid"
	busywait 10 has_default "$1" || die "$1 has no default route"
}

nemo_up()
{
	world_up "$@"
	ip -n core -6 route add 2001:db8:a::/47 via 2001:db8:ff:1::2 || die "no route to the mobile networks"
	network leaf mn 2001:db8:a::
}

leaf_reachable() { ip netns exec cn ping -6 -n -c 1 -W 0.3 $LEAF; }
# nemo_settled LINK: settled() for the mobile network
nemo_settled() { busywait 10 bound_at "$1" && busywait 5 leaf_reachable >/dev/null; }
