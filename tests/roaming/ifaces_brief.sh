#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 100
#
# ifaces.sh, once: the preferred interface loses its carrier, and has it again.

export BRIEF=1
. "$(dirname "$0")/ifaces.sh"
