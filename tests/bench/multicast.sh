#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# What multicast costs a home agent: a packet of a group for each of its members, against a packet to one mobile node by its route, which is what the kernel
# does anyway; and what everybody else's packets pay for it. The numbers are those of an emulated processor (best with --icount), so each
# has its control in the same run, and the ratio counts. Needs build/bench (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

N=${N:-64}
# how much more than by a route a member may cost, and how much more a packet may cost that has nothing to do with groups
MEMBER=${MEMBER:-1.25} OTHERS=${OTHERS:-1.1}
FLOOD=$BUILD/bench/flood
PYTHON=/usr/bin/python3
ALL=ff05::1111 ONE=ff05::2222 NONE=ff05::3333

flood() { ns dup "$FLOOD" "$@" || die "flood"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
report() { ns gen $PYTHON "$TOP/tests/roaming/group.py" mld "$@" || die "report"; }
unicast() { flood $HOA "$N" $((N * 4)); }
members() { ctl bc | jq '[.[].groups[]?] | length'; }

bench_world
[ -x "$FLOOD" ] || die "no $FLOOD: make -C tests/bench"
ip -n dup -6 address add 2001:db8:1::2/64 dev br0 nodad
mip6d_start || die "mip6d starts"
gen_start mn --hoa $HOA --coa $COA --coa2 $COA2 --n "$N" --window 64 --lifetime 600
gen_do mn register
is "$(val status_0)" "$N" "registered" || finish
without=$(unicast)
stop_bg mip6d
gen_tell mn forget
echo "HaMulticast enabled;" >>"$OUT/mip6d.conf"
mip6d_run || die "mip6d starts"
gen_do mn register
is "$(val status_0)" "$N" "registered, with HaMulticast" || finish
report "$COA+$N" $HA $ALL
report $COA $HA $ONE
busywait 5 eval '[ "$(members)" = $((N + 1)) ]'; ok $? "$N members, and one" || diag "$(ctl stats | grep -E 'mld|multi')"

with=$(unicast)
none=$(flood $NONE 1 1000 br0)
n=$(counter multicast_out)
one=$(flood $ONE 1 1000 br0)
all=$(flood $ALL 1 100 br0)
# of 1348 bytes, whose path to each member is looked up
long=$(flood $ALL 1 100 br0 1300)
long_none=$(flood $NONE 1 1000 br0 1300)
is "$(($(counter multicast_out) - n))" $((11 * (1000 + 200 * N))) "each member was sent each packet"
is "$(counter multicast_lost)" 0 "none was lost"
diag "ns: a packet by its route $without, with HaMulticast $with; to a group of nobody $none, of one $one, of $N $all"
member=$(ratio $(((all - none) / N)) $((with - none)))
diag "for each member $(((all - none) / N)) ns, by a route $((with - none)) ns: $member"
le "$member" "$MEMBER" "a member, against a packet by its route"
member=$(ratio $(((long - long_none) / N)) $((with - none)))
diag "for each member of a group with packets of 1348 bytes $(((long - long_none) / N)) ns: $member"
le "$member" "$MEMBER" "the same with a packet whose path has to be looked up"
le "$(ratio "$with" "$without")" "$OTHERS" "packets that have nothing to do with groups, against those without HaMulticast"
gen_stop mn
stop_bg mip6d
finish
