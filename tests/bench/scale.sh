#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
#
# What a binding costs with 500, 1000 and 5000 of them: nothing fails, and the cost of one does not grow with their number. The absolute
# speeds are those of an emulated processor. Needs build/bench/mngen (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

SIZES=${SIZES:-500 1000 5000} GROWTH=1.5 WINDOW=500 ROUNDS=${ROUNDS:-2}	# three times as many up to 1000
declare -A COST=()

rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$PID/status"; }
# memory that the kernel has allocated and cannot reclaim, per-CPU parts included
slab_kb() { awk '/^(SUnreclaim|Percpu):/ { n += $2 } END { print n }' /proc/meminfo; }
# the daemon's time on a processor, ns; system calls included
cpu_ns() { cut -d' ' -f1 "/proc/$PID/schedstat"; }
best() { awk -v a="$1" -v b="$2" -v less="$3" 'BEGIN { print a == "" || (less == "<") == (b + 0 < a + 0) ? b : a }'; }
per() { awk -v a="$1" -v n="$2" -v f="${3:-1}" 'BEGIN { printf "%.2f", a / n * f }'; }

# phase N COMMAND: runs it and notes rate and processor time of one; the best of all rounds, since others use this machine, too
phase()
{
	local n=$1 cmd=$2 t0

	t0=$(cpu_ns)
	gen_do "mn$n" "$cmd" 300
	COST[$n.$cmd]=$(best "${COST[$n.$cmd]:-}" "$(per $(($(cpu_ns) - t0)) "$n" 0.001)" '<')
	COST[$n.$cmd.rate]=$(best "${COST[$n.$cmd.rate]:-}" "$(val rate)" '>')
	is "$(val ok) $(val failed) $(val timeout) $(val bad)" "$n 0 0 0" "$n: $cmd"
}

# A processor that is shared makes everything slower, never faster: the best round is the one that tells what it costs.
measure()
{
	local n=$1 rss slab round rounds

	mip6d_start || die "mip6d starts"
	gen_start "mn$n" --hoa $HOA --coa $COA --coa2 $COA2 --n "$n" --window $WINDOW --timeout 250
	rss=$(rss_kb) slab=$(slab_kb)
	rounds=$((n > 1000 ? ROUNDS : 3 * ROUNDS))
	for ((round = 1; round <= rounds; round++)); do
		phase "$n" register
		if [ $round = 1 ]; then
			COST[$n.rss]=$(per $(($(rss_kb) - rss)) "$n")
			COST[$n.slab]=$(per $(($(slab_kb) - slab)) "$n")
			is "$(n_routes) $(n_proxies)" "$n $n" "$n: routes and proxy neighbours"
		fi
		phase "$n" refresh
		phase "$n" move
		gen_do "mn$n" "data:0:$((n / 2))"
		is "$(val lost) $(val wrong)" "0 0" "$n: a ping from each through the tunnel"
		phase "$n" deregister
		is "$(n_bindings) $(n_routes) $(n_proxies)" "0 0 0" "$n: nothing is left"
	done
	gen_stop "mn$n"
	stop_bg mip6d
	ok $? "$n: mip6d stops with status 0"
}

# grows KEY UNIT: no more than GROWTH times from the smallest to the largest
grows()
{
	local first=${SIZES%% *} last=${SIZES##* }

	le "$(per "${COST[$last.$1]}" "${COST[$first.$1]}")" $GROWTH "$1: cost of one at $last, in that of one at $first"
}

bench_world
for n in $SIZES; do measure "$n"; done

diag "$(printf '%-8s %12s %12s %12s %12s %12s %12s' bindings register/s refresh/s move/s dereg/s RSS,kB slab,kB)"
for n in $SIZES; do
	diag "$(printf '%-8s %12.1f %12.1f %12.1f %12.1f %12s %12s' "$n" "${COST[$n.register.rate]}" "${COST[$n.refresh.rate]}" \
		"${COST[$n.move.rate]}" "${COST[$n.deregister.rate]}" "${COST[$n.rss]}" "${COST[$n.slab]}")"
done
diag "processor time of mip6d for one, us"
for n in $SIZES; do
	diag "$(printf '%-8s %12s %12s %12s %12s' "$n" "${COST[$n.register]}" "${COST[$n.refresh]}" "${COST[$n.move]}" "${COST[$n.deregister]}")"
done
for key in register refresh move deregister rss slab; do grows $key; done
finish
