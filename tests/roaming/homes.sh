#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 360
#
# One mobile node, three home addresses: two with one home agent, and one of another home link with a home agent that is found by discovery.
# f1 -> f2 -> home of the first two -> home of the third -> f1, under pings to all three: all survive each move, and what is at home does not
# hold back what is abroad.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/homes_world.sh"

GAP=${GAP:-800}	# ms
ROUNDS=${ROUNDS:-2}

# is_at LINK: all three home addresses are, in the eyes of their home agents
is_at() { located $HOA "$1" && located $HOA_B "$1" && located $HOA_C "$1"; }

# answers: each home address does
answers()
{
	local hoa

	for hoa in $HOA $HOA_B $HOA_C; do ip netns exec cn ping -6 -n -c 1 -W 0.5 $hoa || return; done >/dev/null
}

# go LINK: there. How long each home address was without an answer goes to $least, the best of all times that this move is made: a host
# that stands still is no gap of ours. For one that was at home, the home agent sees first whether the address is free, which takes a second.
declare -A least most
moves=()
go()
{
	local i hoa=($HOA $HOA_B $HOA_C) from=$MN_LINK key

	for i in 0 1 2; do asked $i "${hoa[i]}"; done
	nap 0.4
	move "$1"
	busywait 10 is_at "$1"; ok $? "$from -> $1: each home agent knows" || { ctl ha bc; ctl ha2 bc; diag_file "$OUT/mn.log" 40; }
	busywait 3 answers; ok $? "$from -> $1: all home addresses answer"
	nap 0.4
	for i in 0 1 2; do
		unanswered $i
		key="$from -> $1: ${hoa[i]}"
		diag "$key was out of reach for $gap ms, $lost requests lost"
		[ -n "${least[$key]:-}" ] || moves+=("$key")
		[ -n "${least[$key]:-}" ] && [ "${least[$key]}" -le "$gap" ] || least[$key]=$gap
		most[$key]=$GAP
		case $from-$i in home-[01] | home2-2) most[$key]=$((GAP + 1000)) ;; esac
	done
}

# source: of who chooses none
source_now() { ns mn ip -6 route get $CN | sed -n 's/.* src \([^ ]*\).*/\1/p'; }

# optimized HOME-ADDRESS: the correspondent has a binding for it
optimized() { ctl cn bc | jq -e --arg h "$1" 'any(.[]; .home_address == $h)' >/dev/null; }

world_up f1
second_home
snapshot mn >"$OUT/mn.before"
start_ha || die "no home agent"
write_ha_conf ha2
run_mip6d ha2 ha2 || die "no second home agent"
printf 'NodeConfig CN;\nDebugLevel 5;\n' >"$OUT/cn.conf"
run_mip6d cn cn || die "no correspondent"
cat >"$OUT/mn.conf" <<-END
	NodeConfig MN;
	DebugLevel ${DEBUG_LEVEL:-5};
	UseMnHaIPsec disabled;
	MnHomeLink "eth0" {
		HomeAgentAddress $HA;
		HomeAddress $HOA/64;
		HomeAddress $HOA_B/64;
	}
	MnHomeLink "eth0" {
		HomeAddress $HOA_C/64;
		UseAltCoa disabled;
	}
END
capture mn eth0 mn || die "no capture"
run_mip6d mn mn || die "no mobile node"
busywait 15 is_at f1; ok $? "started abroad, all three are registered" || { diag_world; diag "$(ctl ha2 bc)"; finish; }
busywait 5 answers; ok $? "and answer"
is "$(home_is $HOA_C home_agent_address)" $HA2 "the second home link's home agent was found"
is "$(source_now)" $HOA "who chooses no source gets the first"
like "$("$MIP6CTL" --socket "$OUT/mn/ctl" status)" $'\n'"$HOA +$HA +away +eth0 +${PREFIX[f1]}.*"$'\n'"$HOA_B +$HA +away .*"$'\n'"$HOA_C +$HA2 +away " \
	"mip6ctl status has a line for each"
is "$(ctl mn hal | jq -r 'map(.home_address + " " + .home_agent_address) | sort | join(",")')" "$HOA $HA,$HOA_B $HA,$HOA_C $HA2" "and mip6ctl hal the home agent of each"

go f2

# ---- optimized from either ----
for hoa in $HOA_B $HOA_C; do start_bg "ro-$hoa" ip netns exec mn ping -6 -n -i 0.1 -I $hoa $CN; done
for hoa in $HOA_B $HOA_C; do
	busywait 8 optimized $hoa; ok $? "$hoa is optimized with the correspondent" || diag "$(ctl mn bul)"
	stop_bg "ro-$hoa" INT
done
is "$(ctl mn bul | jq -r '[.[] | .home_address] | unique | length')" 3 "mip6ctl bul has all home addresses"

# ---- killed, and started again where it is ----
stop_bg mn KILL
run_mip6d mn mn || die "no mobile node"
busywait 10 is_at f2; ok $? "a daemon that takes over registers all of them"
busywait 5 answers; ok $? "and they answer"

# ---- at home for some ----
go home
is "$(home_is $HOA location) $(home_is $HOA_B location) $(home_is $HOA_C location)" "home home away" "home: the third is abroad there"
like "$(source_now)" "^($HOA|$HOA_B)$" "home: who chooses no source gets one that is at home"
like "$(coa_of $HOA_C)" "^${PREFIX[home]}:" "home: the third's care-of address is of this link"
[[ $(coa_of $HOA_C) != "$HOA" && $(coa_of $HOA_C) != "$HOA_B" ]]; ok $? "home: which is no home address"
ns nb ping -6 -n -c 1 -W 1 $HOA_B >/dev/null; ok $? "home: a neighbour reaches the second directly"
go home2
is "$(home_is $HOA location) $(home_is $HOA_B location) $(home_is $HOA_C location)" "away away home" "home2: the first two are abroad there"
is "$(source_now)" $HOA_C "home2: who chooses no source gets the third"
go f1
is "$(source_now)" $HOA "f1: the first again"

for ((round = 2; round <= ROUNDS; round++)); do
	for link in f2 home home2 f1; do go $link; done
done
for key in "${moves[@]}"; do le "${least[$key]}" "${most[$key]}" "$key: the longest time without an answer, ms"; done

# ---- the end ----
is "$(grep -c 'kernel-refused\|ERROR' "$OUT/mn.log")" 0 "the kernel has refused nothing" || diag "$(grep 'kernel-refused\|ERROR' "$OUT/mn.log" | head -5)"
stop_mn; is $? 0 "the mobile node stops with status 0"
busywait 3 bound_at home; ok $? "and is deregistered with the first home agent"
is "$(ctl ha2 bc | jq length)" 0 "and with the second"
snapshot_diff mn "$OUT/mn.before" "nothing is left on the mobile node"
finish
