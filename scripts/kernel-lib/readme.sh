# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel/README.md from kernel/rows.tsv, kernel/tests.tsv and the series. Sourced by scripts/kernel.

kernel_readme() { exec python3 "$LIB/readme.py" "$TOP/kernel" "$@"; }
