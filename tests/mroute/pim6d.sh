#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Figure 2.1 as the report has it, with PIM-SSM on the routers: FRR's pim6d, which hears from MLDv2 what rcv wants. Needs build/frr
# (scripts/frr build).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

FRR=$(realpath "${BUILD:-$TOP/build}/frr")
[ -x "$FRR/pimd/.libs/pim6d" ] || die "there is no pim6d: scripts/frr build"
export LD_LIBRARY_PATH=$FRR/lib/.libs
RUN=$(mktemp -d)
cleanup() { rm -rf "$RUN"; }

# frr ROUTER DAEMON FOLDER: as the package starts it, but with files of the router's own
frr()
{
	start_bg "$1-$2" ip netns exec "$1" "$FRR/$3/.libs/$2" -f "$RUN/$1/$2.conf" -i "$RUN/$1/$2.pid" -z "$RUN/$1/zserv.api" \
		--vty_socket "$RUN/$1" -P 0 --log stdout --log-level debug
	busywait 20 [ -S "$RUN/$1/$2.vty" ] || { diag_file "$OUT/$1-$2.log"; die "$2 of $1 does not start"; }
}

# vty ROUTER COMMAND...: one or several, in turn
vty()
{
	local router=$1 commands=() command

	shift
	for command; do commands+=(-c "$command"); done
	"$FRR/vtysh/.libs/vtysh" --vty_socket "$RUN/$router" --config_dir "$RUN/$router" "${commands[@]}"
}

# vty_says ROUTER COMMAND REGEX: the whole answer as a line
vty_says() { vty "$1" "$2" | tr '\n' ' ' | grep -qE "$3"; }

# left: does r3 forward no more?
left() { ! routes r3 | grep -q 'Oifs: eth'; }

# seen CAPTURE REGEX: how often, in tcpdump's words
seen() { tcpdump -n -vv -r "$OUT/$1.pcap" 2>/dev/null | tr -d '\n' | sed 's/[0-9:.]* IP6 /\n&/g' | grep -cE "$2"; }

world_up
# what the package's installation does
getent group frrvty >/dev/null || groupadd -r frrvty
getent passwd frr >/dev/null || useradd -r -G frrvty -d /nonexistent frr
cp "$FRR/debian/frr.pam" /etc/pam.d/frr
capture rcv eth0 d ip6 || die "no capture"
capture r2 eth0 b ip6 || die "no capture"
for router in "${ROUTERS[@]}"; do
	mkdir "$RUN/$router" && touch "$RUN/$router"/{zebra,pim6d,vtysh}.conf
	chown -R frr "$RUN" && chmod 755 "$RUN"
	frr "$router" zebra zebra
	frr "$router" pim6d pimd
done
# Not in pim6d.conf: 8.4's pim6d takes it there before zebra has told it of the interfaces, and then joins to no neighbour.
for router in "${ROUTERS[@]}"; do
	busywait 20 vty_says "$router" 'show interface brief' 'eth0 .* eth1 ' || die "pim6d of $router knows no interface"
	vty "$router" 'configure terminal' 'interface eth0' 'ipv6 pim' 'ipv6 mld' 'interface eth1' 'ipv6 pim' 'ipv6 mld'
done
busywait 40 vty_says r2 'show ipv6 pim neighbor' 'eth0 +fe80::b:1 .*eth1 +fe80::c:2 ' && busywait 40 vty_says r1 'show ipv6 pim neighbor' 'fe80::b:2' &&
	busywait 40 vty_says r3 'show ipv6 pim neighbor' 'fe80::c:1'
ok $? "r1, r2 and r3 are neighbours in PIM" || diag_file "$OUT/r2-pim6d.log"
busywait 40 vty_says r3 'show ipv6 mld interface' 'eth1 +up +2 +fe80::d:1 '
ok $? "r3 asks with MLDv2 on link D"

# The first to join is ssmping, which leaves again when it has counted. The other one stays, so that there is time to look at tables.
start_bg stays bash -c "sleep 5; exec ip netns exec rcv mcfirst -6 -I eth0 -c 1000000 $SND $GROUP 4321"
answered ssmping pim6d
for router in "${ROUTERS[@]}"; do
	vty "$router" 'show ipv6 pim interface' 'show ipv6 pim upstream' 'show ipv6 mroute' >"$OUT/$router-tables"
	diag "$router:"
	diag_file "$OUT/$router-tables" 40
	vty_says "$router" 'show ipv6 mroute' "$SND +$GROUP +S[A-Z]* +(PIM|MLD) +eth0 +eth1 "
	ok $? "pim6d of $router has the route from eth0 to eth1"
done
vty_says r3 'show ipv6 mld joins' "eth1:.*$GROUP +$SND +JOIN"
ok $? "r3 knows of it from MLD, with the source"
vty_says r1 'show ipv6 pim join' "$SND +$GROUP +JOIN"
ok $? "r1 from PIM"
tables

stop_bg stays
busywait 30 left
ok $? "when the last one leaves, r3 asks who else there is, and forwards no more" || diag "$(routes r3)"
capture_stop d
capture_stop b
ge "$(seen d "fe80::d:1 > ff02::1: .*listener query v2")" 1 "MLDv2 queries on link D"
ge "$(seen d "fe80::d:2 > ff02::16: .*listener report v2.*gaddr $GROUP .*$SND")" 1 "MLDv2 reports with group and source on link D"
ge "$(seen b "fe80::b:2 > ff02::d: .*PIMv2.*Join / Prune.*$GROUP.*$SND")" 1 "PIM joins with group and source on link B"
# 1 is what it always ends with
for router in "${ROUTERS[@]}"; do ended "$router" "$router-pim6d" 1; done
finish
