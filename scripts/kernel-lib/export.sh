# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The series as commits. Sourced by scripts/kernel.

kernel_export()
{
	local tree=${1:-}

	git -C "${tree:-/nonexistent}" rev-parse -q --verify HEAD >/dev/null 2>&1 ||
		die "usage: scripts/kernel export TREE, a git tree of Linux $(cat "$TOP/kernel/base")"
	[ -z "$(git -C "$tree" status --porcelain --untracked-files=no)" ] || die "$tree has uncommitted changes"
	# shellcheck disable=SC2046
	if ! (cd "$TOP/kernel" && git -C "$tree" am -q $(patches | sed "s,^,$TOP/kernel/,")); then
		git -C "$tree" am --show-current-patch=diff 2>/dev/null | grep -m 1 '^diff' >&2
		git -C "$tree" am --abort
		die "the series does not apply to $(git -C "$tree" describe --always); nothing was changed"
	fi
	say "$(patches | wc -l) commits on $(git -C "$tree" rev-parse --abbrev-ref HEAD) in $tree"
}
