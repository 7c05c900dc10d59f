#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# ip addrlabel and ip monitor addrlabel: what Debian's does wrong, and that the patched one does not, on a stock kernel and on one
# that has requests on whole tables and announcements. Needs build/iproute2 (scripts/iproute2 build stock patched).

# the table of a namespace of our own: the one of the VM is for the other scenarios
[ -n "${ADDRLABEL_NETNS:-}" ] || ADDRLABEL_NETNS=1 exec unshare -n "$0"
. "$(dirname "$0")/../vm/lib.sh"

BUILD=${BUILD:-$TOP/build}
OLD=$BUILD/iproute2/stock/ip/ip NEW=$BUILD/iproute2/patched/ip/ip
{ [ -x "$OLD" ] && [ -x "$NEW" ]; } || die "no iproute2: scripts/iproute2 build stock patched"
WORK=$(mktemp -d)
cleanup() { rm -rf "$WORK"; }
"$NEW" link set lo up

TABLES=0	# does the kernel know requests on tables?
[ ! -e /proc/sys/net/ipv6/addrlabel_max ] || TABLES=1
[ -z "${NEED_TABLES:-}" ] || { [ $TABLES = 1 ]; ok $? "the kernel has the series' address labels"; }

al() { "$NEW" addrlabel "$@"; }
table() { al list | sort; }
count() { al list | wc -l; }

# labels FIRST LAST LABEL [COMMAND]: lines of a batch
labels() { seq -f "addrlabel ${4:-add} prefix 2001:db8:%g::/48 label $3" "$1" "$2"; }

# refused NAME WORD ARGUMENT...: it fails, the error has the word, the table stays
refused()
{
	local name=$1 word=$2 before

	shift 2
	before=$(table)
	! al "$@" >"$OUT/refused" 2>&1 && grep -q -e "$word" "$OUT/refused" && [ "$(table)" = "$before" ]
	ok $? "refused: $name" || diag_file "$OUT/refused"
}

DEFAULTS=$(table)

# ---- what is wrong with the unpatched one ---------------------------------------------------------

"$OLD" addrlabel add prefix 2001:db8::/32 label 7 bogus
is $? 0 "unpatched: add takes an unknown word"
al add prefix 2001:db8::/32 dev lo label 8
"$OLD" addrlabel del prefix 2001:db8::/32 device lo label 7
is "$?,$(al list prefix 2001:db8::/32)" "0,prefix 2001:db8::/32 dev lo label 8 " \
	"unpatched: del with a mistake in dev deletes the entry for all devices"
if [ $TABLES = 0 ]; then
	"$OLD" addrlabel del prefix 2001:db8::/32 dev lo label 9
	is "$?,$(al list label 8)" "0," "unpatched: del with the wrong label deletes"
	labels 1 1000 100 >"$WORK/1000"
	"$OLD" -batch "$WORK/1000"
	"$OLD" addrlabel flush
	is $? 0 "unpatched: flush says that all went well"
	ge "$(count)" 1 "unpatched: flush leaves some of 1010"
fi
al flush
is "$(count)" 0 "flush"
al reset
is "$(table)" "$DEFAULTS" "reset restores the kernel's table"

# ---- arguments ------------------------------------------------------------------------------------

refused "an unknown word" bogus add prefix 2001:db8::/32 label 7 bogus
refused "a mistake in dev" device del prefix 2002::/16 device lo label 2
refused "a wrong label" '' del prefix 2002::/16 label 3
refused "a wrong label behind a longer prefix" '' del prefix ::/0 label 3
refused "an entry that is not there" '' del prefix 2002::/16 dev lo
refused "an IPv4 prefix" 192.0.2.0/24 add prefix 192.0.2.0/24 label 7
al del prefix 2002::/16 label 2 && al del prefix ::/96
is "$?,$(count)" 0,8 "del with the right label, and without one"
al reset

# ---- ten thousand ---------------------------------------------------------------------------------

{ labels 1 9500 100; labels 9501 9999 101; echo "addrlabel add prefix 2001:db8::/64 dev lo label 101"; } >"$WORK/10000"
t0=$(now_ms)
"$NEW" -batch "$WORK/10000"
is "$?,$(count)" 0,10010 "a batch of 10,000 labels"
t1=$(now_ms)
is "$(al list label 101 | wc -l),$(al list dev lo | wc -l),$(al list prefix 2001:db8:77::/48)" \
	"500,1,prefix 2001:db8:77::/48 label 100 " "list by label, device, prefix"
