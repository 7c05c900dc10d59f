#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
#
# What IPv6 multicast routing costs: a packet without a route when others wait, a packet with one among many, a packet to many
# outputs, and adding routes with the socket option and by netlink. The numbers are those of an emulated processor, so each is
# measured in turns with its control, and the ratio counts. On an unpatched kernel only the numbers: mroute-compare shows both.
#
# The sender is of the idle class, so that whatever the kernel leaves to a thread for later (ksoftirqd) is done before the next packet,
# and in the time that is measured.
#
# TOOLS has the programs ip6mr_ctl and ip6mr_nl of the patched tree's selftests. Results are in $OUT/mroute.csv.

. "$(dirname "$0")/../vm/lib.sh"

TOOLS=${TOOLS:-${BUILD:-$TOP/build}/kernel/selftests/net}
ROUTES=${ROUTES:-50000} PENDING=${PENDING:-1000 5000 10000 15000} ROUNDS=${ROUNDS:-3} TURNS=${TURNS:-3}
GROUP=ff3e::4321:1234
OUTPUTS=${OUTPUTS:-1 8 30}
PENDING_GROWTH=1.5 NETLINK_COST=1.3 FORWARD_GROWTH=1.3 OUTPUT_GROWTH=1.5

ctl() { "$TOOLS/ip6mr_ctl" "@$1" "${@:2}"; }
sender() { chrt -i 0 "$TOOLS/ip6mr_ctl" @snd "$@"; }
nl() { "$TOOLS/ip6mr_nl" "@$1" "${@:2}"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'; }
least() { sed -n 's/^ns //p' | sort -n | head -n 1; }
result() { echo "\"$1\",$2,$3,$4" >>"$OUT/mroute.csv"; diag "$(printf '%-42s %8s %8s ns %6s' "$@")"; }

# world: snd a0 - r0 rtr r1 - b0 rcv
world()
{
	local sysctl_ns

	ns_add snd rtr rcv
	{ veth snd a0 rtr r0 && veth rtr r1 rcv b0; } || die "veth"
	ip -n snd addr add 2001:db8:a::2/64 dev a0 nodad
	sysctl_ns=(ip netns exec rtr sysctl -qw)
	"${sysctl_ns[@]}" net.ipv6.conf.all.forwarding=1
	"${sysctl_ns[@]}" net.ipv6.mroute.max_unresolved=1000000 2>/dev/null
	PATCHED=$?
}

# daemon COMMAND...: with room for its reports; ends with daemon_end
daemon()
{
	start_bg daemon "$TOOLS/ip6mr_ctl" @rtr rcvbuf 200000000 , init , mif 0 r0 , mif 1 r1 , "$@" , ready , wait 900
	busywait 60 grep -q ready "$OUT/daemon.log" || die "the daemon starts"
}
daemon_end() { stop_bg daemon; : >"$OUT/daemon.log"; }

# waiting: how many channels wait for a route
waiting() { ctl rtr dump | sed 's/.*unresolved \([0-9]*\) .*/\1/'; }

# pending N: in $cost, ns of a packet with a new source when N others wait, the best of some hundreds
pending()
{
	local i words=() first=1000 all=$(($1 + ROUNDS * 100))

	[ "$1" = 0 ] || words=(send a0 "$GROUP" "$first" "$1" ",")
	for ((i = 0; i < ROUNDS; i++)); do words+=(time a0 "$GROUP" "$((first + $1 + 100 * i))" 100 ","); done
	cost=$(sender "${words[@]}" | least)
	[ "$(waiting)" = $all ] || die "not all of $all packets wait: $(ctl rtr dump)"
	ctl rtr flush 1 >/dev/null
}

# reached: does the router hear the sender? The kernel takes a second to believe in a link.
reached() { sender send a0 "$GROUP" 0 1; [ "$(waiting)" = 1 ]; }

# packets N: in $cost, ns of a packet of the first source, the best of N short samples, some of which nothing interrupts. That
# all of them left by MIF 1 is checked.
packets()
{
	local i words=() out

	for ((i = 0; i < $1; i++)); do words+=(same a0 "$GROUP" 0 40 ","); done
	cost=$(sender "${words[@]}" | least)
	read -r _ _ _ _ out _ < <(ctl rtr count 1)
	[ "$out" -ge $(($1 * 40)) ] || die "$out packets of $(($1 * 40)) were forwarded"
}

[ -x "$TOOLS/ip6mr_nl" ] || die "there is no $TOOLS/ip6mr_nl: tests/kernel/check selftests"
echo what,size,ns,ratio >"$OUT/mroute.csv"
world

daemon
busywait 10 reached || die "no packet reaches the router"
ctl rtr flush 1 >/dev/null
for n in $PENDING; do
	smalls=() costs=()
	for ((turn = 0; turn < TURNS; turn++)); do
		pending 100
		smalls+=("$cost")
		pending "$n"
		costs+=("$cost")
	done
	small=$(printf 'ns %s\n' "${smalls[@]}" | least) cost=$(printf 'ns %s\n' "${costs[@]}" | least)
	growth=$(ratio "$cost" "$small")
	result "packet without route" "$n" "$cost" "$growth"
	[ $PATCHED != 0 ] || at_most "$growth" $PENDING_GROWTH
	ok $? "a packet without a route costs the same when $n wait"
done
daemon_end

ones=() alls=() options=() netlinks=()
# forwarding: one route, many routes, in turns
for ((i = 0; i < TURNS; i++)); do
	for n in 1 "$ROUTES"; do
		daemon many "$n"
		sender send a0 $GROUP 0 1
		packets $((ROUNDS * 15))
		if [ "$n" = 1 ]; then ones+=("$cost"); else alls+=("$cost"); fi
		daemon_end
	done
done
one=$(printf 'ns %s\n' "${ones[@]}" | least) all=$(printf 'ns %s\n' "${alls[@]}" | least)
result "packet with a route" 1 "$one" 1
result "packet with a route" "$ROUTES" "$all" "$(ratio "$all" "$one")"
at_most "$all" "$(awk -v a="$one" "BEGIN { print a * $FORWARD_GROWTH }")"
ok $? "forwarding does not cost more with $ROUTES routes"

# What another output costs. They end in dummy interfaces, of which there are no more than that.
devices=1
mifs=()
base='' first=''
# outputs_cost N [DESCRIPTION]: of a packet to N outputs, and of each beyond the first
outputs_cost()
{
	local n=$1 what=${2:+, $2} i outputs=(1)

	for ((; devices < n; devices++)); do
		ip -n rtr link add d$devices up type dummy || die "dummy interfaces"
		mifs+=(mif "$((devices + 1))" "d$devices" ",")
	done
	for ((i = 2; i <= n; i++)); do outputs+=("$i"); done
	daemon "${mifs[@]}" mfc 2001:db8:a:0:1:: $GROUP 0 "${outputs[@]}"
	packets $((ROUNDS * 15))
	daemon_end
	if [ "$n" = 1 ]; then
		base=$cost
		result "packet to outputs$what" 1 "$cost" 1
		return
	fi
	each=$(((cost - base) / (n - 1)))
	first=${first:-$each}
	growth=$(ratio "$each" "$first")
	result "packet to outputs$what" "$n" "$cost" "$(ratio "$cost" "$base")"
	result "another output of$what" "$n" "$each" "$growth"
	[ $PATCHED != 0 ] || at_most "$growth" $OUTPUT_GROWTH
	ok $? "another output costs the same when there are $n${2:+ ($2)}"
}
for n in $OUTPUTS; do outputs_cost "$n"; done

# the same on a router that has a VRF, which makes a rule, and has joined groups with addresses
{ ip -n rtr link add vrf1 up type vrf table 7 && ip -n rtr addr add ff3e::99/128 dev r0 autojoin nodad; } || die "VRF, joined group"
outputs_cost "$n" "VRF and joined group"
ip -n rtr link del vrf1
ip -n rtr addr del ff3e::99/128 dev r0

# adding, in turns
for ((i = 0; i < TURNS; i++)); do
	ctl rtr flush 3 >/dev/null
	ctl rtr mif 30 r0 , mif 31 r1 >/dev/null
	options+=("$(ctl rtr adds "$ROUTES" 30 31 | least)")
	ctl rtr flush 2 >/dev/null
	[ $PATCHED != 0 ] || netlinks+=("$(nl rtr batch "$ROUTES" | least)")
	ctl rtr flush 15 >/dev/null
done
option=$(printf 'ns %s\n' "${options[@]}" | least)
result "route by socket option" "$ROUTES" "$option" 1
if [ $PATCHED = 0 ]; then
	netlink=$(printf 'ns %s\n' "${netlinks[@]}" | least)
	result "route by netlink" "$ROUTES" "$netlink" "$(ratio "$netlink" "$option")"
	at_most "$(ratio "$netlink" "$option")" $NETLINK_COST
	ok $? "a route by netlink costs at most $NETLINK_COST times as much"
fi
finish
