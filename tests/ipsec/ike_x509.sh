#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 360
#
# IKEv2 by strongSwan with certificates: who may register what. A mobile node registers its own home address; its certificate sets up no
# association for another one's, whatever it says. With KM=1 the nodes have the K bit, and no tunnel that would tell of a move.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/ike_world.sh"

OTHER=${PREFIX[home]}::101	# another mobile node's home address

# authority NAME; certificate AUTHORITY NAME ADDRESS
authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$OUT/$1.key" -out "$OUT/$1.pem" 2>>"$OUT/openssl.err"
}
certificate()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$OUT/$2.key" -out "$OUT/$2.csr" 2>>"$OUT/openssl.err" &&
		openssl x509 -req -days 2 -in "$OUT/$2.csr" -CA "$OUT/$1.pem" -CAkey "$OUT/$1.key" -CAcreateserial \
			-extfile <(echo "subjectAltName = IP:$3") -out "$OUT/$2.pem" 2>>"$OUT/openssl.err"
}
# identity NODE NAME: its certificate and key, and whom it trusts
identity()
{
	rm -f "$OUT/swan-$1"/x509/* "$OUT/swan-$1"/private/*
	cp "$OUT/$2.pem" "$OUT/swan-$1/x509/" && cp "$OUT/$2.key" "$OUT/swan-$1/private/" && cp "$OUT/maker.pem" "$OUT/swan-$1/x509ca/"
}
refused() { ! swanctl mn --initiate --child HomeRegBinding --timeout 10 >"$OUT/initiate" 2>&1; }

need_modules esp6 xfrm_user
authority maker && authority stranger && certificate maker ha $HA && certificate maker mn $HOA && certificate stranger forged $OTHER ||
	die "no certificates: $(tail -n 3 "$OUT/openssl.err")"
IPSEC_MORE=${KM:+KeyMngMobCapability enabled;}
world_up
# two mobile nodes, each with a set of its own
IPSEC="$(policies HomeRegBinding)
IPsecPolicySet { HomeAgentAddress $HA; HomeAddress $OTHER/64; IPsecPolicy HomeRegBinding UseESP 101; }"
write_ha_conf
write_mn_conf
swan_conf ha && swan_conf mn && identity ha ha && identity mn mn; ok $? "mip6ctl writes strongSwan's configuration"
swan_start mn && start_mn && start_ha && swan_start ha; ok $? "all run, the mobile node first" || { diag_ike; finish; }
move f1
settled f1 >/dev/null; ok $? "f1: registered" || { diag_ike; finish; }
busywait 5 ike_at; ok $? "by IKE from the care-of address" || diag_ike
capture r2 eth0 r2 ip6 || die "no capture"
move f2
settled f2 >/dev/null; ok $? "f2: registered" || diag_ike
busywait 15 ike_at; ok $? "and IKE is there" || diag_ike
capture_stop r2
if [ -n "${KM:-}" ]; then
	is "$(inits r2)" 0 "the IKE association has moved, and nothing was negotiated"
else
	ge "$(inits r2)" 1 "without the K bit it was negotiated again"
fi

# ---- an IKE daemon that does nothing about a move ----
spi_out() { ctl mn ipsec | jq -r '.[] | select(.type == "HomeRegBinding") | .spi_out'; }
anew() { [ "$(spi_out)" != "$was" ] && [ "$(spi_out)" != null ] && ike_at; }
if [ -z "${KM:-}" ]; then
	stop_bg charon-mn
	echo 'charon { plugins { kernel-netlink { roam_events = no } } }' >>"$OUT/swan-mn/strongswan.conf"
	swan_start mn || diag_ike
	move f1
	busywait 40 bound_at f1 >/dev/null && settled f1 >/dev/null; ok $? "f1: registered" || diag_ike
	busywait 5 ike_at; ok $? "by IKE from there" || diag_ike
	# one with the same number, as an administrator would put it there; nobody would replace it
	association $HOA $CN 1 transport >"$OUT/by_hand" && ip -n mn -batch "$OUT/by_hand" || die "no association"
	was=$(spi_out)
	move f2
	settled f2 >/dev/null; ok $? "f2: registered, by the association of f1" || diag_ike
	is "$(spi_out)" "$was" "which has a while"
	like "$(ctl mn ipsec | jq -r '.[].remark')" "from before a move without the K bit: renewed in [0-9]* s" "as mip6ctl says"
	begun=$SECONDS
	busywait 60 anew; ok $? "then another one is negotiated, from f2, after $((SECONDS - begun)) s" || diag_ike
	ge "$(ctl mn ipsec | jq '.[].renewed')" 2 "because mip6d had the old ones end"
	is "$(ip -n mn xfrm state | grep -c "dst $CN")" 1 "what was put there by hand stays"
	ip -n mn xfrm state del src $HOA dst $CN proto esp spi 0x1001
fi

# ---- the other one's home address ----
stop_bg mn
cp "$OUT/swan-mn/conf.d/mip6.conf" "$OUT/own"
swanctl mn --terminate --ike "mip6-${HOA//:/-}" >/dev/null
is "$(ip -n ha xfrm state | grep -c "$HOA")" 0 "its own associations are gone"
# as itself
sed "s/local_ts = $HOA/local_ts = $OTHER/; s/reqid = .*/reqid = 101/" "$OUT/own" >"$OUT/swan-mn/conf.d/mip6.conf"
swanctl mn --load-conns >/dev/null
refused; ok $? "an association of another's home address, as itself: refused" || diag_file "$OUT/initiate"
like "$(<"$OUT/initiate")" "TS_UNACCEPTABLE" "the home agent has no such selector for it"
# as the other one, with its own certificate
sed "s/$HOA/$OTHER/; s/reqid = .*/reqid = 101/; s/\(id = $OTHER\)/\1\n\t\t\tcerts = mn.pem/" "$OUT/own" >"$OUT/swan-mn/conf.d/mip6.conf"
swanctl mn --load-conns >/dev/null
refused; ok $? "as the other one, with its own certificate: refused" || diag_file "$OUT/initiate"
like "$(<"$OUT/initiate")" "AUTHENTICATION_FAILED|AUTH_FAILED" "the home agent does not believe it"
# as the other one, with a certificate that somebody else has signed
identity mn forged
cp "$OUT/stranger.pem" "$OUT/swan-mn/x509ca/"
sed -i 's/certs = mn.pem/certs = forged.pem/' "$OUT/swan-mn/conf.d/mip6.conf"
swanctl mn --load-all >/dev/null 2>&1
refused; ok $? "with a certificate of an authority of its own: refused" || diag_file "$OUT/initiate"
like "$(<"$OUT/initiate")" "AUTHENTICATION_FAILED|AUTH_FAILED" "nor that"
is "$(ip -n ha xfrm state | grep -c "$OTHER")" 0 "there is no association of the other home address"
is "$(ctl ha bc | jq -r ".[] | select(.home_address == \"$OTHER\") | .home_address")" "" "and no binding"

# ---- and its own again ----
identity mn mn
rm "$OUT/swan-mn/x509ca/stranger.pem"
cp "$OUT/own" "$OUT/swan-mn/conf.d/mip6.conf"
swanctl mn --load-all >/dev/null 2>&1
start_mn
settled f2 >/dev/null; ok $? "its own home address is registered as before" || diag_ike
finish
