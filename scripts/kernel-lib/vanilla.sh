# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The upstream release, from the tarball inside Debian's source package. Sourced by scripts/kernel.

# source_lists DIR: package lists of sources in DIR, from the archives that this system knows; also of trixie, whose
# own kernel is a 6.12.y. They are nobody else's business: apt's own lists stay as they are.
source_lists()
{
	local uri

	mkdir -p "$1/lists/partial" "$1/parts"
	{
		sed -n 's/^deb /deb-src /p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
		cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
			grep -oE 'https?://[^ ]*/debian(-security)?/?( |$)' | sort -u | while read -r uri; do
			case $uri in
			*-security*)	echo "deb-src $uri bookworm-security main"; echo "deb-src $uri trixie-security main" ;;
			*)		echo "deb-src $uri bookworm main"; echo "deb-src $uri trixie main" ;;
			esac
		done
	} | sort -u >"$1/sources.list"
	apt-get "${APT[@]}" update >&2
}

# upstream_tarball VERSION: the path of the tarball that this version of the base was made from, on stdout; downloaded once
upstream_tarball()
{
	local dir=$KCACHE/upstream upstream=${1%%-*} name version file
	local APT=(-q -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts="$dir/parts"
		-o Dir::State::Lists="$dir/lists" -o APT::Sandbox::User="$(id -un)")

	file=$(find "$dir" -maxdepth 1 -name "linux*_$upstream.orig.tar.*" 2>/dev/null | head -n 1)
	if [ -z "$file" ]; then
		source_lists "$dir" || return 1
		# the same release is in more than one suite, and not every archive keeps the sources of all that it lists
		while read -r name version; do
			(cd "$dir" && apt-get "${APT[@]}" --download-only --tar-only source "$name=$version" >"$dir/log" 2>&1) || continue
			file=$(find "$dir" -maxdepth 1 -name "linux*_$upstream.orig.tar.*" | head -n 1)
			break
		done < <(apt-cache "${APT[@]}" showsrc linux-6.12 linux 2>/dev/null |
			awk -v u="$upstream" '$1 == "Package:" { p = $2 } $1 == "Version:" && index($2, u "-") == 1 { print p, $2 }' | sort -u)
	fi
	[ -n "$file" ] && echo "$file"
}

# kernel_vanilla [TARBALL]: exit status 4 if there is none to be had
kernel_vanilla()
{
	local tarball=${1:-} work status

	need
	lock
	base_tree || exit 1
	if [ -z "$tarball" ] && ! tarball=$(upstream_tarball "$BASE_VERSION"); then
		say "the sources of Linux ${BASE_VERSION%%-*} are in no archive that can be reached: name a tarball"
		exit 4
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
