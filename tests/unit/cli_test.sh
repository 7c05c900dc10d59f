#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command lines of mip6d and mip6ctl, `make install` and `make help`, as far as a host can show them that is not to
# be touched: nothing here starts a daemon. TAP.

OUT=$(mktemp -d)
. "$(dirname "$0")/../vm/lib.sh"

MIP6D=$TOP/umip/mip6d
MIP6CTL=$TOP/umip/mip6ctl
DIR=$OUT
cleanup() { rm -rf "$OUT"; }
[ -x "$MIP6D" ] && [ -x "$MIP6CTL" ] || die "not built: make"

# run COMMAND...: $out, $err, $status
run()
{
	"$@" >"$DIR/stdout" 2>"$DIR/stderr" </dev/null
	status=$?
	out=$(cat "$DIR/stdout") err=$(cat "$DIR/stderr")
}

# files without a role, so that the option decides
cat >"$DIR/ha.conf" <<END
UseMnHaIPsec disabled;
DebugLevel 2;
Interface "nosuch0";
END
cat >"$DIR/mn.conf" <<END
UseMnHaIPsec disabled;
MnHomeLink "nosuch0" { HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::100/64; }
END

# ---- mip6d ----------------------------------------------------------------------------------------

for option in -h --help; do
	run "$MIP6D" $option
	is $status 0 "mip6d $option: status 0"
	is "$(grep -oE '^  +(-.,|--[a-z-]+)' <<<"$out" | tr -d ' ,\n')" "-c-C-H-M-d-l--socket--state-dir--show-config--check--compat--clean-V-h" \
		"mip6d $option lists the options"
	is "$err" "" "and says nothing on standard error"
done
for option in -V --version; do
	run "$MIP6D" $option
	like "$out" "^mip6d $(<"$TOP/VERSION")(\+g[0-9a-f]+)?$" "mip6d $option"
	is $status 0 "its status"
done

run "$MIP6D" -H --show-config -c "$DIR/ha.conf"
is $status 0 "-H makes it a home agent"
like "$out" "^NodeConfig HA;" "and --show-config says so"
like "$out" "HaMaxBindings 10000;" "with what the file leaves out"
echo "$out" >"$DIR/shown.conf"
run "$MIP6D" --show-config -c "$DIR/shown.conf"
is "$out" "$(<"$DIR/shown.conf")" "what --show-config prints is a configuration, and the same one"
run "$MIP6D" --home-agent --show-config --config "$DIR/ha.conf"
is "$out" "$(<"$DIR/shown.conf")" "the long options do the same"
run "$MIP6D" -M --show-config -c "$DIR/mn.conf"
like "$out" "^NodeConfig MN;.*HomeAddress 2001:db8::100/64;" "-M makes it a mobile node"
run "$MIP6D" --mobile-node --check -c "$DIR/mn.conf"
is "$status $out" "0 $DIR/mn.conf: ok" "--mobile-node --check"
run "$MIP6D" -M --check -c "$TOP/umip/examples/home-agent.conf"
is $status 1 "-M on a home agent's file: status 1"
like "$err" "home-agent.conf:[0-9]+:[0-9]+: error: .*this is a mobile node \(from the command line\)" "with the place and the reason"
for option in -C --correspondent-node; do
	run "$MIP6D" $option --check -c "$DIR/ha.conf"
	is "$status $out" "0 $DIR/ha.conf: ok" "$option --check"
	run "$MIP6D" $option --show-config -c "$DIR/ha.conf"
	like "$out" "^NodeConfig CN;" "$option makes it a correspondent node"
done

