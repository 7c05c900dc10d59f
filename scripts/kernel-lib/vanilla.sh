# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The upstream release, from the tarball inside Debian's source package; or, where no archive has that any more, by what
# Debian changes of it. Sourced by scripts/kernel.

# shellcheck source=SCRIPTDIR/../source-lists.sh
. "$TOP/scripts/source-lists.sh"

UPSTREAM=$KCACHE/upstream

# sources: "PACKAGE VERSION" of each 6.12.y that the lists have, newest last
sources()
{
	apt-cache "${SOURCE_APT[@]}" showsrc linux-6.12 linux 2>/dev/null |
		awk '$1 == "Package:" { p = $2 } $1 == "Version:" && $2 ~ /^6\.12\./ { print p, $2 }' | sort -u | sort -V -k 2
}

# fetch_source PART PACKAGE VERSION: its --tar-only or --diff-only, in UPSTREAM. Not every archive keeps all that it lists.
fetch_source() { (cd "$UPSTREAM" && apt-get "${SOURCE_APT[@]}" --download-only "$1" source "$2=$3" >"$UPSTREAM/log" 2>&1); }

# upstream_tarball: the path of the tarball that the base was made from, on stdout; downloaded once
upstream_tarball()
{
	local upstream=${BASE_VERSION%%-*} name version

	if ! find "$UPSTREAM" -maxdepth 1 -name "linux*_$upstream.orig.tar.*" 2>/dev/null | grep -q .; then
		source_lists "$UPSTREAM" bookworm trixie || return 1
		# the same release is in more than one suite
		while read -r name version; do
			[[ $version != "$upstream"-* ]] || ! fetch_source --tar-only "$name" "$version" || break
		done < <(sources)
	fi
	find "$UPSTREAM" -maxdepth 1 -name "linux*_$upstream.orig.tar.*" | head -n 1 | grep .
}

# debian_patches: the path of the newest of Debian's patch sets, not newer than the base, that can be had, on stdout
debian_patches()
{
	local name version

	while read -r name version; do
		dpkg --compare-versions "$version" le "$BASE_VERSION" || continue
		[ -f "$UPSTREAM/${name}_$version.debian.tar.xz" ] || fetch_source --diff-only "$name" "$version" || continue
		echo "$UPSTREAM/${name}_$version.debian.tar.xz"
		return
	done < <(sources | tac)
	return 1
}

# own_changes VERSION: what Debian's changelog of the base says since then, without the lists of what upstream changed and
# without what is not the kernel's: one line each
own_changes()
{
	awk -v since="($1)" '
		/^linux/ && $2 == since { exit }
		/^linux/ { flush(); upstream = 0; next }
		/^ -- / || /^  \[ / { flush(); upstream = 0; next }
		/^  \* / { flush(); upstream = /New upstream/; if (!upstream) text = substr($0, 5); next }
		/^    / && !upstream { sub(/^ +/, ""); text = text " " $0 }
		function flush() { if (text != "" && text !~ /^Rebuild for/) print text; text = "" }
		END { flush() }' "$(config_package)/changelog"
}

# files_are_upstream: the files that the series changes are the upstream release's, as far as Debian's patches and its
# changelog since then tell. Which package said so is on stdout.
files_are_upstream()
{
	local set version work ours words change hit

	set=$(debian_patches) || { say "nor is any patch set of Debian's"; return 1; }
	version=${set##*_}
	version=${version%.debian.tar.xz}
	work=$(mktemp -d "$KCACHE/.vanilla.XXXXXX") || return 1
	touched | while read -r ours; do [ ! -e "$STOCK/$ours" ] || echo "$ours"; done >"$work/ours"
	tar -x -C "$work" -f "$set" debian/patches
	(cd "$work/debian/patches" && sed 's/#.*//; s/[[:space:]].*//; /^$/d' series |
		xargs sed -n 's/\t.*//; s,^--- [^/]*/,,p; s,^+++ [^/]*/,,p') | sort -u >"$work/theirs"
	hit=$(grep -xFf "$work/ours" "$work/theirs" | head -n 1)
	say "$(wc -l <"$work/theirs") files changed by Debian's patches of $version, $(wc -l <"$work/ours") by the series"
	# the subsystems that the series changes, as a subject would call them
	words=$(sed -n 's,.*/\(.*\)\.[ch]$,\1,p' "$work/ours" | tr '_' '\n' | sort -u | paste -sd '|')
	rm -rf "$work"
	[ -z "$hit" ] || { say "Debian's patches of $version change $hit"; return 1; }
	while read -r change; do
		say "since then: $change"
		[[ ! $change =~ (^|[^a-z0-9])($words)([^a-z0-9]|$) ]] || { say "that may change files of the series"; return 1; }
	done < <(own_changes "$version")
	echo "$version"
}

# kernel_vanilla [TARBALL]: exit status 4 if nothing can be said
kernel_vanilla()
{
	local tarball=${1:-} work status since

	need
	lock
	base_tree || exit 1
	source_apt "$UPSTREAM"
	if [ -z "$tarball" ] && ! tarball=$(upstream_tarball); then
		say "the tarball of Linux ${BASE_VERSION%%-*} is in no archive that can be reached"
		since=$(files_are_upstream) || { say "name a tarball"; exit 4; }
		patched_tree || exit 1
		say "the series applies to Linux ${BASE_VERSION%%-*}: what it changes, Debian does not (patches of $since, changelog since then)"
		return
	fi
	work=$(mktemp -d "$KCACHE/.vanilla.XXXXXX") || exit 1
	touched | sed 's,^,*/,' >"$work/.files"
	# files that the series adds are not in the tarball, and tar says so
	tar -x -C "$work" --strip-components=1 --wildcards -f "$tarball" -T "$work/.files" 2>"$work/.tar"
	push_series "$work"
	status=$?
	rm -rf "$work"
	[ $status = 0 ] || die "the series does not apply to $(basename "$tarball")"
	say "the series applies to $(basename "$tarball")"
}
