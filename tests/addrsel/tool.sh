#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# addrselctl's commands against a kernel, stock or patched: what they change, what they refuse, and what is left after a
# refusal; and watch, which follows labels, interfaces and addresses.

. "$(dirname "$0")/../vm/lib.sh"

CTL=${ADDRSELCTL:-$TOP/iproute2-addrlabel/addrsel/addrselctl}
[ -x "$CTL" ] || skip_all "addrselctl is not built"
need_modules dummy
FILE=$OUT/addrsel.conf GAI=/etc/gai.conf

ns_add host
ip -n host link add d0 type dummy && ip -n host link set d0 up
ctl() { ns host "$CTL" -f "$FILE" "$@"; }
labels() { ip -n host addrlabel | sort; }
has() { labels | grep -q "^prefix $1 *$"; }
gai_has() { grep -Eq "^$1 *$" $GAI; }
in_step() { ctl check >"$OUT/check" 2>&1; }
ctl check >"$OUT/check"
is $? 1 "the kernel's historic labels are not RFC 6724's"
patched=1
! grep -q 'does not notify' "$OUT/check" || patched=0
diag "patched kernel: $patched"

# ---- a gai.conf of somebody else ----------------------------------------------------------------------

rm -f $GAI.addrsel-saved*
printf '# mine\nprecedence ::ffff:0:0/96 100\n' >$GAI
cp $GAI "$OUT/mine"
chmod 640 $GAI
before=$(labels)
ctl apply >"$OUT/out" 2>&1
is $? 1 "apply refuses to replace a gai.conf that it did not write"
like "$(<"$OUT/out")" 'was not written by addrselctl.*--adopt' "and says what to do"
cmp -s $GAI "$OUT/mine"; ok $? "the file is what it was"
is "$(labels)" "$before" "and the kernel, too"
ctl apply --kernel-only >/dev/null && cmp -s $GAI "$OUT/mine"
is $? 0 "--kernel-only leaves it alone"
has 'fc00::/7 label 13'; ok $? "and gives the kernel its labels"
ctl apply --adopt >"$OUT/out"
is $? 0 "--adopt takes it over"
cmp -s $GAI.addrsel-saved "$OUT/mine"; ok $? "and keeps a copy"
is "$(stat -c %a $GAI)" 640 "the mode stays"
in_step; is $? 0 "kernel, gai.conf and policy agree"
echo "# edited" >>$GAI
ctl add 2001:db8::/32 45 5 >"$OUT/out" 2>&1
is $? 1 "an edited one is somebody else's again"
[ ! -e "$FILE" ]; ok $? "and the policy's file is not written either"
ctl --force apply >/dev/null
is $? 0 "--force is --adopt"
[ -e $GAI.addrsel-saved.1 ]; ok $? "the second copy has its own name"

cp $GAI "$OUT/gai"
mount --bind "$OUT/gai" $GAI
before=$(labels)
ctl add 2001:db8::/32 45 5 >"$OUT/out" 2>&1
is $? 1 "a gai.conf that cannot be renamed onto"
like "$(<"$OUT/out")" 'something is mounted on it' "is said"
is "$(labels)" "$before" "and the kernel has its old labels again"
umount $GAI

# ---- rows ---------------------------------------------------------------------------------------------

ctl add 2001:db8::/32 45 Office >/dev/null
ctl add 2001:db8:7::/48 45 7 dev d0 >"$OUT/out"
like "$(<"$OUT/out")" 'in the kernel only, for glibc knows no interfaces: 1 row' "a row of an interface"
has '2001:db8:7::/48 dev d0 label 7'; ok $? "is in the kernel"
gai_has 'precedence 2001:db8:7::/48 .*'; is $? 1 "and not in gai.conf"
ctl add ::ffff:10.0.0.0/104 99 9 >"$OUT/out"
like "$(<"$OUT/out")" 'in gai.conf only.*: 1 row' "a row of an IPv4 network"
gai_has 'label +::ffff:10.0.0.0/104 +9'; ok $? "is in gai.conf"
in_step; is $? 0 "that is as it should be"
ctl add 2001:db8::/32 45 5 >"$OUT/out" 2>&1; is $? 1 "no row twice"
ctl replace 2001:db8::/32 46 Branch >/dev/null; is $? 0 "but another one in its place"
like "$(ctl show)" '2001:db8::/32 +46 +Branch +- +both' "show has it"
ctl delete 2001:db8:7::/48 d0 >/dev/null
has '2001:db8:7::/48 dev d0 label 7'; is $? 1 "delete"
ctl delete 2001:db8:7::/48 >"$OUT/out" 2>&1; is $? 1 "but not what is not there"
cp "$FILE" "$OUT/good"
printf '::/0 40 1\n::/0 40 1\nx y z\n' >"$OUT/bad"
before=$(labels; cat $GAI)
ctl install "$OUT/bad" >"$OUT/out" 2>&1; is $? 1 "a policy with errors is refused"
like "$(<"$OUT/out")" 'bad:3:1: error: .*bad:2:1: error: ::/0 a second time' "with the place of each"
cmp -s "$FILE" "$OUT/good"; ok $? "the policy's file is what it was"
is "$(labels; cat $GAI)" "$before" "and so is the rest"
ctl export ip >"$OUT/batch"
ctl flush >/dev/null
is "$(labels)" "prefix ::/0 label 1 " "flush leaves the one row that decides nothing"
ip -n host addrlabel flush 2>/dev/null
ip -n host -batch "$OUT/batch" && ctl install "$OUT/good" >"$OUT/out"
like "$(<"$OUT/out")" "the kernel's labels were right" "export ip is a batch for ip"
ctl export in-force >"$OUT/force"
ctl install "$OUT/force" >"$OUT/out"
like "$(<"$OUT/out")" 'in place already' "export in-force is the policy that is in force"
ctl defaults linux >/dev/null
is "$(labels)" "$(ns_add fresh; ip -n fresh addrlabel | sort)" "the kernel's own table can be restored"
ctl defaults >/dev/null && in_step
is $? 0 "and RFC 6724's"

