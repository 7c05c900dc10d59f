# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The world of the DHCPv6 scenarios: RFC 5220 2.1.3, a half-closed network. One link, two providers: the Internet by r1
# (addresses A), and by r2 (addresses B) a network that takes packets with an address of its own only:
#
#	            r1 ---- 2001:db8:a81::80  (Internet)
#	host e0 ---+
#	  A, B      r2 ---- 2001:db8:a00::80  (closed; drops what is not from B)     kea
#
# A is nearer to the closed network's prefix, so rule 8 takes it. Sourced after lib.sh.

CTL=${ADDRSELCTL:-$TOP/iproute2-addrlabel/addrsel/addrselctl}
ASK=${BUILD:-$TOP/build}/addrsel-test/ask
[ -x "$CTL" ] && [ -x "$ASK" ] || skip_all "addrselctl or the programs of the scenarios are not built"
for program in kea-dhcp6 nft; do command -v $program >/dev/null || skip_all "no $program"; done
need_modules veth bridge nf_tables

A=2001:db8:a80::9 B=2001:db8:b00::9
CLOSED=2001:db8:a00::80 OPEN=2001:db8:a81::80
FILE=$OUT/addrsel.conf

ns_add host r1 r2 sw
for n in host r1 r2; do ns $n sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0; done
ip -n sw link add br0 type bridge && ip -n sw link set br0 up
for n in host r1 r2; do
	veth $n e0 sw $n
	ip -n sw link set $n master br0
done
veth host e1 r2 e1
ip -n host addr add $A/48 dev e0 nodad && ip -n host addr add $B/48 dev e0 nodad
ip -n r1 addr add 2001:db8:a80::1/48 dev e0 nodad && ip -n r1 addr add $OPEN/128 dev lo
ip -n r2 addr add 2001:db8:b00::1/48 dev e0 nodad && ip -n r2 addr add $CLOSED/128 dev lo
# r2 knows the way back to A: it is only its filter that does not want these packets
ip -n r2 -6 route add 2001:db8:a80::/48 dev e0
ns r2 nft -f - <<-END
	table ip6 ingress {
		chain in {
			type filter hook input priority 0;
			ip6 daddr $CLOSED ip6 saddr != 2001:db8:b00::/48 counter drop
		}
	}
END
ip -n host -6 route add default via 2001:db8:a80::1
ip -n host -6 route add 2001:db8:a00::/48 via 2001:db8:b00::1 dev e0
ns host sysctl -qw net.ipv6.conf.e0.use_tempaddr=2
echo 'hosts: files' >/etc/nsswitch.conf
printf '%s svc\n%s svc\n' $OPEN $CLOSED >/etc/hosts

ctl() { ns host "$CTL" -f "$FILE" --adopt "$@"; }
source_of() { ns host "$ASK" "$1" | sed 's/.*=//'; }
first_of() { ns host "$ASK" svc | sed 's/^svc //; s/=.*//'; }
reaches() { ns host ping -c 1 -W 1 "$1" >/dev/null 2>&1; }
tempaddr() { ns host sysctl -n net.ipv6.conf.e0.use_tempaddr; }
settled() { [ -n "$(ip -n host -6 addr show dev e0 scope link -tentative)" ]; }
busywait 5 settled

# row LABEL PRECEDENCE LENGTH BYTES: a suboption 85
row() { printf '0055%04x%02x%02x%02x%s' $((3 + ${#4} / 2)) "$1" "$2" "$3" "$4"; }
# shellcheck disable=SC2034 # for the scenarios
TABLE=$(row 1 40 0 '')$(row 0 50 128 00000000000000000000000000000001)$(row 7 45 48 20010db80a00)$(row 7 45 48 20010db80b00)
# kea OPTION: 84, and whatever else the server says
kea()
{
	local options='{ "name": "information-refresh-time", "data": "1200" }'

	[ -z "$1" ] || options+=", { \"name\": \"addrsel\", \"csv-format\": false, \"data\": \"$1\" }"
	stop_bg kea
	cat >"$OUT/kea.conf" <<-END
		{ "Dhcp6": {
			"interfaces-config": { "interfaces": [ "e0" ] },
			"lease-database": { "type": "memfile", "persist": false },
			"option-def": [ { "name": "addrsel", "code": 84, "space": "dhcp6", "type": "binary" } ],
			"option-data": [ $options ],
			"subnet6": [ { "subnet": "2001:db8:b00::/48", "interface": "e0" } ]
		} }
	END
	mkdir -p /run/kea /run/lock/kea /var/lib/kea
	: >"$OUT/kea.log"
	start_bg kea env KEA_LOCKFILE_DIR=/run/lock/kea KEA_PIDFILE_DIR=/run/kea ip netns exec r2 kea-dhcp6 -c "$OUT/kea.conf"
	busywait 30 grep -q DHCP6_STARTED "$OUT/kea.log" || { diag_file "$OUT/kea.log"; die "kea does not start"; }
}
