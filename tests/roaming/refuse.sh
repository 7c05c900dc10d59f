#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# What must not pass. Without a binding, nothing leaves a foreign link with the home address as its source, and the
# sender is told. With one, the home agent lets a packet out of the reverse tunnel only if the tunnel is that of its source
# (RFC 6275 10.4.5). Too big packets and the traffic class fare as in any tunnel of this kernel.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

packets() { $PYTHON "$ROAMING/pcap.py" "$OUT/$1.pcap" "$2"; }
count() { $PYTHON "$ROAMING/pcap.py" --count "$OUT/$1.pcap" "$2"; }
guard() { ctl ha stats | jq ".guard_$1"; }
abroad() { ip -n mn -6 address show dev eth0 scope global | grep -q "${PREFIX[$1]}"; }
log_has() { grep -q "$2" "$OUT/$1.log"; }

# refused LABEL: two seconds of probes from the home address, none of which may leave
refused()
{
	ns mn "$PROBE" send $CN --src $HOA --seconds 2 --one-way --out "$OUT/$1.csv" 2>"$OUT/$1.errors"
	like "$(cat "$OUT/$1.errors")" 'unreachable|No route to host' "$2: a sender is told at once"
	like "$(tail -n 1 "$OUT/$1.errors")" '^sent 0,' "$2: nothing is accepted from it" || diag_file "$OUT/$1.errors"
	timeout 5 ip netns exec mn $PYTHON -c "import socket
s = socket.socket(socket.AF_INET6)
s.bind(('$HOA', 0))
s.connect(('$CN', 9))" 2>"$OUT/$1.tcp"
	like "$(tail -n 1 "$OUT/$1.tcp")" 'unreachable|No route to host' "$2: a TCP connection fails at once"
}

# inject NAME-OF-COUNTER DESCRIPTION NS ARGUMENTS...: one packet that must be dropped and counted
inject()
{
	local counter=$1 what=$2 where=$3 before

	shift 3
	before=$(guard "$counter")
	ns "$where" $PYTHON "$ROAMING/inject.py" "$@" || diag "inject failed"
	busywait 2 counted "$counter" $((before + 1))
	ok $? "$what: counted ($counter $before -> $(guard "$counter"))"
}

counted() { [ "$(guard "$1")" -ge "$2" ]; }

need_probe
world_up
capture r1 eth0 f1 ip6 || die "no capture"

# ---- no home agent daemon ----
# so that the back-off alone, 0.1 s, 0.2 s, 0.4 s, would be too fast
MN_CONF="InitialBindackTimeoutFirstReg 0.1;"
start_mn || die "no mobile node"
move f1
busywait 5 abroad f1 || die "no care-of address"
# what a handoff may hold back is short
nap 3
refused no-agent "no home agent"
stop_mn
packets f1 "p.kind == 'bu' and p.lifetime" >"$OUT/updates"
# RFC 6275 11.8, MAX_UPDATE_RATE
le "$(awk 'NR == 1 { first = $1 } NR == 3 { print $1 - first }' "$OUT/updates")" 0.9 "nobody acknowledges: three updates in the first second, s" &&
	ge "$(awk '{ t[NR] = $1 } NR > 3 && (NR == 4 || t[NR] - t[NR - 3] < least) { least = t[NR] - t[NR - 3] } END { print least }' \
		"$OUT/updates")" 0.97 "and never four, s" || diag_file "$OUT/updates"
MN_CONF=

# ---- a home agent that refuses ----
HA_CONF="DefaultBindingAclPolicy deny;"
start_ha || die "no home agent"
start_mn || die "no mobile node"
busywait 5 log_has mn 129; ok $? "the refusal, status 129, is in the log" || diag_file "$OUT/mn.log"
nap 3
refused denied "registration refused"
is "$(ctl ha bc | grep -c care_of_address)" 0 "the home agent has no binding"
stop_mn
stop_ha
capture_stop f1
is "$(count f1 "p.src == '$HOA'")" 0 "nothing has left with the home address as its source" ||
	diag "$(packets f1 "p.src == '$HOA'" | head -n 5)"
ge "$(count f1 "p.kind == 'bu' and p.hoa == '$HOA'")" 2 "binding updates have, with the Home Address option"

