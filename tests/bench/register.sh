#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# A hundred mobile nodes register at the same moment, five of them with a home address that somebody on the home link has; then they
# refresh, move, and go. Needs build/bench/mngen (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

N=100 DUPLICATES="7 23 42 68 99" BOUND=95

bench_world
# shellcheck disable=SC2086
duplicate $DUPLICATES
mip6d_start || die "mip6d starts"
threads=$(n_threads) links=$(n_links)
# -s: tcpdump has room for few packets if each may have 256 kB
capture dup port0 home -s 512 -B 8192 icmp6
capture gen core0 gen -s 512 -B 8192 'ip6 proto 135 or ip6 proto 43 or ip6 proto 60'

# the sequence numbers wrap to 0 with the refresh
gen_start mn --hoa $HOA --coa $COA --coa2 $COA2 --n $N --seq 65535

# ---- all at once
gen_do mn register
is "$(val status_0)" $BOUND "registered, status 0"
is "$(val status_134)" 5 "the five duplicates are refused with status 134"
for i in $DUPLICATES; do
	like "$line" "2001:db8:1::a000:$(printf %x "$i")/134" "home address $i is one of them"
done
is "$(val timeout) $(val bad)" "0 0" "no update without answer, no wrong one"
# a slow machine may make a mobile node repeat itself; each repetition may have its own answer
le "$(val unmatched)" "$(val retransmitted)" "no answer without an update"
le "$(val burst_ms)" 250 "all updates were sent at once, ms"
le "$(val total_s)" 3 "from the first update to the last answer, s"
nap 0.5
capture_stop home
capture_stop gen

line=$("$(dirname "$0")/homelink.py" "$OUT/home.pcap" "$OUT/gen.pcap" $HOA $N)
diag "$line"
is "$(val probed) $(val probes_max)" "$N 1" "exactly one DAD probe for each home address"
is "$(val probes_bad)" 0 "from ::, to the solicited-node group, hop limit 255"
is "$(val answered_unprobed)" 0 "none was acknowledged without a probe"
ge "$(val wait_min_ms)" 1000 "a second between probe and acknowledgement, ms"
le "$(val wait_max_ms)" 2000 "and one only, ms"
is "$(val advertised) $(val adverts_bad)" "$BOUND 0" "each is advertised to all nodes with O=1, S=0, R=0"
is "$(val advertised_refused)" 0 "but no duplicate"

is "$(n_threads)" "$threads" "no thread was added"
is "$(n_links)" "$links" "no network device was added"
is "$(n_bindings)" $BOUND "binding cache"
is "$(n_routes)" $BOUND "routes with encapsulation"
is "$(n_proxies)" $BOUND "proxy neighbours"

# ---- they work
gen_do mn data
is "$(val sent) $(val lost) $(val wrong) $(val duplicated)" "$BOUND 0 0 0" "every mobile node's ping gets through the tunnel, and back"

# ---- refresh, with a sequence number that wraps
capture dup port0 refresh -s 512 -B 8192 icmp6
gen_do mn refresh
is "$(val status_0) $(val n)" "$BOUND $BOUND" "refreshed, sequence number 65535 -> 0"
is "$(val timeout) $(val bad) $(val resynced)" "0 0 0" "and the home agent agrees about the sequence"
le "$(val total_s)" 1 "from the first update to the last answer, s"
capture_stop refresh
is "$(tcpdump -r "$OUT/refresh.pcap" 'ip6[40] == 135 and src host ::' 2>/dev/null | wc -l)" 0 "a refresh probes nobody"

# ---- move
gen_do mn move
is "$(val status_0) $(val n)" "$BOUND $BOUND" "moved"
le "$(val total_s)" 1 "from the first update to the last answer, s"
is "$(n_routes)" $BOUND "still one route for each"
is "$(ip -n ha -6 route show table all proto $RTPROTO | grep -c "dst 2001:db8:c2::1:")" $BOUND "all to the new care-of addresses"
gen_do mn data
is "$(val sent) $(val lost) $(val wrong)" "$BOUND 0 0" "pings from the new care-of addresses"

# ---- back home for good
gen_do mn deregister
is "$(val status_0) $(val n)" "$BOUND $BOUND" "deregistered"
le "$(val total_s)" 2 "from the first update to the last answer, s"
is "$(n_bindings)" 0 "the binding cache is empty"
is "$(n_routes)" 0 "no route is left"
is "$(n_proxies)" 0 "no proxy neighbour is left"
dropped=$(counter guard_no_binding)
gen_do mn stray
is "$(val sent) $(val received)" "$N 0" "their packets are not taken out of the tunnel any more"
is "$(($(counter guard_no_binding) - dropped))" $N "the guard dropped and counted them"
is "$(n_threads) $(n_links)" "$threads $links" "threads and devices as before"

# ---- again, one by one, and stop while they are bound
gen_do mn register
is "$(val status_0) $(val status_134)" "$BOUND 5" "all register again"
gen_stop mn
stop_bg mip6d
ok $? "mip6d stops with status 0"
is "$(ip -n ha -6 route show table all proto $RTPROTO | wc -l)" 0 "no route is left"
is "$(ip -n ha -6 neigh show proxy | wc -l)" 0 "no proxy neighbour is left"
is "$(ip -n ha -o link show type ip6tnl | grep -vc ip6tnl0)" 0 "no tunnel is left"
is "$(ip -n ha xfrm state | wc -l) $(ip -n ha xfrm policy | wc -l)" "0 0" "no XFRM state or policy is left"
[ $_failed = 0 ] || diag_file "$OUT/mip6d.log" 40
finish
