# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A second home link for mobile nodes with several home addresses: br-home2 with its home agent ha2, which is its router. HOA and HOA_B
# are of the first home link, HOA_C is of the second. Source it after ../vm/lib.sh; it sources world.sh.

# shellcheck source=tests/roaming/world.sh
. "$TOP/tests/roaming/world.sh"

PREFIX[home2]=2001:db8:0:2 ROUTER[home2]=ha2
HA2=${PREFIX[home2]}::1
HOA_B=${PREFIX[home]}::101
HOA_C=${PREFIX[home2]}::100

# the second home link and its home agent, behind the same core
second_home()
{
	ns_add ha2 || die "ha2"
	{
		echo "link add br-home2 type bridge forward_delay 0 stp_state 0 mcast_snooping 0"
		echo "link set br-home2 up"
		echo "link add ha2 type veth peer name eth0 netns ha2"
		echo "link set ha2 master br-home2"
		echo "link set ha2 up"
	} | ip -n sw -batch - || die "br-home2"
	ns ha2 sysctl -qw net.ipv6.conf.all.forwarding=1
	{
		echo "link set eth0 addrgenmode none"
		echo "link set eth0 up"
		echo "address add $HA2/64 dev eth0 nodad"
		echo "address add fe80::2:1/64 dev eth0 nodad"
		echo "link add core type veth peer name ha2 netns core"
		echo "link set core up"
		echo "address add 2001:db8:ff:2::2/64 dev core nodad"
		echo "route add default via 2001:db8:ff:2::1"
	} | ip -n ha2 -batch - || die "ha2"
	{
		echo "link set ha2 up"
		echo "address add 2001:db8:ff:2::1/64 dev ha2 nodad"
		echo "route add ${PREFIX[home2]}::/64 via 2001:db8:ff:2::2"
	} | ip -n core -batch - || die "core"
	write_radvd home eth0 ::
	sed "s,${PREFIX[home]}::,${PREFIX[home2]}::," "$OUT/radvd-home.conf" >"$OUT/radvd-home2.conf"
	start_radvd home2
}

# coa_of HOME-ADDRESS: as its home agent has it
coa_of()
{
	local agent=ha

	[ "$1" != $HOA_C ] || agent=ha2
	ctl $agent bc | jq -r --arg h "$1" '.[] | select(.home_address == $h) | .care_of_address'
}

# located HOME-ADDRESS LINK: its home agent has it there
located()
{
	local coa

	coa=$(coa_of $1) || return
	case $2-$1 in
	home-$HOA | home-$HOA_B | home2-$HOA_C) [ -z "$coa" ] ;;
	*) [[ $coa == "${PREFIX[$2]}"* ]] ;;
	esac
}

# asked NAME HOME-ADDRESS: an echo request from the correspondent each 40 ms, until unanswered NAME
asked() { start_bg "ping-$1" ip netns exec cn ping -6 -n -i 0.04 -D "$2"; }

# unanswered NAME: ends it; $gap is the longest time of requests without an answer, ms, and $lost how many were lost in all. It counts requests,
# so that a ping that does not get the processor is no gap.
unanswered()
{
	nap 0.2
	stop_bg "ping-$1" INT
	read -r gap lost <<<"$(sed -n -e 's/^\[.*icmp_seq=\([0-9]*\) .*time=\([0-9.]*\) ms.*/\1 \2/p' -e 's/^\([0-9]*\) packets transmitted.*/\1 end/p' \
		"$OUT/ping-$1.log" |
		awk '$2 == "end" { $1 -= 2; $2 = 0 }	# the last ones may be on their way yet
			$1 > s { g = ($1 - s - 1) * 40 + $2; if (s && g > most) most = g; lost += s ? $1 - s - 1 : 0; s = $1 }
			END { printf "%d %d", s ? most : 999999, s ? lost : 999999 }')"
}

# home_is HOME-ADDRESS FIELD: of mip6ctl status
home_is() { ctl mn status | jq -r --arg h "$1" --arg f "$2" '.homes[] | select(.home_address == $h) | .[$f]'; }
