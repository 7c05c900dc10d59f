#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# umip/src/kern against the kernel: each call is made by kern_test in a namespace, and ip, tc and
# tcpdump say what became of it.
#
#	mn (CoA, CoA2) ---- 2001:db8:1::/64 ---- ha (HA, HA2; 2001:db8:9::1 behind it)

. "$(dirname "$0")/../vm/lib.sh"

TOOL=${KERN_TEST:-${BUILD:-$TOP/build}/roaming/kern_test}
[ -x "$TOOL" ] || skip_all "$TOOL is not built"
need_modules veth dummy

HA=2001:db8:1::1 HA2=2001:db8:1::11 COA=2001:db8:1::2 COA2=2001:db8:1::3 COA3=2001:db8:1::4
HOA=2001:db8:5::66 OTHER=2001:db8:5::67 CN=2001:db8:9::1

. "$(dirname "$0")/commands.sh"

ns_add mn ha
for n in mn ha; do
	ns $n sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
done
veth mn e0 ha e0
ip -n mn addr add $COA/64 dev e0 nodad
ip -n mn addr add $COA2/64 dev e0 nodad
ip -n mn addr add $COA3/64 dev e0 nodad
ip -n ha addr add $HA/64 dev e0 nodad
ip -n ha addr add $HA2/64 dev e0 nodad
ip -n ha addr add $CN/128 dev lo nodad
ns ha sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n ha link add down0 type dummy
tool ha ha
tool mn mn

# ---- what the kernel can do ------------------------------------------------------------------------

k ha probe # loads modules
diag "the first: $(expr "$answer" : '.*\(ms=[0-9]*\)')"
k ha probe
diag "$answer"
for what in mip6 sub_policy ip6tnl ip6tnl_external encap_route guard plug optimistic_dad rule_find_saddr esp migrate \
	pf_key_migrate; do
	like "$answer" "(^| )$what=1" "the probe finds $what"
done
like "$answer" 'ha: - mn: -$' "nothing is missing for either role"
expr "$answer" : '.*ms=\([0-9]*\)' >"$OUT/ms"
le "$(cat "$OUT/ms")" 1000 "a probe of the kernel takes, ms"
case $(uname -r) in
*deb12*)
	like "$answer" 'mh_type_in=0' "Debian's kernel does not decode MH types on input"
	like "$answer" 'migrate_typed=0' "nor does it find the policy for one of them in MIGRATE"
	like "$answer" 'state_update=0' "nor does it send established sockets to an updated care-of address"
	;;
*-mip6-*)
	like "$answer" 'mh_type_in=1 state_update=1' "the series' kernel decodes MH types on input, and updates reach established sockets"
	like "$answer" 'migrate_typed=1' "and migrates the policies for them"
	;;
esac
is "$(ip -n ha -o link | grep -c probe)" 0 "the probe leaves nothing"

# ---- batches ---------------------------------------------------------------------------------------

k ha batch e0 down0
is "$answer" "ENETDOWN: route add 2001:db8:ff01::3/128: Nexthop device is not up" "the failing one of a batch is named"
is "$(ip -n ha -6 route show proto 62 | grep -c 2001:db8:ff01::)" 4 "the other four are in"
k ha many e0 1000
diag "$answer"
like "$answer" '^found=1000 ' "1000 routes in one batch, dumped"
is "$(ip -n ha -6 route show table 77 | wc -l)" 1000 "ip sees them"
ip -n ha -6 route flush proto 62 table all 2>/dev/null

# ---- routes, rules, addresses, neighbours ----------------------------------------------------------

done_ ha route e0 2001:db8:a:: 48 252 300 $COA
like "$(ip -n ha -6 route show table 252)" "2001:db8:a::/48 via $COA dev e0 proto 62 metric 300" "ip shows the route"
k ha route-dump 252 62
is "$answer" "[2001:db8:a::/48 table 252 metric 300 dev e0 via $COA]ok 0" "the dump too"
ip -n ha -6 route add 2001:db8:b::/48 table 252 proto 62 metric 300 nexthop via $COA dev e0 nexthop via fe80::99 dev e0
k ha route-dump 252 62
is "$answer" "[2001:db8:a::/48 table 252 metric 300 dev e0 via $COA][2001:db8:b::/48 table 252 metric 300 dev e0 via $COA][2001:db8:b::/48 table 252 metric 300 dev e0 via fe80::99]ok 0" \
	"one with two next hops is told for each"
