#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0-or-later
#
# race.awk -v old=ORDER -v new=ORDER WRITER READER...: the writer's JSON lines with its windows (from_s, to_s), and the
# readers' lines. Prints counts:
#	reads	changes	seen_old seen_new	orders of one policy, with the kernel of the same before and after
#	torn	orders of neither policy
#	during	reads in which the kernel changed, or whose order is not the kernel's policy, that overlap a window
#	outside	the same that overlap none
#	window_us_median, window_us_max		between the kernel's answer and the new gai.conf; total_us_max: from the first request

function field(name,	s) {
	if (!match($0, "\"" name "\":[0-9.]+"))
		return ""
	s = substr($0, RSTART, RLENGTH)
	sub(/.*:/, "", s)
	return s + 0
}
BEGIN { changes = 0 }
FILENAME != file { file = FILENAME; n_file++; state = "" }
n_file == 1 {
	if (/"window_us"/) {
		from[changes] = field("from_s")
		to[changes] = field("to_s")
		window[changes++] = field("window_us")
	}
	next
}
NF >= 4 {
	reads++
	order = $5
	state = order == old && $3 $4 == "oo" ? "old" : order == new && $3 $4 == "nn" ? "new" : order != old && order != new ? "torn" : "differs"
	if (state == "old") seen_old++
	else if (state == "new") seen_new++
	else if (state == "torn") torn++
	else {
		hit = 0
		for (i = changes - 1; i >= 0 && !hit; i--)
			hit = from[i] <= $2 && to[i] >= $1
		if (hit) during++; else outside++
	}
}
END {
	for (i = 0; i < changes; i++) {
		if (window[i] > max) max = window[i]
		if ((to[i] - from[i]) * 1e6 > total) total = (to[i] - from[i]) * 1e6
		for (j = i; j > 0 && window[j - 1] > window[j]; j--) { t = window[j]; window[j] = window[j - 1]; window[j - 1] = t }
	}
	printf "reads=%d changes=%d seen_old=%d seen_new=%d torn=%d during=%d outside=%d window_us_median=%.1f window_us_max=%.1f total_us_max=%.1f\n",
		reads, changes, seen_old, seen_new, torn, during, outside, changes ? window[int(changes / 2)] : 0, max, total
}
