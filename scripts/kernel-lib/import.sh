# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Writes a series and its patches from the commits of a git tree. Sourced by scripts/kernel and scripts/iproute2.

# topic_of PATCH AHEAD: by its "Topic:" trailer, or by the file topics
topic_of()
{
	local topic expression subject files

	topic=$(sed -n '/^---$/q; s/^Topic: *//p' "$1" | tail -n 1)
	if [ -z "$topic" ]; then
		# the subject goes on in lines that begin with a blank
		subject=$(sed -n '/^Subject:/,/^[^ ]/{ s/^Subject: \[[^]]*\] *//p; s/^ / /p }' "$1" | tr -d '\n')
		files=$(sed -n 's,^+++ b/,,p; s,^--- a/,,p' "$1")
		while read -r topic expression; do
			case $topic in '' | '#'*) continue ;; esac
			grep -qE "$expression" <<<"$subject"$'\n'"$files" && break
			topic=
		done <"$SERIES_DIR/topics"
	fi
	[ "$topic" != - ] || topic=$2
	[ -n "$topic" ] || { say "no topic for '$subject': see ${SERIES_DIR#"$TOP"/}/topics"; return 1; }
	echo "$topic"
}

# import_patches DIR: what git format-patch left in DIR becomes the series
import_patches()
{
	local file topic ahead='' new
	declare -A count

	new=$(mktemp -d "$SERIES_DIR/.import.XXXXXX") || return 1
	for file in "$1"/*.patch; do
		topic=$(topic_of "$file" "$ahead") || { rm -rf "$new"; return 1; }
		ahead=$topic
		count[$topic]=$((${count[$topic]:-0} + 1))
		mkdir -p "$new/$topic"
		name=${file##*/}
		name=$topic/$(printf '%04d' "${count[$topic]}")-${name#*-}
		sed '/^---$/,$!{ /^Topic: /d }' "$file" >"$new/$name"
		echo "$name" >>"$new/series.list"
	done
	find "$SERIES_DIR" -mindepth 2 -name '*.patch' ! -path "$new/*" -delete
	cp -r "$new"/*/ "$SERIES_DIR/"
	{
		echo "# The patches in the order of quilt: README.md says how to apply them."
		echo "# Made by scripts/${0##*/} import."
		cat "$new/series.list"
	} >"$SERIES"
	rm -rf "$new"
	find "$SERIES_DIR" -mindepth 1 -type d -empty -delete
}

# import_commits TREE BASE: the commits BASE..HEAD become the series
import_commits()
{
	local tree=$1 from=$2 dir status

	git -C "$tree" rev-parse -q --verify "$from^{commit}" >/dev/null || die "$tree has no commit '$from'"
	[ -n "$(git -C "$tree" rev-list "$from"..HEAD)" ] || die "$tree has no commits after '$from'"
	dir=$(mktemp -d) || exit 1
	git -C "$tree" format-patch -q --no-numbered --no-signature --zero-commit --abbrev=7 --diff-algorithm=myers \
		-o "$dir" "$from"..HEAD && import_patches "$dir"
	status=$?
	rm -rf "$dir"
	[ $status = 0 ] || exit 1
	say "$(patches | wc -l) patches"
}

kernel_import()
{
	[ -d "${1:-}" ] || die "usage: scripts/kernel import TREE [BASE]"
	import_commits "$1" "${2:-base}"
}
