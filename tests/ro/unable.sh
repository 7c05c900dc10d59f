#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Correspondents that lack Mobile IPv6, each in its own way: the first knows no Mobility Header at all, the second none of its types, the
# third everything but the Home Address option. Each says so, is left alone, and traffic goes on through the tunnel.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

IGNORANT=$TOP/tests/ro/ignorant.py

pings() { ns cn ping -6 -n -c "$1" -i 0.05 -W 1 $HOA >"$OUT/ping"; }

# unable WHY WHAT: the correspondent is found to be so, and then left alone
unable()
{
	local tests updates

	pings 20; ok $? "$2: it reaches the home address"
	busywait 3 ro_is unable $CN; ok $? "$2: it is known to be unable" || diag_ro
	is "$(ro_field $CN reason)" "$1" "$2: and why"
	nap 0.5
	tests=$(stat_of mn hoti_tx) updates=$(stat_of mn bu_tx)
	pings 40; ok $? "$2: traffic goes on"
	is "$(grep -o '[0-9.]*% packet loss' "$OUT/ping")" "0% packet loss" "$2: without a loss"
	is "$(stat_of mn hoti_tx) $(stat_of mn bu_tx)" "$tests $updates" "$2: and nothing is tried again meanwhile"
}

# lacks PART RULE: the correspondent's kernel does not see it, and what answers says that it does not know it
lacks()
{
	ns cn nft -f - <<-END || die "nft"
	table ip6 ignorant {
		chain in {
			type filter hook prerouting priority raw
			$2 drop
		}
	}
	END
	start_bg "ignorant-$1" ip netns exec cn $PYTHON "$IGNORANT" eth0 "$1"
	busywait 10 grep -q ready "$OUT/ignorant-$1.log" || die "nobody answers"
}

knows()
{
	stop_bg "ignorant-$1"
	ns cn nft delete table ip6 ignorant
}

fresh()
{
	stop_mn
	start_mn || die "no mobile node"
	settled f1 >/dev/null || die "not registered"
}

world_up
start_ha || die "no home agent"
start_mn || die "no mobile node"
move f1
settled f1 >/dev/null; ok $? "registered from f1" || { diag_ro; finish; }
unable "no mobility header" "no Mobility Header"

lacks types "meta l4proto 135"
fresh
unable "no mobility header" "no type of it"
ge "$(grep -c answered "$OUT/ignorant-types.log")" 1 "no type of it: Binding Error, status 2, was sent"
is "$(stat_of mn be_rx)" "$(grep -c answered "$OUT/ignorant-types.log")" "no type of it: and has arrived"
knows types

start_cn || die "no correspondent"
lacks option "exthdr dst exists"
fresh
unable "no home address option" "no Home Address option"
ge "$(stat_of mn cot_rx)" 1 "no Home Address option: the tests were answered"
ge "$(grep -c answered "$OUT/ignorant-option.log")" 1 "no Home Address option: Parameter Problem, code 2, was sent"
is "$(ctl cn bc | jq length)" 0 "no Home Address option: there is no binding"
diag "$(ctl mn bul)"
knows option

fresh
pings 20
busywait 5 ro_is optimized $CN; ok $? "one that has learned it all is optimized" || diag_ro
finish
