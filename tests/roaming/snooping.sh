#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# home.sh behind switches that watch MLD and forward multicast only to those who asked for it.

SNOOPING=1
# shellcheck source=home.sh
. "$(dirname "$0")/home.sh"
