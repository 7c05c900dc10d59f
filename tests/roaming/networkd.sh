#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Beside systemd-networkd, with the settings of the administrator's guide: it takes Router Advertisements over from the kernel, forms the
# addresses and sets the routes, and mip6d makes care-of addresses of them.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"
. "$(dirname "$0")/managed.sh"

NETWORKD=/lib/systemd/systemd-networkd
[ -x $NETWORKD ] || skip_all "no systemd-networkd here"

MANAGER=systemd-networkd LOG=$OUT/networkd.log
MN_IFACE='Interface "eth0"; Interface "eth1" { MnIfPreference 2; }'

# A systemd-networkd for the namespace mn: with a /run and an /etc of its own, and a read-only /sys, which tells it that there is no udev
# to wait for. Its files are in $OUT/networkd.
start_networkd()
{
	start_bg networkd ip netns exec mn unshare -m bash -c "
		mount --make-rprivate /
		mount -t tmpfs none /run && mkdir -p /run/systemd/netif/{links,leases,lldp} /run/systemd/network
		cp '$OUT/networkd/'*.network /run/systemd/network/
		mkdir -p /run/systemd/networkd.conf.d && cp '$OUT/networkd/networkd.conf' /run/systemd/networkd.conf.d/mip6d.conf
		chown -R systemd-network: /run/systemd/netif
		mount -o remount,ro /sys
		exec env SYSTEMD_LOG_LEVEL=info $NETWORKD"
}

write_networkd()
{
	mkdir -p "$OUT/networkd"
	cat >"$OUT/networkd/networkd.conf" <<-END
	[Network]
	ManageForeignRoutes=no
	ManageForeignRoutingPolicyRules=no
	END
	cat >"$OUT/networkd/10-mip6.network" <<-END
	[Match]
	Name=mip6*
	[Link]
	Unmanaged=yes
	END
	for dev in eth0 eth1; do
		cat >"$OUT/networkd/20-$dev.network" <<-END
		[Match]
		Name=$dev
		[Network]
		IPv6AcceptRA=yes
		IPv6PrivacyExtensions=no
		IPv6DuplicateAddressDetection=0
		END
	done
}

# two default routes of one metric are one route with two next hops
takes_over() { [ "$(ns mn sysctl -n "net.ipv6.conf.$1.accept_ra")" = 0 ] && ip -n mn -6 route show default | grep -q "dev $1 "; }

world_up f1
second_if f2
ip -n sw link set mn1 down	# its cable; networkd raises the interface
write_networkd
start_networkd
begin_managed

# ---- moves, and two interfaces -----------------------------------------------------------------------
move_managed
use_both_managed
is "$(sysctls)" "0 0 " "the kernel's processing of advertisements is off all the time"

# ---- networkd starts again ----------------------------------------------------------------------------------
pinging restart
stop_bg networkd TERM
start_networkd
busywait 15 takes_over eth0
nap 4
busywait 10 reachable >/dev/null; ok $? "a restart of networkd leaves the mobile node reachable" || diag_world
pinged restart
diag "restart of networkd: longest gap $gap ms, $lost lost"
le "$gap" 2000 "longest gap, ms"
like "$(ip -n mn -6 rule)" "1001:.*from $HOA lookup 252" "the rules are there"
bound_at f1; ok $? "and so is the binding"
finish
