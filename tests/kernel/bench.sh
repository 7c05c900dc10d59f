# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the series makes cheap stays cheap: the benchmarks in tests/bench that have a limit, on the patched kernel.
# Sourced by tests/kernel/check.

make -s -C tests/bench >"$OUT/bench-build.log" 2>&1
expect $? "the benchmarks compile" || quote "$OUT/bench-build.log"
IMAGE=$(scripts/kernel build lean | tail -n 1)
tests/vm/run --kernel "$IMAGE" --icount --env ROUNDS=6 --out "$OUT/vm-bench" tests/bench/addrlabel.sh >"$OUT/vm-bench.log" 2>&1
expect $? "address labels: the cost does not grow with the table" || grep '^not ok' "$OUT/vm-bench.log" | sed 's/^/#   /'
sed -n 's/^# addrlabel: /#   /p' "$OUT/vm-bench.log"
