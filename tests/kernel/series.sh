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
	# From stdin: a file that git knows it takes for source code. Ignored: MAINTAINERS is for the
	# subsystem's maintainers to change, and a selftest belongs to them already; a text for the
	# user is not broken, so that it can be searched for.
	ignore=FILE_PATH_CHANGES,LONG_LINE_STRING
	# programs of the tests: words of their command line are named as the functions that they run,
	# sig_atomic_t wants volatile, and a table repeats words
	! grep -q '^+++ b/tools/testing/' "kernel/$patch" || ignore+=,EMBEDDED_FUNCTION_NAME,VOLATILE,REPEATED_WORD
	(cd "$STOCK" && scripts/checkpatch.pl --strict --no-summary --terse --show-types --ignore $ignore -) \
		<"kernel/$patch" >"$OUT/checkpatch.log" 2>&1
	expect $? "checkpatch --strict: $patch" || quote "$OUT/checkpatch.log"
done
