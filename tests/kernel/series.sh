# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The form of the series: complete, described, in the kernel's style. Sourced by tests/kernel/check.

# what is in the folders and what is in the series are the same
diff <(printf '%s\n' "${PATCHES[@]}" | sort) <(cd kernel && find . -mindepth 2 -name '*.patch' -printf '%P\n' | sort) >"$OUT/series.diff"
expect $? "kernel/series names all patches" || quote "$OUT/series.diff"

scripts/kernel readme --check >"$OUT/readme.log" 2>&1
expect $? "kernel/README.md and kernel/rows.tsv are right" || quote "$OUT/readme.log"

for patch in "${PATCHES[@]}"; do
	grep -q "^Signed-off-by: " "kernel/$patch" || point 'not ok' "$patch: no Signed-off-by"
	# Ignored: MAINTAINERS is for the subsystem's maintainers to change, and a file of a selftest
	# belongs to them already.
	"$STOCK/scripts/checkpatch.pl" --root="$STOCK" --strict --no-summary --terse --show-types \
		--ignore FILE_PATH_CHANGES "kernel/$patch" >"$OUT/checkpatch.log" 2>&1
	expect $? "checkpatch --strict: $patch" || quote "$OUT/checkpatch.log"
done
