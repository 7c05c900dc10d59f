#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 500
#
# Two home addresses of one mobile node, with one home agent, each with policies, reqids and associations of its own (RFC 4877): both are
# registered in ESP, the tunnels of both follow the care-of address, nothing of either is in clear or in the other's associations, and one that
# lost its keys takes nothing from the other.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"
. "$TOP/tests/roaming/homes_world.sh"

GAP=${GAP:-800}	# ms
BASE=32	# of the second one's reqids
HOMES=("$HOA" "$HOA_B")
TYPES=() TYPES_B=()

# second COMMAND...: one of world.sh's functions, for the second home address
second() { HOA=$HOA_B REQID_BASE=$BASE "$@"; }

# up: both daemons with the policies of TYPES and TYPES_B, at home
up()
{
	local n

	for n in ha mn; do ip -n $n xfrm state deleteall proto esp; done
	associations "${TYPES[@]}" && second associations "${TYPES_B[@]}" || die "no associations"
	IPSEC="$(policies "${TYPES[@]}")
$(second policy_set "${TYPES_B[@]}")"
	MN_HOMES="HomeAddress $HOA_B/64;"
	start_ha || die "no home agent"
	start_mn || die "no mobile node"
}

# down: both stop
down()
{
	stop_mn; is $? 0 "$1: the mobile node's mip6d stops"
	stop_ha; is $? 0 "$1: the home agent's mip6d stops"
}

at() { located $HOA "$1" && located $HOA_B "$1"; }
# ends NS: of each tunnel association of the mobile node, whose it is and where it ends beside the home agent, each once
ends()
{
	ip -n "$1" xfrm state list proto esp | awk -v base=$BASE -v ha=$HA '/^src/ { end = $2 == ha ? $4 : $2 }
		/mode tunnel/ { for (i = 1; i < NF; i++) if ($i == "reqid") print ($(i + 1) > base) "=" end }' | sort -u | tr '\n' ' '
}
# moved_to LINK: all tunnels end there, on both sides
moved_to()
{
	local want="0=$HOA 1=$HOA_B "

	[ "$1" = home ] || want="0=$(coa_of $HOA) 1=$(coa_of $HOA_B) "
	[ "$(ends ha)" = "$want" ] && [ "$(ends mn)" = "$want" ]
}
# counts: of policies and associations of IPsec, on both sides
counts()
{
	local n

	for n in ha mn; do echo "$n $(ip -n $n xfrm policy | grep -c 'proto esp') $(ip -n $n xfrm state list proto esp | grep -c '^src')"; done
}
protected() { ctl "$1" ipsec | jq -r --arg h "$2" --arg t "$3" '.[] | select(.home_address == $h and .type == $t) | .state'; }
# read_esp FILE: its ESP with the keys, once, in fields; then of_home FILE N CONDITION: how many of home address number N's associations
# hold something, an awk condition on mh and icmp, the types, and src and dst, the addresses from outside to inside
read_esp() { decrypted "$1" esp -T fields -e esp.spi -e mip6.mhtype -e icmpv6.type -e ipv6.src -e ipv6.dst >"$OUT/$1.esp"; }
of_home()
{
	awk -F '\t' -v n="$2" -v border="$(printf '0x%08x' $((0x1000 + BASE)))" \
		'{ mh = $2; icmp = $3; src = "," $4 ","; dst = "," $5 "," } ($1 > border) == n && ('"$3"') { found++ } END { print found + 0 }' "$OUT/$1.esp"
}
count() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "$2"; }
both_answer() { ns cn ping -6 -n -c 1 -W 0.3 $HOA && ns cn ping -6 -n -c 1 -W 0.3 $HOA_B; }
diag_homes() { diag "$(ctl ha bc)"; diag "$(ends ha) / $(ends mn)"; diag_ipsec; }

# there NAME LINK: both are, with their tunnels
there()
{
	busywait 15 at "$2"; ok $? "$1: $2: both are registered" || { diag_homes; finish; }
	busywait 5 moved_to "$2"; ok $? "$1: $2: the tunnels of both end there" || diag_homes
}

# pings NAME: to and from both
pings()
{
	local hoa

	busywait 5 both_answer >/dev/null
	for hoa in "${HOMES[@]}"; do
		ns cn ping -6 -n -c 10 -i 0.05 -W 1 $hoa >"$OUT/ping"; ok $? "$1: ping to $hoa" || diag_file "$OUT/ping"
		ns mn ping -6 -n -c 10 -i 0.05 -W 1 -I $hoa $CN >"$OUT/ping"; ok $? "$1: and from it" || diag_file "$OUT/ping"
	done
}

# wire FILE NAME: registrations of both in ESP, each in its own, and none in clear
wire()
{
	local i

	is "$(count "$1" "p.kind in ('bu', 'ba', 'mps', 'mpa')")" 0 "$2: no message of a registration, and no word of prefixes, in clear"
	read_esp "$1"
	for i in 0 1; do
		ge "$(of_home "$1" $i 'mh == 5')" 1 "$2: with the keys, updates of ${HOMES[i]} in its ESP"
		ge "$(of_home "$1" $i 'mh == 6')" 1 "$2: and acknowledgements"
		is "$(of_home "$1" $i "index(src dst, \",${HOMES[1 - i]},\")")" 0 "$2: nothing of ${HOMES[1 - i]} in it"
	done
}

need_modules esp6 xfrm_user
world_up
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"

