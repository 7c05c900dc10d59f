# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every patch builds by itself: after each, the objects that it touches are compiled with W=1 and sparse, in a
# tree that has the patches up to this one. A warning counts if the unpatched files did not have it. Sourced by
# tests/kernel/check.

STEP=$(dirname "$STOCK")/step
export CCACHE_DIR=${CCACHE_DIR:-$(scripts/cache-dir)/ccache}

# objects PATCH...: the kernel objects of the C files that the patches change
objects() { (cd kernel && sed -n 's,^+++ b/\(.*\)\.c\(\t.*\)*$,\1.o,p' "$@") | grep -vE '^(tools|samples|Documentation)/' | sort -u; }

# changes_header PATCH
changes_header() { grep -q '^+++ b/.*\.h' "kernel/$1" && grep -q '^+++ b/\(include\|net\)/.*\.h' "kernel/$1"; }

step_make() { make -s -C "$STEP" O="$STEP/obj-lean" CC="ccache gcc" HOSTCC="ccache gcc" -j"$(nproc)" "$@"; }

# compile LOG OBJECT...: also the warnings, without their places, into LOG.warnings
compile()
{
	local log=$1 status
	shift

	(cd "$STEP/obj-lean" && rm -f "$@")
	step_make -k W=1 C=1 "$@" >"$log" 2>&1
	status=$?
	# a place moves when lines are added above it; what follows a warning is the source and a marker
	grep -E ':[0-9]+:([0-9]+:)? *(warning|error):|: (warning|error):' "$log" |
		sed -E 's,^(\.\./)*,,; s,:[0-9]+:([0-9]+:)?,:,' | sort -u >"$log.warnings"
	return $status
}

step_tree()
{
	rm -rf "$STEP"
	mkdir "$STEP" || return 1
	(cd "$STOCK" && find . -mindepth 1 -maxdepth 1 ! -name 'obj-*' -print0 | xargs -0 cp -al -t "$STEP") || return 1
	mkdir "$STEP/obj-lean"
	cp "$PATCHED/obj-lean/.config" "$STEP/obj-lean/" || return 1
	step_make olddefconfig prepare >"$OUT/steps-prepare.log" 2>&1
}

scripts/kernel build lean >"$OUT/image" || point 'not ok' "the patched kernel builds"
if step_tree; then
	mapfile -t ALL < <(objects "${PATCHES[@]}")
	# what exists already; the rest is added by the series
	mapfile -t OLD < <(for o in "${ALL[@]}"; do [ ! -f "$STEP/${o%.o}.c" ] || echo "$o"; done)
	[ ${#OLD[@]} = 0 ] || compile "$OUT/step-0.log" "${OLD[@]}"
	n=0
	for patch in "${PATCHES[@]}"; do
		n=$((n + 1))
		# a hard link to STOCK is replaced, not written through: that is how patch works
		if ! patch -s -p1 -F0 -d "$STEP" <"kernel/$patch" >"$OUT/step-$n.log" 2>&1; then
			point 'not ok' "$patch applies at its place"
			quote "$OUT/step-$n.log"
			break
		fi
		if changes_header "$patch"; then
			mapfile -t objs < <(for o in "${ALL[@]}"; do [ ! -f "$STEP/${o%.o}.c" ] || echo "$o"; done)
		else
			mapfile -t objs < <(objects "$patch")
		fi
		[ ${#objs[@]} -gt 0 ] || continue
		compile "$OUT/step-$n.log" "${objs[@]}"
		expect $? "compiles: $patch (${#objs[@]} objects)" || { quote "$OUT/step-$n.log"; continue; }
		comm -13 "$OUT/step-0.log.warnings" "$OUT/step-$n.log.warnings" >"$OUT/step-$n.new"
		[ ! -s "$OUT/step-$n.new" ]
		expect $? "no new warning (W=1, sparse): $patch" || quote "$OUT/step-$n.new"
	done
else
	point 'not ok' "a tree to build step by step"
	quote "$OUT/steps-prepare.log"
fi
rm -rf "$STEP"
