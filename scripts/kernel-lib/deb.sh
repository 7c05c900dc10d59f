# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installable Debian packages of the patched kernel. Sourced by scripts/kernel.

kernel_deb()
{
	local obj config image options t0=$SECONDS

	"$TOP/scripts/deps" --check kernel-deb || exit 1
	lock
	base_tree && patched_tree || exit 1
	obj=$PATCHED/obj-deb
	config=${CONFIG:-}
	if [ -z "$config" ]; then
		image=$("$TOP/tests/vm/kernel" stock | head -n 1) || exit 1
		config=${image/vmlinuz/config}
	fi
	[ -r "$config" ] || die "cannot read $config"
	mkdir -p "$obj"
	# what is a module for the distribution stays one; what it lacks becomes one, or =y
	sed -n '/^CONFIG_/p' "$TOP/Kconfig.snippet" |
		while IFS='=' read -r name value; do grep -q "^$name=[ym]" "$config" || echo "$name=$value"; done >"$obj/missing.config"
	# the distribution's signing key and its debug information are not ours to make
	options='CONFIG_LOCALVERSION="-mip6"
CONFIG_SYSTEM_TRUSTED_KEYS=""
CONFIG_SYSTEM_REVOCATION_KEYS=""
CONFIG_MODULE_SIG_KEY="certs/signing_key.pem"
CONFIG_DEBUG_INFO_NONE=y'
	{ grep -v '^CONFIG_DEBUG_INFO' "$config"; cat "$obj/missing.config"; echo "$options"; } >"$obj/.config"
	make -s -C "$PATCHED" O="$obj" olddefconfig >&2 || exit 1
	say "packages with the configuration $config: hours on a small machine"
	make -C "$PATCHED" O="$obj" CC="ccache gcc" HOSTCC="ccache gcc" -j"$(nproc)" bindeb-pkg 2>&1 |
		awk '/^  (CC|LD) / { if (++n % 500 == 0) { print "kernel: deb: " n " objects"; fflush() } next } /^  [A-Z]/ { next } { print; fflush() }' >&2
	[ "${PIPESTATUS[0]}" = 0 ] || die "the build failed"
	say "$((SECONDS - t0)) s"
	find "$PATCHED" -maxdepth 1 -name '*.deb' -newer "$obj/.config"
}
