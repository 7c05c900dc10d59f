#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# Before a binding ends the correspondent node looks whether it is in use, and only then asks the mobile node to renew it. Needs
# build/bench/mngen (make -C tests/bench).

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../bench/world.sh"
. "$(dirname "$0")/cn_world.sh"

cn_world
cn_start || die "mip6d starts"
capture gen core0 gen -s 512 -B 8192 'ip6 proto 135 or ip6 proto 43'
gen_start busy --hoa $HOA --coa $COA --n 3 --lifetime 24
gen_start idle --hoa 2001:db8:40::b000:0 --coa 2001:db8:c3::1:0 --n 3 --lifetime 24
gen_do idle optimize
gen_do busy optimize
is "$(n_bindings)" 6 "three bindings that are used, three that are not"
is "$(ctl status | jq -c '[.correspondent_bindings, (.nonces | length > 0), ([.nonces[] | keys] | unique)]')" '[6,true,[["age_s","index"]]]' \
	"mip6ctl status has the nonces' ages, and nothing else of them"
ns cn "$MIP6CTL" status >"$OUT/status.txt" && ns cn "$MIP6CTL" bc >"$OUT/bc.txt"
ok $? "for people, too"
gen_do busy direct:12:1000 60
is "$(val sent) $(val lost) $(val wrong)" "36 0 0" "pings, which end well before the bindings do"
none() { [ "$(n_bindings)" = 0 ]; }
busywait 30 none
nap 0.5
capture_stop gen
requests() { tshark -r "$OUT/gen.pcap" -Y "mip6.mhtype == 0 && ipv6.routing.type == 2 && $1" 2>/dev/null | wc -l; }
brr=$(requests "ipv6.dst == 2001:db8:c1::/64")
ge "$brr" 3 "each that is used is asked to renew"
le "$brr" 6 "at most twice"
is "$(requests "ipv6.dst == 2001:db8:c3::/64")" 0 "none that is not"
is "$(counter brr_tx)" "$brr" "counted, and all leave with a routing header"
is "$(counter expired) $(n_states) $(n_policies)" "6 0 0" "nobody answered, so all have ended"
gen_stop busy
gen_stop idle
stop_bg mip6d
ok $? "mip6d stops with status 0"
[ $_failed = 0 ] || diag_file "$OUT/mip6d.log" 40
finish
