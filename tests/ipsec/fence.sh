#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Somebody flushes the home agent's policies again and again, while a third host floods it with updates in clear for the mobile node's home
# address. In between nothing keeps them out of the kernel, and the kernel tells of a flush only when all policies are gone. Not
# one counts, and the mobile node's binding stays where it is.
#
# FLUSHES, OTHERS: policies of others that a flush has to take out after ours. The kernel is told to let itself be interrupted, so that messages
# arrive and are read in the middle of a flush.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

FLUSHES=${FLUSHES:-200} OTHERS=${OTHERS:-200}
TYPES="HomeRegBinding MobPfxDisc"

# flood WHAT...: less than what mip6d reads of one sender, and than what keeps an emulated processor busy
flood() { start_bg "flood-$1" ip netns exec cn $PYTHON "$FORGE" --count 100000 --rate ${RATE:-60} "$@"; }
counted() { grep -cE "binding-(moved|refreshed) .*care_of_address=$CN " "$OUT/ha.log"; }

need_modules esp6 xfrm_user
world_up
{ cat /sys/kernel/debug/sched/preempt && echo full >/sys/kernel/debug/sched/preempt; } >"$OUT/preempt" 2>&1
# shellcheck disable=SC2086
associations $TYPES || die "no associations"
# shellcheck disable=SC2086
IPSEC=$(policies $TYPES)
for ((i = 1; i <= OTHERS; i++)); do
	printf 'xfrm policy add src 2001:db8:9::%x dst %s dir in priority 9999\n' $i $HA
done >"$OUT/others"
start_ha || die "no home agent"
start_mn || die "no mobile node"
move f1
settled f1; ok $? "registered" || { diag_ipsec; finish; }
seq=$(ctl ha bc | jq '.[0].sequence')
before=$(ctl ha bc | jq -r '.[].care_of_address')

flood bu $HA $CN $HOA $CN $((seq + 1000))
t0=$(now_ms)
for ((i = 0; i < FLUSHES; i++)); do
	if ((i % 4 == 0)); then
		# those that are put in last go first: ours are deleted, and put back after the others'
		ip -n ha -batch "$OUT/others"
		ip -n ha xfrm policy deleteall src $HOA dst $HA dir in
	else
		nice ip -n ha xfrm policy flush ptype main
	fi
	nap 0.05
	if ((i % 4 == 0)); then
		nice ip -n ha xfrm policy flush ptype main
		nap 0.05
		((++i))
	fi
done
diag "$FLUSHES flushes in $(($(now_ms) - t0)) ms"
is "$(counted)" 0 "no update in clear counts, over $FLUSHES flushes" || diag "$(grep -E 'binding-(moved|refreshed)' "$OUT/ha.log" | head -3)"
is "$(ctl ha bc | jq -r '.[].care_of_address')" "$before" "the mobile node's binding is where it was"
unguarded=$(stat_of ha ipsec_unguarded)
# a quick machine repairs before the next one comes
ge "$unguarded" "$((FLUSHES / 10))" "updates that came while nothing guarded them, ignored"
ge "$(ctl ha ipsec | jq '[.[].unguarded] | max')" 1 "mip6ctl ipsec says so"
busywait 3 eval '[ "$(ipsec_state ha HomeRegBinding)" = protected ]'; ok $? "the policies are back" || diag_ipsec
diag "$(grep -c unguarded-message "$OUT/ha.log") lines of the log about them, $(grep -c policies-restored "$OUT/ha.log") repairs"

# what the mobile node says is heard, also while the flood goes on
move f2
settled f2; ok $? "f2: registered" || diag_ipsec
reachable >/dev/null; ok $? "reachable"
stop_bg flood-bu

# ---- the same with the mobile node: an acknowledgement in clear takes nothing from it
coa=$(ctl mn status | jq -r .care_of_address)
seq=$(ctl mn bul | jq '[.[].sequence] | max')
flood ba $HA "$coa" $HOA "$seq" 129
for ((i = 0; i < FLUSHES / 8; i++)); do
	nice ip -n mn xfrm policy flush ptype main
	nap 0.05
done
stop_bg flood-ba
ge "$(stat_of mn ipsec_unguarded)" 1 "the mobile node: acknowledgements that nothing guarded, ignored"
busywait 3 eval '[ "$(ipsec_state mn HomeRegBinding)" = protected ]'; ok $? "its policies are back" || diag_ipsec
settled f2; ok $? "it is registered"
finish