ip -n ha -6 route del 2001:db8:b::/48 table 252
done_ ha route unreachable :: 0 252 4000
like "$(ip -n ha -6 route show table 252)" "unreachable default dev lo proto 62 metric 4000" "an unreachable default"
done_ ha route-del :: 0 252
done_ ha route-del 2001:db8:a:: 48 252
k ha route-del 2001:db8:a:: 48 252
like "$answer" "^ESRCH: route del" "deleting what is not there"
done_ ha route-del 2001:db8:a:: 48 252 forgive
k ha route-dump 4711 62
is "$answer" "ok 0" "a table that does not exist is empty"

done_ mn rule 1005 $HOA 128 252 find
done_ mn rule 1001 - 0 254 $((0x6d697036))
done_ mn rule 1006 $HOA 128 unreachable
like "$(ip -n mn -6 rule)" "1005:.from $HOA lookup 252 proto 62" "ip shows the rule"
like "$(ip -n mn -6 rule)" "1001:.from all fwmark 0x6d697036 lookup main proto 62" "and the one for the mark"
like "$(ip -n mn -6 rule)" "1006:.from $HOA unreachable proto 62" "and the one that forbids"
k mn rule-dump
is "$answer" "[1001 from ::/0 table 254 mark 0x6d697036][1005 from $HOA/128 table 252 find mark 0][1006 from $HOA/128 table 0 unreachable mark 0]ok 0" \
	"the dump has ours only"
done_ mn rule-del 1005 $HOA 128 252 find
done_ mn rule-del 1006 $HOA 128 unreachable
done_ mn rule-del 1001 - 0 254 $((0x6d697036))
is "$(ip -n mn -6 rule | grep -c 'proto 62')" 0 "rules are gone"

# IFA_F_HOMEADDRESS | IFA_F_NODAD
done_ mn addr e0 $OTHER 64 0x12 0 0
like "$(ip -n mn addr show dev e0)" "$OTHER/64 scope global nodad home" "a home address"
done_ mn addr e0 $OTHER 64 0x202 100 0
like "$(ip -n mn addr show dev e0)" "$OTHER/64 scope global nodad deprecated dynamic noprefixroute" "changed in place to a deprecated one"
k mn addr-dump e0
like "$answer" "\[$OTHER/64 flags 0x222 valid (100|99) preferred 0 proto 62\]" "the dump says the same"
done_ mn addr-del e0 $OTHER 64
k mn addr-del e0 $OTHER 64
like "$answer" "^EADDRNOTAVAIL" "deleting what is not there"
done_ mn addr-del e0 $OTHER 64 forgive

done_ ha proxy e0 $HOA add
done_ ha proxy e0 $OTHER router
ip -n ha neigh add proxy 2001:db8:5::99 dev e0
k ha proxy-dump
like "$answer" "^(\[e0 $HOA\]\[e0 $OTHER\]|\[e0 $OTHER\]\[e0 $HOA\])ok 0$" "the proxy dump has ours only"
like "$(ip -n ha neigh show proxy)" "$OTHER dev e0 router" "the router flag"
done_ ha proxy e0 $HOA del
done_ ha proxy e0 $OTHER del
k ha proxy e0 $OTHER del
like "$answer" "^ENOENT: proxy del $OTHER" "deleting what is not there"
done_ ha neigh e0 $OTHER set
like "$(ip -n ha neigh show dev e0)" "$OTHER lladdr 02:00:00:00:00:77 REACHABLE" "a neighbour as heard of"
done_ ha neigh e0 $OTHER del

# ---- the home agent's tunnel with its guard, the mobile node's ---------------------------------------

done_ ha external mip6ha
like "$(ip -n ha -d link show mip6ha)" "mip6ha.*state DOWN.*ip6tnl external .*encaplimit none.*addrgenmode none" "the external device waits for its guard"
k ha guard mip6ha 1000
is "$answer" ok "the guard is attached"
like "$(ip -n ha link show mip6ha)" "[<,]UP[,>].* mtu 1460" "and the device up"
is "$(ip -n ha -6 addr show dev mip6ha)" "" "without an address"
like "$(ns ha tc filter show dev mip6ha ingress)" "mip6_guard.*direct-action" "tc shows the program"
done_ ha external mip6ha
ip -n ha link add wrong0 type dummy
k ha external wrong0
is "$answer" "EEXIST: tunnel add wrong0: a device of this name exists and is not an external ip6tnl" "a name that is taken"
k ha external mip6other
like "$answer" "^EEXIST: tunnel add mip6other: mip6ha is an external ip6tnl too" "a second external device is refused and the first named"

