# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The world of ../roaming, and correspondents in it. Source it after ../vm/lib.sh.
#
#	cn   CN    beside the core router, with mip6d (start_cn) or without
#	m2   HOA2  a second mobile node, whose cable moves like the first one's (start_m2, move_m2)

. "$(dirname "$0")/../roaming/world.sh"

HOA2=2001:db8:0:1::102
MN2_MAC=02:00:00:00:01:02
PCAP=$ROAMING/pcap.py

# ---- correspondents -------------------------------------------------------------------------------

write_cn_conf()
{
	cat >"$OUT/cn.conf" <<-END
	NodeConfig CN;
	DebugLevel ${DEBUG_LEVEL:-10};
	${CN_CONF:-}
	END
}

start_cn() { write_cn_conf; MIP6D=${MIP6D_CN:-$MIP6D} run_mip6d cn cn; }
stop_cn() { stop_bg cn "${1:-TERM}"; }

# m2_up LINK: the second mobile node's cable
m2_up()
{
	ns_add m2 || die "namespace"
	printf 'link add m2 type veth peer name eth0 netns m2\nlink set m2 master br-%s\nlink set m2 up\n' "$1" |
		ip -n sw -batch - || die "m2"
	ip -n m2 link set eth0 address $MN2_MAC
	ip -n m2 link set eth0 up
	busywait 10 has_default m2 || die "m2 has no default route"
}

move_m2()
{
	printf 'link set m2 down\nlink set m2 master br-%s\nlink set m2 up\n' "$1" | ip -n sw -batch - || die "move"
}

start_m2()
{
	write_mn_conf
	sed "s/$HOA/$HOA2/" "$OUT/mn.conf" >"$OUT/m2.conf"
	run_mip6d m2 m2
}

# ---- what is going on -----------------------------------------------------------------------------

# ro_state PEER [mn|m2]: the state of optimization with it, or nothing
ro_state() { ctl "${2:-mn}" bul | jq -r --arg p "$1" '.[] | select(.peer_address == $p) | .state'; }
ro_field() { ctl "${3:-mn}" bul | jq -r --arg p "$1" --arg f "$2" '.[] | select(.peer_address == $p) | .[$f]'; }
# ro_is STATE PEER [mn|m2]
ro_is() { [ "$(ro_state "$2" "${3:-mn}")" = "$1" ]; }
stat_of() { ctl "$1" stats | jq -r --arg n "$2" '.[$n]'; }

# packets FILE EXPRESSION: how many; first FILE EXPRESSION: the time of the first
packets() { $PYTHON "$PCAP" --count "$OUT/$1.pcap" "$2"; }
first() { $PYTHON "$PCAP" "$OUT/$1.pcap" "$2" | awk 'NR == 1 { print $1 }'; }
# ms FROM TO: milliseconds between two times; nothing if one is missing
ms() { awk -v a="$1" -v b="$2" 'BEGIN { if (a != "" && b != "") printf "%.1f\n", (b - a) * 1000 }'; }

diag_ro()
{
	diag_world
	diag "$(ctl mn bul)"
	diag "$(ip -n mn xfrm state)"
	diag "$(ip -n mn xfrm policy)"
	[ ! -e "$OUT/cn.log" ] || diag_file "$OUT/cn.log" 15
}
