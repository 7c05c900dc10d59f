#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# The home link is renumbered while its mobile node is away, and no connection breaks: the mobile node hears of the new prefix by
# mobile prefix discovery, registers a home address of it, and keeps the old one until that ends. Forged advertisements
# change nothing.
# SECOND=1: the mobile node has a second interface at f2, and moves by losing the first one's carrier (prefix_ifaces.sh).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

NEW=2001:db8:0:2
NEW_HA=$NEW::1
NEW_HOA=$NEW::100
SECOND=${SECOND:-}
# shellcheck disable=SC2034 # of world.sh
[ -z "$SECOND" ] || MN_IFACE='Interface "eth0" { MnIfPreference 1; } Interface "eth1" { MnIfPreference 2; }'
OLD_LIFE=${OLD_LIFE:-20}	# seconds that the old prefix lives once it is given up
# shellcheck disable=SC2034 # of world.sh
HA_CONF='MinMobPfxAdvInterval 1; MaxMobPfxAdvInterval 2;'

packets() { $PYTHON "$ROAMING/pcap.py" "$OUT/$1.pcap" "$2"; }
count() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "$2"; }
# prefix NAME PREFIX FIELD: of its list
prefix() { ctl "$1" pl | jq -r --arg p "$2/64" ".[] | select(.prefix == \$p) | .$3"; }
stat_of() { ctl "$1" stats | jq ".$2"; }
knows() { [ "$(prefix mn "$1" source)" = "home agent" ]; }
homes() { ctl mn status | jq -r '.home_addresses | join(" ")'; }
bound() { ctl ha bc | jq -e --arg a "$1" '.[] | select(.home_address == $a and .state == "bound")' >/dev/null; }
gone() { ! bound "$1"; }
at() { ctl ha bc | jq -r --arg a "$1" '.[] | select(.home_address == $a) | .care_of_address'; }
moved() { [[ $(at "$1") == "${PREFIX[$2]}"* ]]; }
ping_to() { ip netns exec cn ping -6 -n -c 1 -W 0.5 "$1"; }

deprecated() { ip -n mn -6 -o address show dev mip6mn0 | grep -q "$HOA/128 .*deprecated"; }

# renumber: the home link has another prefix beside, and the old one is on its way out. radvd does not advertise a decrementing prefix once
# its preferred lifetime is 0, and counts whole seconds between two advertisements.
renumber()
{
	cat >"$OUT/radvd-home.conf" <<-END
	interface eth0 {
		AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; MinDelayBetweenRAs 0.03;
		AdvRASolicitedUnicast on; AdvDefaultLifetime 300;
		AdvHomeAgentFlag on; AdvHomeAgentInfo on; HomeAgentLifetime 1800; HomeAgentPreference 10;
		prefix ${PREFIX[home]}::1/64 {
			AdvRouterAddr on; AdvValidLifetime $OLD_LIFE; AdvPreferredLifetime 3; DecrementLifetimes on;
		};
		prefix $NEW_HA/64 { AdvRouterAddr on; AdvValidLifetime 600; AdvPreferredLifetime 300; };
	};
	END
	stop_bg radvd-home
	start_radvd home
}

# forge OPTIONS: an advertisement that is not the home agent's, from the foreign link's router
forge() { ns r1 $PYTHON "$ROAMING/mpa.py" --coa "$COA" --hoa $HOA --prefix "${PREFIX[home]}::/64" "$@" || die "forge"; }

# flows: is the transfer still under way?
flows() { awk -F, -v now="$EPOCHREALTIME" 'END { exit !($1 > now - 1) }' "$OUT/old.csv"; }

# leave: from f1, to f2
leave() { if [ -n "$SECOND" ]; then ip -n sw link set mn down; else move f2; fi; }
# ways ADDRESS: rules of this care-of address
ways() { ip -n mn -6 rule | grep -c "^999:.* $1 "; }

world_up f1
[ -z "$SECOND" ] || second_if f2
start_ha || die "no home agent"
capture r1 eth0 f1 'icmp6 or ip6 proto 60 or ip6 proto 43' || die "no capture"
start_mn || die "no mobile node"
busywait 10 bound $HOA; ok $? "registered" || { diag_world; finish; }
COA=$(at $HOA)

# ---- solicited ----
busywait 8 knows "${PREFIX[home]}::"; ok $? "the mobile node knows how long its home prefix lives" || { diag "$(ctl mn pl)"; diag_world; }
le "$(prefix mn "${PREFIX[home]}::" valid_s)" 600 "valid for as many seconds as the home link's router says"
le "$(prefix mn "${PREFIX[home]}::" preferred_s)" 300 "preferred likewise, s"
like "$(ip -n mn -6 -o address show dev mip6mn0)" "$HOA/128 .*valid_lft 60[0-9]sec|$HOA/128 .*valid_lft 5[0-9][0-9]sec" "the home address has that lifetime in the kernel" ||
	diag "$(ip -n mn -6 address show dev mip6mn0)"
is "$(prefix ha "${PREFIX[home]}::" source)" "own advertisement" "mip6ctl pl of the home agent" || diag "$(ctl ha pl)"

