# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The series applies to the upstream release too, from the tarball in Debian's source package. Sourced by
# tests/kernel/check.

scripts/kernel vanilla >"$OUT/vanilla.log" 2>&1
case $? in
0)	point ok "$(tail -n 1 "$OUT/vanilla.log")" ;;
4)	point ok "vanilla # SKIP $(tail -n 1 "$OUT/vanilla.log")" ;;
*)	point 'not ok' "$(tail -n 1 "$OUT/vanilla.log")"; quote "$OUT/vanilla.log" ;;
esac
