#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# mip6d as a service: what it may do once it runs, what it tells the service manager, a configuration that changes under it (SIGHUP), and
# the administrator's program that is asked.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../roaming/world.sh"

# capabilities PID SET: as /proc has them, but as names
capabilities() { capsh --decode="$(sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status")" | sed 's/.*=//; s/cap_//g'; }
logged() { busywait 3 grep -qE "$2" "$OUT/$1.log"; }
pid_of() { ctl "$1" status | jq .pid; }
counter() { ctl "$1" stats | jq ".$2 // 0"; }

# not among the results: a socket cannot be copied
NOTIFY=$(mktemp -d)/notify
KEPT=net_admin,net_raw,perfmon,bpf

world_up f1
snapshot ha >"$OUT/ha.before"
snapshot mn >"$OUT/mn.before"
start_bg manager $PYTHON -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    for line in s.recv(4096).decode().split("\n"):
        print("%.2f" % time.monotonic(), line, flush=True)
' "$NOTIFY"
busywait 5 test -S "$NOTIFY"
HA_CONF='HaMaxBindingLife 1000;'
export NOTIFY_SOCKET=$NOTIFY WATCHDOG_USEC=1000000
start_ha || die "no home agent"
unset NOTIFY_SOCKET WATCHDOG_USEC
MN_CONF='MnMaxHaBindingLife 600;'
start_mn || die "no mobile node"
settled f1 >/dev/null; ok $? "registered" || { diag_world; finish; }

# ---- privileges ----
for name in ha mn; do
	pid=$(pid_of $name)
	for set in CapEff CapPrm CapBnd; do is "$(capabilities "$pid" $set)" $KEPT "$name: $set is what the loop needs"; done
	is "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1 "$name: and there is no way to more"
done

# ---- the watchdog ----
grep -q 'READY=1' "$OUT/manager.log"; ok $? "the manager is told when it is ready"
count() { grep -c 'WATCHDOG=1' "$OUT/manager.log"; }
n=$(count); nap 2.2; n=$(($(count) - n))
ge "$n" 3 "half a second between two signs of life, with a limit of one second"
le "$n" 6 "and not more often"
kill -STOP "$(pid_of ha)"; nap 0.3; n=$(count); nap 1.5
is $(($(count) - n)) 0 "none from a daemon that stands still"
pkill -CONT -x mip6d
busywait 3 reachable >/dev/null; ok $? "it goes on when it may"

# ---- reload ----
cp "$OUT/ha.conf" "$OUT/ha.good"
kill -HUP "$(pid_of ha)"
logged ha 'notice reloaded .*changed=0 needs_restart=0'; ok $? "SIGHUP without a change"
grep -q 'RELOADING=1' "$OUT/manager.log"; ok $? "the manager is told of it"

echo 'HaMaxBindingLive 5;' >>"$OUT/ha.conf"
kill -HUP "$(pid_of ha)"
logged ha "error reload-failed .*ha.conf:[0-9]+:1: error: unknown keyword 'HaMaxBindingLive'; did you mean 'HaMaxBindingLife'"
ok $? "a mistake is logged with its place" || diag_file "$OUT/ha.log" 5
bound_at f1; ok $? "and costs nothing"

{ sed 's/HaMaxBindingLife.*/HaMaxBindingLife 200;/' "$OUT/ha.good"; echo 'HaMaxBindings 77;'; } >"$OUT/ha.conf"
kill -HUP "$(pid_of ha)"
logged ha 'warn reload-needs-restart keyword=HaMaxBindings'; ok $? "what needs a restart is named"
logged ha 'notice reload-changed keyword=HaMaxBindingLife'; ok $? "what does not is in effect"
MN_CONF='MnMaxHaBindingLife 400;'
write_mn_conf
kill -HUP "$(pid_of mn)"
logged mn 'notice reload-changed keyword=MnMaxHaBindingLife'; ok $? "so it is at the mobile node"
move f2
settled f2 >/dev/null; ok $? "it moves" || diag_world
grep -q 'binding-update .*lifetime_s=400 ' "$OUT/mn.log"; ok $? "the next update asks for the new lifetime"
is "$(ctl ha bc | jq '.[0].lifetime_s')" 200 "and the home agent grants its new limit"

