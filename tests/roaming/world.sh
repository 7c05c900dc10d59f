# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The world in which a mobile node roams, in network namespaces. Source it after ../vm/lib.sh.
#
#	            cn  2001:db8:c::2
#	            |
#	          core
#	    _______/ | \_______
#	   ha        r1        r2         home agent and access routers, radvd on each
#	   |         |         |
#	br-home    br-f1     br-f2        bridges, in the namespace sw
#	 |    |
#	 nb   mn                          a neighbour at home; the mobile node, whose cable moves
#
# world_up makes it, move and replug carry the mobile node, start_ha and start_mn run mip6d. more_ha adds a home agent
# to the home link that is not its router.

HA=2001:db8:0:1::1
HOA=2001:db8:0:1::100
NB=2001:db8:0:1::200
CN=2001:db8:c::2
declare -A PREFIX=([home]=2001:db8:0:1 [f1]=2001:db8:f1: [f2]=2001:db8:f2:)
declare -A ROUTER=([home]=ha [f1]=r1 [f2]=r2)
# link-local addresses that say who it is in a capture
LL_HA=fe80::1 LL_R1=fe80::f1 LL_R2=fe80::f2
MN_MAC=02:00:00:00:00:64
MN1_MAC=02:00:00:00:01:64

MIP6D=${MIP6D:-$TOP/umip/mip6d}
MIP6CTL=${MIP6CTL:-$TOP/umip/mip6ctl}
PYTHON=/usr/bin/python3
ROAMING=$TOP/tests/roaming
PROBE=${BUILD:-$TOP/build}/roaming/probe

MARKS=$OUT/marks.csv

# ---- the links ------------------------------------------------------------------------------------

# write_radvd LINK DEV [NAME=VALUE...]
write_radvd()
{
	local link=$1 dev=$2 home='' address=''

	if [ "$link" = home ]; then
		home='AdvHomeAgentFlag on; AdvHomeAgentInfo on; HomeAgentLifetime 1800; HomeAgentPreference 10;'
		address='AdvRouterAddr on;'
	fi
	cat >"$OUT/radvd-$link.conf" <<-END
	interface $dev {
		AdvSendAdvert on;
		MinRtrAdvInterval ${RA_MIN:-0.3};
		MaxRtrAdvInterval ${RA_MAX:-1};
		MinDelayBetweenRAs 0.03;
		AdvIntervalOpt on;
		AdvRASolicitedUnicast ${RA_UNICAST:-on};
		AdvDefaultLifetime 300;
		$home
		prefix ${PREFIX[$link]}${3:-::}/64 {
			AdvOnLink on;
			AdvAutonomous on;
			AdvValidLifetime 600;
			AdvPreferredLifetime 300;
			$address
		};
	};
	END
}

# start_radvd LINK
start_radvd()
{
	local link=$1 ns=${ROUTER[$1]}

	start_bg "radvd-$link" ip netns exec "$ns" radvd -n -m stderr -C "$OUT/radvd-$link.conf" -p "$OUT/radvd-$link.pid"
}

