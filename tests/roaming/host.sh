#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# The host around the mobile node: an administrator who has configured the home address himself, programs that go around the
# routing rules, somebody who deletes what mip6d has made, a link that flaps, a daemon that is killed abroad.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

hoa_on_link() { ip -n mn -6 -o address show dev eth0 | grep -q "$HOA/$1"; }
ping_from() { local ns=$1; shift; ns "$ns" ping -6 -n "$@" >"$OUT/ping" 2>&1; }

world_up
start_ha || die "no home agent"

# ---- the home address was there before
ip -n mn -6 address add $HOA/64 dev eth0
busywait 5 ping_from nb -c 1 -W 1 $HOA
snapshot mn >"$OUT/mn.before"
start_bg watch ip netns exec nb ping -6 -n -i 0.05 $HOA
nap 0.5
start_mn || die "no mobile node"
nap 2.5
stop_mn; is $? 0 "a stop at home"
nap 0.5
stop_bg watch INT
grep -q " 0% packet loss" "$OUT/watch.log"
ok $? "a start and a stop at home lose no packet of the administrator's home address" || diag_file "$OUT/watch.log" 3
snapshot_diff mn "$OUT/mn.before" "and leave everything as it was"

# ---- abroad
start_mn || die "no mobile node"
move f1
settled f1 >/dev/null; ok $? "registered from f1" || { diag_world; finish; }
! hoa_on_link ''; ok $? "abroad, the link's interface does not have the home address"
capture r1 eth0 f1 ip6 || die "no capture"
ping_from mn -c 2 -i 0.2 -W 1 $CN; ok $? "a program that chooses nothing uses the tunnel" || diag_file "$OUT/ping"
ping_from mn -c 2 -i 0.2 -W 1 fe80::f1%eth0; ok $? "link-local neighbours are reached directly" || diag_file "$OUT/ping"
ping_from mn -c 2 -i 0.2 -W 1 ff02::1%eth0; ok $? "and so is link-local multicast" || diag_file "$OUT/ping"
ping_from mn -c 2 -i 0.2 -W 0.5 -I eth0 $CN
ping_from mn -c 2 -i 0.2 -W 0.5 -I "$HOA%eth0" $CN
capture_stop f1
is "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/f1.pcap" "p.src == '$HOA'")" 0 \
	"programs bound to the interface do not get the home address out of it either"
ge "$($PYTHON "$ROAMING/pcap.py" --count "$OUT/f1.pcap" "p.kind == 'tunnel' and p.inner.src == '$HOA'")" 2 "the tunnel's packets are there"

# ---- somebody else deletes our things
ip -n mn link del mip6mn0
busywait 5 reachable >/dev/null; ok $? "the tunnel device was deleted: it is made again" || diag_world
ip -n mn -6 rule del pref 1001
ip -n mn -6 route flush table 252
# rules have no notification: they are looked at every 20 s
busywait 25 reachable >/dev/null; ok $? "a rule and the routes were deleted: they are put back" || diag_world
ip -n ha -6 route del $HOA/128
busywait 5 reachable >/dev/null; ok $? "the home agent's route was deleted: it is put back" || diag "$(ip -n ha -6 route)"
ip -n ha link set eth0 down
ip -n ha link set eth0 up
ip -n ha -6 address add $HA/64 dev eth0 nodad 2>/dev/null
ip -n ha -6 address add $LL_HA/64 dev eth0 nodad 2>/dev/null
busywait 10 sh -c "ip -n ha -6 neigh show proxy | grep -q $HOA"; ok $? "the home link went down and up: the proxy entry is put back"

# ---- the link
printf 'link set mn down\nlink set mn up\n' | ip -n sw -batch -
busywait 5 reachable >/dev/null; ok $? "a carrier that flaps" || diag_world
ip -n mn link set eth0 down
nap 1
ip -n mn link set eth0 up
busywait 10 reachable >/dev/null; ok $? "the interface taken down and up" || diag_world

# ---- the end, abroad
stop_mn KILL
start_mn || die "no mobile node"
settled f1 >/dev/null; ok $? "killed abroad and started again"
stop_mn; is $? 0 "a stop abroad"
busywait 3 hoa_on_link 64; ok $? "the administrator has his home address back"
finish