# a home address that is not allowed any more
{ cat "$OUT/ha.good"; echo "BindingAclPolicy $HOA deny;"; } >"$OUT/ha.conf"
kill -HUP "$(pid_of ha)"
busywait 3 bound_at home; ok $? "a binding that the access list forbids ends at once" || diag "$(ctl ha bc)"
logged mn 'status=129'; ok $? "its mobile node hears the reason" || diag_file "$OUT/mn.log" 5
ip -n ha -6 route show table all | grep -q "$HOA"; is $? 1 "nothing of it is in the kernel"
cp "$OUT/ha.good" "$OUT/ha.conf"
kill -HUP "$(pid_of ha)"
logged ha 'reload-changed keyword=BindingAclPolicy'
move f1
settled f1 >/dev/null; ok $? "allowed again, it registers" || diag_world

# the log file is rotated
sed -i "1i DebugLogFile \"$OUT/rotated.log\";" "$OUT/ha.conf"
kill -HUP "$(pid_of ha)"
busywait 3 grep -q 'reloaded' "$OUT/rotated.log"; ok $? "the log goes to its new file"
mv "$OUT/rotated.log" "$OUT/rotated.log.1"
kill -HUP "$(pid_of ha)"
busywait 3 grep -q 'reloaded' "$OUT/rotated.log"; ok $? "and into a new one of the same name after a rotation"

# ---- lost messages are counted ----
kill -STOP "$(pid_of ha)"
ns core $PYTHON - "$HA" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 135)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
	bu = bytes([59, 1, 5, 0, 0, 0, 0, 1, 0xc0, 0, 0, 10, 1, 2, 0, 0])
	for i in range(40000):
	    s.sendto(bu, (sys.argv[1], 0))
END
pkill -CONT -x mip6d
busywait 10 sh -c "[ \$($MIP6CTL --socket $OUT/ha/ctl --json stats | jq .mh_overrun) -gt 0 ]"
ok $? "messages that came while the daemon stood still and did not fit are counted: $(counter ha mh_overrun)"
busywait 5 reachable >/dev/null; ok $? "and nothing else is lost"

# ---- the administrator's program: the example, which lets mobile nodes register from f1 only ----
stop_mn
stop_ha
HA_CONF="HookProgram \"$TOP/umip/examples/hook-program\";"
echo "${PREFIX[f1]}:/64 # the only one" >/etc/mip6d.networks
start_ha || die "no home agent"
start_mn || die "no mobile node"
settled f1 >/dev/null; ok $? "the program allows f1" || { diag_world; diag_file "$OUT/ha.log"; }
is "$(capabilities "$(pgrep -f examples/hook-program | head -n 1)" CapEff)" $KEPT "it has no more privileges than the daemon"
logged ha "^binding-registered $HOA"; ok $? "and is told what happens"
move f2
logged mn 'status=129'; ok $? "it refuses f2" || diag_file "$OUT/mn.log" 5
bound_at f1; ok $? "and the binding stays as it was"
move f1
settled f1 >/dev/null; ok $? "back on f1 the mobile node is served" || diag_world
pkill -STOP -f examples/hook-program
move f2
logged mn 'registration-refused.*status=130'; ok $? "a program that does not answer refuses" || diag_file "$OUT/mn.log" 5
is "$(counter ha hook_late)" 1 "which is counted"
pkill -KILL -f examples/hook-program
echo "${PREFIX[f2]}:/64" >>/etc/mip6d.networks
logged ha 'hook-ended .*signal=9'; ok $? "one that was killed"
settled f2 >/dev/null; ok $? "is started again, and reads its list anew" || diag_world
# where it was at the start
move f1
settled f1 >/dev/null

stop_mn; is $? 0 "the mobile node stops with what privileges it has left"
stop_ha; is $? 0 "so does the home agent"
snapshot_diff ha "$OUT/ha.before" "nothing is left on the home agent"
snapshot_diff mn "$OUT/mn.before" "nor on the mobile node"
finish
