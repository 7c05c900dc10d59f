#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Two policies that put five destinations into opposite orders and give another source, changed again and again while
# readers ask kernel and getaddrinfo: with addrselctl as the writer no reader sees an order that is of neither policy,
# and one policy in the kernel with the other in gai.conf only within the window that addrselctl states. The control
# writes the same file by truncating it.

. "$(dirname "$0")/../vm/lib.sh"

CTL=${ADDRSELCTL:-$TOP/iproute2-addrlabel/addrsel/addrselctl}
READER=${BUILD:-$TOP/build}/addrsel-test/reader
[ -x "$CTL" ] && [ -x "$READER" ] || skip_all "addrselctl or the programs of the scenarios are not built"
need_modules dummy
READS=${ADDRSEL_READS:-10000}	# in all
READERS=2 N=5

ns_add host
ns host sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
ip -n host link add d0 type dummy && ip -n host link set d0 up
for a in 2001:db8:a::1/64 2001:db8:b::1/64; do ip -n host addr add $a dev d0 nodad; done
ip -n host -6 route add default dev d0
echo 'hosts: files' >/etc/nsswitch.conf
echo 'multi on' >/etc/host.conf
# destination i has the precedence and the label of its own prefix; all from the same source, so that the kernel's part
# does not change their order; the sentinel's source is what shows the kernel's policy
: >/etc/hosts
for ((i = 1; i <= N; i++)); do
	printf '2001:db8:c:%x::%x many\n' $i $((i + 64)) >>/etc/hosts
done
for which in old new; do
	{
		echo '::/0 40 1'
		echo '2001:db8:a::/48 40 2'
		echo '2001:db8:b::/48 40 3'
		[ $which = old ] && echo '2001:db8:d::/48 40 2' || echo '2001:db8:d::/48 40 3'
		for ((i = 1; i <= N; i++)); do
			# neither is the order of the file, which glibc has without a gai.conf
			precedence=$((100 + i * 2 % N))
			[ $which = old ] || precedence=$((200 - precedence))
			printf '2001:db8:c:%x::/64 %d 1\n' $i $precedence
		done
	} >"$OUT/$which.conf"
done
OLD=2001:db8:a::1 NEW=2001:db8:b::1 SENTINEL=2001:db8:d::1

ctl() { ns host "$CTL" "$@"; }
ctl --adopt -f "$OUT/policy" install "$OUT/new.conf" >/dev/null || die "install"
order_new=$(ns host "$READER" many $SENTINEL $OLD $NEW 1 60 | tail -n 1 | cut -d' ' -f5)
ctl -f "$OUT/policy" install "$OUT/old.conf" >/dev/null || die "install"
order_old=$(ns host "$READER" many $SENTINEL $OLD $NEW 1 60 | tail -n 1 | cut -d' ' -f5)
is "$(tr , '\n' <<<"$order_old" | wc -l)" $N "an order has $N addresses"
is "$(tr , '\n' <<<"$order_old" | tac | paste -sd,)" "$order_new" "the two policies put them into opposite orders"

# run WRITER READS: so many reads, and the writer as long as they take; it ends between two changes
run()
{
	local i

	: >"$OUT/go"
	for ((i = 1; i <= READERS; i++)); do
		start_bg "$1-reader$i" ip netns exec host "$READER" many $SENTINEL $OLD $NEW $(($2 / READERS)) 100
	done
	$1 >"$OUT/$1.writer" 2>&1 &
	local writer=$!
	for ((i = 1; i <= READERS; i++)); do wait_bg "$1-reader$i"; done
	rm "$OUT/go"
	wait $writer
	"$TOP/tests/addrsel/race.awk" -v old="$order_old" -v new="$order_new" "$OUT/$1.writer" "$OUT/$1"-reader*.log >"$OUT/$1.sum"
	diag "$1: $(<"$OUT/$1.sum")"
}

value() { sed -n "s/.*\\b$2=\\([0-9.]*\\).*/\\1/p" "$OUT/$1.sum"; }

addrselctl()
{
	while [ -e "$OUT/go" ]; do
		ns host "$CTL" --json -f "$OUT/policy" install "$OUT/new.conf"
		ns host "$CTL" --json -f "$OUT/policy" install "$OUT/old.conf"
	done
}

# the same texts, by cp, which truncates
for which in new old; do
	ctl -f "$OUT/policy" install "$OUT/$which.conf" >/dev/null
	cp /etc/gai.conf "$OUT/$which.gai"
done
truncating()
{
	while [ -e "$OUT/go" ]; do
		for which in new old; do
			: >/etc/gai.conf
			head -c 300 "$OUT/$which.gai" >>/etc/gai.conf
			nap 0.0005
			tail -c +301 "$OUT/$which.gai" >>/etc/gai.conf
			nap 0.02
		done
	done
}

run addrselctl "$READS"
ge "$(value addrselctl reads)" "$READS" "getaddrinfo was asked often enough"
ge "$(value addrselctl changes)" 20 "the policy changed often enough"
ge "$(value addrselctl seen_old)" 100 "readers saw the old policy"
ge "$(value addrselctl seen_new)" 100 "and the new one"
is "$(value addrselctl torn)" 0 "no order was of neither policy"
is "$(value addrselctl outside)" 0 "kernel and getaddrinfo never differed outside of a stated window"

run truncating $((READS / 10))
ge "$(value truncating torn)" 1 "the control: a truncated gai.conf is seen half"
finish
