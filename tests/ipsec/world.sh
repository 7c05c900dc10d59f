# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The world of ../roaming with IPsec between mobile node and home agent. Source it after ../vm/lib.sh.
#
# associations puts manual keys into both; policies TYPE... is the configuration that uses them.

# shellcheck source=tests/roaming/world.sh
. "$TOP/tests/roaming/world.sh"

FORGE=$TOP/tests/ro/forge.py

# Reqids to and from the home agent by type; the SPI is 0x1000 and the reqid.
declare -A REQID=([HomeRegBinding]="1 2" [Mh]="3 4" [MobPfxDisc]="5 6" [ICMP]="7 8" [any]="9 10" [TunnelHomeTesting]="11 12"
	[TunnelMh]="13 14" [TunnelPayload]="15 16")
declare -A MODE=([TunnelHomeTesting]=tunnel [TunnelMh]=tunnel [TunnelPayload]=tunnel)
CIPHER_KEY=000102030405060708090a0b0c0d0e0f
AUTH_KEY=202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f

# reqids TYPE: to and from the home agent, or one for both. A second home address has others: HOA=$HOA_B REQID_BASE=32, before whatever is below.
reqids()
{
	local to from

	read -r to from <<<"${REQID[$1]}"
	echo "$((to + ${REQID_BASE:-0}))${from:+ $((from + ${REQID_BASE:-0}))}"
}

# policies TYPE...: the configuration's lines; IPSEC_MORE goes with them
policies()
{
	echo "UseMnHaIPsec enabled;"
	echo "${IPSEC_MORE:-}"
	policy_set "$@"
}

# policy_set TYPE...: those of the home address only
policy_set()
{
	local type

	echo "IPsecPolicySet {"
	echo "	HomeAgentAddress $HA;"
	echo "	HomeAddress $HOA/64;"
	for type; do echo "	IPsecPolicy $type UseESP $(reqids "$type");"; done
	echo "}"
}

# association SRC DST REQID MODE [AUTH-KEY]: a line for ip -batch
association()
{
	printf 'xfrm state add src %s dst %s proto esp spi 0x%x reqid %d mode %s replay-window 0 enc cbc(aes) 0x%s auth-trunc hmac(sha256) 0x%s 128\n' \
		"$1" "$2" $((0x1000 + $3)) "$3" "$4" $CIPHER_KEY "${5:-$AUTH_KEY}"
}

# associations TYPE...: what an administrator with manual keys does, on both sides
associations()
{
	local type to from

	for type; do
		read -r to from <<<"$(reqids "$type")"
		association $HOA $HA "$to" "${MODE[$type]:-transport}"
		association $HA $HOA "$from" "${MODE[$type]:-transport}"
	done >"$OUT/associations"
	ip -n ha -batch "$OUT/associations" && ip -n mn -batch "$OUT/associations"
}

# decrypted FILE FILTER [OPTION...]: what tshark sees in a capture with the keys, one line a packet
decrypted()
{
	local file=$1 filter=$2

	shift 2
	tshark -r "$OUT/$file.pcap" "$@" -o esp.enable_encryption_decode:TRUE \
		-o "uat:esp_sa:\"IPv6\",\"*\",\"*\",\"*\",\"AES-CBC [RFC3602]\",\"0x$CIPHER_KEY\",\"HMAC-SHA-256-128 [RFC4868]\",\"0x$AUTH_KEY\"" \
		-Y "$filter" 2>>"$OUT/tshark.err"
}
seen() { decrypted "$1" "$2" | wc -l; }

able() { ctl "$1" status | jq -e ".abilities.$2" >/dev/null; }
stat_of() { ctl "$1" stats | jq -r ".$2"; }
# ipsec_state ha|mn TYPE
ipsec_state() { ctl "$1" ipsec | jq -r --arg t "$2" '.[] | select(.type == $t) | .state'; }

diag_ipsec()
{
	diag_world
	diag "$(ip -n mn xfrm policy | grep -B1 -A5 esp)"
	diag "$(ip -n mn -s xfrm state | grep -A3 'proto esp')"
	diag "$(ip -n ha xfrm policy | grep -B1 -A5 esp)"
	diag "mn: $(ns mn grep -v '[[:space:]]0$' /proc/net/xfrm_stat)"
	diag "ha: $(ns ha grep -v '[[:space:]]0$' /proc/net/xfrm_stat)"
}
