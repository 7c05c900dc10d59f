#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Mobile nodes make bindings with one correspondent node, talk to it without their home agent, move, renew, and go; a hundred and then a
# thousand at once. Needs build/bench/mngen (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../bench/world.sh"
. "$(dirname "$0")/cn_world.sh"

FEW=100 MANY=${MANY:-1000}

# cpu: ticks of 10 ms that the daemon has used, netlink requests included
cpu() { awk '{ print $14 + $15 }' "/proc/$PID/stat"; }

cn_world
cn_start "CnMaxBindingsPerSource 2000;" || die "mip6d starts"
states=$(n_states) policies=$(n_policies)
is "$states $policies" "0 0" "no pair before there is a binding"

# ---- a few, from all sides
gen_start few --hoa $HOA --coa $COA --coa2 $COA2 --n $FEW --window 32 --lifetime 3600
capture gen core0 gen -s 512 -B 8192 ip6
ticks=$(cpu)
gen_do few optimize
few=$((($(cpu) - ticks) * 100000 / FEW))
is "$(val ok) $(val failed) $(val timeout) $(val bad)" "$FEW 0 0 0" "$FEW bindings, each acknowledged with a right authenticator"
few_ms=$(val each_ms)
is "$(n_states)" $((2 * FEW)) "two states for each"
is "$(n_policies)" $((2 * FEW)) "two policies for each"
is "$(ctl bc | jq '[.[] | select(.type == "correspondent" and .lifetime_s == 420)] | length')" $FEW "mip6ctl shows them, for 420 s and not for an hour"
gen_do few direct:2:500
is "$(val sent) $(val lost) $(val wrong) $(val duplicated)" "$((4 * FEW)) 0 0 0" "pings with a Home Address option, replies with a routing header"

# ---- somebody flushes half of it
ip -n cn xfrm state flush proto route2
is "$(n_states)" $FEW "the states of the routing header are flushed"
repaired() { [ "$(n_states)" = $((2 * FEW)) ]; }
busywait 60 repaired
ok $? "and made again"
gen_do few direct
is "$(val sent) $(val lost) $(val wrong)" "$FEW 0 0" "pings as before"

gen_do few reroute
is "$(val ok) $(val failed) $(val timeout) $(val bad)" "$FEW 0 0 0" "all move"
is "$(n_states) $(n_policies)" "$((2 * FEW)) $((2 * FEW))" "still two of each"
gen_do few direct
is "$(val sent) $(val lost) $(val wrong)" "$FEW 0 0" "and ping from there"
gen_do few reoptimize
is "$(val ok) $(val failed) $(val timeout) $(val bad)" "$FEW 0 0 0" "all renew"
gen_do few unoptimize
is "$(val ok) $(val failed) $(val timeout) $(val bad)" "$FEW 0 0 0" "all give it up"
is "$(n_states) $(n_policies)" "0 0" "nothing of them is left in the kernel"
is "$(ctl bc | jq length) $(ctl status | jq .correspondent_remembered)" "0 $FEW" "nor in the cache, but they are remembered against replay"
capture_stop gen
# the codec of somebody else finds nothing wrong with what we sent
is "$(tshark -r "$OUT/gen.pcap" -Y "ipv6.src == $CN && (_ws.malformed || mip6.hlen < 1)" 2>/dev/null | wc -l)" 0 "no malformed message of ours"
is "$(tshark -r "$OUT/gen.pcap" -Y "mip6.mhtype == 3 && ipv6.routing.type == 2" 2>/dev/null | wc -l)" 0 "a Home Test has no routing header, though there was a binding"

gen_do few optimize
is "$(val ok) $(val resynced) $(val bad)" "$FEW 0 0" "they come again"
gen_do few unoptimize
gen_stop few

# ---- many
gen_start many --hoa 2001:db8:40::b000:0 --coa 2001:db8:c3::1:0 --coa2 2001:db8:c4::1:0 --n $MANY --window 32 --lifetime 40
ticks=$(cpu)
gen_do many optimize
many=$((($(cpu) - ticks) * 100000 / MANY))
is "$(val ok) $(val failed) $(val timeout) $(val bad)" "$MANY 0 0 0" "$MANY bindings"
diag "each binding: $few_ms ms of $FEW, $(val each_ms) ms of $MANY; in mip6d and the kernel's work for it $((few / 10)) and $((many / 10)) us"
# the processor's time, which a busy host disturbs less
le $((many * 100 / few)) 150 "time for one, in per cent of that of $FEW"
is "$(n_states) $(n_policies)" "$((2 * MANY)) $((2 * MANY))" "two states and two policies for each"
gen_do many direct
is "$(val sent) $(val lost) $(val wrong)" "$MANY 0 0" "all ping"
diag "resident: $(awk '/VmRSS/ { print $2 }' "/proc/$PID/status") kB"
gen_tell many forget
gone() { [ "$(n_states) $(ctl bc | jq length)" = "0 0" ]; }
busywait 90 gone
is "$(n_states) $(n_policies)" "0 0" "after 40 s nothing is left in the kernel"
is "$(ctl stats | jq .expired)" $MANY "they expired"
gen_stop many

stop_bg mip6d
ok $? "mip6d stops with status 0"
is "$(ip -n cn xfrm state | wc -l) $(ip -n cn xfrm policy | wc -l)" "0 0" "no XFRM state or policy is left"
[ $_failed = 0 ] || diag_file "$OUT/mip6d.log" 40
finish
