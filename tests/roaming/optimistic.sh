#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# OptimisticHandoff: the home agent is 60 ms away; with it, the mobile node's packets leave right after the Binding Update, without it they wait for
# the acknowledgement.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

ONE_WAY=60

# first EXPRESSION: when the first such packet after the move was on the mobile node's link
first() { $PYTHON "$ROAMING/pcap.py" "$OUT/$name.pcap" "p.time > $t_move and $1" | awk 'NR == 1 { print $1 }'; }

# handoff NAME: f1 -> f2; sets ahead: ms from the first packet of the home address on the new link to the acknowledgement
handoff()
{
	name=$1 ahead=
	start_mn || die "no mobile node"
	move f1
	settled f1 >/dev/null; ok $? "$name: registered from f1" || { diag_world; finish; }
	capture mn eth0 "$name" ip6 || die "no capture"
	start_bg sender ip netns exec mn ping -6 -n -i 0.01 -W 1 -I $HOA $CN
	nap 0.5
	t_move=$EPOCHREALTIME
	move f2
	settled f2 >/dev/null; ok $? "$name: registered from f2" || diag_world
	nap 0.5
	stop_bg sender INT
	capture_stop "$name"
	local bu ba data

	bu=$(first "p.kind == 'bu'")
	ba=$(first "p.kind == 'ba' and p.lifetime")
	data=$(first "p.kind == 'tunnel' and p.inner.src == '$HOA' and p.src.startswith('${PREFIX[f2]}')")
	diag "update $bu, acknowledgement $ba, first packet through the tunnel $data"
	ahead=$(awk -v a="$ba" -v d="$data" 'BEGIN { if (a && d) printf "%.0f", (a - d) * 1000 }')
	ge "$(awk -v a="$data" -v b="$bu" 'BEGIN { if (a && b) printf "%.3f", (a - b) * 1000 }')" 0 "$name: no packet before the update, ms"
	move home
	settled home >/dev/null
	stop_mn
}

world_up
delay core ha $ONE_WAY || die "no netem"
delay ha core $ONE_WAY
start_ha || die "no home agent"
handoff patient
le "$ahead" 0 "without the option packets wait for the acknowledgement, ms ahead of it"
MN_CONF="OptimisticHandoff enabled;"
handoff optimistic
ge "$ahead" 60 "with it they are ahead of the acknowledgement by most of a round trip, ms"
finish