cat >"$DIR/umip.conf" <<END
UseMnHaIPsec disabled;
MnRouterProbes 0; MnRouterProbeTimeout 1.5;
MnHomeLink "nosuch0" {
	HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::100/64;
	UseAltCoa yes;
}
NonVolatileBindingCache false;
END
run "$MIP6D" -M --compat -c "$DIR/umip.conf"
is $status 0 "--compat: status 0"
like "$out" "^$DIR/umip.conf:2:1: note: MnRouterProbes: UMIP [^
]*
$DIR/umip.conf:5:2: note: UseAltCoa: UMIP [^
]*
$DIR/umip.conf: ok, 2 differences from UMIP$" "says what means something else in UMIP, and nothing more"
sed -i 's/^NonVol.*/UsePolicyModule "x.so";/' "$DIR/umip.conf"
run "$MIP6D" -M --check --compat -c "$DIR/umip.conf"
is $status 1 "--compat and a mistake: status 1"
like "$out|$err" "5:2: note: UseAltCoa: .*7:1: error: UsePolicyModule: .*HookProgram" "both are said"

run "$MIP6D" -H -d 7 --show-config -c "$DIR/ha.conf"
like "$out" "DebugLevel 7;" "-d wins over DebugLevel"
run "$MIP6D" -H --debug-level 0 --show-config -c "$DIR/ha.conf"
like "$out" "DebugLevel 0;" "--debug-level 0, too"
for bad in 11 -1 x 1x ''; do
	run "$MIP6D" -H -d "$bad" --check -c "$DIR/ha.conf"
	is "$status $err" "2 mip6d: the debug level is a number from 0 to 10, not \"$bad\"" "-d '$bad' is refused"
done
run "$MIP6D" -H -l "$DIR/log" --show-config -c "$DIR/ha.conf"
like "$out" "DebugLogFile \"$DIR/log\";" "-l is the log file"

# A start that ends at an interface that is not there has opened its log and touched nothing.
if [ "$(id -u)" = 0 ] && ! grep -q @mip6d /proc/net/unix; then
	run "$MIP6D" -H -l "$DIR/log" -c "$DIR/ha.conf" --state-dir "$DIR/state"
	is $status 1 "a start that fails: status 1"
	like "$err" "^mip6d: $DIR/ha.conf:3: interface \"nosuch0\" does not exist$" "one line on standard error"
	like "$(<"$DIR/log")" "error failed reason=" "and one in the log file"
	[ ! -e "$DIR/state" ]; ok $? "no state directory was made"
	run "$MIP6D" -H --log-file /nosuch/log -c "$DIR/ha.conf"
	is "$status $err" "1 mip6d: cannot write the log file /nosuch/log: No such file or directory" "--log-file that cannot be"
else
	skip "a start that fails" "not root, or a mip6d is running"
fi

run "$MIP6D" --check -c "$DIR/nosuch.conf"
is $status 1 "a file that is not there: status 1"
like "$err" "nosuch.conf" "and its name"
run "$MIP6D" --nosuch
is $status 2 "an unknown option: status 2"
like "$err" "mip6d --help" "and a hint"
run "$MIP6D" here
is "$status $err" "2 mip6d: unexpected argument \"here\"; try \"mip6d --help\"" "an argument too many"
run "$MIP6D" -c
is $status 2 "an option without its argument"

# ---- mip6ctl --------------------------------------------------------------------------------------

for arg in -h --help help; do
	run "$MIP6CTL" $arg
	is $status 0 "mip6ctl $arg"
	like "$out" " bc .* bul .* status .* stats .* monitor " "lists the commands"
done
run "$MIP6CTL" -V
like "$out" "^mip6ctl $(<"$TOP/VERSION")" "mip6ctl -V"
run "$MIP6CTL"
is $status 2 "mip6ctl alone: status 2"
run "$MIP6CTL" statsu
is "$status $err" "2 mip6ctl: unknown command \"statsu\": did you mean \"stats\"?" "a mistyped command"
run "$MIP6CTL" bc bul
is "$status $err" "2 mip6ctl: unexpected argument \"bul\"; try \"mip6ctl help\"" "two commands"
run "$MIP6CTL" --socket "$DIR/nosuch" status
is "$status" 1 "no daemon: status 1"
like "$err" "^mip6ctl: no mip6d is running \(cannot connect to $DIR/nosuch: " "and one line"
run env MIP6D_SOCKET="$DIR/other" "$MIP6CTL" status
like "$err" "cannot connect to $DIR/other: " "\$MIP6D_SOCKET is the socket"

