# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installable Debian packages of the patched kernel. Sourced by scripts/kernel.

# distribution_config FLAVOUR: the path of the configuration that Debian builds it with, on stdout
distribution_config()
{
	local dir

	dir=$(config_package) || return 1
	# the file is called config.ARCHITECTURE_none_FLAVOUR
	set -- "$1" "$dir"/config.*_none_"$1"
	[ -r "$2" ] || { say "Debian has no flavour '$1': $(cd "$dir" && ls config.*_none_* | sed 's/.*_none_//' | xargs)"; return 1; }
	echo "$2"
}

# deb_configure OBJ CONFIG [FRAGMENT...]: OBJ/.config from the distribution's (or a file) with Kconfig.snippet. What is a
# module or built in there stays so; what it lacks becomes what the fragments say.
deb_configure()
{
	local obj=$1 config=$2 name value
	shift 2

	[ -r "$config" ] || config=$(distribution_config "$config") || return 1
	mkdir -p "$obj"
	sed -n '/^CONFIG_/p' "$TOP/Kconfig.snippet" "$@" | while IFS='=' read -r name value; do
		grep -q "^$name=[ym]" "$config" && [[ $value == [ym] ]] || echo "$name=$value"
	done >"$obj/missing.config" || return 1
	# the distribution's signing key and debug information are not ours to make
	{
		grep -vE '^CONFIG_(DEBUG_INFO|SYSTEM_(TRUSTED|REVOCATION)_KEYS=|MODULE_SIG_KEY=)|^# CONFIG_DEBUG_INFO_NONE ' \
			"$config" | grep -vwFf <(sed 's/=.*//' "$obj/missing.config")
		cat "$obj/missing.config"
		cat <<-END
			CONFIG_SYSTEM_TRUSTED_KEYS=""
			CONFIG_SYSTEM_REVOCATION_KEYS=""
			CONFIG_MODULE_SIG_KEY="certs/signing_key.pem"
			CONFIG_DEBUG_INFO_NONE=y
		END
	} >"$obj/.config"
	make -s -C "$PATCHED" O="$obj" CC="ccache gcc" HOSTCC="ccache gcc" olddefconfig >&2 || return 1
	while IFS='=' read -r name value; do
		grep -q "^$name=" "$obj/.config" || { say "$name=$value is not possible with $config"; return 1; }
	done <"$obj/missing.config"
	say "$(wc -l <"$obj/missing.config") options more than $(basename "$config")"
	"$TOP/scripts/kernel-config" "$obj/.config" >&2
}

# kernel_deb [--configure]: the packages' paths on stdout, or only the configuration's
kernel_deb()
{
	local obj config t0=$SECONDS only=${1:-} status

	[ -z "$only" ] || [ "$only" = --configure ] || die "usage: scripts/kernel deb [--configure]"
	"$TOP/scripts/deps" --check kernel-deb || exit 1
	lock
	base_tree && patched_tree || exit 1
	read -ra config <<<"${CONFIG:-$(dpkg --print-architecture)}"
	obj=$PATCHED/obj-deb
	[ -z "$only" ] || obj=$PATCHED/obj-config
	deb_configure "$obj" "${config[@]}" || die "no configuration"
	[ -z "$only" ] || { echo "$obj/.config"; return; }
	say "packages with the configuration ${config[*]}: hours on a small machine"
	# the packages are put beside the build directory; those of an earlier run must not be taken for ours
	rm -f "$PATCHED"/linux-*.deb
	# the name is no part of the configuration: see build.sh
	make -C "$PATCHED" O="$obj" LOCALVERSION=-mip6 CC="ccache gcc" HOSTCC="ccache gcc" -j"$(nproc)" bindeb-pkg 2>&1 |
		awk '/^  (CC|LD) / { if (++n % 500 == 0) { print "kernel: deb: " n " objects"; fflush() } next } /^  [A-Z]/ { next } { print; fflush() }' >&2
	status=${PIPESTATUS[0]}
	[ "$status" = 0 ] || die "the build failed"
	say "$((SECONDS - t0)) s"
	ls "$PATCHED"/linux-*.deb
}