al save file "$WORK/saved"
full=$(table)
t2=$(now_ms)
al flush label 101
is "$?,$(count)" 0,9510 "flush of a label"
t3=$(now_ms)
al flush
is "$?,$(count)" 0,0 "flush leaves nothing of what is left"
t4=$(now_ms)
al restore <"$WORK/saved"
is $? 0 "restore from standard input"
t5=$(now_ms)
is "$(table)" "$full" "and all is as it was"
diag "add $((t1 - t0)) ms, flush label $((t3 - t2)) ms, flush $((t4 - t3)) ms, restore $((t5 - t4)) ms"
is "$(al showdump file "$WORK/saved" | sort)" "$full" "showdump lists the file"
al restore file "$WORK/saved" && [ "$(table)" = "$full" ]
ok $? "restore of what is there already"
al flush && al save file "$WORK/empty" && al reset && al restore file "$WORK/empty"
is "$?,$(count)" 0,0 "restore of an empty table"

# ---- files ----------------------------------------------------------------------------------------

al reset
al add prefix 2001:db8::/32 dev lo label 8
al save file "$WORK/small"
al replace prefix 2001:db8::/32 dev lo label 9
now=$(table)
/usr/bin/python3 - "$WORK" <<'PY'
import struct, sys
dir = sys.argv[1]
data = open(dir + '/small', 'rb').read()
def at(offset, value):		# byte of the first message, which is behind the magic number
    return data[:4 + offset] + value + data[4 + offset + len(value):]
entry = struct.unpack_from('=I', data, 4)[0]
bad = [data[:n] for n in range(0, 4 + 2 * entry, 7) if n not in (4, 4 + entry, 4 + 2 * entry)]	# cut
bad += [data + data[4:4 + entry], data + b'\0\0\0\0', b'\0' + data[1:], data[4:]]
bad += [at(0, struct.pack('=I', n)) for n in (0, 15, 16, 27, 28, entry - 1, entry + 1, 1 << 20, 0x80000000, 0xffffffff)]
bad += [at(4, struct.pack('=H', t)) for t in (0, 3, 24, 73)]			# type
bad += [at(16, b'\x02'), at(17, b'\1'), at(18, b'\x81'), at(19, b'\1'), at(20, struct.pack('=I', 4711))]	# header
bad += [at(28, struct.pack('=H', n)) for n in (0, 3, 4, 19, 21, 0xffff)]		# length of an attribute
bad += [at(30, struct.pack('=H', t)) for t in (0, 2, 3, 0xffff)]			# its type
bad += [at(entry - 4, b'\xff\xff\xff\xff')]						# the label that none can have
for i, b in enumerate(bad):
    open('%s/bad.%d' % (dir, i), 'wb').write(b)
PY
wrong=0 tried=0
for file in "$WORK"/bad.*; do
	tried=$((tried + 1))
	if al restore file "$file" 2>"$OUT/bad.log"; then
		wrong=$((wrong + 1))
		diag "accepted: ${file##*/}"
	elif [ ! -s "$OUT/bad.log" ]; then
		wrong=$((wrong + 1))
		diag "refused without a word: ${file##*/}"
	fi
done
ge $tried 40 "damaged files"
is "$wrong,$(table)" "0,$now" "all are refused with a message, and change nothing"
[ "$(echo "addrlabel restore" | "$NEW" -batch - 2>&1 | grep -c 'name a file')" = 1 ]
ok $? "a batch has to name the file"
for command in "restore file $WORK/small" flush "reset rfc6724"; do
	# shellcheck disable=SC2086
	! setpriv --bounding-set=-all "$NEW" addrlabel $command 2>"$OUT/unprivileged" &&
		grep -q 'not permitted' "$OUT/unprivileged" && [ "$(table)" = "$now" ]
	ok $? "not without CAP_NET_ADMIN: ${command%% *}" || diag_file "$OUT/unprivileged"
done

# ---- the rest -------------------------------------------------------------------------------------

al reset
al add prefix 2001:db8::/32 label 7 && al replace prefix 2001:db8::/32 label 8 && al replace prefix 2001:db8::/32 dev lo label 9
is "$? $(al list prefix 2001:db8::/32 | sort | xargs)" "0 prefix 2001:db8::/32 dev lo label 9 prefix 2001:db8::/32 label 8" \
	"replace changes an entry, or adds it"
