# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Carries the series from the base it was made for to the newest one, as a rebase: git knows both bases'
# files and merges. Sourced by scripts/kernel.

# shellcheck source=SCRIPTDIR/import.sh
. "$LIB/import.sh"

kernel_refresh()
{
	local old new tree=$KCACHE/refresh old_tree

	need
	lock
	old=$(cat "$TOP/kernel/base")
	base_tree "$old"
	old_tree=$STOCK
	BASE_VERSION=
	base_tree
	new=$BASE_VERSION
	if [ "$old" = "$new" ]; then
		say "kernel/base is the newest already"
	fi
	# a small tree, of the files that the series touches
	rm -rf "$tree"
	git init -q "$tree" || exit 1
	git -C "$tree" config user.name "$(git -C "$TOP" config user.name)"
	git -C "$tree" config user.email "$(git -C "$TOP" config user.email)"
	touched | copy_files "$old_tree" "$tree"
	git -C "$tree" add -A -f && git -C "$tree" commit -q --allow-empty -m "$old" && git -C "$tree" tag old || exit 1
	# shellcheck disable=SC2046
	git -C "$tree" am -q --keep-non-patch $(patches | sed "s,^,$TOP/kernel/,") ||
		die "the series does not even apply to its own base, $old"
	git -C "$tree" branch series
	git -C "$tree" log --format=%s old..series >"$tree/.git/subjects"
	git -C "$tree" checkout -q old || exit 1
	touched | copy_files "$STOCK" "$tree"
	git -C "$tree" add -A -f && git -C "$tree" commit -q --allow-empty -m "$new" && git -C "$tree" tag base || exit 1
	if ! git -C "$tree" rebase -q --onto base old series >"$tree/.git/log" 2>&1; then
		say "no longer applies to $new: $(git -C "$tree" log -1 --format=%s REBASE_HEAD)"
		git -C "$tree" diff --name-only --diff-filter=U | sed 's/^/kernel:   /' >&2
		say "resolve it in $tree (git rebase --continue), then: scripts/kernel import $tree && echo $new >kernel/base"
		exit 1
	fi
	# patches that the new base has already are gone now
	git -C "$tree" log --format=%s base..series | grep -vxFf - "$tree/.git/subjects" |
		sed 's/^/kernel: in the base now, or empty: /' >&2
	kernel_import "$tree" base
	echo "$new" >"$TOP/kernel/base"
	say "the series is for $new"
}
