# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's source packages, from the archives that this system knows, whether it lists their sources or not. Sourced by
# scripts that want one. The package lists are kept beside what is made from them: apt's own stay as they are.

# source_apt DIR: sets SOURCE_APT, the options of apt-get and apt-cache that make them use the lists in DIR
source_apt()
{
	SOURCE_APT=(-q -o Dir::Etc::SourceList="$1/sources.list" -o Dir::Etc::SourceParts="$1/parts"
		-o Dir::State::Lists="$1/lists" -o APT::Sandbox::User="$(id -un)")
}

# source_lists DIR SUITE...: fetches the lists of these suites and of their security updates into DIR; sets SOURCE_APT
source_lists()
{
	local dir=$1 uri suite

	shift
	mkdir -p "$dir/lists/partial" "$dir/parts"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -oE 'https?://[^ ]*/debian(-security)?/?( |$)' | sort -u | while read -r uri; do
		for suite; do
			case $uri in
			*-security*)	echo "deb-src $uri $suite-security main" ;;
			*)		echo "deb-src $uri $suite main" ;;
			esac
		done
	done | sort -u >"$dir/sources.list"
	source_apt "$dir"
	apt-get "${SOURCE_APT[@]}" update >&2
}

# source_offered PACKAGE: the newest version that the lists of source_apt have
source_offered()
{
	apt-cache "${SOURCE_APT[@]}" showsrc "$1" 2>/dev/null |
		awk -v p="$1" '$1 == "Package:" { mine = $2 == p } $1 == "Version:" && mine { print $2 }' | sort -Vu | tail -n 1
}

# source_cached DIR: the newest version that is unpacked in DIR/VERSION/source
source_cached() { find "$1" -mindepth 2 -maxdepth 2 -name source -printf '%P\n' | cut -d/ -f1 | sort -V | tail -n 1; }

# source_fetch DIR PACKAGE VERSION: unpacked beside its final place, DIR/VERSION/source, and moved
source_fetch()
{
	local tmp

	tmp=$(mktemp -d "$1/.new.XXXXXX") || return 1
	say "downloading $2 $3 (once)"
	(cd "$tmp" && apt-get "${SOURCE_APT[@]}" source "$2=$3" >log 2>&1 &&
		mkdir -p "$1/$3" && rm -rf "$1/$3/source" && mv ./*/ "$1/$3/source") || cat "$tmp/log" >&2
	rm -rf "$tmp"
	[ -d "$1/$3/source" ]
}

# source_tree DIR PACKAGE [VERSION]: sees to it that Debian 12's newest version, or that one, is unpacked in DIR; sets VERSION and
# SOURCE, or ends the script. The lists are a day old at most when there is a choice. Callers have say and die.
# shellcheck disable=SC2034 # SOURCE is for them
source_tree()
{
	local dir=$1 package=$2 want=${3:-} have

	source_apt "$dir"
	if [ -z "$want" ]; then
		if [ -z "$(find "$dir/lists" -maxdepth 1 -name '*_Sources*' -mtime -1 2>/dev/null)" ]; then
			source_lists "$dir" bookworm >/dev/null 2>&1 || say "cannot read the archive's lists"
		fi
		want=$(source_offered "$package")
		want=${want:-$(source_cached "$dir")}
	fi
	[ -n "$want" ] || die "no source of $package is known: is an archive of Debian 12 in apt's sources?"
	if ! [ -d "$dir/$want/source" ] && ! source_fetch "$dir" "$package" "$want"; then
		have=$(source_cached "$dir")
		[ -z "${3:-}" ] && [ -n "$have" ] || die "cannot download $package $want"
		say "cannot download $want, using $have"
		want=$have
	fi
	VERSION=$want
	SOURCE=$dir/$VERSION/source
	say "base: $package $VERSION"
}
