#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# The example hooks with the clients that they are for: dhclient and dhcpcd ask kea, and the policy is put into effect.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/halfclosed.sh"

ln -sf "$CTL" /usr/sbin/addrselctl
echo 'dhcp6 add' >/etc/addrsel.conf
ns host "$CTL" --adopt apply >/dev/null
kea "00$TABLE"
right() { [ "$(source_of $CLOSED)" = $B ]; }
right
is $? 1 "without a policy the source is of the wrong provider"
EXAMPLES=$TOP/iproute2-addrlabel/addrsel/examples
if command -v dhclient >/dev/null; then
	mkdir -p /etc/dhcp/dhclient-exit-hooks.d /var/lib/dhcp
	cp "$EXAMPLES/dhclient-hook" /etc/dhcp/dhclient-exit-hooks.d/addrsel
	sed -n 's/^#\t\(option\|also\)/\1/p' "$EXAMPLES/dhclient-hook" >"$OUT/dhclient.conf"
	start_bg dhclient ip netns exec host dhclient -6 -S -v -d -cf "$OUT/dhclient.conf" -lf "$OUT/leases" -pf "$OUT/dhclient.pid" e0
	busywait 25 right
	is $? 0 "dhclient's hook puts the policy into effect" || diag_file "$OUT/dhclient.log"
	stop_bg dhclient
	ns host "$CTL" dhcp6 e0 remove >/dev/null 2>&1
else
	skip "dhclient's hook" "no dhclient"
fi
if command -v dhcpcd >/dev/null; then
	cp "$EXAMPLES/dhcpcd-hook" /lib/dhcpcd/dhcpcd-hooks/70-addrsel
	{
		sed -n 's/^#\t\(define6\|option\)/\1/p' "$EXAMPLES/dhcpcd-hook"
		printf 'duid\nnoipv4\nnoipv6rs\ninterface e0\ninform6\n'
	} >/etc/dhcpcd.conf
	mkdir -p /run/dhcpcd /var/lib/dhcpcd
	start_bg dhcpcd ip netns exec host dhcpcd -6 -B -d -f /etc/dhcpcd.conf e0
	busywait 25 right
	is $? 0 "dhcpcd's hook puts the policy into effect" || diag_file "$OUT/dhcpcd.log"
	stop_bg dhcpcd
else
	skip "dhcpcd's hook" "no dhcpcd"
fi
finish
