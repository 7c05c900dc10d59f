# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The series as commits. Sourced by scripts/kernel and scripts/iproute2.

# export_commits TREE: on its HEAD
export_commits()
{
	local tree=$1

	[ -z "$(git -C "$tree" status --porcelain --untracked-files=no)" ] || die "$tree has uncommitted changes"
	# shellcheck disable=SC2046
	if ! (cd "$SERIES_DIR" && git -C "$tree" am -q $(patches | sed "s,^,$SERIES_DIR/,")); then
		git -C "$tree" am --show-current-patch=diff 2>/dev/null | grep -m 1 '^diff' >&2
		git -C "$tree" am --abort
		die "the series does not apply to $(git -C "$tree" describe --always); nothing was changed"
	fi
	say "$(patches | wc -l) commits on $(git -C "$tree" rev-parse --abbrev-ref HEAD) in $tree"
}

kernel_export()
{
	git -C "${1:-/nonexistent}" rev-parse -q --verify HEAD >/dev/null 2>&1 ||
		die "usage: scripts/kernel export TREE, a git tree of Linux $(cat "$TOP/kernel/base")"
	export_commits "$1"
}
