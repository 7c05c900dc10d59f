# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The world of world.sh with strongSwan on both sides. Source it after ../vm/lib.sh. ike_policies TYPE... is the configuration; swan_up
# ha|mn starts a charon with what mip6ctl writes of it.

# shellcheck source=tests/ipsec/world.sh
. "$TOP/tests/ipsec/world.sh"

CHARON=${CHARON:-/usr/sbin/charon-systemd}
PSK=0x5b1f3ce0a94d2786b5e1c07f9d3a6842

# One number for both directions, another for each type, as an IKE daemon needs it.
declare -A REQID=([HomeRegBinding]=1 [Mh]=2 [MobPfxDisc]=3 [ICMP]=4 [any]=5 [TunnelHomeTesting]=6 [TunnelMh]=7 [TunnelPayload]=8)

# swan_conf ha|mn [OPTION]: what an administrator does with mip6ctl's output; "$OUT/NAME.conf" must be there
swan_conf()
{
	local dir=$OUT/swan-$1

	mkdir -p "$dir/conf.d" "$dir/x509" "$dir/x509ca" "$dir/private"
	"$MIP6CTL" ipsec --strongswan ${2:+"$2"} --config "$OUT/$1.conf" >"$dir/conf.d/mip6.conf" || return
	sed -n 's/^# \(secrets {\)/\1/p; /^#\tike-mip6/,/^#\t}/s/^#//p; s/^# }/}/p' "$dir/conf.d/mip6.conf" |
		sed "s/0xPUT-THE-KEY-HERE/$PSK/" >"$dir/conf.d/mip6-secrets.conf"
	echo 'include conf.d/*.conf' >"$dir/swanctl.conf"
	{
		sed -n '/^#\tcharon {/,/^#\t}/s/^#\t//p' "$dir/conf.d/mip6.conf"
		cat <<-END
		charon {
			load = openssl hmac kdf random nonce pem pkcs1 pkcs8 x509 pubkey constraints kernel-netlink socket-default vici
			plugins {
				vici {
					socket = unix://$dir/vici
				}
			}
			filelog {
				log {
					path = $dir/log
					flush_line = yes
					time_format = %T
					time_add_ms = yes
					default = 1
					knl = ${SWAN_LOG:-1}
					job = ${SWAN_LOG:-1}
				}
			}
		}
		END
	} >"$dir/strongswan.conf"
}

swanctl() { local dir=$OUT/swan-$1; shift; SWANCTL_DIR=$dir STRONGSWAN_CONF=$dir/strongswan.conf command swanctl "$@" --uri "unix://$dir/vici"; }

swan_start()
{
	local dir=$OUT/swan-$1

	STRONGSWAN_CONF=$dir/strongswan.conf start_bg "charon-$1" ip netns exec "$1" "$CHARON"
	busywait 20 test -S "$dir/vici" || { diag_file "$OUT/charon-$1.log"; return 1; }
	swanctl "$1" --load-all >"$dir/load" 2>&1 || { diag_file "$dir/load"; return 1; }
}

swan_up() { swan_conf "$@" && swan_start "$1"; }

# inits: how many times an IKE association was asked for, as captured in FILE
inits() { tshark -r "$OUT/$1.pcap" -Y "isakmp.exchangetype == 34 && ipv6.dst == $HA" 2>>"$OUT/tshark.err" | wc -l; }

care_of() { ctl mn status | jq -r .care_of_address; }
# ike_at: the IKE association is at the care-of address, on both sides
ike_from() { swanctl "$1" --list-sas | sed -n "s/^  $2 .* @ \(.*\)\[500\]/\1/p"; }
ike_at() { [ "$(ike_from mn local) $(ike_from ha remote)" = "$(care_of) $(care_of)" ]; }

# counts ha|mn: of policies of ESP and of associations
counts() { echo "$(ip -n "$1" xfrm policy | grep -c 'proto esp') policies, $(ip -n "$1" xfrm state | grep -c 'proto esp') associations"; }

diag_ike()
{
	diag_ipsec
	for n in mn ha; do
		diag_file "$OUT/swan-$n/log" 60
		diag "$(swanctl $n --list-sas 2>&1)"
	done
}
