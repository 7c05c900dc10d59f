#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# umip/src/kern/ipsec.h against the kernel: each call is made by kern_ipsec_test in a namespace, and ip says what became of it.
#
#	mn (HOA, COA, COA2) ---- 2001:db8:1::/64 ---- ha (HA)

. "$(dirname "$0")/../vm/lib.sh"

TOOL=${KERN_IPSEC_TEST:-${BUILD:-$TOP/build}/ipsec/kern_ipsec_test}
[ -x "$TOOL" ] || skip_all "$TOOL is not built"
need_modules veth esp6 af_key
. "$(dirname "$0")/../roaming/commands.sh"

HA=2001:db8:1::1 COA=2001:db8:1::2 COA2=2001:db8:1::3 HOA=2001:db8:5::66
KEYS='auth-trunc hmac(sha256) 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 128 enc cbc(aes) 0x0001020304050607'08090a0b0c0d0e0f
NAMED='hmac\(sha256\)'

# sa SPI REQID SRC DST [MORE...]: an association in mn
sa()
{
	local spi=$1 reqid=$2 src=$3 dst=$4

	shift 4
	# shellcheck disable=SC2086
	ip -n mn xfrm state add src "$src" dst "$dst" proto esp spi "$spi" reqid "$reqid" "$@" $KEYS
}

ns_add mn ha
for n in mn ha; do
	ns $n sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
done
veth mn e0 ha e0
ip -n mn addr add $COA/64 dev e0 nodad
ip -n mn addr add $COA2/64 dev e0 nodad
ip -n mn addr add $HOA/128 dev lo nodad
ip -n ha addr add $HA/64 dev e0 nodad
ip -n ha route add $HOA/128 via $COA
tool mn mn

# ---- what the kernel can do ------------------------------------------------------------------------

k mn probe
diag "$answer"
like "$answer" 'esp=1 .*migrate=1 .*pf_key_migrate=1' "the probe finds ESP, MIGRATE and PF_KEY's MIGRATE"
typed=$(expr "$answer" : '.*migrate_typed=\([01]\)')
case $(uname -r) in
*deb12*)
	is "$typed" 0 "Debian's kernel does not migrate the policy of one message type"
	like "$answer" 'kernel/migrate/0001-.*kernel/migrate/0002-' "and the patches for it are named"
	;;
*-mip6-*) like "$answer" 'nothing is missing' "the series' kernel has all of it" ;;
esac

# ---- policies of every kind -------------------------------------------------------------------------

# kind DESCRIPTION SHOWN POLICY...: set, shown by ip, dumped, deleted, deleted again
kind()
{
	local what=$1 shown=$2 said

	shift 2
	done_ mn sp "$@"
	said=$(ip -n mn xfrm policy | tr '\n\t' '  ')
	like "$said" "$shown" "$what: ip shows it"
	like "$said" 'priority 6276 ' "$what: with a priority of ours"
	k mn sp-dump
	is "$answer" "$(expect "$@")ok 0" "$what: the dump says the same"
	done_ mn sp-del "$@"
	is "$(ip -n mn xfrm policy)" "" "$what: gone"
}

# what sp-dump says of these arguments of sp
expect()
{
	local end=

	case $8 in
	transport) end=" $2 $4" ;;
	esac
	echo "[$1 $2/$3 $4/$5 $6 $7 ${*:8}$end prio 6276]"
}

MH=135 ICMP=58
kind HomeRegBinding "src $HOA/128 dst $HA/128 proto mobility-header type 5 .*dir out .*proto esp reqid 1 mode transport" \
	out $HOA 128 $HA 128 $MH 5 transport 1
kind Mh "src $HA/128 dst $HOA/128 proto mobility-header +dir in .*proto esp reqid 2 mode transport" in $HA 128 $HOA 128 $MH -1 transport 2
kind MobPfxDisc "src $HOA/128 dst $HA/128 proto ipv6-icmp type 146 .*dir out .*proto esp reqid 3 mode transport" \
	out $HOA 128 $HA 128 $ICMP 146 transport 3
