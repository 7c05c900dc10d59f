#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 700
#
# A mobile node with two interfaces, eth0 at f1 and eth1 at f2, while a correspondent pings the home address every 20 ms: the
# binding follows the better one that works, and comes back without a loss.
# BRIEF=1: one round of the carrier only (ifaces_brief.sh).
#
# A router that is gone while its link stays is noticed by the traffic, in whatever direction that is; and one that is there stays in use
# on a link that loses packets, or has more to carry than it can.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

BRIEF=${BRIEF:-}
ROUNDS=${ROUNDS:-3}
[ -z "$BRIEF" ] || ROUNDS=1

MN_IFACE='Interface "eth0" { MnIfPreference 1; }
	Interface "eth1" { MnIfPreference 2; }'

cable() { ip -n sw link set "$1" "$2"; }
used() { ctl mn status | jq -r .interface; }
moves() { ctl mn status | jq .moves; }
worst() { local i m=0; for i in "$@"; do [ "$i" -le "$m" ] || m=$i; done; echo "$m"; }
# goes LINK SECONDS: the home agent has the binding there within that time
goes() { busywait "$2" bound_at "$1" || { diag "not at $1"; diag_world; finish; }; }

# fresh: a mobile node that knows of no bad contact
fresh()
{
	stop_mn
	start_mn && settled f1 >/dev/null || { diag_world; die "not registered by eth0"; }
	busywait 5 ready_to_take_over || diag "$(ctl mn status)"
}
ready_to_take_over() { ctl mn status | jq -e '.interfaces[] | select(.interface == "eth1" and .state == "ready")' >/dev/null; }

world_up f1
second_if f2
snapshot mn >"$OUT/mn.before"
start_ha || die "no home agent"
start_mn || die "no mobile node"
settled f1 >/dev/null; ok $? "registered by the preferred interface" || { diag_world; finish; }
is "$(used)" eth0 "which is eth0"
busywait 5 ready_to_take_over
ok $? "and eth1 is ready" || diag "$(ctl mn status)"

# ---- the carrier ----------------------------------------------------------------------------------
gaps=() losses=() returns=()
for ((round = 1; round <= ROUNDS; round++)); do
	pinging loss$round
	cable mn down
	goes f2 5
	nap 0.7
	pinged loss$round
	gaps+=("$gap")
	diag "round $round: eth0 loses its carrier: longest gap $gap ms, $lost lost"
	pinging return$round
	cable mn up
	goes f1 70
	nap 0.7
	pinged return$round
	losses+=("$lost") returns+=("$gap")
	diag "round $round: eth0 is back: longest gap $gap ms, $lost lost"
done
le "$(worst "${gaps[@]}")" 700 "the preferred interface loses its carrier: longest gap, ms"
le "$(worst "${losses[@]}")" 0 "it is back: pings lost"
le "$(worst "${returns[@]}")" 500 "it is back: longest gap, ms"
rule="from ${PREFIX[f1]}:ff:fe00:64 lookup 25200"
like "$(ip -n mn -6 rule)" "$rule" "the care-of address has a routing table"
like "$(ip -n mn -6 route show table 25200)" "default via $LL_R1 dev eth0" "that leads out by its interface"

