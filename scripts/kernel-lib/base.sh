# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where the kernel comes from: Debian's linux-source-6.12, newest version that the archive offers,
# unpacked once. Sourced by scripts/kernel.
# shellcheck disable=SC2034 # BASE_VERSION, STOCK, PATCHED are for the other parts

BASE_PACKAGE=linux-source-6.12
CACHE=$("$TOP/scripts/cache-dir") || exit 1
KCACHE=$CACHE/kernel
export CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache} CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
mkdir -p "$KCACHE" || die "cannot write to $KCACHE"

need() { "$TOP/scripts/deps" --check kernel || exit 1; }

# One of us at a time: two runs must not unpack, patch or build the same tree.
lock()
{
	exec 8>"$KCACHE/.lock"
	flock -n 8 || { say "another scripts/kernel is at work, waiting"; flock 8; }
}

base_offered() { apt-cache madison $BASE_PACKAGE 2>/dev/null | awk '{ print $3 }' | sort -Vu; }
base_cached() { find "$KCACHE" -mindepth 2 -maxdepth 2 -name stock -printf '%P\n' | cut -d/ -f1 | sort -V; }

# fetch_base VERSION: unpacked beside its final place and moved, so that a half-made tree is never seen
fetch_base()
{
	local tmp

	tmp=$(mktemp -d "$KCACHE/.new.XXXXXX") || return 1
	say "downloading and unpacking $BASE_PACKAGE $1 (150 MB, once)"
	if (cd "$tmp" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$BASE_PACKAGE=$1" >&2 &&
		dpkg-deb --fsys-tarfile ./*.deb | tar -xO --wildcards '*.tar.xz' | xz -dc -T0 | tar -x); then
		mkdir -p "$KCACHE/$1" && mv "$tmp"/linux-source-*/ "$KCACHE/$1/stock"
	fi
	rm -rf "$tmp"
	[ -d "$KCACHE/$1/stock" ]
}

# config_package: the folder with Debian's configurations and changelog of BASE_VERSION, on stdout. Unpacked once.
config_package()
{
	local dir=$KCACHE/$BASE_VERSION/config tmp package=linux-config-6.12

	if ! [ -d "$dir" ]; then
		tmp=$(mktemp -d "$KCACHE/.new.XXXXXX") || return 1
		(cd "$tmp" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$package=$BASE_VERSION" >&2 &&
			dpkg -x ./*.deb . && xz -d usr/src/$package/*.xz &&
			gzip -dc usr/share/doc/$package/changelog.Debian.gz >usr/src/$package/changelog) &&
			mv "$tmp/usr/src/$package" "$dir"
		rm -rf "$tmp"
		[ -d "$dir" ] || { say "cannot download $package $BASE_VERSION"; return 1; }
	fi
	echo "$dir"
}

# base_tree [VERSION]: sets BASE_VERSION, STOCK and PATCHED, and sees to it that STOCK is there
base_tree()
{
	local want=${1:-${KERNEL_BASE:-}} have

	have=$(base_cached | tail -n 1)
	if [ -z "$want" ]; then
		want=$(base_offered | tail -n 1)
		if [ -z "$want" ] && [ -z "$have" ] && [ "$(id -u)" = 0 ]; then
			say "no package list: apt-get update"
			apt-get -q update >&2
			want=$(base_offered | tail -n 1)
		fi
		want=${want:-$have}
	fi
	[ -n "$want" ] || die "no $BASE_PACKAGE is known: run 'apt-get update' as root (Debian 12 with its security archive)"
	if ! [ -d "$KCACHE/$want/stock" ] && ! fetch_base "$want"; then
		# the lists may be older than the archive
		if [ -z "${1:-${KERNEL_BASE:-}}" ] && [ "$(id -u)" = 0 ] && apt-get -q update >&2; then
			want=$(base_offered | tail -n 1)
			[ -d "$KCACHE/$want/stock" ] || fetch_base "$want"
		fi
		if ! [ -d "$KCACHE/$want/stock" ]; then
			[ -n "$have" ] && [ -z "${1:-${KERNEL_BASE:-}}" ] || die "cannot download $BASE_PACKAGE $want"
			say "cannot download $want, using $have"
			want=$have
		fi
	fi
	BASE_VERSION=$want
	STOCK=$KCACHE/$want/stock
	PATCHED=$KCACHE/$want/patched
	say "base: $BASE_PACKAGE $BASE_VERSION"
}