# ---- forged ----
ignored=$(stat_of mn mpd_ignored)
before=$(prefix mn "${PREFIX[home]}::" preferred_s)
forge --src $CN --any-id                # not the home agent
forge --src $HA --any-id --no-rt2       # without routing header, as it would come in a tunnel of somebody's
forge --src $HA --count 200             # identifiers guessed
nap 0.5
ge "$(stat_of mn mpd_ignored)" $((ignored + 1)) "forged advertisements are ignored" || diag "$(ctl mn stats | grep mp)"
is "$(homes)" $HOA "and no home address comes of them"
after=$(prefix mn "${PREFIX[home]}::" preferred_s)
[ "$after" -gt 100 ] && [ "$after" -le 300 ]; ok $? "nor does a lifetime change ($before, $after s)"

# ---- renumbering ----
start_bg old-sink ip netns exec mn $PYTHON "$ROAMING/tcp.py" sink 5001 --bind $HOA --log "$OUT/old.csv"
busywait 10 grep -q listening "$OUT/old-sink.log" || die "no sink"
start_bg old-source ip netns exec cn $PYTHON "$ROAMING/tcp.py" source $HOA 5001 --src $CN --rate 2 --out "$OUT/old.json"
busywait 10 grep -q connected "$OUT/old-source.log" || die "no connection"
ip -n core route add $NEW::/64 via 2001:db8:ff:1::2
t0=$(now_ms)
ip -n ha address add $NEW_HA/64 dev eth0 nodad
renumber
busywait 10 bound $NEW_HOA; ok $? "a home address of the new prefix is registered" || { diag "$(ctl mn pl)"; diag_world; }
diag "after $(($(now_ms) - t0)) ms"
is "$(homes)" "$HOA $NEW_HOA" "the mobile node has both"
busywait 5 deprecated; ok $? "the old one is deprecated" || diag "$(ip -n mn -6 address)"
busywait 3 ping_to $NEW_HOA >/dev/null; ok $? "the correspondent reaches the new one"
ping_to $HOA >/dev/null; ok $? "and the old one"
like "$(ip -n mn -6 route get $CN)" "src $NEW_HOA" "new connections have the new one" || diag "$(ip -n mn -6 rule; ip -n mn -6 route show table 251; ip -n mn -6 route show table 252)"
[ -z "$SECOND" ] || is "$(ways "$COA")" 2 "each has its own rule for the care-of address" || diag "$(ip -n mn -6 rule)"
capture_stop f1
leave
busywait 5 moved $HOA f2 && busywait 5 moved $NEW_HOA f2; ok $? "both follow a move" || { diag "$(ctl ha bc)"; diag_world; }
busywait 3 flows; ok $? "the old connection goes on"
stop_bg old-source INT; ok $? "to its end: all bytes, hashes equal" || diag "$(cat "$OUT/old.json")"
ping_to $NEW_HOA >/dev/null; ok $? "the new home address is reached after the move"

# ---- the old prefix ends ----
busywait $((OLD_LIFE + 6)) gone $HOA; ok $? "the old binding ends with its prefix" || diag "$(ctl ha bc; ctl ha pl)"
busywait 3 eval '[ "$(homes)" = $NEW_HOA ]'; ok $? "so does the old home address" || diag "$(homes)"
took=$(($(now_ms) - t0))
ge $took $((OLD_LIFE * 1000 - 2000)) "not before, ms"
like "$(cat "$OUT/mn.log")" "home-address-ended home_address=$HOA" "and the log says so"
is "$(ip -n mn -6 -o address | grep -c $HOA)" 0 "it is nowhere in the kernel" || diag "$(ip -n mn -6 address)"
is "$({ ip -n mn xfrm state; ip -n mn xfrm policy; ip -n mn -6 rule; } | grep -cw $HOA)" 0 "nor is anything about it" || diag "$(ip -n mn xfrm state; ip -n mn xfrm policy; ip -n mn -6 rule)"
ping_to $NEW_HOA >/dev/null; ok $? "the new home address works on"
if [ -n "$SECOND" ]; then
	is "$(ways "$(at $NEW_HOA)")" 1 "and so is the way of its care-of address" || diag "$(ip -n mn -6 rule)"
	ip -n sw link set mn up
fi
move home
busywait 10 gone $NEW_HOA && busywait 5 ping_to $NEW_HOA >/dev/null; ok $? "at home on the renumbered link" || diag_world

# ---- the wire ----
ge "$(count f1 "p.kind == 'mps' and p.src == '$COA' and p.dst == '$HA' and p.hoa == '$HOA'")" 1 "a solicitation has the Home Address option"
ge "$(count f1 "p.kind == 'mpa' and p.src == '$HA' and p.dst == '$COA' and p.rt2 == '$HOA' and '$HA/64' in p.prefixes")" 1 \
	"an advertisement has the type 2 routing header, and the home agent's address in the prefix" || diag "$(packets f1 "p.kind in ('mps', 'mpa')")"
tshark -r "$OUT/f1.pcap" -Y 'icmpv6.type == 146 or icmpv6.type == 147' -T fields -e icmpv6.type -e icmpv6.mip6.identifier -e icmpv6.opt.prefix.valid_lifetime -e _ws.malformed >"$OUT/tshark" 2>/dev/null
like "$(cat "$OUT/tshark")" $'146\t[0-9]' "tshark reads the solicitations" || diag_file "$OUT/tshark"
like "$(cat "$OUT/tshark")" $'147\t[0-9]+\t[0-9]' "and the advertisements with their prefixes" || diag_file "$OUT/tshark"
stop_mn; ok $? "the mobile node stops cleanly"
stop_ha; ok $? "so does the home agent"
finish