# world_up [LINK]: builds all of it, with the mobile node's cable in LINK (home). SNOOPING=1: the bridges are
# switches that watch MLD.
world_up()
{
	local snooping=${SNOOPING:-0} link ns

	MN_LINK=${1:-home}
	# before the namespaces, so that each has the module's own fallback device from the start
	need_modules veth bridge ip6_tunnel
	ns_add sw ha r1 r2 core cn mn nb || die "namespaces"

	{
		for link in home f1 f2; do
			echo "link add br-$link type bridge forward_delay 0 stp_state 0 mcast_snooping $snooping mcast_querier $snooping"
			echo "link set br-$link up"
		done
		for ns in ha r1 r2 mn nb; do echo "link add $ns type veth peer name eth0 netns $ns"; done
		echo "link set ha master br-home"
		echo "link set r1 master br-f1"
		echo "link set r2 master br-f2"
		echo "link set mn master br-$MN_LINK"
		echo "link set nb master br-home"
		for ns in ha r1 r2 mn nb; do echo "link set $ns up"; done
	} | ip -n sw -batch - || die "links"
	# the bridges are cables here, not hosts
	ns sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1

	for ns in ha r1 r2 core; do ns "$ns" sysctl -qw net.ipv6.conf.all.forwarding=1; done
	# addresses without the second of DAD: nobody else is there yet
	{
		echo "link set eth0 addrgenmode none"
		echo "link set eth0 up"
		echo "address add $HA/64 dev eth0 nodad"
		echo "address add $LL_HA/64 dev eth0 nodad"
		echo "link add core type veth peer name ha netns core"
		echo "link set core up"
		echo "address add 2001:db8:ff:1::2/64 dev core nodad"
		echo "route add default via 2001:db8:ff:1::1"
	} | ip -n ha -batch - || die "ha"
	for ns in r1 r2; do
		link=f${ns#r}
		{
			echo "link set eth0 addrgenmode none"
			echo "link set eth0 up"
			echo "address add ${PREFIX[$link]}:1/64 dev eth0 nodad"
			echo "address add fe80::$link/64 dev eth0 nodad"
			echo "link add core type veth peer name $ns netns core"
			echo "link set core up"
			echo "address add 2001:db8:ff:$link::2/64 dev core nodad"
			echo "route add default via 2001:db8:ff:$link::1"
		} | ip -n $ns -batch - || die "$ns"
	done
	{
		echo "link add cn type veth peer name eth0 netns cn"
		for ns in ha r1 r2 cn; do echo "link set $ns up"; done
		echo "address add 2001:db8:ff:1::1/64 dev ha nodad"
		echo "address add 2001:db8:ff:f1::1/64 dev r1 nodad"
		echo "address add 2001:db8:ff:f2::1/64 dev r2 nodad"
		echo "address add 2001:db8:c::1/64 dev cn nodad"
		echo "route add ${PREFIX[home]}::/64 via 2001:db8:ff:1::2"
		echo "route add ${PREFIX[f1]}:/64 via 2001:db8:ff:f1::2"
		echo "route add ${PREFIX[f2]}:/64 via 2001:db8:ff:f2::2"
	} | ip -n core -batch - || die "core"
	{
		echo "link set eth0 up"
		echo "address add $CN/64 dev eth0 nodad"
		echo "route add default via 2001:db8:c::1"
	} | ip -n cn -batch - || die "cn"

	write_radvd home eth0 ::
	write_radvd f1 eth0 :
	write_radvd f2 eth0 :
	for link in home f1 f2; do start_radvd $link; done

	ip -n mn link set eth0 address $MN_MAC
	ip -n mn link set eth0 up
	ip -n nb link set eth0 up
	ip -n nb address add $NB/64 dev eth0 nodad
	for ns in mn nb; do
		busywait 10 has_default $ns || die "$ns has no default route"
	done
	echo "time,event,link,round" >"$MARKS"
}

# more_ha NAME N PREFERENCE: another home agent on the home link, with the addresses PREFIX::N and fe80::N, which advertises
# itself and is nobody's default router. "NAME.conf" is its mip6d's configuration, for run_mip6d NAME NAME.
more_ha()
{
	local name=$1 addr=${PREFIX[home]}::$2

	ns_add "$name" || die "$name"
	ip -n sw link add "$name" type veth peer name eth0 netns "$name" || die "$name"
	ip -n sw link set "$name" master br-home
	ip -n sw link set "$name" up
	ns "$name" sysctl -qw net.ipv6.conf.all.forwarding=1
	{
		echo "link set eth0 addrgenmode none"
		echo "link set eth0 up"
		echo "address add $addr/64 dev eth0 nodad"
		echo "address add fe80::$2/64 dev eth0 nodad"
		echo "route add default via $HA"
	} | ip -n "$name" -batch - || die "$name"
	cat >"$OUT/radvd-$name.conf" <<-END
	interface eth0 {
		AdvSendAdvert on;
		MinRtrAdvInterval ${RA_MIN:-0.3};
		MaxRtrAdvInterval ${RA_MAX:-1};
		AdvDefaultLifetime 0;
		AdvHomeAgentFlag on;
		AdvHomeAgentInfo on;
		HomeAgentLifetime 1800;
		HomeAgentPreference $3;
		prefix $addr/64 {
			AdvOnLink on;
			AdvAutonomous on;
			AdvValidLifetime 600;
			AdvPreferredLifetime 300;
			AdvRouterAddr on;
		};
	};
	END
	start_bg "radvd-$name" ip netns exec "$name" radvd -n -m stderr -C "$OUT/radvd-$name.conf" -p "$OUT/radvd-$name.pid"
	write_ha_conf "$name"
}

# second_if LINK: the mobile node gets a second interface, eth1, with its cable in LINK
second_if()
{
	ip -n sw link add mn1 type veth peer name eth1 netns mn || die "second interface"
	printf 'link set mn1 master br-%s\nlink set mn1 up\n' "$1" | ip -n sw -batch - || die "second interface"
	printf 'link set eth1 address %s\nlink set eth1 up\n' "$MN1_MAC" | ip -n mn -batch - || die "second interface"
}

has_default() { ip -n "$1" -6 route show default | grep -q .; }

# delay NS DEV MS: one-way delay of what DEV sends
delay() { need_modules sch_netem && ip netns exec "$1" tc qdisc replace dev "$2" root netem delay "$3ms"; }

# ---- moving ---------------------------------------------------------------------------------------

# mark EVENT [LINK [ROUND]]: a line in the log of what was done when
mark() { echo "$EPOCHREALTIME,$1,${2:-},${3:-}" >>"$MARKS"; }

# move LINK [ROUND]: the cable is pulled out and put in elsewhere
move()
{
	# the mark is when the plug is out, so nothing of what ip(8) takes to start counts
	mark "$MN_LINK-$1" "$1" "${2:-}"
	printf 'link set mn down\nlink set mn master br-%s\nlink set mn up\n' "$1" |
		ip -n sw -batch - || die "move"
	MN_LINK=$1
}

# replug LINK [ROUND]: the switch is told to carry the port to another link; the host sees no carrier change
replug()
{
	mark "$MN_LINK-$1" "$1" "${2:-}"
	ip -n sw link set mn master "br-$1" || die "replug"
	MN_LINK=$1
}

# ---- mip6d ----------------------------------------------------------------------------------------

IPSEC=${IPSEC:-}	# lines of both files instead of "UseMnHaIPsec disabled;"
HA_CONF=${HA_CONF:-}	# further lines of the home agent's file
MN_CONF=${MN_CONF:-}
MN_IFACE=${MN_IFACE:-'Interface "eth0";'}	# the mobile node's Interface lines
MN_NETWORK=${MN_NETWORK:-}	# "PREFIX/LENGTH, ...": it is a mobile router
MN_HOMES=${MN_HOMES:-}	# further HomeAddress lines
MN_HA=${MN_HA-$HA}	# the mobile node's HomeAgentAddress; empty: it finds one

# write_ha_conf [NAME [INTERFACE]]
write_ha_conf()
{
	cat >"$OUT/${1:-ha}.conf" <<-END
	NodeConfig HA;
	DebugLevel ${DEBUG_LEVEL:-5};
	Interface "${2:-eth0}";
	${IPSEC:-UseMnHaIPsec disabled;}
	$HA_CONF
	END
}

write_mn_conf()
{
	cat >"$OUT/mn.conf" <<-END
	NodeConfig MN;
	DebugLevel ${DEBUG_LEVEL:-5};
	${IPSEC:-UseMnHaIPsec disabled;}
	$MN_IFACE
	$MN_CONF
	MnHomeLink "eth0" {
		${MN_HA:+HomeAgentAddress $MN_HA;}
		${MN_NETWORK:+IsMobRtr enabled;}
		HomeAddress $HOA/64${MN_NETWORK:+ ($MN_NETWORK)};
		$MN_HOMES
	}
	END
}

# run_mip6d NAME NS: NAME is of the configuration, the log, the state directory and the socket
run_mip6d()
{
	mkdir -p "$OUT/$1"
	start_bg "$1" ip netns exec "$2" "$MIP6D" -c "$OUT/$1.conf" --socket "$OUT/$1/ctl" --state-dir "$OUT/$1"
	if ! busywait 15 ready "$1"; then
		diag "mip6d $1 does not answer"
		diag_file "$OUT/$1.log"
		return 1
	fi
}

ready() { bg_alive "$1" || return 0; ctl "$1" status >/dev/null && bg_alive "$1"; }

# ctl ha|mn COMMAND...: mip6ctl --json
ctl()
{
	local name=$1

	shift
	"$MIP6CTL" --socket "$OUT/$name/ctl" --json "$@"
}

start_ha() { write_ha_conf; run_mip6d ha ha; }
start_mn() { write_mn_conf; run_mip6d mn mn; }
stop_ha() { stop_bg ha "${1:-TERM}"; }
stop_mn() { stop_bg mn "${1:-TERM}"; }

# bound_at PREFIX-OF-COA [HOME-AGENT]: the home agent has the binding there; "home": it has none
bound_at()
{
	local coas

	coas=$(ctl "${2:-ha}" bc | grep -o '"care_of_address": *"[^"]*"')
	case $1 in
	home)	[ -z "$coas" ] && ctl "${2:-ha}" status >/dev/null ;;
	*)	[[ $coas == *"\"${PREFIX[$1]}"* ]] ;;
	esac
}

