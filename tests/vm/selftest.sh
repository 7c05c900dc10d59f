#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# Does the VM give the scenarios what they rely on? Namespaces, links, modules, sysctls, captures,
# a clock that runs, a file system to write to.

. "$(dirname "$0")/lib.sh"

# ---- the machine
is "$(id -u)" 0 "root"
mountpoint -q /results || [ -n "$OUT" ]
ok $? "a place for results"
echo x >/tmp/selftest && [ "$(cat /tmp/selftest)" = x ]
ok $? "/tmp is writable"
echo x >"$TOP/.selftest" && rm "$TOP/.selftest"
ok $? "the repository is writable here (and only here)"

t0=$(now_ms)
nap 0.5
t1=$(now_ms)
ge $((t1 - t0)) 500 "half a second is not less, in ms"
le $((t1 - t0)) 900 "nor much more, ms"
is "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)" tsc "clock source"

# ---- modules that the daemon and the scenarios use
for module in ip6_tunnel mip6 xfrm_user xfrm6_tunnel af_key sch_plug sch_ingress sch_netem cls_bpf act_bpf cls_flower \
	veth bridge dummy ip6_gre nf_tables; do
	if [ -e /proc/modules ]; then
		modprobe "$module"
		ok $? "module $module"
	else
		skip "module $module" "a kernel without modules"
	fi
done

# ---- two namespaces and a cable
ns_add sta stb && veth sta eth0 stb eth0
ok $? "namespaces and a veth pair"
for side in a b; do
	ip netns exec st$side sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.forwarding=1
	ip -n st$side -6 address add 2001:db8::$side/64 dev eth0 nodad
done
is "$(ns sta sysctl -n net.ipv6.conf.eth0.forwarding)" 1 "sysctls of a namespace"
capture sta eth0 ping icmp6
ok $? "tcpdump listens"
busywait 5 ip netns exec sta ping -c 1 -W 1 2001:db8::b >"$OUT/ping.log"
ok $? "ping across"
capture_stop ping
ge "$(tcpdump -r "$OUT/ping.pcap" 'ip6[40] == 128' 2>/dev/null | wc -l)" 1 "echo requests in the capture"

start_bg sleeper sleep 1000
bg_alive sleeper
ok $? "a background program runs"
stop_bg sleeper
! bg_alive sleeper
ok $? "and ends"

# ---- programs
for program in radvd tshark iperf3 python3 jq ethtool; do
	command -v "$program" >/dev/null
	ok $? "$program is here"
done

finish
