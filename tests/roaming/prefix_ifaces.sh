#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# prefix.sh of a mobile node with two interfaces: both home addresses follow from one to the other.

export SECOND=1
. "$(dirname "$0")/prefix.sh"