# strongSwan's part of a configuration: no daemon is asked
# swan ROLE SETS: a file with them, and what comes of it
swan()
{
	printf 'NodeConfig %s;\n%s\n' "$1" "$2" >"$DIR/swan.conf"
	run "$MIP6CTL" ipsec --strongswan "${@:3}" --config "$DIR/swan.conf"
}
HA_HEAD='Interface "eth0";' MN_HEAD='MnHomeLink "eth0" { HomeAddress 2001:db8::2/64; }'
ipsec_set() { echo "IPsecPolicySet { HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::$1/64; $2 }"; }
ALL='IPsecPolicy HomeRegBinding UseESP 1; IPsecPolicy MobPfxDisc UseESP 2; IPsecPolicy ICMP UseESP 3; IPsecPolicy TunnelHomeTesting UseESP 4 block; IPsecPolicy TunnelMh UseESP 5; IPsecPolicy TunnelPayload UseESP 6;'
# lines FILTER: of the output, on one line
lines() { grep -vE '^#' <<<"$out" | grep -oE "$1" | tr '\n' ' '; }
swan MN "$MN_HEAD$(ipsec_set 2 "$ALL") KeyMngMobCapability enabled;"
is "$status $err" "0 " "mip6ctl ipsec --strongswan of a mobile node"
is "$(lines '(local|remote)_ts = .*')" "local_ts = 2001:db8::2[135/1280] remote_ts = 2001:db8::1[135/1536] local_ts = 2001:db8::2[58/37376-37631] remote_ts = 2001:db8::1[58/37632-37887] local_ts = 2001:db8::2[58] remote_ts = 2001:db8::1[58] local_ts = 2001:db8::2[135] remote_ts = ::/0[135] local_ts = 2001:db8::2 remote_ts = ::/0 " \
	"selectors by type of message, none for what is blocked"
is "$(lines 'reqid = .*')" "reqid = 1 reqid = 2 reqid = 3 reqid = 5 reqid = 6 " "its reqids"
is "$(lines 'mode = .*')" "mode = transport_proxy mode = transport_proxy mode = transport_proxy mode = tunnel mode = tunnel " "modes"
is "$(lines 'start_action = trap' | wc -w) $(lines 'policies = no' | wc -w)" "15 15" "the mobile node begins, and the policies are mip6d's"
is "$(lines '(mip6-.*|\bid|auth|(remote|local)_addrs) .*')" "mip6-2001-db8--2 { remote_addrs = 2001:db8::1 auth = pubkey id = 2001:db8::2 auth = pubkey id = 2001:db8::1 " "who is who"
like "$out" 'roam_events = no' "the K bit: strongSwan is to wait for mip6d"
swan HA "$HA_HEAD$(ipsec_set 2 "IPsecPolicy Mh UseESP 1;")$(ipsec_set 3 "IPsecPolicy any UseESP 2; IPsecPolicy TunnelHomeTesting UseESP 3;")" --psk
is "$(lines '(mip6-.*|\bid|auth|(remote|local)_addrs|(local|remote)_ts) .*')" "mip6-2001-db8--2 { local_addrs = 2001:db8::1 auth = psk id = 2001:db8::1 auth = psk id = 2001:db8::2 local_ts = 2001:db8::1[135] remote_ts = 2001:db8::2[135] mip6-2001-db8--3 { local_addrs = 2001:db8::1 auth = psk id = 2001:db8::1 auth = psk id = 2001:db8::3 local_ts = 2001:db8::1 remote_ts = 2001:db8::3 local_ts = ::/0[135/768] remote_ts = 2001:db8::3[135/256] " \
	"a home agent: a connection for each mobile node, its identity bound to its home address"