done_ ha guard-set $HOA $COA $HA
done_ ha encap mip6ha $HOA $HA $COA
like "$(ip -n ha -6 route show $HOA)" "encap ip6 id 0 src $HA dst $COA hoplimit 64 .*dev mip6ha proto 62" "an encap route"
k ha route-dump 0 62
is "$answer" "[$HOA/128 table 254 metric 1024 dev mip6ha encap $HA -> $COA]ok 0" "the dump says the same"
done_ mn tun mip6mn0
done_ mn tun mip6mn1
like "$(ip -n mn -d link show mip6mn0)" "mip6mn0.*state DOWN.*ip6tnl ip6ip6 .*addrgenmode none" "the mobile node's device waits for its endpoints"
done_ mn tun-set mip6mn0 $COA $HA
diag "$answer"
like "$(ip -n mn -d link show mip6mn0)" "[<,]UP[,>].* mtu 1460 .*ip6tnl ip6ip6 remote $HA local $COA hoplimit 64 encaplimit none" "and has them"
k mn tun-set mip6mn1 $COA $HA
like "$answer" "^EEXIST: tunnel set mip6mn1" "two with the same endpoints are refused"
done_ mn tun-close mip6mn1
done_ mn addr mip6mn0 $HOA 128 0x12 0 0
done_ mn addr mip6mn0 $OTHER 128 0x2 0 0
done_ mn route mip6mn0 $CN 128 0 0
reach() { ns mn ping -q -c 2 -i 0.1 -W 1 -I "${2:-$HOA}" "$1" >/dev/null; }
reach $CN
ok $? "the binding's packets pass, both ways"
k ha guard-stats
is "$answer" "passed=2 no_binding=0 wrong_coa=0 wrong_dst=0 not_ipv6=0" "and are counted"

done_ mn tun-set mip6mn0 $COA2 $HA
! reach $CN
ok $? "from another care-of address they do not"
k ha guard-stats
is "$answer" "passed=2 no_binding=0 wrong_coa=2 wrong_dst=0 not_ipv6=0" "and are counted"
done_ ha guard-set $HOA $COA2 $HA
done_ ha encap mip6ha $HOA $HA $COA2
is "$(ip -n ha -6 route show $HOA | grep -c "dst $COA2 ")/$(ip -n ha -6 route show $HOA | wc -l)" 1/1 "the route is replaced"
reach $CN
ok $? "after the binding has moved they do"
! reach $CN $OTHER
ok $? "from an address without a binding they do not"
done_ mn tun-set mip6mn0 $COA2 $HA2
! reach $CN
ok $? "to another address of the home agent they do not"
ip -n mn link add t4 type ip6tnl mode ipip6 local $COA3 remote $HA encaplimit none
ip -n mn link set t4 up
ip -n mn addr add 192.0.2.1/24 dev t4
ns mn ping -q -c 2 -i 0.1 -W 1 192.0.2.2 >/dev/null
k ha guard-stats
is "$answer" "passed=4 no_binding=2 wrong_coa=2 wrong_dst=2 not_ipv6=2" "each reason is counted, IPv4 inside too"

# a new daemon after a crash: the old guard stays until the new one, with an empty map, takes its place
done_ mn tun-set mip6mn0 $COA2 $HA
stop_bg ha KILL
reach $CN
ok $? "after a SIGKILL the old guard goes on"
tool ha ha
done_ ha external mip6ha
k ha guard mip6ha 1000
is "$answer" ok "the next start replaces it"
is "$(ns ha tc filter show dev mip6ha ingress | grep -c mip6_guard)" 1 "and it is one"
! reach $CN
ok $? "with no bindings"
done_ ha guard-set $HOA $COA2 $HA
reach $CN
ok $? "until they are set"
done_ ha guard-del $HOA
! reach $CN
ok $? "without the binding they do not"
done_ ha guard-set $HOA $COA2 $HA
k ha guard-fill 900
diag "guard, $answer"
like "$answer" '^insert_us=' "900 bindings more, replaced, deleted"
k ha guard-fill 1001
is "$answer" "E2BIG" "a full map says so"

