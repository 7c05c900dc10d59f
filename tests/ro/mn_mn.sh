#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 360
#
# Two mobile nodes talk: each is the other's correspondent, so packets have both headers. On one link they reach each other
# directly and not through the router; with one of them at home it goes on.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

talk() { ns mn ping -6 -n -c "${1:-20}" -i 0.1 -W 1 -I $HOA $HOA2 >"$OUT/ping"; }
no_loss() { is "$(grep -o '[0-9]*% packet loss' "$OUT/ping")" "0% packet loss" "$1" || { diag_file "$OUT/ping" 5; diag_ro; }; }
both_optimized() { ro_is optimized $HOA2 mn && ro_is optimized $HOA m2; }
# Not only in the home agent's list, where a binding is while its address is still being checked
registered() { ctl "$1" bul | jq -e 'any(.[]; .home_agent_address != null and .state == "registered")' >/dev/null; }
coa() { ctl "$1" status | jq -r .care_of_address; }

diag_both()
{
	diag_ro
	diag "m2:"; diag_file "$OUT/m2.log" 15
	diag "$(ctl m2 bul)"
	diag "$(ip -n m2 xfrm state)"
	diag "$(ip -n m2 xfrm policy)"
}

# both_headers FILE: requests and replies are direct and have both
both_headers()
{
	local a b

	a=$(coa mn) b=$(coa m2)
	ge "$(packets "$1" "p.kind == 'echo' and p.src == '$a' and p.hoa == '$HOA' and p.dst == '$b' and p.rt2 == '$HOA2'")" 15 \
		"$1: requests have a Home Address option and a routing header"
	ge "$(packets "$1" "p.kind == 'reply' and p.src == '$b' and p.hoa == '$HOA2' and p.dst == '$a' and p.rt2 == '$HOA'")" 15 "$1: and replies"
}

world_up f1
m2_up f2
start_ha || die "no home agent"
start_mn || die "no mobile node"
start_m2 || die "no second mobile node"
busywait 15 bound_at f1 && busywait 15 bound_at f2 && busywait 15 registered mn && busywait 15 registered m2 || { diag_both; die "not registered"; }

# ---- on two links
talk 20; no_loss "on two links they reach each other"
busywait 5 both_optimized; ok $? "both are optimized" || diag_both
capture mn eth0 two-links ip6
talk; no_loss "and go on to"
capture_stop two-links
both_headers two-links
is "$(packets two-links "p.inner and p.inner.kind in ('echo', 'reply')")" 0 "two-links: nothing is in a tunnel"

# ---- on one link
move_m2 f1
busywait 10 sh -c "[ \$(\"$MIP6CTL\" --socket $OUT/ha/ctl --json bc | grep -o '${PREFIX[f1]}' | wc -l) = 2 ]"; ok $? "the second comes to the first one's link"
talk 10
busywait 5 both_optimized; ok $? "both are optimized again" || diag_both
capture mn eth0 one-link ip6
capture r1 eth0 router "ip6 and ether dst $(ip -n r1 -o link show eth0 | grep -o 'ether [^ ]*' | cut -d' ' -f2)"
talk; no_loss "on one link they reach each other"
capture_stop router
capture_stop one-link
both_headers one-link
is "$(packets one-link "p.kind in ('echo', 'reply') and {p.eth_src, p.eth_dst} != {'$MN_MAC', '$MN2_MAC'}")" 0 "one-link: from one to the other"
is "$(packets router "p.kind in ('echo', 'reply') or p.kind == 'tunnel' and p.inner.kind in ('echo', 'reply')")" 0 "one-link: and the router sees none of it"

# ---- both move at once
move f2
move_m2 home
busywait 10 bound_at f2
busywait 10 ro_is idle $HOA m2; ok $? "at home, the second has released its binding with the first" || diag_both
talk 10
busywait 5 ro_is optimized $HOA2 mn; ok $? "the first is optimized with it" || diag_both
capture mn eth0 one-home ip6
talk; no_loss "one abroad and one at home: they reach each other"
capture_stop one-home
ge "$(packets one-home "p.kind == 'echo' and p.hoa == '$HOA' and p.dst == '$HOA2' and p.rt2 is None")" 15 "one-home: requests have a Home Address option"
ge "$(packets one-home "p.kind == 'reply' and p.src == '$HOA2' and p.hoa is None and p.rt2 == '$HOA'")" 15 "one-home: replies a routing header"

stop_bg m2; is $? 0 "the second stops with status 0"
stop_mn; is $? 0 "and the first"
for n in mn m2; do is "$(ip -n $n xfrm state; ip -n $n xfrm policy)" "" "nothing is left in XFRM: $n"; done
finish
