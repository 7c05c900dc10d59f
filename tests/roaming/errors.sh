#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
#
# What a new user gets wrong: one clear line on stderr, exit status 1, and nothing left behind.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/world.sh"

# fails REGEX DESCRIPTION COMMAND...: with status 1 and one line on stderr
fails()
{
	local regex=$1 what=$2 status

	shift 2
	timeout 15 "$@" >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
	status=$?
	if [ $status = 1 ] && [ "$(wc -l <"$OUT/stderr")" = 1 ] && grep -qiE "$regex" "$OUT/stderr"; then
		ok 0 "$what: $(cat "$OUT/stderr")"
	else
		ok 1 "$what"
		diag "status $status, expected 1 and one line that matches '$regex'"
		diag_file "$OUT/stderr"
	fi
}

mip6d() { local where=$1 name=$2; shift 2; fails "$@" ip netns exec "$where" "$MIP6D" -c "$OUT/$name.conf" --socket "$OUT/$name/other" --state-dir "$OUT/$name/other.d"; }

# without MODULE: it is gone, and modprobe cannot load it any more
without()
{
	local holder

	for holder in /sys/module/"$1"/holders/*; do
		[ ! -e "$holder" ] || rmmod "${holder##*/}"
	done
	# what a daemon has left to the kernel to clean up may hold it for a moment
	busywait 5 rmmod "$1" >"$OUT/rmmod" || { diag_file "$OUT/rmmod" 1; return 1; }
	echo "install $1 /bin/false" >/etc/modprobe.d/errors.conf
}

with_modules() { rm -f /etc/modprobe.d/errors.conf; }

world_up
# the log has its own file: what is on stderr is for the user
HA_CONF="DebugLogFile \"$OUT/ha/log\";"
MN_CONF="DebugLogFile \"$OUT/mn/log\";"
write_ha_conf
write_mn_conf
mkdir -p "$OUT/ha" "$OUT/mn"
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"

# ---- the command line and the file ----
fails 'No such file' "no such file" "$MIP6D" -c "$OUT/none.conf"
sed 's/^NodeConfig HA;/NodeConfig HB;/' "$OUT/ha.conf" >"$OUT/bad.conf"
fails 'bad.conf:1:[0-9]+: error: ' "a bad word" "$MIP6D" -c "$OUT/bad.conf"
sed '/UseMnHaIPsec/d' "$OUT/ha.conf" >"$OUT/ipsec.conf"
fails 'UseMnHaIPsec disabled' "IPsec is asked for by default" "$MIP6D" -c "$OUT/ipsec.conf"
# a test runs as root in a directory of root
chmod 755 "$OUT"
mkdir -m 777 "$OUT/nobody"
fails 'root|CAP_NET_ADMIN|permitted' "no root" ip netns exec ha setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$MIP6D" -c "$OUT/ha.conf" --socket "$OUT/nobody/ctl" --state-dir "$OUT/nobody"
sed 's/"eth0"/"wan7"/' "$OUT/ha.conf" >"$OUT/noif.conf"
mkdir -p "$OUT/noif" "$OUT/noifmn"
mip6d ha noif '"?wan7"?.*(exist|unknown|no such)' "unknown interface, home agent"
sed 's/"eth0"/"wan7"/' "$OUT/mn.conf" >"$OUT/noifmn.conf"
mip6d mn noifmn '"?wan7"?.*(exist|unknown|no such)' "unknown interface, mobile node"
fails 'ctl|mip6d' "mip6ctl without a daemon" "$MIP6CTL" --socket "$OUT/none/ctl" status

# ---- a kernel without the extension headers of Mobile IPv6 ----
has_mip6()
{
	local state=(src 2001:db8::1 dst 2001:db8::2 proto hao)

	ip -n nb xfrm state add "${state[@]}" mode ro coa 2001:db8::3 2>"$OUT/xfrm" && ip -n nb xfrm state delete "${state[@]}"
}

no_mip6()
{
	mip6d ha ha '^mip6d: .*the kernel lacks: [^;]*CONFIG_IPV6_MIP6[^;]*$' "a kernel without IPV6_MIP6, home agent"
	mip6d mn mn '^mip6d: .*the kernel lacks: [^;]*CONFIG_IPV6_MIP6[^;]*$' "a kernel without IPV6_MIP6, mobile node"
}

if ! has_mip6; then
	diag_file "$OUT/xfrm" 1
	no_mip6
	snapshot_diff ha "$OUT/ha.before" "it has left nothing on the home agent"
	snapshot_diff mn "$OUT/mn.before" "nor on the mobile node"
	# nothing of the rest comes this far
	finish
fi

# ---- somebody is there ----
ip -n ha link add theirs type ip6tnl external
mip6d ha ha 'external' "another external ip6tnl device"
ip -n ha link del theirs
start_ha || die "no home agent"
mip6d ha ha 'another mip6d|already runn' "another mip6d in this namespace"
fails 'another mip6d|already runn|in use' "another mip6d at this socket" ip netns exec ha "$MIP6D" -c "$OUT/ha.conf" \
	--socket "$OUT/ha/ctl" --state-dir "$OUT/ha"
ctl ha status >/dev/null; ok $? "the first one is still there"
ip -n nb address add $HOA/64 dev eth0 nodad
mip6d mn mn 'home address.*(in use|duplicate)|(in use|duplicate).*home address' "the home address is in use, seen at home"
move f1
busywait 5 sh -c "ip -n mn -6 route show default | grep -q $LL_R1"
mip6d mn mn 'home address.*(in use|duplicate)|(in use|duplicate).*home address' "the home address is in use, seen by the home agent"
ip -n nb address del $HOA/64 dev eth0
stop_ha
snapshot_diff ha "$OUT/ha.before" "none of this has left anything on the home agent"

# ---- the kernel lacks something ----
if without mip6; then
	no_mip6
else
	skip "a kernel without IPV6_MIP6" "it is built in; run this scenario on a kernel without it"
fi
with_modules
if without ip6_tunnel; then
	mip6d ha ha 'module ip6_tunnel' "no ip6_tunnel, home agent"
	mip6d mn mn 'module ip6_tunnel' "no ip6_tunnel, mobile node"
else
	skip "no ip6_tunnel" "the module cannot be removed"
fi
with_modules
finish