kind any "src $HOA/128 dst $HA/128 +dir out .*proto esp reqid 0 mode transport" out $HOA 128 $HA 128 0 -1 transport 0
kind TunnelHomeTesting "src $HOA/128 dst ::/0 proto mobility-header type 1 .*dir out .*tmpl src $COA dst $HA .*proto esp reqid 4 mode tunnel" \
	out $HOA 128 :: 0 $MH 1 tunnel 4 $COA $HA
kind TunnelMh "src ::/0 dst $HOA/128 proto mobility-header +dir fwd .*tmpl src $HA dst $COA .*mode tunnel" fwd :: 0 $HOA 128 $MH -1 tunnel 4 $HA $COA
kind TunnelPayload "src ::/0 dst $HOA/128 +dir in .*tmpl src $HA dst $COA .*mode tunnel" in :: 0 $HOA 128 0 -1 tunnel 5 $HA $COA
kind block "src $HOA/128 dst $HA/128 proto mobility-header type 5 .*dir out action block" out $HOA 128 $HA 128 $MH 5 block
kind allow "src $HOA/128 dst $HA/128 proto ipv6-icmp type 136 .*dir out priority" out $HOA 128 $HA 128 $ICMP 136 allow
kind 'type 0' "src $HOA/128 dst $HA/128 proto mobility-header type 0 .*dir out" out $HOA 128 $HA 128 $MH 0 transport 7

k mn sp-del out $HOA 128 $HA 128 $MH 5 block
is "$answer" "ENOENT: policy del out $HOA/128 -> $HA/128 proto mh type 5: No such file or directory" "deleting what is not there"
done_ mn sp out $HOA 128 $HA 128 $MH 5 transport 1
done_ mn sp out $HOA 128 $HA 128 $MH 5 transport 8
is "$(ip -n mn xfrm policy | grep -c ^src)$(ip -n mn xfrm policy | grep -c 'reqid 8')" 11 "one that is set again replaces the first"
k mn sp out $HOA 129 $HA 128 $MH 5 block
like "$answer" '^EINVAL: policy add out .*: Invalid prefix length in selector' "errors have the kernel's words"