# ---- the plug ----------------------------------------------------------------------------------------

capture ha mip6ha held icmp6 and src $HOA
done_ mn hold mip6mn0 65536
ns mn ping -n -c 5 -i 0.1 -W 5 -I $HOA $CN >"$OUT/held.ping" &
nap 1
k ha guard-stats
like "$answer" "^passed=2 " "the plug holds"
like "$(ns mn tc -s qdisc show dev mip6mn0)" "qdisc plug 6d36: root.* 5p " "five packets are in it"
done_ mn hold mip6mn0 65536
done_ mn release mip6mn0
diag "$answer"
wait $!
ok $? "after the release all are answered"
is "$(sed -n 's/.*icmp_seq=\([0-9]*\).*/\1/p' "$OUT/held.ping" | tr '\n' ' ')" "1 2 3 4 5 " "in order"
like "$(ns mn tc -s qdisc show dev mip6mn0)" "qdisc plug 6d36: root.* 0p " "and nothing stays in it"
reach $CN
ok $? "traffic goes on"
done_ mn hold mip6mn0 65536
! reach $CN
ok $? "a second hold"
done_ mn drop mip6mn0
reach $CN
ok $? "dropped"
like "$(ns mn tc qdisc show dev mip6mn0)" "qdisc noqueue" "and the plug is gone"
k ha guard-stats
like "$answer" "^passed=11 " "and what was held did not come"
ns mn tc qdisc add dev mip6mn0 root pfifo
k mn hold mip6mn0 65536
is "$answer" "EBUSY: plug on link $(cat /sys/class/net/none/ifindex 2>/dev/null || ns mn cat /sys/class/net/mip6mn0/ifindex): another queueing discipline is installed at its root" \
	"the administrator's queue is left alone"
ns mn tc qdisc del dev mip6mn0 root
capture_stop held

k ha guard-close
is "$(ns ha tc qdisc show dev mip6ha | grep -c clsact)" 0 "the guard takes clsact with it"
like "$(ip -n ha link show mip6ha)" "state DOWN" "and leaves the device down"
done_ ha tun-close mip6ha
done_ mn tun-close mip6mn0
ip -n mn link del t4
is "$(ip -n ha -6 route show proto 62; ip -n mn -6 route show proto 62)" "" "no routes are left"

# ---- Home Address option and routing header type 2 -----------------------------------------------------

done_ mn addr lo $HOA 128 0x12 0 0
done_ mn mh-open
done_ ha mh-open
done_ mn state hao $HOA $HA $COA
done_ mn policy out $HOA 128 $HA 128 135 5 hao
done_ mn state rt2 :: :: :: wild
done_ mn policy in :: 0 :: 0 0 -1 rt2 use
done_ ha state hao :: :: :: wild
done_ ha policy in :: 0 $HA 128 135 -1 hao use
like "$(ip -n mn xfrm state)" "src $HOA dst $HA.*proto hao .*mode ro.*coa $COA" "ip shows the state"
like "$(ip -n ha xfrm state)" "flag wildrecv" "and the wildcard's flag"
like "$(ip -n mn xfrm policy show ptype sub)" "src $HOA/128 dst $HA/128 proto mobility-header type 5.*dir out.*tmpl src $HOA dst $HA.*proto hao reqid 0 mode ro" \
	"ip shows the policy"
capture ha e0 mh ip6
k mn mh-send $HOA $HA - 5
is "$answer" ok "a Binding Update"
k ha mh-recv 2000
like "$answer" "^type=5 src=$HOA dst=$HA coa=$COA rt2=- hoplimit=64 len=16 " "arrives with its care-of address"
k mn mh-send $COA $HA - 1
k ha mh-recv 2000
like "$answer" "^type=1 src=$COA dst=$HA coa=- rt2=- " "a message without the option has none"
k ha mh-send $HA $HOA $COA 6
is "$answer" ok "a Binding Acknowledgement with routing header"
k mn mh-recv 2000
like "$answer" "^type=6 src=$HA dst=$HOA coa=- rt2=$COA " "arrives at the home address, its care-of address told"
capture_stop mh
tcpdump -nr "$OUT/mh.pcap" >"$OUT/mh.txt" 2>/dev/null
diag_file "$OUT/mh.txt"
like "$(cat "$OUT/mh.txt")" "IP6 $COA > $HA: DSTOPT mobility: BU" "on the wire: the option"
like "$(cat "$OUT/mh.txt")" "IP6 $HA > $COA: (srcrt|RT6) .*type=2, segleft=1, .*$HOA.* mobility: BA status=0 seq#=4711" "and the routing header"

