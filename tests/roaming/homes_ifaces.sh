#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# One mobile node on two home links at once: eth0 is the home interface of one home address, eth1 that of another one. Each interface moves by
# itself, abroad and home again, and the home address of the other one does not notice; without an interface of its own, it uses the other's.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/homes_world.sh"

GAP=${GAP:-800}	# ms

# carry eth0|eth1 LINK: this interface's cable goes there
carry()
{
	local port=mn

	[ "$1" = eth0 ] || port=mn1
	mark "$1" "$2"
	printf 'link set %s down\nlink set %s master br-%s\nlink set %s up\n' $port $port "$2" $port | ip -n sw -batch - || die "$1 to $2"
}

# uses HOME-ADDRESS INTERFACE LINK: the mobile node has this home address there, and so does its home agent
uses()
{
	local where=away

	located "$1" "$3" || return
	case $1-$3 in $HOA-home | $HOA_C-home2) where=home ;; esac
	[ "$(home_is "$1" interface) $(home_is "$1" location)" = "$2 $where" ]
}

# goes HOME-ADDRESS INTERFACE LINK [MORE]: its interface goes there under pings to both home addresses; it may take MORE ms
goes()
{
	local other=$HOA

	[ "$1" != $HOA ] || other=$HOA_C
	asked moves "$1"
	asked stays $other
	nap 0.4
	carry "$2" "$3"
	busywait 20 uses "$1" "$2" "$3"; ok $? "$2 -> $3: $1 is there" || diag_homes
	nap 0.5
	unanswered stays
	is "$lost" 0 "$2 -> $3: $other loses nothing" || { diag "out of reach for $gap ms"; diag_homes; }
	unanswered moves
	diag "$2 -> $3: $1 was out of reach for $gap ms, $lost requests lost"
	le "$gap" "$((GAP + ${4:-0}))" "$2 -> $3: the longest time without an answer, ms"
}

diag_homes() { diag "$(ctl mn status)"; diag_file "$OUT/mn.log" 30; diag "$(ip -n mn -6 rule)"; }
# n_of CAPTURE FILTER: how many packets
n_of() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "$2"; }

world_up home
second_home
second_if home2
busywait 10 eval 'ip -n mn -6 route show default | grep -q eth1' || die "eth1 has no default route"
busywait 5 eval '! ip -n mn -6 address show tentative | grep -q inet6' || die "addresses are tentative"
snapshot mn >"$OUT/mn.before"
start_ha || die "no home agent"
write_ha_conf ha2
run_mip6d ha2 ha2 || die "no second home agent"
cat >"$OUT/mn.conf" <<-END
	NodeConfig MN;
	DebugLevel ${DEBUG_LEVEL:-5};
	UseMnHaIPsec disabled;
	MnHomeLink "eth0" {
		HomeAgentAddress $HA;
		HomeAddress $HOA/64;
	}
	MnHomeLink "eth1" {
		HomeAgentAddress $HA2;
		HomeAddress $HOA_C/64;
	}
END
run_mip6d mn mn || die "no mobile node"

# ---- both at home, each on its own link ----
busywait 15 uses $HOA eth0 home; ok $? "started: the first is at home on eth0" || diag_homes
busywait 15 uses $HOA_C eth1 home2; ok $? "and the second on eth1" || diag_homes
capture mn eth0 both0 icmp6 && capture mn eth1 both1 icmp6 || die "no capture"
for hoa in $HOA $HOA_C; do
	busywait 5 ip netns exec cn ping -6 -n -c 1 -W 0.5 $hoa >/dev/null
	ns cn ping -6 -n -c 10 -i 0.05 -W 1 $hoa >"$OUT/ping"; ok $? "$hoa answers at home" || diag_file "$OUT/ping"
done
capture_stop both0
capture_stop both1
ge "$(n_of both0 "p.kind == 'reply' and p.src == '$HOA'")" 10 "the first answers by eth0"
ge "$(n_of both1 "p.kind == 'reply' and p.src == '$HOA_C'")" 10 "the second by eth1"
is "$(n_of both0 "p.src == '$HOA_C' and p.kind == 'reply'") $(n_of both1 "p.src == '$HOA' and p.kind == 'reply'")" "0 0" "and neither by the other's"

# ---- each by itself ----
goes $HOA_C eth1 f2 1000	# its home agent looks for a second whether the address is free
is "$(home_is $HOA location)" home "eth1 is abroad, and the first is at home on eth0"
goes $HOA eth0 f1 1000
is "$(home_is $HOA interface) $(home_is $HOA_C interface)" "eth0 eth1" "both abroad, each by its own interface"
like "$(coa_of $HOA) $(coa_of $HOA_C)" "^${PREFIX[f1]}.* ${PREFIX[f2]}" "with care-of addresses of two links"
capture r1 eth0 f1 'ip6 proto 41' && capture r2 eth0 f2 'ip6 proto 41' || die "no capture"
for hoa in $HOA $HOA_C; do ns cn ping -6 -n -c 10 -i 0.05 -W 1 $hoa >"$OUT/ping"; ok $? "$hoa answers abroad" || diag_file "$OUT/ping"; done
capture_stop f1
capture_stop f2
ge "$(n_of f1 "p.inner.src == '$HOA' and p.dst == '$HA'")" 10 "the first's answers are in its tunnel, at f1"
ge "$(n_of f2 "p.inner.src == '$HOA_C' and p.dst == '$HA2'")" 10 "the second's in its own, at f2"
is "$(n_of f1 "'$HOA_C' in (p.inner.src, p.inner.dst)") $(n_of f2 "'$HOA' in (p.inner.src, p.inner.dst)")" "0 0" "none of either is in the other's"
goes $HOA_C eth1 f1
goes $HOA_C eth1 home2
is "$(home_is $HOA location)" away "eth1 is home, and the first is abroad on eth0"

# ---- an interface that is lost for long ----
asked lost $HOA
nap 0.4
ip -n sw link set mn down
busywait 10 uses $HOA eth1 home2; ok $? "eth0 has no carrier: the first is abroad on eth1" || diag_homes
nap 0.4
unanswered lost
diag "eth0 is lost: $HOA was out of reach for $gap ms, $lost requests lost"
le "$gap" $GAP "eth0 is lost: the longest time without an answer, ms"
is "$(home_is $HOA_C location)" home "while the second is at home there"
printf 'link set mn master br-home\nlink set mn up\n' | ip -n sw -batch - || die "eth0"
busywait 70 uses $HOA eth0 home; ok $? "eth0 is at home again: so is the first" || diag_homes
for hoa in $HOA $HOA_C; do busywait 3 ip netns exec cn ping -6 -n -c 1 -W 0.5 $hoa >/dev/null; ok $? "$hoa answers"; done

# ---- the end ----
is "$(grep -c 'kernel-refused\|ERROR' "$OUT/mn.log")" 0 "the kernel has refused nothing" || diag "$(grep 'kernel-refused\|ERROR' "$OUT/mn.log" | head -5)"
stop_mn; is $? 0 "the mobile node stops with status 0"
is "$(ctl ha bc | jq length) $(ctl ha2 bc | jq length)" "0 0" "no home agent has a binding"
snapshot_diff mn "$OUT/mn.before" "nothing is left on the mobile node"
finish
