#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# What goes wrong with manual keys: keys that differ, a missing association, another reqid. mip6ctl and the log say it, nothing
# goes out in clear instead, and what is mended works again.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

TYPES="HomeRegBinding MobPfxDisc TunnelPayload"
read -r TO FROM <<<"${REQID[HomeRegBinding]}"
OTHER_KEY=$(printf 'ff%.0s' {1..32})

# replace SRC DST REQID MODE AUTH-KEY NS...: an association as somebody else would have it
replace()
{
	local ns

	for ns in "${@:6}"; do
		ip -n "$ns" xfrm state delete src "$1" dst "$2" proto esp spi $((0x1000 + $3)) 2>/dev/null
		association "$1" "$2" "$3" "$4" "$5" | ip -n "$ns" -batch - || die "association"
	done
}
remark() { ctl "$1" ipsec | jq -r '.[] | select(.type == "HomeRegBinding") | .remark'; }
check_says() { "$MIP6CTL" --socket "$OUT/$1/ctl" ipsec --check; }
logged() { grep -q "$2" "$OUT/$1.log"; }
# away FAULT: to the other foreign link, where nothing can be registered
away()
{
	capture r1 eth0 r1 ip6 && capture r2 eth0 r2 ip6 || die "no capture"
	start_bg ping-out ip netns exec mn ping -6 -n -i 0.1 -I $HOA $CN
	move "$([ "$MN_LINK" = f1 ] && echo f2 || echo f1)"
	nap 4
	stop_bg ping-out INT
	bound_at "$MN_LINK"; is $? 1 "$1: not registered"
}
# nothing_clear FAULT
nothing_clear()
{
	capture_stop r1
	capture_stop r2
	for n in r1 r2; do
		is "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/$n.pcap" "p.kind in ('bu', 'ba', 'mps', 'mpa', 'tunnel') or '$HOA' in (p.src, p.dst)")" 0 "$1: $n: nothing in clear" ||
			diag "$($PYTHON "$ROAMING/pcap.py" "$OUT/$n.pcap" "p.kind in ('bu', 'ba', 'mps', 'mpa', 'tunnel') or '$HOA' in (p.src, p.dst)" | head -5)"
	done
}
mended() { busywait 40 bound_at "$MN_LINK" && busywait 10 reachable >/dev/null; ok $? "$1: mended, registered" || diag_ipsec; }

need_modules esp6 xfrm_user
world_up
# shellcheck disable=SC2086
associations $TYPES || die "no associations"
# shellcheck disable=SC2086
IPSEC=$(policies $TYPES)
start_ha || die "no home agent"
start_mn || die "no mobile node"
move f1
settled f1; ok $? "registered" || { diag_ipsec; finish; }

# ---- the mobile node's key for its updates is another one
replace $HOA $HA "$TO" transport "$OTHER_KEY" mn
away "other keys"
busywait 10 logged ha 'packets-refused.*keys differ'; ok $? "other keys: the home agent's log says so" || diag_file "$OUT/ha.log"
busywait 3 eval '[[ $(remark ha) == *keys*differ* ]]'; ok $? "other keys: so does mip6ctl ipsec" || diag "$(ctl ha ipsec)"
is "$(ipsec_state ha HomeRegBinding)" "wrong keys" "other keys: the state"
check_says ha >"$OUT/check"; is $? 1 "other keys: mip6ctl ipsec --check fails"
like "$(cat "$OUT/check")" "$HOA HomeRegBinding: .*keys differ" "other keys: with its words"
replace $HOA $HA "$TO" transport "$AUTH_KEY" mn ha
mended "other keys"
nothing_clear "other keys"

# ---- an association is missing
ip -n mn xfrm state delete src $HOA dst $HA proto esp spi $((0x1000 + TO))
busywait 3 eval '[ "$(ipsec_state mn HomeRegBinding)" = "no association" ]'; ok $? "no association: mip6ctl ipsec says so" || diag "$(ctl mn ipsec)"
like "$(remark mn)" "no association for reqid $TO out" "no association: and which one"
away "no association"
logged mn 'association-missing.*reqid='"$TO"; ok $? "no association: the log says that it was asked for" || diag_file "$OUT/mn.log"
replace $HOA $HA "$TO" transport "$AUTH_KEY" mn
mended "no association"
nothing_clear "no association"

# ---- the home agent has it with another reqid
ip -n ha xfrm state delete src $HOA dst $HA proto esp spi $((0x1000 + TO))
association $HOA $HA "$TO" transport | sed 's/reqid [0-9]*/reqid 99/' | ip -n ha -batch -
away "other reqid"
like "$(remark ha)" "no association for reqid $TO in" "other reqid: mip6ctl ipsec says so"
busywait 10 logged ha 'packets-refused.*not by the association'; ok $? "other reqid: so does the log" || diag_file "$OUT/ha.log"
replace $HOA $HA "$TO" transport "$AUTH_KEY" ha
mended "other reqid"
nothing_clear "other reqid"
finish
