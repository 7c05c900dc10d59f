# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What scenario scripts share: TAP output, waiting for a condition instead of sleeping, network
# namespaces, background programs, packet captures. Source it first:
#
#	. "$(dirname "$0")/../vm/lib.sh"
#
# and call finish last. Everything that was started or made through here is gone at the exit,
# whatever the reason of the exit. Times are in seconds and may have a fraction.

set -u

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)	# the repository
OUT=${OUT:-$(mktemp -d)}	# logs and captures of this scenario; the host keeps them
export TOP OUT

_tests=0 _failed=0 _finished=0
declare -A _pids=()		# by name: what start_bg started
_namespaces=()
exec {_nap_fd}<> <(:)		# something to read that never has data: a sleep without a fork

# ---- TAP ------------------------------------------------------------------------------------------

# ok STATUS DESCRIPTION: passes when STATUS is 0, so write: command; ok $? "what it shows"
ok()
{
	_tests=$((_tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $_tests - $2"
	else
		_failed=$((_failed + 1))
		echo "not ok $_tests - $2"
		return 1
	fi
}

# is GOT WANT DESCRIPTION
is()
{
	[ "$1" = "$2" ]
	ok $? "$3" || { diag "got '$1', expected '$2'"; return 1; }
}

# like GOT REGEX DESCRIPTION
like()
{
	[[ $1 =~ $2 ]]
	ok $? "$3" || { diag "got '$1', expected to match '$2'"; return 1; }
}

# le VALUE LIMIT DESCRIPTION: numbers, fractions allowed; a missing value fails
le()
{
	awk -v v="$1" -v l="$2" 'BEGIN { exit !(v ~ /^-?[0-9.]+$/ && v + 0 <= l + 0) }'
	ok $? "$3 ($1 <= $2)"
}

# ge VALUE LIMIT DESCRIPTION
ge()
{
	awk -v v="$1" -v l="$2" 'BEGIN { exit !(v ~ /^-?[0-9.]+$/ && v + 0 >= l + 0) }'
	ok $? "$3 ($1 >= $2)"
}

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# diag_file FILE [LINES]: its end, for a failure
diag_file() { tail -n "${2:-20}" "$1" 2>&1 | sed 's/^/# | /'; }

# skip DESCRIPTION REASON: one test that cannot be made here
skip()
{
	_tests=$((_tests + 1))
	echo "ok $_tests - $1 # SKIP $2"
}

# skip_all REASON: none of them can
skip_all()
{
	echo "1..0 # SKIP $1"
	_finished=1
	exit 4
}

# die MESSAGE: the scenario cannot go on, and that is a failure
die()
{
	ok 1 "$*"
	finish
}

finish()
{
	echo "1..$_tests"
	_finished=1
	[ $_failed = 0 ] && [ $_tests -gt 0 ]
	exit
}

# ---- waiting --------------------------------------------------------------------------------------

# nap SECONDS: a sleep that costs no process
nap() { read -rt "$1" -u "$_nap_fd" || :; }

# now_ms: milliseconds since the epoch
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# busywait SECONDS COMMAND...: until COMMAND succeeds; its last output is printed
busywait()
{
	local end=$((${EPOCHREALTIME/./} + $(awk -v s="$1" 'BEGIN { printf "%d", s * 1e6 }'))) out

	shift
	while :; do
		if out=$("$@" 2>&1); then
			[ -z "$out" ] || echo "$out"
			return 0
		fi
		if [ "${EPOCHREALTIME/./}" -ge $end ]; then
			[ -z "$out" ] || echo "$out"
			return 1
		fi
		nap 0.05
	done
}

# ---- kernel modules and namespaces ----------------------------------------------------------------

# need_modules NAME...: skips the scenario where the kernel has no such thing
need_modules()
{
	local module

	for module; do
		# everything is built in where there can be no modules
		[ ! -e /proc/modules ] || modprobe -q "$module" || skip_all "the kernel has no module $module"
	done
}

# ns_add NAME...: with loopback up
ns_add()
{
	local ns

	for ns; do
		ip netns add "$ns" || return 1
		_namespaces+=("$ns")
		ip -n "$ns" link set lo up
	done
}

# ns_del NAME...: and whatever runs in it
ns_del()
{
	local ns pids

	for ns; do
		pids=$(ip netns pids "$ns" 2>/dev/null)
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
		ip netns delete "$ns" 2>/dev/null
	done
}

# ns NAME COMMAND...: run it there
ns() { ip netns exec "$@"; }

# veth NS1 DEV1 NS2 DEV2: a cable between two namespaces, both ends up
veth()
{
	ip link add name "$2" netns "$1" type veth peer name "$4" netns "$3" &&
		ip -n "$1" link set "$2" up && ip -n "$3" link set "$4" up
}

# ---- background programs --------------------------------------------------------------------------

# start_bg NAME COMMAND...: output goes to $OUT/NAME.log
start_bg()
{
	local name=$1

	shift
	"$@" >"$OUT/$name.log" 2>&1 </dev/null &
	_pids[$name]=$!
}

# bg_pid NAME, bg_alive NAME
bg_pid() { echo "${_pids[$1]:-}"; }
bg_alive() { [ -n "${_pids[$1]:-}" ] && kill -0 "${_pids[$1]}" 2>/dev/null; }

# wait_bg NAME: until it ends by itself; its exit status
wait_bg()
{
	local pid=${_pids[$1]:-}

	unset "_pids[$1]"
	[ -n "$pid" ] && wait "$pid"
}

# stop_bg NAME [SIGNAL]: ends it (SIGKILL after 5 s) and returns its exit status
stop_bg()
{
	local pid=${_pids[$1]:-}

	[ -n "$pid" ] || return 0
	unset "_pids[$1]"
	kill -"${2:-TERM}" "$pid" 2>/dev/null
	busywait 5 _gone "$pid" || kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# a zombie is gone, too: only we can wait for it
_gone()
{
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ $stat == *') Z '* ]]
}

# capture NS DEV FILE [FILTER...]: tcpdump into $OUT/FILE.pcap, running when this returns.
# NS "-" is the namespace that we are in.
capture()
{
	local ns=$1 dev=$2 file=$3 where=()

	shift 3
	[ "$ns" = - ] || where=(ip netns exec "$ns")
	# -Z root: tcpdump's own user may not write into our directory; -s, -B: the default length leaves few places in
	# the kernel's ring, and a burst overruns it
	start_bg "$file.tcpdump" ${where[@]+"${where[@]}"} tcpdump -Z root -n -U --immediate-mode -s 1600 -B 8192 -i "$dev" \
		-w "$OUT/$file.pcap" "$@"
	busywait 10 grep -q 'listening on' "$OUT/$file.tcpdump.log" ||
		{ diag_file "$OUT/$file.tcpdump.log"; return 1; }
}

# capture_stop FILE: everything that it saw is in the file when this returns
capture_stop()
{
	# what has arrived at the socket a moment ago still has to be read by tcpdump
	nap 0.2
	stop_bg "$1.tcpdump" INT
}

# ---- the end --------------------------------------------------------------------------------------

_cleanup()
{
	local status=$? name

	# a child that a signal hits before it has become its command still has our traps
	[ "$BASHPID" = $$ ] || exit "$status"
	trap - EXIT INT TERM HUP
	if [ $_finished = 0 ]; then
		_tests=$((_tests + 1))
		echo "not ok $_tests - the script ended before its end (exit status $status)"
		status=1
	fi
	# "tests/vm/run --shell": look at the world before it goes
	if [ "${VM_HOLD:-0}" = 1 ] && [ -e /dev/ttyS1 ]; then
		echo "# held before the cleanup: 'ip netns', \$OUT = $OUT; exit goes on"
		bash -i </dev/ttyS1 >/dev/ttyS1 2>&1
	fi
	! declare -F cleanup >/dev/null || cleanup	# the scenario's own, if it has one
	for name in "${!_pids[@]}"; do kill "${_pids[$name]}" 2>/dev/null; done
	for name in "${!_pids[@]}"; do stop_bg "$name"; done
	ns_del ${_namespaces[@]+"${_namespaces[@]}"}
	exit "$status"
} 2>/dev/null

trap _cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
