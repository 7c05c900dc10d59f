# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a mobile node does beside whatever network manager: sourced after world.sh. MANAGER is its name, LOG its log; a function
# takes_over INTERFACE succeeds if it processes the advertisements there.

coa() { ctl mn status | jq -r '.care_of_address // "none"'; }
sysctls() { ns mn sysctl -n net.ipv6.conf.eth0.accept_ra net.ipv6.conf.eth1.accept_ra | tr '\n' ' '; }

# begin_managed: home agent and mobile node, registered from f1 with the first interface; the second has no cable
begin_managed()
{
	busywait 20 takes_over eth0; ok $? "$MANAGER runs, and the kernel does not process advertisements any more" || { diag_file "$LOG"; finish; }
	start_ha || die "no home agent"
	start_mn || die "no mobile node"
	settled f1 >/dev/null; ok $? "registered from f1" || { diag_file "$LOG"; diag_world; finish; }
}

move_managed()
{
	local gaps=() link

	for link in f2 f1 home f1; do
		pinging $link
		move $link
		settled $link >/dev/null || { diag "not settled at $link"; diag_file "$LOG" 5; diag_world; }
		nap 1
		pinged $link
		diag "moved to $link: longest gap $gap ms, $lost lost"
		# the kernel forms none any more, so this is the manager's
		[ $link = home ] || like "$(coa)" "^${PREFIX[$link]}" "$MANAGER's address is the care-of address at $link"
		gaps+=("$gap")
	done
	bound_at f1; ok $? "it goes f1, f2, f1, home, f1" || diag_world
	le "${gaps[0]}" 1500 "f1 -> f2: longest gap, ms"
	is "$(ip -n mn -6 -o address show dev eth0 to $HOA | wc -l)" 0 "abroad, the home address is not on the interface"
}

# The second interface is plugged in, and takes over for a while.
use_both_managed()
{
	ip -n sw link set mn1 up
	busywait 15 takes_over eth1; ok $? "$MANAGER takes the second interface, too"
	nap 2
	pinging loss
	ip -n sw link set mn down
	busywait 5 bound_at f2; ok $? "the first one loses its carrier, the binding goes to the second" || diag_world
	nap 0.7
	pinged loss
	le "$gap" 700 "longest gap, ms"
	pinging return
	ip -n sw link set mn up
	busywait 70 bound_at f1; ok $? "it comes back" || { diag_file "$LOG"; diag_world; }
	nap 0.7
	pinged return
	is "$lost" 0 "pings lost"
}
