#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# A home agent with NonVolatileBindingCache is killed, and stopped, under the traffic of N mobile nodes (250): no packet is lost, and the
# next one knows every binding, with its sequence number. Needs build/bench/mngen (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

N=${N:-250} INTERVAL=$((N * 4))
CACHE=/tmp/bindings.db
KEEP=("HaMaxBindings $N;" "NonVolatileBindingCache enabled;" "BindingCacheFile \"$CACHE\";")

# again DESCRIPTION SIGNAL: while every mobile node pings, at all times some of them
again()
{
	local what=$1 signal=$2 status=0 before after t0

	[ "$signal" != KILL ] || status=137
	before=$(bindings)
	gen_tell mn "data:12:$INTERVAL"
	nap 2
	t0=$(now_ms)
	stop_bg mip6d "$signal"; is $? "$status" "$what: the daemon ends"
	is "$(n_routes) $(n_proxies)" "$N $N" "$what: the kernel keeps what it has"
	nap 2
	mip6d_run; ok $? "$what: it starts again"
	diag "$what: down for $(($(now_ms) - t0)) ms, 2000 of them on purpose; $(grep -o 'bindings-restored.*' "$OUT/mip6d.log")"
	after=$(bindings)
	[ "$after" = "$before" ]; ok $? "$what: the bindings are the same, sequence numbers included"
	gen_report mn
	is "$(val lost) $(val wrong) $(val duplicated)" "0 0 0" "$what: no packet is lost ($(val sent) pings)"
	is "$(n_routes) $(n_proxies)" "$N $N" "$what: nothing was lost or doubled"
}

bench_world
sysctls() { ns ha sysctl net.ipv6.conf.{all,home0}.{forwarding,proxy_ndp} net.ipv6.neigh.home0.proxy_delay; }
before=$(sysctls)
mip6d_start "${KEEP[@]}" || die "mip6d starts"
gen_start mn --hoa $HOA --coa $COA --coa2 $COA2 --n "$N" --window 64 --lifetime 600
gen_do mn register
is "$(val status_0)" "$N" "registered" || finish
is "$(ctl status | jq -r .binding_cache)" saved "they are on the disk"
again killed KILL
again "stopped in good order" TERM
gen_do mn refresh
is "$(val status_0) $(val timeout) $(val resynced)" "$N 0 0" "each sequence number goes on"
gen_do mn move
is "$(val status_0)" "$N" "moved"
again "killed after a move" KILL

# ---- what the daemon may not take over
stop_bg mip6d KILL
ip -n ha -6 route flush proto $RTPROTO
ip -n ha -6 neigh show proxy | awk '{ print "neigh del proxy " $1 " dev " $3 }' | ip -n ha -6 -batch -
mip6d_run; ok $? "started with an empty kernel"
busywait 10 sh -c "[ \$(ip -n ha -6 route show table all proto $RTPROTO | grep -c encap) = $N ]"; ok $? "every route is put back"
busywait 5 sh -c "[ \$(ip -n ha -6 neigh show proxy | wc -l) = $N ]"; ok $? "and every proxy entry"
gen_do mn data
is "$(val lost) $(val wrong)" "0 0" "packets pass"

# (after a kill the journal would have all of it)
stop_bg mip6d TERM
truncate -s 8192 $CACHE
mip6d_run; ok $? "started with a torn file"
is "$(n_bindings) $(n_routes) $(n_proxies)" "0 0 0" "nothing of it is used, nothing is left in the kernel"
like "$(grep binding-cache-set-aside "$OUT/mip6d.log")" "file=$CACHE reason=\".*\" as=$CACHE.bad-" "the log says so"
ls $CACHE.bad-* >/dev/null; ok $? "the file is still there under another name"

# ---- the end
gen_tell mn forget
gen_do mn register
is "$(val status_0)" "$N" "registered with the new file"
stop_bg mip6d TERM
is "$(n_routes)" "$N" "stopped, with its bindings in the kernel"
ns ha "$MIP6D" -c "$OUT/mip6d.conf" --clean >"$OUT/clean.log" 2>&1; ok $? "mip6d --clean" || diag_file "$OUT/clean.log"
is "$(n_routes) $(n_proxies) $(ip -n ha -o link show type ip6tnl | grep -c mip6ha)" "0 0 0" "no route, proxy entry or device is left"
is "$(sysctls)" "$before" "the sysctls are as they were"
mip6d_run; ok $? "it starts"
is "$(n_bindings)" 0 "and knows no binding"
stop_bg mip6d TERM
gen_stop mn
finish