is "$(lines 'start_action.*')$(grep -c 'secret = 0xPUT-THE-KEY-HERE' <<<"$out")" 2 "it waits for them; a place for each one's key"
is "$(grep -c '^#.*id-' <<<"$out")" 2 "whose only owner is the mobile node"
[[ $out != *roam_events* ]]; ok $? "without the K bit, an address that goes is a reason to negotiate again"
swan HA "$HA_HEAD$(ipsec_set 2 "
IPsecPolicy Mh UseESP; IPsecPolicy ICMP UseESP 1 2;")"
is "$status $out" "1 " "what an IKE daemon cannot do: status 1 and nothing written"
is "$err" "$DIR/swan.conf:3: an IKE daemon needs a reqid: write one number after UseESP
$DIR/swan.conf:3: an association of strongSwan has one reqid for both directions: write one number after UseESP" "and a line for each"
swan HA "$HA_HEAD
$(ipsec_set 2 "IPsecPolicy Mh UseESP 7;")
$(ipsec_set 3 "IPsecPolicy Mh UseESP 8; IPsecPolicy TunnelPayload UseESP 7;")"
is "$status $err" "1 $DIR/swan.conf:4: the reqid 7 is in line 3 already: an IKE daemon needs another one for each policy, tunnel or not" "a reqid twice"
swan MN "$MN_HEAD UseMnHaIPsec disabled;"
is "$status $err" "1 $DIR/swan.conf: UseMnHaIPsec is disabled: there is nothing for IPsec to do" "no IPsec"
swan CN ""
is "$status $err" "1 $DIR/swan.conf: a correspondent node has no IPsec with a home agent" "a correspondent node"
run "$MIP6CTL" ipsec --strongswan --config "$DIR/nosuch.conf"
is $status 1 "no configuration: status 1"
for role in home-agent mobile-node; do
	for auth in x509 psk; do
		cd "$TOP/umip/examples" || die "no examples"
		run "$MIP6CTL" ipsec --strongswan $([ $auth = x509 ] || echo --psk) --config $role-ipsec.conf
		is "$out" "$(sed 1d strongswan/$role-$auth.conf)" "the example strongswan/$role-$auth.conf is what $role-ipsec.conf gives"
		cd "$OLDPWD" || die "no way back"
	done
done
run "$MIP6CTL" ipsec --psk
is "$status $err" '2 mip6ctl: --psk goes with "ipsec --strongswan"; try "mip6ctl help"' "--psk alone"
run "$MIP6CTL" bc --strongswan
is "$status $err" '2 mip6ctl: --strongswan goes with "ipsec"; try "mip6ctl help"' "another command"

# ---- addrselctl -----------------------------------------------------------------------------------

ADDRSELCTL=${BUILD:-$TOP/build}/addrsel-san/addrselctl
[ -x "$ADDRSELCTL" ] || ADDRSELCTL=$TOP/iproute2-addrlabel/addrsel/addrselctl
addrsel() { run "$ADDRSELCTL" -f "$DIR/policy" -g "$DIR/gai" --state-dir "$DIR/addrsel" "$@"; }
for arg in -h --help help; do
	addrsel $arg
	is $status 0 "addrselctl $arg"
	like "$out" " show .* apply .* explain .* dhcp6 " "lists the commands"
done
addrsel -V
like "$out" "^addrselctl $(<"$TOP/VERSION")" "addrselctl -V"
addrsel
is $status 2 "addrselctl alone: status 2"
addrsel shwo
is "$status $err" "2 addrselctl: unknown command \"shwo\": try \"addrselctl --help\"" "a mistyped command"
addrsel add ::/0
is "$status $err" "2 addrselctl: usage: addrselctl add PREFIX PRECEDENCE LABEL [[dev] INTERFACE]" "an argument too few"
addrsel -n add 2001:db8::/33x 1 1
is "$status $err" "2 row:1:1: error: the prefix's length is not a number" "a prefix that is none"
addrsel -n add 2001:db8::/32 45 Office dev eth9
is "$status $(grep -c . "$DIR/policy") $(tail -n 1 "$DIR/policy" | tr -s ' ')" "0 11 2001:db8::/32 45 Office eth9" \
	"-n add writes the policy's file, which begins as the default table"
addrsel -n delete 2001:db8::/32 eth9
is "$status $(grep -c . "$DIR/policy")" "0 10" "-n delete"
addrsel explain 2001:db8::1,young to 2001:db8::2
is $status 2 "explain refuses a property that it does not know"
addrsel dhcp6 lo set 0x
is "$status $err" "1 addrselctl: lo: the policy is refused: it is not written as hexadecimal digits" "dhcp6 refuses what is no option"
addrsel dhcp6 ../x set 03
is "$status $err" "2 addrselctl: \"../x\" cannot be an interface's name" "dhcp6 and a name that is a path"

