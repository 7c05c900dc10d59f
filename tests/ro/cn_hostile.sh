#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
#
# What a correspondent node has to refuse: wrong and missing authenticators, unknown nonces, replays, home registrations, data without a
# binding, unknown messages, a flood of tests. Each gets the status or the silence that RFC 6275 says, is counted, and makes no binding.
# Twice: the normal build, and one with AddressSanitizer and UndefinedBehaviorSanitizer if there is one (MIP6D_SANITIZED, build/umip-san/mip6d).
# Needs build/bench/mngen (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../bench/world.sh"
. "$(dirname "$0")/cn_world.sh"

FLOOD=${FLOOD:-20000}
NORMAL=$MIP6D
SANITIZED=${MIP6D_SANITIZED:-$BUILD/umip-san/mip6d}
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=98

# silent CASE WORDS COUNTER: no answer, counted, no binding
silent()
{
	local before

	before=$(counter "$3")
	gen_do mn "false-$1"
	is "$(val sent) $(val ba) $(val be) $(val other) $(val hot) $(val cot)" "1 0 0 0 0 0" "$2: silence"
	is "$(($(counter "$3") - before)) $(n_bindings)" "1 0" "$2: counted ($3), no binding"
}

# refused CASE STATUS WORDS: a status that nobody could authenticate
refused()
{
	local before

	before=$(counter reg_rejected)
	gen_do mn "false-$1"
	is "$(val ba) $(val ba_status) $(val authenticated) $(val wrong)" "1 $2 0 0" "$3: status $2, without authenticator"
	is "$(($(counter reg_rejected) - before)) $(n_bindings)" "1 0" "$3: counted, no binding"
}

rss() { awk '/VmRSS/ { print $2 }' "/proc/$PID/status"; }

siege()
{
	local name=$1 seq before

	cn_start || { ok 1 "$name: mip6d starts"; return; }
	gen_start mn --hoa $HOA --coa $COA --coa2 $COA2 --n 1 --seq 65530 --lifetime 100
	diag "$name"
	silent authenticator "forged authenticator" bu_unauth
	silent coa "tokens of another care-of address" bu_unauth
	silent no-auth "no authenticator" bu_unauth
	silent no-nonces "no nonce indices" bu_unauth
	silent test-with-hao "test with a Home Address option" mh_malformed
	refused home-nonce 136 "home nonce unknown"
	refused coa-nonce 137 "care-of nonce unknown"
	refused nonces 138 "both nonces unknown"
	is "$(counter bu_nonce)" 3 "three unknown nonces are counted"
	refused home-registration 131 "home registration"
	before=$(counter mh_limited)
	gen_do mn false-home-nonce:100
	le "$(val ba)" 15 "a hundred updates with an unknown nonce, answers"
	is "$(($(counter mh_limited) - before + $(val ba)))" 100 "the others are counted as limited"

	# ---- a replay, of a binding that is there, and of one that was
	gen_do mn optimize
	is "$(val ok) $(n_bindings)" "1 1" "a right update"
	seq=$(ctl bc | jq '.[0].sequence')
	gen_do mn false-replay
	is "$(val ba) $(val ba_status) $(val ba_seq) $(val authenticated)" "1 135 $seq 1" "replay: status 135, the last sequence number, authenticated"
	gen_do mn false-authenticator
	is "$(val ba) $(ctl bc | jq '.[0].sequence')" "0 $seq" "a forged update changes nothing"

	# ---- data that no binding covers
	gen_do mn false-data-coa:200
	ge "$(val be)" 1 "data from elsewhere than the binding says: Binding Error"
	is "$(val be_status) $(val wrong) $(val other)" "1 0 0" "status 1, to there, with the home address"
	le "$(val be)" 8 "but not 200 of them"
	gen_do mn unoptimize
	is "$(val ok) $(n_bindings)" "1 0" "given up"
	gen_do mn false-replay
	is "$(val ba) $(val ba_status) $(n_bindings)" "1 135 0" "replay of the registration after its end: status 135, no binding"
	gen_do mn false-data:200
	ge "$(val be)" 1 "data without a binding: Binding Error"
	is "$(val be_status) $(val wrong) $(val other)" "1 0 0" "status 1, with the home address"
	le "$(val be)" 8 "but not 200 of them"
	ge "$(counter hao_unbound)" 2 "reports are counted"
	nap 4
	gen_do mn false-type:50
	ge "$(val be)" 1 "messages of unknown type: Binding Error"
	is "$(val be_status) $(val wrong)" "2 0" "status 2"
	le "$(val be)" 8 "but not 50 of them"

	# ---- a flood of tests from everywhere
	before=$(rss)
	answers=$(($(counter hot_tx) + $(counter cot_tx)))
	gen_do mn false-flood:$FLOOD 200
	le "$(($(val hot) + $(val cot)))" $((6000 + 2000 * $(printf %.0f "$(val total_s)"))) \
		"$FLOOD tests from random sources, answers of 2000 a second and a burst"
	le "$(($(counter hot_tx) + $(counter cot_tx) - answers))" "$FLOOD" "no more answers than questions"
	diag "sent $(val sent) in $(val total_s) s, answered $(val hot) + $(val cot), limited $(counter mh_limited), overrun $(counter mh_overrun)"
	[ "$MIP6D" = "$SANITIZED" ] || le $(($(rss) - before)) 300 "nothing is kept of them, kB of memory"
	is "$(n_bindings)" 0 "and no binding made"
	gen_do mn optimize
	is "$(val ok) $(n_bindings)" "1 1" "right updates are taken as before"
	gen_do mn unoptimize
	gen_stop mn

	stop_bg mip6d
	ok $? "$name: mip6d stops with status 0" || diag_file "$OUT/mip6d.log" 60
	! grep -E 'ERROR: (Address|Leak)Sanitizer|runtime error:|kernel-error' "$OUT/mip6d.log" >"$OUT/complaints.$name"
	ok $? "$name: no complaint in its log" || diag_file "$OUT/complaints.$name"
	mv "$OUT/mip6d.log" "$OUT/mip6d.$name.log"
	is "$(ip -n cn xfrm state | wc -l) $(ip -n cn xfrm policy | wc -l)" "0 0" "$name: no XFRM state or policy is left"
}

cn_world
siege normal
if [ -x "$SANITIZED" ]; then
	MIP6D=$SANITIZED
	siege sanitized
	MIP6D=$NORMAL
else
	skip "the same under ASan and UBSan" "no $SANITIZED: make -C umip SANITIZE=1"
fi
finish
