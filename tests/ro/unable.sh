#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# A correspondent without Mobile IPv6: it says so, is left alone, and traffic goes on through the tunnel.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

world_up
start_ha || die "no home agent"
start_mn || die "no mobile node"
move f1
settled f1 >/dev/null; ok $? "registered from f1" || { diag_ro; finish; }
capture mn eth0 wire ip6 || die "no capture"
nap 0.2
ns cn ping -6 -n -c 20 -i 0.05 -W 1 $HOA >"$OUT/ping"; ok $? "the correspondent reaches the home address"
busywait 3 ro_is unable $CN; ok $? "it is known to be unable" || diag_ro
is "$(ro_field $CN reason)" "no mobility header" "and why"
capture_stop wire
hoti=$(stat_of mn hoti_tx)
ns cn ping -6 -n -c 40 -i 0.05 -W 1 $HOA >"$OUT/ping"; ok $? "traffic goes on"
is "$(stat_of mn hoti_tx)" "$hoti" "and no test is tried again meanwhile"
diag "$(ctl mn bul)"
finish