# reachable: one ping from the correspondent to the home address
reachable() { ip netns exec cn ping -6 -n -c 1 -W 0.3 $HOA; }

# settled LINK: registered there, or deregistered at home, and packets flow
settled()
{
	busywait 10 bound_at "$1" && busywait 5 reachable >/dev/null
}

# ---- what is in the kernel ------------------------------------------------------------------------

# snapshot NS: everything that mip6d could touch, in a form that is the same if nothing changed
snapshot()
{
	ip netns exec "$1" bash -c '
		echo "== links"; ip -o link | sed "s/^[0-9]*: //; s/ *qlen [0-9]*//; s/\\\\.*//"
		echo "== addresses"; ip -6 -o address | sed "s/\\\\.*//; s/^[0-9]*: //; s/ *$//" | sort
		echo "== routes"; ip -6 -d route show table all | sed "s/ expires [0-9]*sec//; s/ *$//" | sort
		echo "== rules"; ip -6 rule
		echo "== proxies"; ip -6 neigh show proxy
		echo "== groups"; ip -6 maddress | sed "s/^[0-9]*:[[:space:]]*//" | sort
		echo "== xfrm state"; ip xfrm state
		echo "== xfrm policy"; ip xfrm policy
		echo "== qdisc"; tc qdisc
		echo "== sysctl"; grep -r . /proc/sys/net/ipv6 2>/dev/null | sort
	' | grep -v -e '/stable_secret:'
}

