#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# Three mobile nodes with IKEv2 and a pre-shared key each, and everything protected, at one home agent; each was started in another order. Each gets
# associations with its own numbers, keeps them as all move, and none gets another one's.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/ike_world.sh"

NODES="mn m2 m3"
declare -A HOA_OF=([mn]=$HOA [m2]=${PREFIX[home]}::102 [m3]=${PREFIX[home]}::103)
declare -A MAC_OF=([m2]=02:00:00:00:02:64 [m3]=02:00:00:00:03:64)
# of the registration and of the tunnel
declare -A REQIDS=([mn]="1 8" [m2]="21 28" [m3]="31 38")
declare -A KEY_OF=([mn]=$PSK [m2]=0xa2${PSK#0x} [m3]=0xa3${PSK#0x})

set_of()
{
	echo "IPsecPolicySet { HomeAgentAddress $HA; HomeAddress ${HOA_OF[$1]}/64;"
	echo "	IPsecPolicy HomeRegBinding UseESP ${REQIDS[$1]% *}; IPsecPolicy TunnelPayload UseESP ${REQIDS[$1]#* }; }"
}
another_node()
{
	ns_add "$1" && printf 'link add %s type veth peer name eth0 netns %s\nlink set %s master br-home\nlink set %s up\n' "$1" "$1" "$1" "$1" |
		ip -n sw -batch - || die "$1"
	ip -n "$1" link set eth0 address "${MAC_OF[$1]}"
	ip -n "$1" link set eth0 up
	busywait 10 has_default "$1" || die "$1 has no default route"
}
# configure NODE: its mip6d's and its strongSwan's files
configure()
{
	IPSEC="UseMnHaIPsec enabled; KeyMngMobCapability enabled; $(set_of "$1")" HOA=${HOA_OF[$1]} write_mn_conf
	[ "$1" = mn ] || mv "$OUT/mn.conf" "$OUT/$1.conf"
	PSK=${KEY_OF[$1]} swan_conf "$1" --psk
}
plug() { printf 'link set %s down\nlink set %s master br-%s\nlink set %s up\n' "$1" "$1" "$2" "$1" | ip -n sw -batch - || die "move"; }
care_of_at_ha() { ctl ha bc | jq -r --arg h "${HOA_OF[$1]}" '.[] | select(.home_address == $h) | .care_of_address'; }
# all_at NODE=LINK...: registered there, and reached through the tunnel
at() { [[ $(care_of_at_ha "$1") == "${PREFIX[$2]}"* ]] && ip netns exec cn ping -6 -n -c 1 -W 0.3 "${HOA_OF[$1]}" >/dev/null; }
all_at() { local i; for i; do at "${i%=*}" "${i#*=}" || return; done; }
# numbers NODE: of the associations that the home agent has with it, in transport mode, then in the tunnel, two each
numbers()
{
	ip -n ha xfrm state | awk -v hoa="${HOA_OF[$1]}" -v coa="$(care_of_at_ha "$1")" '
		$1 == "src" { ours = $2 == hoa || $4 == hoa || $2 == coa || $4 == coa }
		ours && $1 == "proto" && $4 !~ /^0x00000000/ { sub(/\(.*/, "", $6); print $8, $6 }' | sort | awk '{ printf "%s ", $2 }'
}
spis() { ctl ha ipsec | jq -r '.[] | .spi_in + .spi_out' | sort | tr '\n' ' '; }
diag_three() { diag "$(ctl ha bc)"; diag "$(ctl ha ipsec)"; diag "$(swanctl ha --list-sas 2>&1)"; for n in $NODES ha; do diag_file "$OUT/swan-$n/log" 40; diag_file "$OUT/$n.log" 15; done; }
refused() { ! swanctl m2 --initiate --child HomeRegBinding --timeout 10 >"$OUT/initiate" 2>&1; }

need_modules esp6 xfrm_user
world_up
another_node m2
another_node m3
IPSEC="UseMnHaIPsec enabled; KeyMngMobCapability enabled; $(for n in $NODES; do set_of "$n"; done)"
write_ha_conf
swan_conf ha --psk; ok $? "mip6ctl writes the home agent's configuration"
for n in m2 m3 mn; do
	sed -i "/ike-mip6-${HOA_OF[$n]//:/-} {/,/}/s/secret = .*/secret = ${KEY_OF[$n]}/" "$OUT/swan-ha/conf.d/mip6-secrets.conf"
	configure "$n" || die "$n's configuration"
done

# ---- each in another order ----
swan_start m3 && run_mip6d m3 m3 && plug m3 f1; ok $? "the third mobile node is away before there is a home agent"
run_mip6d ha ha && swan_start ha; ok $? "the home agent's mip6d, then its IKE daemon"
run_mip6d mn mn && plug mn f1 && swan_start mn; ok $? "the first one's mip6d, a move, then its IKE daemon"
swan_start m2 && run_mip6d m2 m2 && plug m2 f2; ok $? "the second one's IKE daemon, mip6d, and a move"
busywait 90 all_at mn=f1 m2=f2 m3=f1; ok $? "all are registered, and reached through the tunnel" || { diag_three; finish; }
is "$(swanctl ha --list-sas | grep -c ESTABLISHED)" 3 "with an IKE association each"
for n in $NODES; do is "$(numbers "$n")" "${REQIDS[$n]% *} ${REQIDS[$n]% *} ${REQIDS[$n]#* } ${REQIDS[$n]#* } " "$n's associations have its numbers"; done

# ---- all move ----
before=$(spis)
for i in "mn f2" "m2 f1" "m3 f2"; do plug $i; done
busywait 40 all_at mn=f2 m2=f1 m3=f2; ok $? "all have moved at once" || diag_three
is "$(spis)" "$before" "with the same associations"
is "$(swanctl ha --list-sas | grep -c ESTABLISHED)" 3 "and the same IKE associations"

# ---- the second one wants to be the first ----
first=$(swanctl ha --list-sas | grep -c "'$HOA'")
was=$(care_of_at_ha mn)
cp "$OUT/swan-m2/conf.d/mip6.conf" "$OUT/own"
swanctl m2 --terminate --ike "mip6-${HOA_OF[m2]//:/-}" >/dev/null
sed "s/local_ts = ${HOA_OF[m2]}/local_ts = $HOA/; s/reqid = .*/reqid = 1/" "$OUT/own" >"$OUT/swan-m2/conf.d/mip6.conf"
swanctl m2 --load-conns >/dev/null
refused; ok $? "another one's home address, as itself: refused" || diag_file "$OUT/initiate"
like "$(<"$OUT/initiate")" "TS_UNACCEPTABLE" "there is no such selector for it"
sed "s/${HOA_OF[m2]}/$HOA/; s/reqid = .*/reqid = 1/" "$OUT/own" >"$OUT/swan-m2/conf.d/mip6.conf"
sed -i "s/id-mn = .*/id-mn = $HOA/" "$OUT/swan-m2/conf.d/mip6-secrets.conf"
swanctl m2 --load-all >/dev/null 2>&1
refused; ok $? "as the other one, with its own key: refused" || diag_file "$OUT/initiate"
like "$(<"$OUT/initiate")" "AUTHENTICATION_FAILED|AUTH_FAILED" "the home agent does not believe it"
is "$(care_of_at_ha mn) $(swanctl ha --list-sas | grep -c "'$HOA'")" "$was $first" "the first one's binding and IKE association are as before"
all_at mn=f2 m3=f2; ok $? "and the others are reached" || diag_three
for n in $NODES ha; do stop_bg "charon-$n"; done
finish