done_ mn policy out $HOA 128 $HA 128 135 5 block
k mn mh-send $HOA $HA - 5
like "$answer" "EPERM|EACCES" "a policy that is set again replaces the first"
done_ mn policy out $HOA 128 $HA 128 135 5 hao del
k mn policy out $HOA 128 $HA 128 135 5 hao del
like "$answer" "^ENOENT: policy del out $HOA/128 -> $HA/128 proto mh type 5" "deleting what is not there"
done_ mn state hao $HOA $HA $COA2
like "$(ip -n mn xfrm state)" "coa $COA2" "a state that is set again replaces the first"
is "$(ip -n mn xfrm state | grep -c 'proto hao')" 1 "and is one"
done_ mn state-del hao $HOA $HA
done_ mn flush
is "$(ip -n mn xfrm state; ip -n mn xfrm policy)" "" "flushed"
ip -n mn xfrm policy add src $HOA dst $CN dir out priority 7
ip -n mn xfrm state add src $HOA dst $CN proto esp spi 1 enc 'ecb(cipher_null)' '' 2>/dev/null
done_ mn flush
is "$(ip -n mn xfrm policy | grep -c priority)" 1 "others' policies stay"
ip -n mn xfrm policy flush
ip -n mn xfrm state flush
done_ ha flush

# ---- overruns ------------------------------------------------------------------------------------------

k mn mh-send $COA $HA - 1 30000
k ha mh-overruns
diag "$answer"
like "$answer" 'overruns=[0-9]+ received=[1-9]' "a burst"
lost=$(expr "$answer" : 'overruns=\([0-9]*\)') got=$(expr "$answer" : '.*received=\([0-9]*\)')
is $((lost + got)) 30000 "received or counted as lost"

# ---- Neighbour Discovery -----------------------------------------------------------------------------

done_ mn nd-open e0
done_ ha nd-open e0
capture ha e0 nd icmp6
k ha groups e0 1000 join
diag "groups: $answer"
like "$answer" '^ok' "1000 solicited-node groups"
is "$(ns ha cat /proc/net/igmp6 | grep -c 'e0 *ff0200000000000000000001ff55')" 1000 "the kernel has them"
k ha groups e0 2 join
k ha groups e0 1000 leave
is "$(ns ha cat /proc/net/igmp6 | grep -c 'e0 *ff0200000000000000000001ff55')" 2 "those joined twice stay"
k mn nd-dad e0 2001:db8:ff09::55:1
is "$answer" ok "a DAD probe for another's address"
k ha nd-recv 2000 135 ::
like "$answer" "^type=135 src=:: dst=ff02::1:ff55:1 len=24 mac=([0-9a-f:]+) target=2001:db8:ff09::55:1$" "is overheard"
is "${BASH_REMATCH[1]:-}" "$(ns mn cat /sys/class/net/e0/address)" "with the sender's link-layer address"
k mn nd-dad e0 $HA
k mn nd-recv 2000 136 $HA
like "$answer" "^type=136 src=$HA dst=ff02::1 .* target=$HA$" "who has the address says so to all nodes"
k mn nd-unicast e0 $COA $HA -
is "$answer" EDESTADDRREQ "a unicast message needs a link-layer address"
k mn nd-unicast e0 $COA $HA "$(ns ha cat /sys/class/net/e0/address)"
k ha nd-recv 2000 135 $COA
like "$answer" "^type=135 src=$COA dst=$HA .* target=$HA$" "and is sent to it"
k ha nd-watch e0 off
k mn nd-dad e0 2001:db8:ff09::55:1
k ha nd-recv 300 135 ::
is "$answer" EAGAIN "a link that is not watched is not heard"
k ha groups e0 2 leave
capture_stop nd
ns ha tcpdump -vnr "$OUT/nd.pcap" >"$OUT/nd.txt" 2>/dev/null
like "$(cat "$OUT/nd.txt")" 'hlim 255, next-header ICMPv6 \(58\) payload length: 24\) :: > ff02::1:ff55:1: \[icmp6 sum ok\]' "tcpdump finds the checksum right"

