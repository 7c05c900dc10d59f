#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 360
#
# Messages that anybody can send in a correspondent's name: they cost a mobile node a few messages each minute at most, and traffic
# goes on, through the tunnel at worst.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

FORGE=$TOP/tests/ro/forge.py
forge() { ip netns exec core $PYTHON "$FORGE" "$@"; }
sum() { ctl mn stats | jq '.hoti_tx + .coti_tx + .bu_tx'; }
loss() { grep -o '[0-9.]*% packet loss' "$OUT/ping.log" | cut -d% -f1; }

# attack DESCRIPTION MOST COMMAND...: while a ping goes on
attack()
{
	local what=$1 most=$2 before

	shift 2
	start_bg ping ip netns exec mn ping -6 -n -i 0.1 $CN
	busywait 10 ro_is optimized $CN >/dev/null || diag "not optimized before: $what"
	before=$(sum)
	"$@"
	le $(($(sum) - before)) "$most" "$what: messages that the mobile node sent for it"
	nap 0.3
	stop_bg ping INT
	le "$(loss)" 5 "$what: packets lost, %" || diag_file "$OUT/ping.log" 4
}

world_up f1
start_ha || die "no home agent"
start_cn || die "no correspondent"
start_mn || die "no mobile node"
busywait 10 bound_at f1 || die "not registered"
coa=$(ctl mn status | jq -r .care_of_address)

attack "Binding Errors, no binding" 24 forge be $CN "$coa" $HOA 1 --count 1000
ge "$(stat_of mn be_rx)" 900 "they have arrived"
like "$(grep -c correspondent-lost-binding "$OUT/mn.log")" '^([0-9]|1[0-9])$' "it was believed a few times at most"
attack "Binding Errors, unknown type" 8 forge be $CN "$coa" $HOA 2 --count 300
ro_is unable $CN; is $? 1 "a peer that has answered is not taken for ignorant"
# who is on the path knows the sequence number
attack "acknowledgements, nonces expired" 30 forge ba $CN "$coa" $HOA "$(ro_field $CN sequence)" 138 --count 1000
attack "acknowledgements, accepted" 8 forge ba $CN "$coa" $HOA "$(ro_field $CN sequence)" 0 --count 500
attack "packets in the tunnel in its name" 12 forge tunnel $HA "$coa" $HOA $CN --count 1000
attack "packets in the tunnel from many names" 2000 forge names $HA "$coa" $HOA --count 1500 --rate 150
ge "$(ctl mn status | jq '[.correspondents[]] | add')" 2 "some of the names were tried"
le "$(ctl mn status | jq '[.correspondents[]] | add')" 1000 "but not all"

busywait 70 ro_is optimized $CN; ok $? "optimized again when it is over" || diag_ro
start_bg ping ip netns exec mn ping -6 -n -i 0.1 $CN
nap 1
stop_bg ping INT
is "$(loss)" 0 "and no packet is lost"
stop_mn; is $? 0 "the mobile node stops with status 0"
finish
