#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# RFC 5220's half-closed network (halfclosed.sh) solved by a policy from DHCPv6 (RFC 7078) that addrselctl asks kea for;
# flags, lifetime, removal, conflicts, nonsense.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/halfclosed.sh"

echo 'dhcp6 replace' >"$FILE"
ctl apply >"$OUT/apply" || die "apply"
is "$(source_of $CLOSED)" $A "without a policy the kernel's source for the closed network is of the wrong provider"
reaches $CLOSED
is $? 1 "so nothing comes back"
is "$(first_of)" $OPEN "and getaddrinfo prefers the Internet's address"

# ---- a server ---------------------------------------------------------------------------------------

capture host e0 wire 'udp port 546 or udp port 547'
kea "00$TABLE"
ctl dhcp6 e0 ask timeout 20 >"$OUT/ask" 2>&1
is $? 0 "an Information-request brings kea's policy" || diag_file "$OUT/ask"
like "$(<"$OUT/ask")" 'STATE +used' "which is put into effect"
is "$(source_of $CLOSED)" $B "the kernel's source is now of the right provider"
busywait 5 reaches $CLOSED
is $? 0 "and the closed network answers"
is "$(source_of $OPEN)" $A "the Internet's source is what it was"
busywait 5 reaches $OPEN
is $? 0 "and the Internet answers, too"
is "$(first_of)" $CLOSED "getaddrinfo prefers the policy's address"
is "$(tempaddr)" 1 "no P flag: temporary addresses are not preferred"
ctl check >"$OUT/check"
is $? 0 "kernel, gai.conf and policy agree" || diag_file "$OUT/check"
like "$(ctl dhcp6)" 'e0 +used +4 +forbidden +not preferred +1[45][0-9][0-9] ' "dhcp6 says how long it holds"
capture_stop wire
is "$(tshark -r "$OUT/wire.pcap" -Y 'dhcpv6.msgtype == 11' -T fields -e dhcpv6.requested_option_code 2>/dev/null | sort -u)" "84,32" \
	"the request asked for the options 84 and 32"

kea ''
ctl dhcp6 e0 ask timeout 20 >"$OUT/ask" 2>&1
is "$(source_of $CLOSED)" $A "a server that has the policy no longer takes it back"
is "$(tempaddr)" 2 "and use_tempaddr is what it was"
kea "00${TABLE%????}"
ctl dhcp6 e0 ask timeout 20 >"$OUT/ask" 2>&1
is $? 1 "a broken policy is refused"
like "$(<"$OUT/ask")" 'refused' "and that is said"
is "$(source_of $CLOSED)" $A "and nothing has changed"

# ---- lifetime, removal, conflicts -------------------------------------------------------------------

start_bg watch ip netns exec host "$CTL" -f "$FILE" watch
busywait 10 grep -q . "$OUT/watch.log"
ctl dhcp6 e0 set "03$TABLE" lifetime 4 >/dev/null
is "$(source_of $CLOSED) $(tempaddr)" "$B 2" "a hook's policy, with the P flag"
over() { [ "$(source_of $CLOSED)" = $A ]; }
busywait 20 over
is $? 0 "watch takes it back when its lifetime is over"
busywait 5 ctl check >/dev/null
is $? 0 "and the rows that it replaced are back"
stop_bg watch

ctl dhcp6 e1 set "00$(row 1 40 0 '')" >/dev/null
ctl dhcp6 e0 set "00$TABLE" >"$OUT/both"
like "$(ctl dhcp6)" 'e1 +overruled .*e0 has another table, and comes first by name' "of two tables one is used, and it is said which"
is "$(source_of $CLOSED)" $B "the one of e0"
echo 'dhcp6 replace e1 e0' >"$FILE"
ctl apply >/dev/null
like "$(ctl dhcp6)" "e0 +overruled .*comes first in the policy's dhcp6 line" "the policy's file can say another order"
is "$(source_of $CLOSED)" $A "and then it is the one of e1"
ctl dhcp6 e1 remove >/dev/null
is "$(source_of $CLOSED)" $B "until that is removed"
ctl dhcp6 e0 set 0000 >/dev/null 2>"$OUT/nonsense"
is $? 1 "nonsense is refused: $(<"$OUT/nonsense")"
is "$(source_of $CLOSED)" $B "and what was there stays"
# ---- the A flag -----------------------------------------------------------------------------------------

printf 'dhcp6 add e0\nautomatic-rows yes\n' >"$FILE"
ip -n host addr add fd12:3456:789a:1::9/64 dev e0 nodad
automatic() { ip -n host addrlabel | grep -q '^prefix fd12:3456:789a::/48 label 14'; }
ctl dhcp6 e0 set 03 >/dev/null; automatic
is $? 0 "with the A flag the host adds a row for its unique local address"
ctl dhcp6 e0 set 01 >/dev/null; automatic
is $? 1 "without it, it does not"
ctl dhcp6 e0 set "03$TABLE" >/dev/null; automatic
is $? 1 "nor with a table"
is "$(source_of $CLOSED)" $B "whose rows come to the file's"

echo 'dhcp6 ignore' >"$FILE"
ctl apply >/dev/null
is "$(source_of $CLOSED)" $A "a policy's file that wants none from DHCPv6"
ctl dhcp6 e0 remove >/dev/null
finish