# ---- bound: what the home agent lets in ----
HA_CONF=
start_ha || die "no home agent"
start_mn || die "no mobile node"
settled f1 >/dev/null || { diag_world; die "not registered from f1"; }
coa=$(ctl ha bc | sed -n 's/.*"care_of_address": *"\([^"]*\)".*/\1/p' | head -n 1)
capture cn eth0 cn 'udp port 9999' || die "no capture"
passed=$(guard passed)
ns r1 $PYTHON "$ROAMING/inject.py" "$coa" $HA $HOA $CN --port 9999
busywait 2 counted passed $((passed + 1)); ok $? "a packet in its own tunnel passes"
inject wrong_coa "a bound home address in the tunnel of another host" r1 ${PREFIX[f1]}:1 $HA $HOA $CN
inject no_binding "a home address without a binding" r1 "$coa" $HA ${PREFIX[home]}::666 $CN
inject no_binding "a source that is not of the home link" r1 "$coa" $HA 2001:db8:f2::1 $CN
inject wrong_dst "another address of the home agent as the tunnel's end" r1 "$coa" 2001:db8:ff:1::2 $HOA $CN
inject not_ipv6 "IPv4 inside" r1 "$coa" $HA $HOA $CN --ipv4
inject no_binding "a link-local source" r1 "$coa" $HA fe80::1 $CN
capture_stop cn
is "$(count cn 'True')" 1 "of all these, the correspondent has seen the one" || diag "$(packets cn True)"

# ---- too big ----
ns cn ping -6 -n -c 1 -W 1 -M 'do' -s 1452 $HOA >"$OUT/big" 2>&1
mtu=$(sed -n 's/.*mtu[=: ]*\([0-9]*\).*/\1/p' "$OUT/big" | head -n 1)
is "$mtu" 1460 "a packet of 1500 bytes to the home address: the error names the tunnel's MTU" || diag_file "$OUT/big"
ns cn ping -6 -n -c 2 -W 1 -M 'do' -s $((${mtu:-1460} - 48)) $HOA >"$OUT/big" 2>&1; ok $? "one of that size arrives and is answered" || diag_file "$OUT/big"
ns mn ping -6 -n -c 1 -W 1 -M 'do' -s 1452 -I $HOA $CN >"$OUT/big" 2>&1
like "$(cat "$OUT/big")" 'mtu[=: ]*14[0-9][0-9]' "a packet of 1500 bytes from the home address: the sender is told" || diag_file "$OUT/big"
ns mn ping -6 -n -c 2 -W 1 -M 'do' -s $((1460 - 48)) -I $HOA $CN >"$OUT/big" 2>&1; ok $? "one of 1460 arrives and is answered" || diag_file "$OUT/big"

# ---- the traffic class, compared with a plain ip6tnl of default options ----
TEST=${PREFIX[home]}::777
ip -n ha link add control type ip6tnl mode ip6ip6 local $HA remote "$coa" && ip -n ha link set control up &&
	ip -n ha -6 route add $TEST/128 dev control || die "no control tunnel"
capture mn eth0 class 'ip6 proto 41 or ip6 proto 60' || die "no capture"
for class in 0x00 0x01 0x02 0x03 0xb8 0xbb; do
	for dst in $HOA $TEST; do ns cn ping -6 -n -c 1 -W 0.3 -Q $class $dst >/dev/null 2>&1; done
done
capture_stop class
# an encapsulation limit option, which the control tunnel adds, is before the inner packet
classes() { packets class "p.inner and p.inner.dst == '$1'" | wc -l; $PYTHON - "$OUT/class.pcap" "$1" <<-END
	import sys
	sys.path.insert(0, "$ROAMING")
	import pcap
	print(" ".join("%02x>%02x" % (p.inner.tclass, p.tclass) for p in pcap.read(sys.argv[1]) if p.inner and p.inner.dst == sys.argv[2] and p.inner.kind == "echo"))
	END
}
mine=$(classes $HOA | tail -n 1)
control=$(classes $TEST | tail -n 1)
is "$mine" "$control" "DSCP and ECN of the tunnel header are those of a plain ip6tnl ($mine)"
ip -n ha link del control
stop_mn
stop_ha
finish