# an index says whether it is the same policy still
k mn sp-index
index=${answer#ok }
k mn sp-get out "$index"
is "$answer" "$(expect out $HOA 128 $HA 128 $MH 5 transport 8)ok 1" "a policy by its index"
done_ mn sp out $HOA 128 $HA 128 $MH 5 transport 9
k mn sp-get out "$index"
is "$answer" "$(expect out $HOA 128 $HA 128 $MH 5 transport 9)ok 1" "one that is replaced leaves it to the next"
ip -n mn xfrm policy update src $HOA dst $HA proto 135 type 5 dir out priority 6276 tmpl proto esp mode transport level use
k mn sp-get out "$index"
is "$answer" "ok 0" "not to one that is none of ours"
done_ mn sp out $HOA 128 $HA 128 $MH 5 transport 8
k mn sp-get in "$index"
is "$answer" "ok 0" "it is of one direction"
done_ mn sp-del out $HOA 128 $HA 128 $MH 5 transport 8
k mn sp-get out "$index"
is "$answer" "ok 0" "one that is deleted"
done_ mn sp out $HOA 128 $HA 128 $MH 5 transport 8
k mn sp-get out "$index"
is "$answer" "ok 0" "one that is put back has another"

# others' are theirs, and what is weaker than ours is not ours
ip -n mn xfrm policy add src $HOA dst ::/0 dir out priority 6274 tmpl proto esp mode transport
ip -n mn xfrm policy add src $HOA dst ::/0 dir in priority 6307 tmpl proto esp mode transport
ip -n mn xfrm policy add src $HOA dst $HA dir in priority 6275 tmpl proto esp mode transport level use
ip -n mn xfrm policy add src $HOA dst $HA proto 135 dir in priority 6275 tmpl proto ah mode transport
ip -n mn xfrm policy add src $HOA dst $HA proto 17 dport 500 dir in priority 6275
ip -n mn xfrm policy add src $HOA dst $HA dir out priority 6275 mark 1
ip -n mn xfrm policy add src $HOA dst $HA dir out ptype sub priority 6275
k mn sp-dump
is "$answer" "[out $HOA/128 $HA/128 135 5 transport 8 $HOA $HA prio 6276]ok 0" "the dump has ours only"
ip -n mn xfrm policy flush
ip -n mn xfrm policy flush ptype sub

# ---- MIGRATE, by netlink and by PF_KEY --------------------------------------------------------------------

done_ mn listen
# moved HOW TYPE: two associations of reqid 4 and their policy go from COA to COA2; one of reqid 5 stays
moved()
{
	local how=$1 type=$2 what="MIGRATE by $1, MH type $2" sas=2 pol

	# Kernels without the series move the newest one only.
	[ "$typed" = 1 ] || sas=1
	pol="out $HOA 128 :: 0 $MH $type tunnel 4 $COA $HA"
	k mn sp $pol
	sa 0x101 4 $COA $HA mode tunnel
	[ $sas = 1 ] || sa 0x102 4 $COA $HA mode tunnel replay-window 32
	sa 0x103 5 $COA $HA mode tunnel
	k mn migrate "$how" $COA2 $HA $COA2 $HA $pol
	is "$answer" "ok 0" "$what"
	like "$(ip -n mn xfrm policy)" "src $HOA/128 dst ::/0 proto mobility-header.*tmpl src $COA2 dst $HA" "$what: the policy"
	is "$(ip -n mn xfrm state | grep -c "^src $COA2 dst $HA")" $sas "$what: its associations"
	is "$(ip -n mn xfrm state | grep -A1 "^src $COA dst $HA" | grep -c 'spi 0x00000103 reqid 5')" 1 "$what: not those of another reqid"
	is "$(ip -n mn xfrm state | grep -A5 "^src $COA2 " | grep -c '0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')" $sas \
		"$what: the keys are the same"
	k mn heard
	is "$answer" "[netlink km $COA2 $HA][pfkey km $COA2 $HA]" "$what: a key manager hears of its own addresses, by either interface"
	# there and back, without a word to the key manager
	k mn migrate "$how" $COA $HA - - out $HOA 128 :: 0 $MH "$type" tunnel 4 $COA2 $HA
	is "$answer" "ok 0" "$what: back"
	k mn heard
	is "$answer" "[netlink no km][pfkey no km]" "$what: without them, it hears of none"
	is "$(ip -n mn xfrm state | grep -c "^src $COA dst $HA")" $((sas + 1)) "$what: the associations are back"
	# the same policy names nothing now
	k mn migrate "$how" $COA $HA - - out $HOA 128 :: 0 $MH "$type" tunnel 4 $COA2 $HA
	like "$answer" "^ENODATA: policy migrate out $HOA/128 -> ::/0 proto " "$what: from where the policy is not"
	diag "$answer"
	ip -n mn xfrm policy flush
	ip -n mn xfrm state flush
	# no association is no error: others share them
	k mn sp $pol
	k mn migrate "$how" $COA2 $HA - - $pol
	is "$answer" "ok 0" "$what: without associations"
	ip -n mn xfrm policy flush
	k mn migrate "$how" $COA2 $HA - - $pol
	like "$answer" "^ENOENT: policy migrate .*(Target policy not found|No such file or directory)$" "$what: without the policy"
	k mn heard
}

for how in netlink pfkey; do
	moved $how -1
	if [ "$typed" = 1 ]; then
		moved $how 1
	else
		skip "MIGRATE by $how of a policy for one message type" "the kernel lacks kernel/migrate/0001"
		skip "MIGRATE by $how of all associations" "the kernel lacks kernel/migrate/0002"
		pol="out $HOA 128 :: 0 $MH 1 tunnel 4 $COA $HA"
		done_ mn sp $pol
		k mn migrate $how $COA2 $HA - - $pol
		like "$answer" '^ENOENT: policy migrate .* proto mh type 1' "MIGRATE by $how of a policy for one message type is refused"
		done_ mn sp-del $pol
	fi
done
k mn migrate pfkey $COA2 $HA - - out $HOA 128 :: 0 $MH 0 tunnel 4 $COA $HA
like "$answer" '^EINVAL: policy migrate .*: PF_KEY cannot name type 0' "type 0 cannot be said in PF_KEY"
# a target that is taken; without the series the kernel warns of the half-made association that it drops
pol="out $HOA 128 :: 0 $MH -1 tunnel 4 $COA $HA"
done_ mn sp $pol
sa 0x101 4 $COA $HA mode tunnel
if [ "$typed" = 1 ]; then
	sa 0x102 4 $HA $COA mode tunnel
	sa 0x102 4 $HA $COA2 mode tunnel
	done_ mn sp in :: 0 $HOA 128 $MH -1 tunnel 4 $HA $COA
	k mn migrate netlink $HA $COA2 - - in :: 0 $HOA 128 $MH -1 tunnel 4 $HA $COA
	like "$answer" '^EEXIST: policy migrate in .*: .+' "an association at the new address is in the way"
	diag "$answer"
else
	skip "an association at the new address is in the way" "the kernel lacks kernel/migrate/0002"
fi
k mn migrate netlink $COA2 $HA - - $pol
is "$answer" "ok 0" "the other direction is not"
ip -n mn xfrm policy flush
ip -n mn xfrm state flush

# ---- associations, and what goes through them -----------------------------------------------------------

sa 0x201 1 $HOA $HA mode transport sel src $HOA dst $HA proto 58 replay-window 32
ip -n mn xfrm state add src $HA dst $HOA proto esp spi 0x202 reqid 2 mode transport replay-window 128 flag esn \
	aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128
ip -n mn xfrm state add src $HA dst $HOA proto ah spi 0x203 reqid 2 mode transport auth 'hmac(sha256)' 0x0001020304050607
ip -n mn xfrm state add src $HA dst $HOA proto hao coa $COA mode ro
ip -n mn xfrm state allocspi src $HA dst $HOA proto esp reqid 3 mode transport min 0x300 max 0x300 >/dev/null
k mn sa-dump
like "$answer" "\[$HOA $HA spi 0x201 reqid 1 transport cbc\(aes\),$NAMED window 32 sel $HOA/128 $HA/128 58 packets 0 bytes 0 added 1 used 0\]" \
	"an association with what it may carry"
like "$answer" "\[$HA $HOA spi 0x202 reqid 2 transport rfc4106\(gcm\(aes\)\), window 128 sel ::/0 ::/0 0 packets 0 bytes 0 added 1 used 0\]" \
	"one of an AEAD with extended sequence numbers"
is "$(grep -o '\[' <<<"$answer" | wc -l)" 2 "neither AH, nor the Home Address option, nor what is larval"
ip -n ha xfrm state add src $HOA dst $HA proto esp spi 0x201 reqid 1 mode transport $KEYS
ip -n ha xfrm policy add src $HOA dst $HA proto 58 dir in tmpl proto esp reqid 1 mode transport
done_ mn sp out $HOA 128 $HA 128 $ICMP -1 transport 1
ns mn ping -q -c 3 -i 0.1 -W 1 -I $HOA $HA >"$OUT/ping.log" 2>&1
ok $? "echoes through the first one"
k mn sa-dump
like "$answer" "spi 0x201 reqid 1 .* packets 3 bytes [1-9][0-9]+ added 1 used 1\]" "are counted, and when it was used is known"
done_ mn sp-del out $HOA 128 $HA 128 $ICMP -1 transport 1
ip -n mn xfrm state flush

# ---- notifications ------------------------------------------------------------------------------------

# said DESCRIPTION WHAT: exactly that was told
said()
{
	k mn watched 150
	is "$answer" "$2" "$1"
}

done_ mn watch
done_ mn sp out $HOA 128 $HA 128 $ICMP -1 transport 9
said "our own policies are no news" ""
ns mn ping -q -c 1 -W 1 -I $HOA $HA >/dev/null 2>&1
said "a packet without an association: an acquire" "[acquire $HOA $HA spi 0x0 reqid 9]"
k mn sa-count
like "$answer" '^0 ' "what it waits with is no association"
sa 0x301 9 $HOA $HA mode transport
said "a new one" "[new $HOA $HA spi 0x301 reqid 9]"
ip -n mn xfrm state update src $HOA dst $HA proto esp spi 0x301 reqid 9 mode transport $KEYS limit packet-soft 1
ns mn ping -q -c 2 -i 0.1 -W 0.2 -I $HOA $HA >/dev/null 2>&1
said "updated, and past its soft limit" "[new $HOA $HA spi 0x301 reqid 9][expiring $HOA $HA spi 0x301 reqid 9]"
k mn sa-dump
like "$answer" 'spi 0x301 reqid 9 transport dying' "the dump says so"
ip -n mn xfrm state delete src $HOA dst $HA proto esp spi 0x301
said "deleted" "[gone $HOA $HA spi 0x301 reqid 9]"
sa 0x302 4 $COA $HA mode tunnel limit time-hard 1
sa 0x303 4 $COA $HA mode tunnel
k mn watched 1500
is "$answer" "[new $COA $HA spi 0x302 reqid 4 tunnel][new $COA $HA spi 0x303 reqid 4 tunnel][gone $COA $HA spi 0x302 reqid 4 tunnel]" "expired"
done_ mn sp out $HOA 128 :: 0 $MH -1 tunnel 4 $COA $HA
done_ mn migrate netlink $COA2 $HA - - out $HOA 128 :: 0 $MH -1 tunnel 4 $COA $HA
said "migrated" "[migrated $COA2 $HA spi 0x0 reqid 4 tunnel]"
done_ mn sa-expire $COA2 $HA 0x303
said "expired by us" "[gone $COA2 $HA spi 0x303 reqid 4 tunnel]"
k mn sa-expire $COA2 $HA 0x303
like "$answer" "^ENOENT: state expire esp 0x00000303 $COA2 -> $HA: " "what is not there cannot expire"
ip -n mn xfrm state flush proto esp
said "flushed" ""
sa 0x304 4 $COA $HA mode tunnel
ip -n mn xfrm state flush proto esp
said "flushed when there was something" "[new $COA $HA spi 0x304 reqid 4 tunnel][flush :: :: spi 0x0 reqid 0]"
ip -n mn xfrm state add src $HA dst $HOA proto hao coa $COA mode ro
ip -n mn xfrm state flush proto hao
ip -n mn xfrm policy add src $HOA dst $HA dir in ptype sub priority 6275
ip -n mn xfrm policy del src $HOA dst $HA dir in ptype sub
ip -n mn xfrm policy add src $HOA dst $HA dir in priority 7
ip -n mn xfrm policy del src $HOA dst $HA dir in
said "what has nothing to do with IPsec, or with our policies, is no news" ""
done_ mn sp-del out $HOA 128 :: 0 $MH -1 tunnel 4 $COA $HA
said "nor is what we delete" ""
ip -n mn xfrm policy del src $HOA dst $HA proto 58 dir out
said "a policy of ours, deleted" "[policy $HOA $HA spi 0x0 reqid 0]"
done_ mn sp out $HOA 128 $HA 128 $ICMP -1 transport 9
ip -n mn xfrm policy update src $HOA dst $HA proto 58 dir out priority 7
said "replaced" "[policy $HOA $HA spi 0x0 reqid 0]"
ip -n mn xfrm policy flush
said "all of them flushed" "[policy :: :: spi 0x0 reqid 0]"

# ---- a thousand associations ------------------------------------------------------------------------------

done_ mn watch 4096
done_ mn sp-many 1000
said "a thousand policies of our own take no room in a small buffer" ""
for i in $(seq 1000); do
	echo "xfrm state add src $COA dst $HA proto esp spi $((0x10000 + i)) reqid $i mode tunnel $KEYS"
done >"$OUT/batch"
ip -n mn -b "$OUT/batch"
ok $? "a thousand associations"
k mn sa-count
diag "dump: $answer"
like "$answer" '^1000 ' "are dumped"
k mn watched 150
like "$answer" '\[lost\]' "what a small buffer lost is told"

finish
