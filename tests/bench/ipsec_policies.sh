#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# What the IPsec policies of a home agent cost: to load a policy set of a thousand costs at most half as much again as one of a
# hundred, which are measured in turns with them. To replace or to delete a policy for "any" address, the kernel looks at every other
# one of them; with another threshold for what it hashes, it does not. Needs build/bench/ipsec_policies (make -C tests/bench).
#
# FEW, MANY and ROUNDS choose.

. "$(dirname "$0")/../vm/lib.sh"

BENCH=${BUILD:-$TOP/build}/bench/ipsec_policies
FEW=${FEW:-100} MANY=${MANY:-1000} GROWTH=1.5

# measure TITLE WHAT-MUST-SCALE [hash]
measure()
{
	local words i ratio

	read -ra words < <("$BENCH" "$FEW" "$MANY" "${ROUNDS:-3}" ${3:-} 2>&1)
	[ "${words[0]:-}" = add ] || die "${words[*]}"
	is "${words[13]:-} ${words[14]:-}" "$((FEW * 7)) $((MANY * 7))" "$1: all policies are there"
	diag "$(printf '%-6s %10s %10s %6s  %s' 'us/set' "of $FEW" "of $MANY" ratio "$1")"
	for i in 0 3 6 9 15; do
		ratio=$(awk -v a="${words[i + 2]}" -v b="${words[i + 1]}" 'BEGIN { printf "%.2f", a / b }')
		diag "$(printf '%-6s %10s %10s %6s' "${words[i]}" "${words[i + 1]}" "${words[i + 2]}" "$ratio")"
		[[ " $2 " != *" ${words[i]} "* ]] ||
			le "$ratio" $GROWTH "$1, ${words[i]}: a set of $MANY against one of $FEW"
	done
}

[ -x "$BENCH" ] || die "there is no $BENCH: make -C tests/bench"
measure 'as the kernel is' 'add dump get'
measure 'remote addresses hashed' 'add dump take del get' hash
finish