# ---- sysctl --------------------------------------------------------------------------------------------

conf=net/ipv6/conf/e0
value() { ns ha cat /proc/sys/$conf/$1; }
ns ha sysctl -qw net.ipv6.conf.e0.hop_limit=63
done_ ha sysctl-open "$OUT/state"
done_ ha sysctl-set $conf/hop_limit 62
done_ ha sysctl-set $conf/hop_limit 61
done_ ha sysctl-set $conf/proxy_ndp 1
done_ ha sysctl-set $conf/accept_ra_mtu "$(value accept_ra_mtu)"
is "$(cat "$OUT/state/sysctl")" "$(printf '%s\n' "$conf/hop_limit 63" "$conf/proxy_ndp 0")" "the state file has the first values of what changed"
is "$(value hop_limit)$(value proxy_ndp)" 611 "set"
k ha sysctl-get $conf/hop_limit
is "$answer" 61 "read"
for bad in net/../kernel/hostname net//ipv6 net/ipv6/ kernel/hostname net/./ipv6; do
	k ha sysctl-set $bad 1
	is "$answer" EINVAL "refused: $bad"
done
k ha sysctl-set net/ipv6/conf/nosuch.7/proxy_ndp 1
is "$answer" ENOENT "no such interface"
stop_bg ha KILL
is "$(value hop_limit)$(value proxy_ndp)" 611 "after a SIGKILL they are still set"
tool ha ha
done_ ha sysctl-open "$OUT/state"
done_ ha sysctl-set $conf/hop_limit 60
done_ ha sysctl-close
is "$(value hop_limit)$(value proxy_ndp)" 630 "the next start restores what was there first"
[ ! -e "$OUT/state/sysctl" ]
ok $? "and the state file is gone"

# ---- notifications -----------------------------------------------------------------------------------

k mn link e0
like "$answer" "^\[link e0 up 1 carrier 1 gone 0 ll 6\]$" "a link by name"
k mn link nosuch
is "$answer" ENODEV "none of this name"
done_ mn watch
ip -n ha link set e0 down
k mn watched 300
like "$answer" "\[link e0 up 1 carrier 0 gone 0" "a lost carrier"
ip -n ha link set e0 up
k mn watched 300
like "$answer" "\[link e0 up 1 carrier 1 gone 0" "a carrier"
ip -n mn addr add 2001:db8:1::77/64 dev e0
ip -n mn addr del 2001:db8:1::77/64 dev e0
k mn watched 300
like "$answer" "\[addr 2001:db8:1::77\].*\[addr 2001:db8:1::77 deleted\]" "an address comes and goes"
ip -n mn -6 route add default via $HA
ip -n mn -6 route add 2001:db8:77::/64 via $HA
ip -n mn -6 route add 2001:db8:78::/64 dev e0
ip -n mn -6 route del default via $HA
k mn watched 300
is "$answer" "[route ::/0 via $HA][route 2001:db8:78::/64][route ::/0 via $HA deleted]" "default routes and connected prefixes"
ip -n mn -6 route add default nexthop via $HA dev e0 nexthop via fe80::99 dev e0
k mn watched 300
like "$answer" "\[route ::/0 via $HA\].*\[route ::/0 via fe80::99\]" "a default route with two next hops"
ip -n mn -6 route del default
k mn watched 300
k mn route e0 2001:db8:79:: 64 0 0
k mn watched 300
is "$answer" "" "no echo of our own routes"
ns mn ping -q -c 1 -W 4 2001:db8:1::99 >/dev/null
k mn watched 500
like "$answer" "\[failed 2001:db8:1::99\]" "a neighbour that does not answer"
ip -n mn link add gone0 type dummy
ip -n mn link del gone0
k mn watched 300
like "$answer" "\[link gone0 up 0 .* gone 1" "a link that goes"
k mn many e0 20000
k mn watched 300
like "$answer" "\[resync\]" "lost notifications are told"

finish
