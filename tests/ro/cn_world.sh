# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The world of the correspondent node's scenarios, sourced after ../vm/lib.sh and ../bench/world.sh, whose generator it uses:
#
#	cn --- core --- gen
#
# gen holds the mobile nodes: their home addresses and their care-of addresses, so that both tests of return routability come back to it.
# mip6d runs in cn.

# shellcheck disable=SC2034
{
CN=2001:db8:d::1
HOA=2001:db8:40::a000:0		# + i; not of any home agent here
COA=2001:db8:c1::1:0 COA2=2001:db8:c2::1:0
}

cn_world()
{
	local ns

	bench_need
	ns_add cn core gen
	veth cn core0 core cn0
	veth core gen0 gen core0
	for ns in cn core gen; do
		ns $ns sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	done
	ns core sysctl -qw net.ipv6.conf.all.forwarding=1
	ip -n cn -6 address add $CN/64 dev core0 nodad
	ip -n cn -6 route add default via 2001:db8:d::fe
	ip -n core -6 address add 2001:db8:d::fe/64 dev cn0 nodad
	ip -n core -6 address add 2001:db8:f::1/64 dev gen0 nodad
	ip -n core -6 route add 2001:db8:40::/64 via 2001:db8:f::2
	ip -n core -6 route add 2001:db8:c0::/44 via 2001:db8:f::2
	ip -n gen -6 address add 2001:db8:f::2/64 dev core0 nodad
	ip -n gen -6 route add default via 2001:db8:f::1
	# answers are read from a packet socket: the stack has nothing to do with them
	ip -n gen -6 route add blackhole 2001:db8:40::/64
	ip -n gen -6 route add blackhole 2001:db8:c0::/44
	busywait 10 ns gen ping -c 1 -W 1 $CN >"$OUT/ping.log" || die "gen does not reach the correspondent node"
}

NODE=cn

# cn_start [LINE...]: the lines are added to the configuration
# shellcheck disable=SC2120
cn_start()
{
	cat >"$OUT/mip6d.conf" <<-END
	NodeConfig CN;
	DebugLevel ${DEBUG:-0};
	END
	mip6d_run "$@"
}

n_states() { ip -n cn xfrm state | grep -c '^src 2001'; }
n_policies() { ip -n cn xfrm policy | grep -c '^src 2001'; }