# ---- everything in tunnels ----
TYPES=(HomeRegBinding MobPfxDisc TunnelPayload)
TYPES_B=("${TYPES[@]}")
up
before=$(counts)
capture r1 eth0 r1 ip6 && capture r2 eth0 r2 ip6 || die "no capture"
move f1
there everything f1
for hoa in "${HOMES[@]}"; do
	for type in "${TYPES[@]}"; do
		is "$(protected ha $hoa $type) $(protected mn $hoa $type)" "protected protected" "everything: f1: $hoa: $type is protected on both sides" ||
			diag "$(ctl ha ipsec) $(ctl mn ipsec)"
	done
done
pings "everything: f1"
asked 0 $HOA
asked 1 $HOA_B
nap 0.4
move f2
there everything f2
nap 0.4
for i in 0 1; do
	unanswered $i
	le "$gap" "$GAP" "everything: f1 -> f2: ${HOMES[i]}: the longest time without an answer, ms"
	diag "$lost requests lost"
done
pings "everything: f2"
capture_stop r1
capture_stop r2
for n in r1 r2; do
	wire $n "everything: f${n#r}"
	is "$(count $n "p.kind == 'tunnel'")" 0 "everything: f${n#r}: nothing in a plain tunnel"
	for i in 0 1; do
		ge "$(of_home $n $i "icmp == 129 && index(src, \",${HOMES[i]},\")")" 10 "everything: f${n#r}: with the keys, the answers of ${HOMES[i]} in its ESP"
		ge "$(of_home $n $i "icmp == 128 && index(dst, \",${HOMES[i]},\")")" 10 "everything: f${n#r}: and what it is asked"
	done
done

# ---- one without its keys ----
spi=$(printf '0x%x' $((0x1000 + BASE + 15)))	# TunnelPayload to the home agent
coa=$(coa_of $HOA_B)
ip -n ha xfrm state delete src "$coa" dst $HA proto esp spi "$spi" || die "no association $spi"
capture r2 eth0 keyless ip6 || die "no capture"
ns mn ping -6 -n -c 5 -i 0.05 -W 0.2 -I $HOA_B $CN >"$OUT/ping"; is $? 1 "without its association, the second is not heard"
ns mn ping -6 -n -c 5 -i 0.05 -W 1 -I $HOA $CN >"$OUT/ping"; ok $? "the first is"
capture_stop keyless
is "$(count keyless "p.kind == 'tunnel'")" 0 "and nothing goes in clear instead"
association "$coa" $HA $((BASE + 15)) tunnel >"$OUT/again"
ip -n ha -batch "$OUT/again" || die "no association"
busywait 5 both_answer >/dev/null; ok $? "with a new one, both answer" || diag_homes

# ---- killed, and home ----
stop_ha KILL
stop_mn KILL
start_ha || die "no home agent"
start_mn || die "no mobile node"
there "everything: killed" f2
pings "everything: killed"
move home
there everything home
is "$(counts)" "$before" "everything: home: policies and associations are as many as at the start"
down everything

# ---- home tests, each in another kind of policy ----
printf 'NodeConfig CN;\nDebugLevel 5;\n' >"$OUT/cn.conf"
run_mip6d cn cn || die "no correspondent"
TYPES=(HomeRegBinding TunnelPayload)
start_ha || die "no home agent"
typed=$(able ha migrate_typed && able ha mh_type_in && echo yes)
stop_ha
if [ -n "$typed" ]; then
	TYPES=(HomeRegBinding TunnelHomeTesting)
	TYPES_B=(HomeRegBinding TunnelMh)
	up
	before=$(counts)
	optimized() { ctl cn bc | jq -e --arg h "$1" --arg c "$(coa_of "$1")" 'any(.[]; .home_address == $h and .care_of_address == $c)' >/dev/null; }
	for link in f1 f2; do
		capture r${link#f} eth0 $link ip6 || die "no capture"
		move $link
		there "home tests" $link
		for hoa in "${HOMES[@]}"; do start_bg "ro-$hoa" ip netns exec mn ping -6 -n -i 0.1 -I $hoa $CN; done
		for hoa in "${HOMES[@]}"; do
			busywait 10 optimized $hoa; ok $? "home tests: $link: $hoa is optimized" || diag "$(ctl mn bul)"
			stop_bg "ro-$hoa" INT
		done
		capture_stop $link
		read_esp $link
		# at f2 the home keygen tokens are good yet
		[ $link = f2 ] || for i in 0 1; do
			ge "$(of_home $link $i "mh == 1 && index(src, \",${HOMES[i]},\")")" 1 "home tests: $link: with the keys, a Home Test Init of ${HOMES[i]} in its ESP"
			ge "$(of_home $link $i "mh == 3 && index(dst, \",${HOMES[i]},\")")" 1 "home tests: $link: and a Home Test"
		done
		is "$(count $link "p.kind == 'tunnel' and p.inner.kind in ('hoti', 'hot')")" 0 "home tests: $link: none in a plain tunnel"
	done
	move home
	there "home tests" home
	is "$(counts)" "$before" "home tests: home: policies and associations are as many as at the start"
	down "home tests"
else
	skip "home tests" "this kernel cannot tell them apart, or not move their policies"
fi
stop_bg cn
for n in ha mn; do ip -n $n xfrm state deleteall proto esp; done
snapshot_diff mn "$OUT/mn.before" "the mobile node's kernel is as it was before"
snapshot_diff ha "$OUT/ha.before" "the home agent's kernel is as it was before"
finish