al replace prefix fc00::/7 label 13
is "$(al list prefix fc00::/7)" "prefix fc00::/7 label 13 " "replace of an entry between others leaves one"
is "$(al get 2001:db8::1),$(al get to 2001:db8::1 dev lo)" "prefix 2001:db8::/32 label 8 ,prefix 2001:db8::/32 dev lo label 9 " "get"
is "$("$NEW" -j addrlabel get 2001:db8::1 dev lo)" '[{"address":"2001:db8::","prefixlen":32,"ifname":"lo","label":9}]' "get in JSON"
is "$("$NEW" -j addrlabel list | jq length),$("$NEW" -j addrlabel showdump file "$WORK/small" | jq length)" 12,11 "lists in JSON"
"$NEW" -d -j addrlabel list | jq -e 'all(.seq > 0)' >/dev/null
ok $? "details: the sequence number"
al reset rfc6724
is "$(al list prefix fc00::/7)$(count)" "prefix fc00::/7 label 13 9" "reset to RFC 6724's table"
printf 'addrlabel %s\n' 'add prefix 2001:db8::/32 label 7' 'add prefix 2001:db8:1::/48 dev nodev7 label 7' 'get 2001:db8::1' \
	"save file $WORK/batch" 'flush label 7' "restore file $WORK/batch" 'list prefix 2001:db8::/32' reset 'list bogus' 'get 2001:db8::1' |
	"$NEW" -force -batch - >"$WORK/batch.out" 2>"$WORK/batch.err"
is "$(xargs <"$WORK/batch.out"),$(grep -c 'Command failed' "$WORK/batch.err")" \
	"prefix 2001:db8::/32 label 7 prefix 2001:db8::/32 label 7 prefix ::/0 label 1,2" "all of it in a batch; -force goes on after errors"

# ---- announcements --------------------------------------------------------------------------------

if [ $TABLES = 0 ]; then
	"$NEW" monitor addrlabel >"$OUT/monitor" 2>&1
	is "$?,$(cat "$OUT/monitor")" "1,Error: this kernel does not announce changes of address labels." "monitor says what the kernel lacks"
else
	start_bg monitor "$NEW" monitor addrlabel
	start_bg json "$NEW" -j monitor addrlabel dev lo
	start_bg all "$NEW" monitor all
	busywait 10 sh -c "$NEW addrlabel replace prefix 2001:db8:9::/48 dev lo label 1; grep -q db8:9 $OUT/monitor.log &&
		grep -q db8:9 $OUT/json.log && grep -q db8:9 $OUT/all.log"
	ok $? "three monitors see the same change" || diag_file "$OUT/monitor.log"
	al add prefix 2001:db8:a::/48 label 10
	al del prefix 2001:db8:a::/48 label 10
	al restore file "$WORK/small"
	busywait 5 grep -q 'table changed' "$OUT/monitor.log"
	ok $? "a restoration is one announcement"
	al del prefix 2001:db8::/32 dev lo
	busywait 5 sh -c "grep -q deleted $OUT/json.log"
	like "$(cat "$OUT/monitor.log")" 'prefix 2001:db8:a::/48 label 10 .*Deleted prefix 2001:db8:a::/48 label 10 .*table changed.*Deleted prefix 2001:db8::/32 dev lo' \
		"in the order of the changes"
	is "$(jq -c 'select(.address != "2001:db8:9::")' "$OUT/json.log")" '{"table_changed":true}
{"deleted":true,"address":"2001:db8::","prefixlen":32,"ifname":"lo","label":8}' "one device's, in JSON"
	like "$(cat "$OUT/all.log")" '\[ADDRLABEL\]Deleted prefix' "among all objects"
	stop_bg monitor; stop_bg json; stop_bg all

	# one table or the other, nothing between
	al reset
	al save file "$WORK/one"
	al flush
	labels 1 2000 100 >"$WORK/2000"
	"$NEW" -batch "$WORK/2000" && al add prefix ::/0 label 2 && al save file "$WORK/two"
	yes "addrlabel get 2001:db8:ffff::1" | head -n 30000 >"$WORK/gets"
	start_bg lookups "$NEW" -force -batch "$WORK/gets"
	swaps=0
	while bg_alive lookups && [ $swaps -lt 100 ]; do
		al restore file "$WORK/one" && al restore file "$WORK/two"
		swaps=$((swaps + 1))
	done
	wait_bg lookups
	is "$?,$(sort -u "$OUT/lookups.log" | xargs)" "0,prefix ::/0 label 1 prefix ::/0 label 2" \
		"30,000 lookups during $((2 * swaps)) replacements see one table or the other"
	ge $swaps 1 "replacements during the lookups"
fi
finish
