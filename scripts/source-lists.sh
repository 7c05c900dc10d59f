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
