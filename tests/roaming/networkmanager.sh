#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# Beside NetworkManager, with the settings of the administrator's guide: it takes Router Advertisements over from the kernel, forms the
# addresses and sets the routes, and mip6d makes care-of addresses of them.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"
. "$(dirname "$0")/managed.sh"

NM=/usr/sbin/NetworkManager
[ -x $NM ] || skip_all "no NetworkManager here"
command -v dbus-daemon >/dev/null || skip_all "no dbus-daemon here"

MANAGER=NetworkManager LOG=$OUT/nm.log
MN_IFACE='Interface "eth0"; Interface "eth1" { MnIfPreference 2; }'

# The bus and NetworkManager of the mobile node. They share a mount namespace with a /run, an /etc/NetworkManager and a
# /var/lib/NetworkManager of their own, and a read-only /sys, which tells that there is no udev to wait for. The bus stays when
# NetworkManager starts again, and so does what that keeps in /run.
BUS=$OUT/nm-bus
start_bus()
{
	start_bg bus ip netns exec mn unshare -m -u bash -c "
		mount --make-rprivate /
		mkdir -p /var/lib/NetworkManager
		for dir in /run /etc/NetworkManager /var/lib/NetworkManager; do mount -t tmpfs none \$dir; done
		cp -r '$OUT/nm/'* /etc/NetworkManager/
		chown -R root: /etc/NetworkManager
		chmod 600 /etc/NetworkManager/system-connections/*
		mkdir -p /run/dbus
		mount -o remount,ro /sys
		exec dbus-daemon --nofork --nopidfile --config-file='$OUT/nm-bus.conf'"
	busywait 10 [ -S "$BUS" ]
}

start_nm()
{
	start_bg nm env DBUS_SYSTEM_BUS_ADDRESS="unix:path=$BUS" nsenter -t "$(bg_pid bus)" -n -m -u $NM --debug
}

nmcli() { DBUS_SYSTEM_BUS_ADDRESS=unix:path=$BUS nsenter -t "$(bg_pid bus)" -n -m -u nmcli "$@"; }

write_nm()
{
	cat >"$OUT/nm-bus.conf" <<-END
	<busconfig>
	<listen>unix:path=$BUS</listen>
	<auth>EXTERNAL</auth>
	<policy context="default">
	<allow send_destination="*" eavesdrop="true"/>
	<allow eavesdrop="true"/>
	<allow own="*"/>
	</policy>
	</busconfig>
	END
	mkdir -p "$OUT/nm/conf.d" "$OUT/nm/system-connections"
	# of this world, where nothing is hardware, and no other part of the system listens
	cat >"$OUT/nm/NetworkManager.conf" <<-END
	[main]
	plugins=keyfile
	dns=none
	hostname-mode=none
	no-auto-default=*
	auth-polkit=false
	[device]
	match-device=interface-name:eth*
	managed=1
	[logging]
	level=INFO
	END
	# the guide's
	cat >"$OUT/nm/conf.d/mip6d.conf" <<-END
	[keyfile]
	unmanaged-devices=interface-name:mip6*
	END
	for dev in eth0 eth1; do
		cat >"$OUT/nm/system-connections/$dev.nmconnection" <<-END
		[connection]
		id=$dev
		type=ethernet
		interface-name=$dev
		[ipv4]
		method=disabled
		[ipv6]
		method=auto
		ip6-privacy=0
		addr-gen-mode=eui64
		END
	done
}

takes_over() { [ "$(ns mn sysctl -n "net.ipv6.conf.$1.accept_ra")" = 0 ] && ip -n mn -6 route show default | grep -q "dev $1 .*metric 10[0-9]"; }
# what is mip6d's of the kernel's state; a handoff changes the care-of address and its table only
ours()
{
	ip -n mn -o link show type ip6tnl | grep -o 'mip6[^:@]*' | sort
	ip -n mn -6 -o address show to $HOA | sed 's/\\.*//; s/^[0-9]*: //'
	ip -n mn -6 rule | grep -E '^(99[0-9]|100[0-9]):'
	ip -n mn -6 route show table all proto 62
	ip -n mn xfrm policy | grep -c '^src'
}

# leaves NAME DESCRIPTION COMMAND...: packets flow, the binding stays at f1, and what is mip6d's is as before
leaves()
{
	local name=$1 what=$2 before moves

	shift 2
	before=$(ours) moves=$(ctl mn status | jq .moves)
	pinging "$name"
	"$@" >"$OUT/$name.log" 2>&1 || diag_file "$OUT/$name.log"
	busywait 15 takes_over eth0
	nap 4
	busywait 10 reachable >/dev/null; ok $? "$what: the mobile node is reachable" || diag_world
	pinged "$name"
	diag "$what: longest gap $gap ms, $lost lost"
	le "$gap" 2000 "$what: longest gap, ms"
	bound_at f1; ok $? "$what: the binding is where it was"
	is "$(ours)" "$before" "$what: devices, addresses, rules and routes of mip6d are as before" || diag_file "$OUT/nm.log" 30
	diag "$what: changes of place: $(($(ctl mn status | jq .moves) - moves))"
}

restart_nm()
{
	stop_bg nm TERM
	mv "$OUT/nm.log" "$OUT/nm-before.log"
	start_nm
}

world_up f1
second_if f2
ip -n sw link set mn1 down	# its cable; NetworkManager raises the interface
# the guide's choice: NetworkManager's addresses are not optimistic
ns mn sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth1.accept_dad=0
write_nm
start_bus || { diag_file "$OUT/bus.log"; die "no bus"; }
start_nm
diag "$($NM --version)"
begin_managed
state_of() { nmcli -t -f DEVICE,STATE device | grep "^$1:"; }
like "$(state_of mip6mn0)" ":unmanaged$" "the tunnel device is left alone"

# ---- moves, and two interfaces -----------------------------------------------------------------------
move_managed
use_both_managed
# longer than NetworkManager waits for a carrier: it takes the connection down
pinging away
ip -n sw link set mn down
busywait 5 bound_at f2
nap 8
like "$(state_of eth0)" ":unavailable$" "without a carrier for long, NetworkManager takes the connection down"
ip -n sw link set mn up
busywait 90 bound_at f1; ok $? "with one, it comes back" || { diag_file "$OUT/nm.log"; diag_world; }
nap 0.7
pinged away
diag "8 s without a carrier: longest gap $gap ms, $lost lost"
le "$gap" 700 "longest gap, ms"
is "$(sysctls)" "0 0 " "the kernel's processing of advertisements is off all the time"

# ---- NetworkManager starts again, and its connection is applied again ---------------------------------------
leaves restart "restart" restart_nm
leaves reapply "nmcli device reapply" nmcli device reapply eth0
leaves reload "nmcli general reload" nmcli general reload
pinging reconnect
nmcli connection up eth0 >"$OUT/up.log" 2>&1 || diag_file "$OUT/up.log"
busywait 70 bound_at f1 && busywait 10 reachable >/dev/null; ok $? "after nmcli connection up it is at f1" || diag_world
nap 2
pinged reconnect
diag "nmcli connection up: longest gap $gap ms, $lost lost"
le "$gap" 2000 "longest gap, ms"
stop_mn
is "$(ip -n mn -6 route show table all proto 62 | wc -l)$(ip -n mn -o link show type ip6tnl | grep -c mip6)" 00 "after the stop of mip6d nothing of it is left"
finish
