#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# Ten thousand malformed and forbidden messages with valid checksums, many of them in the name of a hundred registered mobile nodes, which
# ping all the time and lose nothing. Twice: the normal build, and one with AddressSanitizer and UndefinedBehaviorSanitizer if there
# is one (MIP6D_SANITIZED, build/umip-san/mip6d). Needs build/bench/mngen (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

N=100 COUNT=${COUNT:-10000} SEED=${SEED:-2026}
NORMAL=$MIP6D
SANITIZED=${MIP6D_SANITIZED:-$BUILD/umip-san/mip6d}
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=98

# siege NAME RATE: one mip6d through all of it
siege()
{
	local name=$1 rate=$2 seconds=$((COUNT / $2)) before after rx limited overrun fds

	mip6d_start || { ok 1 "$name: mip6d starts"; return; }
	# without retransmissions all have sequence number 30000 in the end
	gen_start "mn_$name" --hoa $HOA --coa $COA --coa2 $COA2 --n $N --seq 30000 --retransmit 30000
	gen_start "hostile_$name" --hoa 2001:db8:1::b000:0 --coa 2001:db8:c3:: --n 16 --victims $HOA --n-victims $N --victim-seq 30000 \
		--rate "$rate"
	gen_do "mn_$name" register
	is "$(val status_0)" $N "$name: registered"
	gen_do "hostile_$name" register
	is "$(val status_0)" 16 "$name: the attacker has bindings of its own"
	before=$(bindings | jq '[.[] | select(.home_address | startswith("2001:db8:1::a000:"))]')
	fds=$(find "/proc/$PID/fd" -mindepth 1 | wc -l)
	rx=$(counter mh_rx) limited=$(counter mh_limited) overrun=$(counter mh_overrun)

	gen_tell "mn_$name" "data:$((seconds + 4)):1000"
	nap 1
	gen_do "hostile_$name" "hostile:$SEED:$COUNT" $((seconds * 4 + 60))
	is "$(val sent)" "$COUNT" "$name: hostile messages sent"
	is "$(val wrong)" 0 "$name: no answer that should not be"
	# answers to refusals are limited in rate; the burst alone is a fifth
	ge "$(val due)" $((COUNT / 2)) "$name: messages that may have an answer"
	ge $((($(val due) - $(val unanswered)) * 100 / $(val due))) 30 "$name: per cent of them that had it"
	ge $((($(counter mh_rx) - rx) * 100 / COUNT)) 90 "$name: per cent that reached the daemon"
	diag "mh_limited +$(($(counter mh_limited) - limited)), mh_overrun +$(($(counter mh_overrun) - overrun)), malformed $(counter mh_malformed)," \
		"unknown $(counter mh_unknown), unexpected $(counter mh_unexpected)"
	is "$(($(counter mh_overrun) - overrun))" 0 "$name: the daemon's socket never overflowed"

	gen_report "mn_$name" 60
	is "$(val lost) $(val wrong) $(val duplicated)" "0 0 0" "$name: the mobile nodes' pings, $(val sent) of them, are undisturbed"
	after=$(bindings | jq '[.[] | select(.home_address | startswith("2001:db8:1::a000:"))]')
	is "$(jq length <<<"$after")" $N "$name: all bindings are there"
	[ "$before" = "$after" ]
	ok $? "$name: and are what they were"
	is "$(n_bindings)" $((N + 16)) "$name: no binding has come in addition"
	is "$(find "/proc/$PID/fd" -mindepth 1 | wc -l)" "$fds" "$name: no file descriptor was lost"
	gen_do "mn_$name" refresh
	is "$(val status_0)" $N "$name: the mobile nodes refresh"
	gen_do "mn_$name" deregister
	is "$(val status_0)" $N "$name: and deregister"
	gen_do "hostile_$name" deregister
	is "$(n_bindings)" 0 "$name: nothing is left in the cache"

	gen_stop "mn_$name"
	gen_stop "hostile_$name"
	bg_alive mip6d
	ok $? "$name: mip6d lives"
	stop_bg mip6d
	ok $? "$name: and stops with status 0" || diag_file "$OUT/mip6d.log" 60
	! grep -E 'ERROR: (Address|Leak)Sanitizer|runtime error:|kernel-error' "$OUT/mip6d.log" >"$OUT/complaints.$name"
	ok $? "$name: no complaint in its log" || diag_file "$OUT/complaints.$name"
	mv "$OUT/mip6d.log" "$OUT/mip6d.$name.log"
	is "$(ip -n ha -6 route show table all proto $RTPROTO | wc -l)" 0 "$name: no route is left"
	is "$(ip -n ha -6 neigh show proxy | wc -l)" 0 "$name: no proxy neighbour is left"
}

bench_world
siege normal 500
if [ -x "$SANITIZED" ]; then
	MIP6D=$SANITIZED
	siege sanitized 250
	MIP6D=$NORMAL
else
	skip "the same under ASan and UBSan" "no $SANITIZED: make -C umip SANITIZE=1"
fi
finish
