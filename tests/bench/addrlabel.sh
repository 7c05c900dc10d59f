#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 3000
#
# What IPv6 address labels cost in tables of 10 to 100,000: hardly more than in one of 10, which is measured in turns with
# it ("x10" is the ratio). On an unpatched kernel, which searches a list, only the numbers. Needs build/bench/addrlabel (make -C tests/bench).
#
# SIZES and MODES choose; the results are in $OUT/addrlabel.csv, for addrlabel.py.

. "$(dirname "$0")/../vm/lib.sh"

BENCH=${BUILD:-$TOP/build}/bench/addrlabel
SIZES=${SIZES:-10 1000 10000 100000} MODES=${MODES:-48 mixed}
GROWTH=1.3 INSERT_GROWTH=2 FORMAT='%-8s %8s %10s %6s %10s %6s %10s %6s %6s'
declare -A COST=()

# world NAME: a namespace with eight source addresses, and a way out that leads nowhere
world()
{
	local i

	ns_add "$1"
	ip -n "$1" link add d0 type dummy
	ip -n "$1" link set d0 arp off up
	for i in 1 2 3 4 5 6 7 8; do ip -n "$1" addr add "2001:db8:$i::1/64" dev d0 nodad; done
	ip -n "$1" -6 route add default dev d0
	[ ! -e /proc/sys/net/ipv6/addrlabel_max ] || ns "$1" sysctl -qw net.ipv6.addrlabel_max=1000000
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# measure LABELS MODE: a line of the table
measure()
{
	local words

	world small
	world large
	read -ra words < <("$BENCH" "$1" "$2" small large 2>&1)
	[ "${words[0]:-}" = sendto ]
	ok $? "$1 labels, $2" || diag "${words[*]}"
	ns_del small large
	[ "${words[0]:-}" = sendto ] || return
	COST[$2.$1.sendto]=$(ratio "${words[2]}" "${words[1]}")
	COST[$2.$1.connect]=$(ratio "${words[5]}" "${words[4]}")
	COST[$2.$1.insert]=$(ratio "${words[8]}" "${words[7]}")
	(IFS=,; echo "$2,$1,${words[*]}" | sed 's/,[a-z]\+,/,/g') >>"$OUT/addrlabel.csv"
	# shellcheck disable=SC2059 # one format for the table
	diag "$(printf "$FORMAT" "$2" "$1" "${words[2]}" "${COST[$2.$1.sendto]}" "${words[5]}" "${COST[$2.$1.connect]}" \
		"${words[8]}" "${COST[$2.$1.insert]}" "${words[10]}")"
}

[ -x "$BENCH" ] || die "there is no $BENCH: make -C tests/bench"
echo mode,labels,sendto10,sendto,connect10,connect,insert10,insert,bytes >"$OUT/addrlabel.csv"
# shellcheck disable=SC2059
diag "$(printf "$FORMAT" lengths labels sendto,us x10 connect,us x10 insert,us x10 bytes)"
for mode in $MODES; do
	for n in $SIZES; do measure "$n" "$mode"; done
done
if [ -e /proc/sys/net/ipv6/addrlabel_max ]; then
	for mode in $MODES; do
		le "${COST[$mode.${SIZES##* }.sendto]:-}" $GROWTH "$mode: sendto at ${SIZES##* } labels, in that at 10"
		le "${COST[$mode.${SIZES##* }.connect]:-}" $GROWTH "$mode: connect at ${SIZES##* } labels, in that at 10"
		le "${COST[$mode.${SIZES##* }.insert]:-}" $INSERT_GROWTH "$mode: an insertion at ${SIZES##* } labels, in that at 10"
	done
fi
finish
