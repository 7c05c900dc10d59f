#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Care-of addresses that no advertisement forms: at f1 they come from a DHCPv6 server (kea) by a client (dhclient), later from an
# administrator. A second interface, at f2, takes over before a lease ends.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

MN_IFACE='Interface "eth0"; Interface "eth1" { MnIfPreference 5; }'

PREFERRED=12 VALID=24

# r1 advertises itself, and no prefix: addresses are DHCPv6's
managed()
{
	cat >"$OUT/radvd-f1.conf" <<-END
	interface eth0 {
		AdvSendAdvert on;
		MinRtrAdvInterval 0.3;
		MaxRtrAdvInterval 1;
		AdvIntervalOpt on;
		AdvManagedFlag on;
		AdvDefaultLifetime 300;
	};
	END
	stop_bg radvd-f1
	start_radvd f1
}

start_kea()
{
	cat >"$OUT/kea.conf" <<-END
		{ "Dhcp6": {
			"interfaces-config": { "interfaces": [ "eth0" ] },
			"lease-database": { "type": "memfile", "persist": false },
			"preferred-lifetime": $PREFERRED, "valid-lifetime": $VALID, "renew-timer": 6, "rebind-timer": 10,
			"subnet6": [ { "subnet": "${PREFIX[f1]}:/64", "interface": "eth0", "rapid-commit": true,
				"pools": [ { "pool": "${PREFIX[f1]}:d001 - ${PREFIX[f1]}:d0ff" } ] } ]
		} }
	END
	mkdir -p /run/kea /run/lock/kea /var/lib/kea
	: >"$OUT/kea.log"
	start_bg kea env KEA_LOCKFILE_DIR=/run/lock/kea KEA_PIDFILE_DIR=/run/kea ip netns exec r1 kea-dhcp6 -c "$OUT/kea.conf"
	busywait 30 grep -q DHCP6_STARTED "$OUT/kea.log" || { diag_file "$OUT/kea.log"; die "kea does not start"; }
}

start_dhclient()
{
	: >"$OUT/leases"
	start_bg dhclient ip netns exec mn dhclient -6 -d -v -lf "$OUT/leases" -pf "$OUT/dhclient.pid" eth0
}

coa() { ctl mn status | jq -r '.care_of_address // "none"'; }
has_coa() { [[ $(coa) == $1 ]]; }
# the kernel's word: seconds that the address on eth0 is valid
valid() { ip -n mn -6 -o address show dev eth0 to "$1" | sed -n 's/.*valid_lft \([0-9]*\)sec.*/\1/p'; }
asked() { grep "binding-update .*care_of=$1" "$OUT/mn.log" | sed -n 's/.*lifetime_s=\([0-9]*\).*/\1/p' | sort -n | tail -1; }

world_up f1
managed
ip -n mn -6 address flush dev eth0 scope global
ip -n mn -6 route flush ${PREFIX[f1]}:/64
start_kea
start_ha || die "no home agent"
start_mn || die "no mobile node"
busywait 5 grep -q 'arrived to=foreign-link' "$OUT/mn.log"; ok $? "a link whose router advertises no prefix"
has_coa none; ok $? "has no care-of address yet"
start_dhclient
busywait 20 has_coa "${PREFIX[f1]}:d0*"; ok $? "one from DHCPv6 is taken" || { diag_file "$OUT/dhclient.log"; diag_world; finish; }
lease=$(coa)
settled f1 >/dev/null; ok $? "and registered" || { diag_world; finish; }
le "$(asked "$lease")" $VALID "for no more seconds than the lease has"
nap $((VALID + 4))
settled f1 >/dev/null && has_coa "$lease"; ok $? "the client renews the lease, and the binding goes on" || diag_world
is "$(ctl mn status | jq .moves)" 0 "without a move"

# ---- the cable is pulled and put in again ------------------------------------------------------------
move f1
busywait 5 reachable >/dev/null && has_coa "$lease"; ok $? "the same router after a loss of the carrier: the same address" || diag_world

# ---- the server dies, and with it the lease ------------------------------------------------------------
second_if f2
nap 2
pinging end
stop_bg kea KILL
stop_bg dhclient KILL	# a client would remove the address in the last moment, or too late
busywait $((VALID + 2)) bound_at f2; ok $? "a lease that ends moves the binding to the other interface" || diag_world
left=$(valid "$lease")
ge "${left:-0}" 1 "before the address is gone: seconds left"
nap $((left + 2))
pinged end
is "$lost" 0 "and no ping is lost"
is "$(valid "$lease")" "" "now it is gone"

# ---- it is back -----------------------------------------------------------------------------------------
start_kea
start_dhclient
busywait 40 bound_at f1; ok $? "with a new lease, the preferred interface is used again" || { diag_file "$OUT/dhclient.log"; diag_world; }
has_coa "${PREFIX[f1]}:d0*"; ok $? "with it as care-of address"

# ---- somewhere else: its address is not of that link ------------------------------------------------------
stop_bg dhclient KILL
move f2
busywait 10 bound_at f2; ok $? "moved to a link with autoconfiguration" || diag_world
has_coa "${PREFIX[f2]}*"; ok $? "the lease of the other link is no care-of address there"

# ---- an administrator's ---------------------------------------------------------------------------------------
move f1
ip -n mn -6 address flush dev eth0 scope global
ip -n mn address add ${PREFIX[f1]}:5/64 dev eth0
busywait 30 has_coa "${PREFIX[f1]}:5"; ok $? "an address that was set by hand" || diag_world
busywait 10 bound_at f1; ok $? "is registered"
busywait 5 reachable >/dev/null; ok $? "and packets flow"
finish
