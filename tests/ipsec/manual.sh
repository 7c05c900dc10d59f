#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# Registrations protected by ESP with manual keys (RFC 3776, RFC 4877), read on the wire with them; nobody without the keys registers
# anything. ROUNDS: how often the mobile node goes from f1 to f2.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ROUNDS=${ROUNDS:-1}
TYPES="HomeRegBinding MobPfxDisc"

# registration FILE: no update in clear, both messages in ESP
registered()
{
	capture_stop "$1"
	is "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "p.kind in ('bu', 'ba')")" 0 "$2: no message of the registration in clear"
	ge "$(seen "$1" 'esp && mip6.mhtype == 5')" 1 "$2: with the keys, a Binding Update in ESP"
	ge "$(seen "$1" 'esp && mip6.mhtype == 6')" 1 "$2: and a Binding Acknowledgement"
}

need_modules esp6 xfrm_user
world_up
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"
# shellcheck disable=SC2086
associations $TYPES || die "no associations"
# shellcheck disable=SC2086
IPSEC=$(policies $TYPES)
start_ha || die "no home agent"
start_mn || die "no mobile node"

# ---- abroad ----
capture r1 eth0 r1 ip6 || die "no capture"
move f1
settled f1; ok $? "f1: registered" || { diag_ipsec; finish; }
registered r1 f1
is "$(ipsec_state ha HomeRegBinding)" protected "mip6ctl ipsec: the home agent's side is protected" || diag "$(ctl ha ipsec)"
is "$(ipsec_state mn HomeRegBinding)" protected "and the mobile node's" || diag "$(ctl mn ipsec)"
like "$("$MIP6CTL" --socket "$OUT/ha/ctl" ipsec)" "HomeRegBinding +transport +protected" "so says its table" ||
	diag "$("$MIP6CTL" --socket "$OUT/ha/ctl" ipsec 2>&1)"

# ---- others ----
coa=$(ctl mn status | jq -r .care_of_address)
seq=$(ctl ha bc | jq '.[0].sequence')
before=$(ctl ha bc | jq -c '.[] | [.care_of_address, .sequence]')
refused=$(stat_of ha ipsec_refused)
ns cn $PYTHON "$FORGE" --count 8 bu $HA $CN $HOA $CN $((seq + 1))
ns r1 $PYTHON "$FORGE" --count 8 bu $HA "$coa" $HOA $CN $((seq + 1))
nap 0.3
is "$(ctl ha bc | jq -c '.[] | [.care_of_address, .sequence]')" "$before" "updates without ESP, from elsewhere and from the care-of address, change nothing"
ge "$(stat_of ha ipsec_refused)" $((refused + 16)) "and are counted"
ns cn $PYTHON "$FORGE" --count 8 bu $HA $CN ${PREFIX[home]}::101 $CN 1
busywait 2 eval '[ "$(stat_of ha bu_unprotected)" -ge 8 ]'; ok $? "a home address without policies is not registered"
is "$(ctl ha bc | jq length)" 1 "there is still one binding"
solicited=$(stat_of ha mps_rx)
ns r1 $PYTHON "$FORGE" --count 8 mps $HA "$coa" $HOA
nap 0.3
is "$(stat_of ha mps_rx)" "$solicited" "solicitations without ESP are not answered"

# ---- moves ----
for ((round = 1; round <= ROUNDS; round++)); do
	[ "$MN_LINK" = f1 ] || { move f1; settled f1 >/dev/null; ok $? "f1 again: registered" || diag_ipsec; }
	pinging f2-$round
	move f2
	settled f2 >/dev/null; ok $? "f2: registered" || diag_ipsec
	pinged f2-$round
	gaps+=" $gap"
done
le "$(printf '%s\n' $gaps | sort -n | sed -n "$((ROUNDS / 2 + 1))p")" 800 "f1 to f2: the longest gap, median of$gaps, ms"

# ---- policies that somebody deletes are put back, and nothing gets in meanwhile ----
before=$(ctl ha bc | jq -c '.[] | .care_of_address')
seq=$(ctl ha bc | jq '.[0].sequence')
unguarded=$(stat_of ha ipsec_unguarded)
kill -STOP "$(bg_pid ha)"
ip -n ha xfrm policy flush ptype main
ns cn $PYTHON "$FORGE" --count 200 --rate 2000 bu $HA $CN $HOA $CN $((seq + 1))
kill -CONT "$(bg_pid ha)"
ns cn $PYTHON "$FORGE" --count 200 --rate 2000 bu $HA $CN $HOA $CN $((seq + 1))
busywait 3 eval '[ "$(ipsec_state ha HomeRegBinding)" = protected ]'; ok $? "policies that were flushed are back" || diag_ipsec
is "$(ctl ha bc | jq -c '.[] | .care_of_address')" "$before" "what came meanwhile has changed nothing"
ge "$(stat_of ha ipsec_unguarded)" $((unguarded + 200)) "it is counted"

# ---- home, and the end ----
capture mn eth0 mn ip6 || die "no capture"
pinging home
move home
settled home; ok $? "home: deregistered" || diag_ipsec
pinged home
le "$gap" 800 "return home: the longest gap, ms"
registered mn home
stop_mn; is $? 0 "the mobile node's mip6d stops"
stop_ha; is $? 0 "the home agent's mip6d stops"
for n in ha mn; do ip -n $n xfrm state deleteall proto esp; done
snapshot_diff mn "$OUT/mn.before" "the mobile node's kernel is as it was before"
snapshot_diff ha "$OUT/ha.before" "the home agent's kernel is as it was before"
finish