if [ $patched = 0 ]; then
	ip -n host addrlabel add prefix 2002::/16 label 99
	in_step; is $? 1 "a stock kernel's duplicate"
	like "$(<"$OUT/check")" 'kernel +2002::/16 +there twice; label 2 is not used' "is noticed"
	ctl apply >/dev/null && in_step
	is $? 0 "and repaired"
else
	like "$(ctl --json defaults linux)" '"kernel":"replaced in one request"' "the patched kernel takes the table as a whole"
fi
ctl --json show policy | jq -e 'map(select(.prefix == "::1/128"))[0].label == 0' >/dev/null
is $? 0 "--json"
ns host setpriv --reuid 65534 --clear-groups --bounding-set -all "$CTL" -f "$FILE" --state-dir "$OUT/none" apply >"$OUT/out" 2>&1
is $? 1 "who may not is told so"
like "$(<"$OUT/out")" 'cannot lock' "before anything is done"

# ---- many ---------------------------------------------------------------------------------------------

/usr/bin/python3 - "$OUT/many" <<'END'
import sys
with open(sys.argv[1], "w") as f:
    f.write("::/0 40 1\n" + "".join("2001:db8:%x::/48 40 %d\n" % (i, i % 9) for i in range(1000)))
END
ctl install "$OUT/many" >"$OUT/out"
is $? 0 "1001 rows" && diag "$(<"$OUT/out")"
is "$(labels | wc -l)" 1001 "are in the kernel"
sed -i 's/ \([0-8]\)$/ 1\1/' "$OUT/many"
ctl install "$OUT/many" >"$OUT/out"
is $? 0 "and all change" && diag "$(<"$OUT/out")"
in_step; is $? 0 "they are what the policy says"

# ---- watch ----------------------------------------------------------------------------------------------

printf 'automatic-rows yes\n::1/128 50 0\n::/0 40 1\n2001:db8:5::/48 40 5 d5\n' >"$FILE"
start_bg watch ip netns exec host "$CTL" -f "$FILE" watch
busywait 10 grep -q 'start:' "$OUT/watch.log"
is $? 0 "watch applies the policy first" || diag_file "$OUT/watch.log"
is "$(labels | wc -l)" 2 "without the row of an interface that is not there"
ip -n host addrlabel add prefix 2001:db8:77::/48 label 77
busywait 5 gai_has 'label +2001:db8:77::/48 +77'
is $? 0 "a label that somebody adds comes to gai.conf"
ip -n host link add d5 type dummy && ip -n host link set d5 up
busywait 5 has '2001:db8:5::/48 dev d5 label 5'
is $? 0 "an interface that comes gets its row"
ip -n host addr add fd12:3456:789a:1::1/64 dev d5 nodad
busywait 5 gai_has 'precedence +fd12:3456:789a::/48 +45'
is $? 0 "a unique local address gets an automatic row"
has 'fd12:3456:789a::/48 label 14'; ok $? "in the kernel, too"
has '2001:db8:77::/48 label 77'; ok $? "and the stranger's label is still there"
ip -n host link del d5
gone() { ! gai_has 'label +fd12:3456:789a::/48 .*' && ! labels | grep -q 'label 5 *$'; }
busywait 5 gone
is $? 0 "with the interface both rows go"
ip -n host addrlabel del prefix 2001:db8:77::/48 label 77
followed() { ! gai_has 'label +2001:db8:77::/48 +77'; }
busywait 5 followed
is $? 0 "a deleted label goes from gai.conf"
# more than a socket's buffer of notifications while it cannot read
kill -STOP "$(bg_pid watch)"
for ((i = 0; i < 1500; i++)); do printf 'addrlabel add prefix 2001:db8:%x::/48 label %d\n' $i $((i % 7 + 1)); done >"$OUT/batch"
ip -n host -batch "$OUT/batch"
ip -n host addrlabel add prefix 2001:db9::/48 label 9
kill -CONT "$(bg_pid watch)"
all() { [ "$(grep -c '^label' $GAI)" = 1503 ] && gai_has 'label +2001:db9::/48 +9'; }
busywait 20 all
is $? 0 "1501 changes that it could not read at once are all followed"
ctl check --json >"$OUT/check.json"
is "$(jq -r '[.[] | select(.where == "kernel")] | length' "$OUT/check.json")" 1501 "check sees them as not in the policy"
kill -HUP "$(bg_pid watch)"
two() { [ "$(labels | wc -l)" = 2 ] && in_step; }
busywait 20 two
is $? 0 "SIGHUP applies the policy again"
stop_bg watch
is $? 0 "SIGTERM ends it"
finish
