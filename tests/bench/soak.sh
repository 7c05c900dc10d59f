#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# A day of a home agent, in a few minutes: its clock runs SPEED times as fast. In each cycle of 20 minutes N mobile nodes register and move; then
# all of them fall silent and expire, or they deregister. Neither memory nor file descriptors nor anything in the kernel may grow. Needs
# build/bench/mngen (make -C tests/bench) and libfaketime.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

N=${N:-100} SPEED=${SPEED:-240} CYCLES=${CYCLES:-72}
LIFETIME=1200
FAKE=$(ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
[ -n "$FAKE" ] || skip_all "no libfaketime"

rss() { awk '/^VmRSS:/ { print $2 }' "/proc/$PID/status"; }
fds() { find "/proc/$PID/fd" -mindepth 1 | wc -l; }
in_kernel() { echo "routes=$(n_routes) proxies=$(n_proxies) links=$(n_links) states=$(ns ha ip xfrm state count | grep -o '[0-9]*$')" \
	"policies=$(ns ha ip xfrm policy | grep -c '^src') groups=$(ip -n ha -6 maddress | wc -l) rules=$(ip -n ha -6 rule | wc -l)"; }
empty() { [ "$(n_bindings)" = 0 ]; }

bench_world
# At first the clock is right: a kernel that takes a tenth of a second to answer must not seem to be silent for half a minute.
CLOCK=$(mktemp)
echo +0 >"$CLOCK"
export LD_PRELOAD=$FAKE FAKETIME_TIMESTAMP_FILE=$CLOCK FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_RESET=1 LIBEV_FLAGS=2
mip6d_start "HaMaxBindings $N;" "NonVolatileBindingCache enabled;" "BindingCacheFile \"/tmp/soak.db\";" || die "mip6d starts"
unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_CACHE_DURATION FAKETIME_DONT_RESET LIBEV_FLAGS
echo "+0 x$SPEED" >"$CLOCK"
nap 3
gen_start mn --hoa $HOA --coa $COA --coa2 $COA2 --n "$N" --window 32 --lifetime $LIFETIME

kernel=$(in_kernel) descriptors=$(fds) registered=0 expired=0 wrong=0 settled=0 t0=$(now_ms)
for ((i = 1; i <= CYCLES; i++)); do
	gen_do mn register >"$OUT/report"
	[ "$(val status_0)" = "$N" ] || { wrong=$((wrong + 1)); diag "cycle $i: $line"; }
	registered=$((registered + N))
	gen_do mn move >"$OUT/report"
	[ "$(val status_0)" = "$N" ] || { wrong=$((wrong + 1)); diag "cycle $i: $line"; }
	if [ $((i % 3)) = 0 ]; then
		gen_do mn deregister >"$OUT/report"
		gen_tell mn forget
	else
		# silence: the daemon's twenty minutes
		busywait $((LIFETIME / SPEED + 20)) empty || { wrong=$((wrong + 1)); diag "cycle $i: $(n_bindings) are left"; }
		expired=$((expired + N))
		gen_tell mn forget
	fi
	[ "$(in_kernel)" = "$kernel" ] || { wrong=$((wrong + 1)); diag "cycle $i: $(in_kernel), before: $kernel"; }
	[ "$(fds)" = "$descriptors" ] || { wrong=$((wrong + 1)); diag "cycle $i: $(fds) file descriptors, before: $descriptors"; }
	[ $i != $((CYCLES / 4)) ] || settled=$(rss)
	[ $((i % 12)) != 0 ] || diag "cycle $i of $CYCLES: $(rss) kB"
done
hours=$(awk -v ms="$(($(now_ms) - t0))" -v s="$SPEED" 'BEGIN { printf "%.1f", ms / 1000 * s / 3600 }')
is $wrong 0 "$CYCLES cycles, $hours hours of the daemon: $registered registrations, $expired of them expired"
ge "$hours" "$((CYCLES / 3))" "hours that have passed"
is "$(counter expired)" "$expired" "as many as were silent have expired"
le "$(rss)" "$((settled + 128))" "kB of memory, after a quarter of the time it was $settled, and 128 more are allowed"
is "$(fds)" "$descriptors" "file descriptors"
is "$(in_kernel)" "$kernel" "what is in the kernel"
gen_stop mn
stop_bg mip6d TERM; is $? 0 "the daemon stops"
finish