if [ -z "$BRIEF" ]; then
	# ---- a bad contact ----------------------------------------------------------------------------
	before=$(moves)
	for ((i = 0; i < 6; i++)); do cable mn down; nap 0.4; cable mn up; nap 0.8; done
	flaps=$(($(moves) - before))
	le "$flaps" 3 "six times off and on: changes of the interface"
	busywait 5 reachable >/dev/null; ok $? "and the mobile node answers" || diag_world
	goes f1 90
	is "$(used)" eth0 "in the end the preferred one is used again"

	# ---- its router, and nothing else ---------------------------------------------------------------
	# the mobile node answers, sends, receives; the correspondent does not answer, nor does the mobile node
	need_probe
	declare -A up=([sends]="mn cn $CN $HOA" [receives]="cn mn $HOA $CN")
	for kind in answers sends receives; do
		gaps=()
		for ((round = 1; round <= ROUNDS; round++)); do
			fresh
			if [ $kind = answers ]; then
				pinging router$round
			else
				read -r from to dst src <<<"${up[$kind]}"
				start_bg there ip netns exec "$to" "$PROBE" echo --out "$OUT/$kind$round.csv"
				nap 0.2
				start_bg here ip netns exec "$from" "$PROBE" send "$dst" --src "$src" --one-way --interval-ms 20 --out "$OUT/$kind$round-sent.csv"
				nap 1
			fi
			nap 0.$((RANDOM % 10))	# anywhere between two advertisements
			ip -n sw link set r1 down
			goes f2 10
			nap 0.7
			if [ $kind = answers ]; then
				pinged router$round
			else
				stop_bg here INT
				stop_bg there INT
				gap=$(awk -F, '/^[0-9]/ { if (n++ && $3 - t > g) g = $3 - t; t = $3 } END { printf "%d", n ? g * 1000 : 999999 }' \
					"$OUT/$kind$round.csv")
			fi
			gaps+=("$gap")
			cp "$OUT/mn.log" "$OUT/mn-$kind$round.log"
			diag "the mobile node $kind: the router disappears: longest gap $gap ms"
			ip -n sw link set r1 up
		done
		le "$(worst "${gaps[@]}")" 700 "the router behind it disappears, the mobile node $kind: longest gap of $ROUNDS rounds, ms"
	done

	# ---- its router is there, and hard to hear ------------------------------------------------------
	need_modules sch_netem
	impaired() { ns sw tc qdisc replace dev mn root netem "$@" && ns mn tc qdisc replace dev eth0 root netem "$@"; }
	repaired() { ns sw tc qdisc del dev mn root; ns mn tc qdisc del dev eth0 root; }
	probed() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "p.kind == 'ns' and p.target == '$LL_R1' and p.eth_src == '$MN_MAC'"; }
	# stays NAME: half a minute; how many questions the router got
	stays()
	{
		local before

		capture mn eth0 "$1" icmp6 || die "no capture"
		before=$(moves)
		nap 30
		is "$(used) $(($(moves) - before))" "eth0 0" "$2: no change of the interface in 30 s" || diag_world
		capture_stop "$1"
		diag "$2: $(probed "$1") questions to the router in 30 s"
	}
	fresh
	impaired loss 10%
	pinging lossy
	stays lossy "a tenth of the packets lost in each direction, with traffic"
	pinged lossy
	le "$(probed lossy)" 60 "questions to the router, at most two a second"
	stays idle "the same without traffic"
	# more than fits through, and a quarter of a second of it waits
	impaired rate 800kbit limit 18
	start_bg flood ip netns exec cn ping -6 -n -q -i 0.005 -s 1400 $HOA
	stays loaded "a full link"
	stop_bg flood INT
	diag "$(grep -E 'transmitted|rtt' "$OUT/flood.log")"
	ge "$(sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' "$OUT/flood.log")" 1 "which lost packets, per cent"
	repaired

	# ---- its address, and nothing else --------------------------------------------------------------
	fresh
	pinging address
	ip -n mn address del "${PREFIX[f1]}:ff:fe00:64/64" dev eth0
	goes f2 5
	nap 0.7
	pinged address
	le "$gap" 700 "somebody deletes its address: longest gap, ms"
	goes f1 20	# the next advertisement brings it again

	# ---- pulled out -----------------------------------------------------------------------------------
	fresh
	pinging out
	ip -n sw link del mn
	goes f2 5
	nap 0.7
	pinged out
	le "$gap" 700 "the interface is pulled out: longest gap, ms"
	ip -n sw link add mn type veth peer name eth0 netns mn
	printf 'link set mn master br-f1\nlink set mn up\n' | ip -n sw -batch -
	ip -n mn link set eth0 address $MN_MAC
	pinging in
	ip -n mn link set eth0 up
	goes f1 20
	nap 0.7
	pinged in
	is "$lost" 0 "and put in again: pings lost"
	is "$(used)" eth0 "it is used again"
fi

# ---- at home by one, abroad with the other ------------------------------------------------------------
move home
busywait 10 bound_at home && busywait 5 reachable >/dev/null; ok $? "at home by eth0" || diag_world
ip -n mn -6 route add default via $LL_R2 dev eth1 metric 1
like "$(ip -n mn -6 route get $CN)" "via $LL_HA dev eth0 .*src $HOA" "what is not for the link leaves by it, although eth1 has the better default route" ||
	{ diag "$(ip -n mn -6 rule; ip -n mn -6 route)"; diag_world; }
like "$(ip -n mn -6 route get $NB)" "^$NB (from [^ ]+ )?dev eth0 .*src $HOA" "a neighbour is reached without the router"
ns mn ping -6 -n -c 2 -i 0.2 -W 1 $CN >"$OUT/ping-home"; ok $? "the correspondent is reached" || diag_file "$OUT/ping-home"
ip -n mn -6 route del default via $LL_R2 dev eth1 metric 1
move f1
goes f1 20
is "$(ip -n mn -6 rule | grep -c "^99[69]:.*from $HOA ")" 0 "abroad there is nothing of this" || diag "$(ip -n mn -6 rule)"

# ---- the end ----------------------------------------------------------------------------------------
stop_mn
like "$(ip -n mn -6 rule | tr '\n' ' ')" '^0:[^0-9]*local 32766:[^0-9]*main $' "after the stop no rule is left"
is "$(ip -n mn -6 route show table all proto 62 | wc -l)$(ip -n mn -o link show type ip6tnl | grep -c mip6)" 00 "and no route, and no tunnel"
is "$(ip -n mn xfrm policy | wc -l)" 0 "and no policy"
finish
