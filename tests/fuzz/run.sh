#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh DIR TARGET SECONDS: fuzzes one target from its corpus in DIR. Output in the form of a TAP line, without number;
# a crashing input stays in DIR and is named. 0 seconds: until it crashes or is stopped.
dir=$1 target=$2 seconds=$3
max_len=2200

mkdir -p "$dir/corpus-$target"
if "$dir/$target" -max_total_time="$seconds" -max_len=$max_len -timeout=5 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="$dir/$target-" \
		"$dir/corpus-$target" "$dir/seeds-$target" > "$dir/$target.log" 2>&1; then
	echo "ok - $target: $(awk '/number_of_executed_units/ { print $2 }' "$dir/$target.log") inputs"
	exit 0
fi
echo "not ok - $target: see $dir/$target.log"
sed -n 's/^.*Test unit written to /# reproduce: '"$(echo "$dir/$target" | sed 's|/|\\/|g')"' /p' "$dir/$target.log"
exit 1
