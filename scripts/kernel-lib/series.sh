# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The series and the patched tree. Sourced by scripts/kernel, and by scripts/iproute2 with a series of its own in
# SERIES_DIR.

SERIES_DIR=${SERIES_DIR:-$TOP/kernel}
SERIES=$SERIES_DIR/series

# patches: the series, a path below SERIES_DIR each
patches() { sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$SERIES"; }

# touched [PATCH...]: the files that these patches change, by default all of the series
touched()
{
	if [ $# = 0 ]; then
		# shellcheck disable=SC2046
		set -- $(patches)
	fi
	[ $# -gt 0 ] || return 0
	(cd "$SERIES_DIR" && sed -n -e 's,^--- a/,,p' -e 's,^+++ b/,,p' "$@") | sed 's/\t.*//' | sort -u
}

# series_key: changes with every change of the series
# shellcheck disable=SC2046
series_key() { (cd "$SERIES_DIR" && cat series $(patches)) | sha256sum; }

# copy_files FROM TO: the files named on stdin that FROM has
copy_files()
{
	local file

	while read -r file; do
		[ -e "$1/$file" ] || continue
		mkdir -p "$2/${file%/*}"
		cp -p --remove-destination "$1/$file" "$2/$file" || return 1
	done
}

# push_series DIR: the series applied by quilt, without fuzz, to what DIR has of the base
push_series()
{
	(cd "$1" && QUILT_PATCHES=$SERIES_DIR QUILT_SERIES=$SERIES QUILT_PC=.pc \
		quilt --quiltrc=- push -a --fuzz=0 --color=never) >"$1/.log" 2>&1 && return
	# quilt's last words name the patch and the hunks that failed
	grep -E '^(Applying|Patch|Hunk|can.t find|[0-9]+ out of)' "$1/.log" | tail -n 8 >&2
	return 1
}

# patched_tree: STOCK with the series at PATCHED. Only files whose content changes are written, so that make
# compiles again what has to be. The others are hard links to STOCK's: never edit either tree by hand.
patched_tree()
{
	local work file key status=0

	key=$(series_key) || return 1
	[ "$key" != "$(cat "$PATCHED/.series-applied" 2>/dev/null)" ] || return 0
	if ! [ -d "$PATCHED" ]; then
		rm -rf "$PATCHED.new"
		say "copying the source tree"
		# without the build directories of the unpatched kernel
		mkdir "$PATCHED.new" && (cd "$STOCK" && find . -mindepth 1 -maxdepth 1 ! -name 'obj-*' -print0 |
			xargs -0 cp -al -t "$PATCHED.new") && mv "$PATCHED.new" "$PATCHED" || return 1
	fi
	work=$(mktemp -d "$KCACHE/.apply.XXXXXX") || return 1
	touched | copy_files "$STOCK" "$work"
	if push_series "$work"; then
		{ touched; cat "$PATCHED/.series-touched" 2>/dev/null; } | sort -u >"$work/.files"
		while read -r file; do
			if [ -e "$work/$file" ]; then
				cmp -s "$work/$file" "$PATCHED/$file" && continue
				mkdir -p "$PATCHED/${file%/*}"
				cp --remove-destination "$work/$file" "$PATCHED/$file"
			elif [ -e "$STOCK/$file" ] && ! touched | grep -qxF "$file"; then
				cp --remove-destination "$STOCK/$file" "$PATCHED/$file"
			else
				rm -f "$PATCHED/$file"
			fi || { status=1; break; }
		done <"$work/.files"
		if [ $status = 0 ]; then
			# replaced like all else: of a copy made of hard links these would say what is not so
			touched >"$work/.series-touched"
			echo "$key" >"$work/.series-applied"
			mv "$work/.series-touched" "$work/.series-applied" "$PATCHED/" || status=1
		fi
		[ $status != 0 ] || say "applied $(patches | wc -l) patches"
	else
		say "the series does not apply to $BASE_VERSION without fuzz; it was made for $(cat "$TOP/kernel/base")"
		say "scripts/kernel refresh carries it over; KERNEL_BASE=$(cat "$TOP/kernel/base") uses the older base"
		status=1
	fi
	rm -rf "$work"
	return $status
}

kernel_apply()
{
	need
	lock
	base_tree && patched_tree
}

kernel_trees()
{
	need
	lock
	base_tree && patched_tree || exit 1
	printf '%s\n' "$BASE_VERSION" "$STOCK" "$PATCHED"
}
