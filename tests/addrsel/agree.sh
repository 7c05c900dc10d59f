#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# explain against the system: random addresses, labels, precedences and destinations; the source that it names is the
# one that connect() takes, and its order is getaddrinfo's.

. "$(dirname "$0")/../vm/lib.sh"

CTL=${ADDRSELCTL:-$TOP/iproute2-addrlabel/addrsel/addrselctl}
ASK=${BUILD:-$TOP/build}/addrsel-test/ask
[ -x "$CTL" ] && [ -x "$ASK" ] || skip_all "addrselctl or the programs of the scenarios are not built"
need_modules dummy
ROUNDS=${ADDRSEL_ROUNDS:-10}
export ADDRSEL_SEED=${ADDRSEL_SEED:-$RANDOM}

ns_add host
ns host sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
# hosts by file only, in the order of the file
echo 'hosts: files' >/etc/nsswitch.conf
echo 'multi on' >/etc/host.conf
ip -n host link add d0 type dummy && ip -n host link add d1 type dummy
ip -n host link add t0 type sit local any remote any 2>/dev/null || ip -n host link add t0 type dummy
for dev in d0 d1 t0; do ip -n host link set $dev up; done
diag "seed $ADDRSEL_SEED"

ns host /usr/bin/python3 "$TOP/tests/addrsel/agree.py" "$CTL" "$ASK" "$ROUNDS" "$OUT" >"$OUT/agree"
status=$?
grep '^#' "$OUT/agree"
is $status 0 "the comparison came to its end" || diag_file "$OUT/agree"
read -r rounds sources orders differ_source differ_order rules_src rules_dst < <(grep -v '^#' "$OUT/agree" | tail -n 1)
is "$rounds" "$ROUNDS" "all rounds were made"
ge "${sources:-0}" $((ROUNDS * 3)) "sources compared"
is "${differ_source:--}" 0 "explain names the source that connect() takes"
ge "${orders:-0}" $((ROUNDS - 2)) "orders compared"
is "${differ_order:--}" 0 "explain's order is getaddrinfo's"
ge "${rules_src:-0}" 4 "different rules decided about sources"
ge "${rules_dst:-0}" 5 "different rules decided about destinations"
finish