# snapshot_diff NS BEFORE DESCRIPTION: a test that what BEFORE holds is what there is now. What the kernel
# forgets by itself may take a moment.
snapshot_diff()
{
	local i

	for i in 1 2 3 4 5 6 7 8 9 10; do
		snapshot "$1" >"$2.after"
		if diff "$2" "$2.after" >"$2.diff"; then
			ok 0 "$3"
			return
		fi
		nap 0.3
	done
	ok 1 "$3"
	diag_file "$2.diff" 30
}

# ---- probes ---------------------------------------------------------------------------------------

# need_probe: the Makefile builds it on the host; a scenario that is run by hand does it itself
need_probe()
{
	[ -x "$PROBE" ] && [ "$PROBE" -nt "$ROAMING/probe.c" ] && return
	PROBE=$OUT/probe
	gcc -O2 -o "$PROBE" "$ROAMING/probe.c" || die "cannot build probe"
}

# probes_start: correspondent -> home address and back, and home address -> correspondent one way
probes_start()
{
	need_probe
	start_bg echo-mn ip netns exec mn "$PROBE" echo --out "$OUT/echo-mn.csv"
	start_bg echo-cn ip netns exec cn "$PROBE" echo --out "$OUT/echo-cn.csv"
	nap 0.2
	start_bg send-cn ip netns exec cn "$PROBE" send $HOA --src $CN --out "$OUT/send-cn.csv"
	start_bg send-mn ip netns exec mn "$PROBE" send $CN --src $HOA --one-way --out "$OUT/send-mn.csv"
}

probes_stop()
{
	local name

	for name in send-cn send-mn echo-mn echo-cn; do stop_bg $name INT; done
}

# pinging NAME: an echo request from the correspondent to the home address each 20 ms, until pinged
pinging() { start_bg "ping-$1" ip netns exec cn ping -6 -n -i 0.02 -D $HOA; nap 0.3; }

# pinged NAME: ends it; $gap is the longest time without an answer, ms, and $lost how many were not answered
pinged()
{
	nap 0.2
	stop_bg "ping-$1" INT
	read -r gap lost <<<"$(sed -n 's/^\[\([0-9.]*\)\].*icmp_seq=\([0-9]*\) .*time=.*/\1 \2/p' "$OUT/ping-$1.log" |
		awk '{ if (NR == 1) first = $2; else if ($1 - t > g) g = $1 - t; t = $1; if ($2 > last) last = $2; n += !seen[$2]++ }
			END { printf "%d %d", n ? g * 1000 : 999999, n ? last - first + 1 - n : 999999 }')"
}

# watch_mn: what the mobile node's link carries in advertisements and signalling, for analyse.py
watch_mn()
{
	capture mn eth0 mn 'icmp6 or ip6 proto 135 or ip6 proto 60 or ip6 proto 43'
}

# analyse [OPTIONS]: from the files of the above; the table goes to stdout, the values to $OUT/moves.json
analyse()
{
	$PYTHON "$ROAMING/analyse.py" --dir "$OUT" --json "$OUT/moves.json" "$@"
}

# figure MOVE FIELD median|worst: of moves.json
figure() { jq -r --arg m "$1" --arg f "$2" --arg s "$3" '.summary[$m][$f][$s]' "$OUT/moves.json"; }

# explain the world after a failure
diag_world()
{
	diag "marks:"; diag_file "$MARKS" 5
	diag "mip6d mn:"; diag_file "$OUT/mn.log" 15
	diag "mip6d ha:"; diag_file "$OUT/ha.log" 15
	diag "$(ip -n mn -6 address show)"
	diag "$(ip -n mn -6 route show table all | grep -v multicast)"
	diag "$(ip -n mn -6 rule)"
}