# ---- make -----------------------------------------------------------------------------------------

run make -s -C "$TOP" install DESTDIR="$DIR/root" PREFIX=/opt/mip6
is $status 0 "make install DESTDIR= PREFIX=" || diag_file "$DIR/stderr"
is "$(cd "$DIR/root" && find . -type f | LC_ALL=C sort)" "./opt/mip6/lib/systemd/system/addrselctl.service
./opt/mip6/lib/systemd/system/mip6d.service
./opt/mip6/sbin/addrselctl
./opt/mip6/sbin/mip6ctl
./opt/mip6/sbin/mip6d
./opt/mip6/share/doc/addrselctl/examples/addrsel.conf
./opt/mip6/share/doc/addrselctl/examples/dhclient-hook
./opt/mip6/share/doc/addrselctl/examples/dhcpcd-hook
./opt/mip6/share/doc/addrselctl/examples/multihomed.conf
./opt/mip6/share/doc/addrselctl/examples/prefer-ipv4.conf
./opt/mip6/share/doc/mip6d/examples/correspondent-node.conf
./opt/mip6/share/doc/mip6d/examples/home-agent-ipsec.conf
./opt/mip6/share/doc/mip6d/examples/home-agent.conf
./opt/mip6/share/doc/mip6d/examples/hook-program
./opt/mip6/share/doc/mip6d/examples/mobile-node-ipsec.conf
./opt/mip6/share/doc/mip6d/examples/mobile-node.conf
./opt/mip6/share/doc/mip6d/examples/strongswan/home-agent-psk.conf
./opt/mip6/share/doc/mip6d/examples/strongswan/home-agent-x509.conf
./opt/mip6/share/doc/mip6d/examples/strongswan/mobile-node-psk.conf
./opt/mip6/share/doc/mip6d/examples/strongswan/mobile-node-x509.conf
./opt/mip6/share/man/man5/addrsel.conf.5
./opt/mip6/share/man/man5/mip6d.conf.5
./opt/mip6/share/man/man8/addrselctl.8
./opt/mip6/share/man/man8/mip6ctl.8
./opt/mip6/share/man/man8/mip6d.8" "installs these files and no others"
is "$(cd "$DIR/root/opt/mip6" && stat -c '%a' sbin/mip6d sbin/mip6ctl share/man/man8/mip6d.8 lib/systemd/system/mip6d.service | tr '\n' ' ')" \
	"755 755 644 644 " "with their modes"
is "$(grep ^ExecStart= "$DIR/root/opt/mip6/lib/systemd/system/mip6d.service")" "ExecStart=/opt/mip6/sbin/mip6d -c /etc/mip6d.conf" \
	"the unit starts the installed program"
run "$DIR/root/opt/mip6/sbin/mip6d" --version
is $status 0 "which runs"
is "$(grep ^ExecStart= "$DIR/root/opt/mip6/lib/systemd/system/addrselctl.service")" "ExecStart=/opt/mip6/sbin/addrselctl watch" \
	"addrselctl's unit, too"
for conf in "$DIR"/root/opt/mip6/share/doc/addrselctl/examples/*.conf; do
	run "$ADDRSELCTL" -n -f "$DIR/policy" --state-dir "$DIR/addrsel" install "$conf"
	is "$status $err" "0 " "the installed example $(basename "$conf") is right"
done
for conf in home-agent mobile-node; do
	run "$MIP6D" --check -c "$DIR/root/opt/mip6/share/doc/mip6d/examples/$conf.conf"
	is $status 0 "the installed example $conf.conf is right"
done

run make -s -C "$TOP" help
is $status 0 "make help"
for target in $(make -C "$TOP" -pnq help 2>/dev/null | sed -n 's/^\.PHONY: //p'); do
	like "$out" "make $target  *[^ ]" "says what $target is"
done

finish
