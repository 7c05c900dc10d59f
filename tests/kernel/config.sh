# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The configurations that `make kernel-deb` would build with have all that Kconfig.snippet wants, and lose nothing of
# the distribution's. Sourced by tests/kernel/check.

# deb_config WHAT CONFIG: a point; the configuration is in $OUT/deb.config afterwards
deb_config()
{
	local file

	file=$(CONFIG=$2 scripts/kernel deb --configure 2>"$OUT/config.log") && cp "$file" "$OUT/deb.config" &&
		! grep -q 'missing$' "$OUT/config.log" && [ "$(grep -c ': complete$' "$OUT/config.log")" = "$(grep -c '^## ' Kconfig.snippet)" ]
	expect $? "$1 with Kconfig.snippet has all options" || quote "$OUT/config.log"
}

for flavour in amd64 cloud-amd64; do
	deb_config "Debian's $flavour" "$flavour"
	# but for its debug information and what describes it
	grep -E '=[ym]$' "$(dirname "$STOCK")/config/"config.*_none_$flavour | grep -vE '^CONFIG_[A-Z_]*(DEBUG_INFO|BTF|PAHOLE)' |
		grep -vxFf "$OUT/deb.config" >"$OUT/lost"
	[ ! -s "$OUT/lost" ]
	expect $? "... and what Debian builds in or as a module stays so" || quote "$OUT/lost"
done
deb_config "cloud-amd64 and tests/vm/vm.config" "cloud-amd64 tests/vm/vm.config"

# one that lacks what it can lack, whatever else depends on that
grep -vwFf <(sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=.*/\1/p' Kconfig.snippet | grep -vE '^CONFIG_(NET|INET|BPF)$') "$OUT/deb.config" >"$OUT/poor.config"
! scripts/kernel-config --quiet "$OUT/poor.config" >"$OUT/config.log"
expect $? "scripts/kernel-config sees a configuration without them" || quote "$OUT/config.log"
deb_config "a configuration without them" "$OUT/poor.config"
