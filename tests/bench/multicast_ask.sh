#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# What asking mobile nodes for their groups costs a home agent that has many, in the daemon's processor time: with an interval that is too short for all of
# them (3000 in 10 s are 300 a second, and 160 are what is asked), against the same daemon without HaMulticast, and a question against a registration
# that is refreshed. Each is asked, and nobody's groups end meanwhile. Needs build/bench (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

N=${N:-3000} INTERVAL=${INTERVAL:-10}
# how much of a refresh a question may cost, which leaves alone where refreshes come by the dozen, and how much of the processor all of them
QUESTION=${QUESTION:-2.5} SHARE=${SHARE:-0.25}
PYTHON=/usr/bin/python3
GROUP=ff05::1111

cpu() { cut -d' ' -f1 "/proc/$PID/schedstat"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }
members() { ctl bc | jq '[.[].groups[]?] | length'; }
# idle SECONDS: what the daemon takes in a second, ns
idle() { local c t=$EPOCHREALTIME; c=$(cpu); nap "$1"; awk -v c=$(($(cpu) - c)) -v a="$t" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", c / (b - a) }'; }

bench_world
mip6d_start "HaMaxBindings $((2 * N));" || die "mip6d starts"
[ -r "/proc/$PID/schedstat" ] || die "no schedstat"
gen_start mn --hoa $HOA --coa $COA --coa2 $COA2 --n "$N" --window 64 --lifetime 600
gen_do mn register 200
is "$(val status_0)" "$N" "registered" || finish
c=$(cpu)
gen_do mn refresh 200
refresh=$((($(cpu) - c) / N))
without=$(idle 10)
stop_bg mip6d
gen_tell mn forget
echo "HaMulticast enabled; HaMulticastQueryInterval $INTERVAL;" >>"$OUT/mip6d.conf"
mip6d_run || die "mip6d starts"
gen_do mn register 200
is "$(val status_0)" "$N" "registered, with HaMulticast" || finish
# the first two questions to each, and 64 that listen
nap $((2 * N / 160))
ns gen $PYTHON "$TOP/tests/roaming/group.py" mld "$COA+64" $HA $GROUP || die "report"
busywait 5 eval '[ "$(members)" = 64 ]'; ok $? "64 members" || diag "$(ctl stats | grep -E 'mld|multi')"
n=$(counter mld_tx) c=$(cpu) begin=$EPOCHREALTIME
nap 30
n=$(($(counter mld_tx) - n)) c=$(($(cpu) - c))
t=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
rate=$(awk -v n="$n" -v t="$t" 'BEGIN { printf "%d", n / t }')
question=$(((c - without * ${t%.*}) / n))
diag "$rate questions a second; a question $question ns, a refresh $refresh ns; all of them $(ratio "$c" "${t%.*}000000000") of the processor, $(ratio "$without" 1000000000) without"
ge "$rate" 130 "they are asked at the rate that $N bindings get"
le "$rate" 210 "and not faster"
le "$(ratio "$question" "$refresh")" "$QUESTION" "a question, against a refreshed registration"
le "$(ratio "$c" "${t%.*}000000000")" "$SHARE" "all questions, of the processor"
is "$(members)" 64 "and whoever has not been asked twice goes on"
gen_stop mn
stop_bg mip6d
finish
