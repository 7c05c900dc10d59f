#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# iproute2's own testsuite, as far as the series adds to it. Needs build/iproute2 (scripts/iproute2 build patched).

. "$(dirname "$0")/../vm/lib.sh"

TREE=$(realpath "${BUILD:-$TOP/build}/iproute2/patched")
[ -x "$TREE/ip/ip" ] || die "no iproute2: scripts/iproute2 build patched"

# a copy that can be written to; "make alltests" wants sudo, and a helper for other tests
cp -a "$TREE/testsuite" /tmp/testsuite && cd /tmp/testsuite || die "cannot copy the testsuite"
mkdir -p bin && printf '#!/bin/sh\n[ "$1" != -E ] || shift\nexec "$@"\n' >bin/sudo && chmod +x bin/sudo
printf '#!/bin/sh\n' >tools/generate_nlmsg && chmod +x tools/generate_nlmsg && printf 'generate_nlmsg clean:\n' >tools/Makefile
ln -sfn "$TREE" iproute2/iproute2-this
mapfile -t tests < <(cd tests && ls ip/{addrlabel,mroute}/*.t)
ge ${#tests[@]} 5 "tests of the series"
PATH=$PWD/bin:$PATH make -s "${tests[@]}" PREFIX='unshare -n' >"$OUT/make.log" 2>&1
for test in "${tests[@]}"; do
	grep -q "^Running $test .*PASS" "$OUT/make.log"
	ok $? "$test" || { diag_file "results/$test.iproute2-this.err"; diag_file "$OUT/make.log" 5; }
done
finish
