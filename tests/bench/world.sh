# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The world of the load scenarios, sourced after ../vm/lib.sh:
#
#	dup --- br (home link) --- ha --- core --- gen
#
# gen holds the mobile nodes of build/bench/mngen (make -C tests/bench), core the correspondent and the route to the care-of addresses, dup the
# hosts that already use a home address. mip6d runs in ha.

BUILD=${BUILD:-$TOP/build}
MNGEN=$BUILD/bench/mngen
MIP6D=${MIP6D:-$TOP/umip/mip6d}
MIP6CTL=${MIP6CTL:-$TOP/umip/mip6ctl}

# shellcheck disable=SC2034
{
HA=2001:db8:1::1
CN=2001:db8:cc::1
HOA=2001:db8:1::a000:0		# + i
COA=2001:db8:c1::1:0 COA2=2001:db8:c2::1:0
RTPROTO=62			# of every route that mip6d makes
}

bench_need()
{
	[ -x "$MNGEN" ] || die "no $MNGEN: make -C tests/bench"
	if ! [ -x "$MIP6D" ] || ! [ -x "$MIP6CTL" ]; then
		die "no $MIP6D or $MIP6CTL: make"
	fi
	need_modules ip6_tunnel mip6 xfrm_user veth bridge
}

bench_world()
{
	local ns

	bench_need
	ns_add ha core gen dup
	ip -n dup link add br0 type bridge
	ip -n dup link set br0 up
	veth ha home0 dup port0
	ip -n dup link set port0 master br0
	veth ha core0 core ha0
	veth core gen0 gen core0
	for ns in ha core gen dup; do
		ns $ns sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	done
	for ns in ha core; do
		ns $ns sysctl -qw net.ipv6.conf.all.forwarding=1
	done
	ip -n ha -6 address add $HA/64 dev home0 nodad
	ip -n ha -6 address add 2001:db8:e::2/64 dev core0 nodad
	ip -n ha -6 route add default via 2001:db8:e::1
	ip -n core -6 address add 2001:db8:e::1/64 dev ha0 nodad
	ip -n core -6 address add 2001:db8:f::1/64 dev gen0 nodad
	ip -n core -6 address add $CN/128 dev lo
	ip -n core -6 route add 2001:db8:1::/64 via 2001:db8:e::2
	ip -n core -6 route add 2001:db8:c0::/44 via 2001:db8:f::2
	ip -n gen -6 address add 2001:db8:f::2/64 dev core0 nodad
	ip -n gen -6 route add default via 2001:db8:f::1
	# answers are read from a packet socket: the stack has nothing to do with them
	ip -n gen -6 route add blackhole 2001:db8:c0::/44
	busywait 10 ns gen ping -c 1 -W 1 $HA >"$OUT/ping.log" || die "gen does not reach the home agent"
}

# duplicate I...: hosts on the home link that use the home address number I
duplicate()
{
	local i

	for i; do ip -n dup -6 address add "2001:db8:1::a000:$(printf %x "$i")/64" dev br0 nodad; done
}

# ---- the daemon -----------------------------------------------------------------------------------

NODE=ha # the namespace of the daemon

# mip6d_start [LINE...]: a home agent; the lines are added to the configuration
# shellcheck disable=SC2120
mip6d_start()
{
	cat >"$OUT/mip6d.conf" <<-END
	NodeConfig HA;
	DebugLevel ${DEBUG:-0};
	UseMnHaIPsec disabled;
	DefaultBindingAclPolicy allow;
	Interface "home0";
	END
	mip6d_run "$@"
}

# mip6d_run [LINE...]: with what is in $OUT/mip6d.conf and these lines, in the namespace $NODE
mip6d_run()
{
	[ $# = 0 ] || printf '%s\n' "$@" >>"$OUT/mip6d.conf"
	start_bg mip6d ip netns exec $NODE "$MIP6D" -c "$OUT/mip6d.conf"
	PID=$(bg_pid mip6d)
	busywait 20 ctl status >"$OUT/status" && bg_alive mip6d && return
	diag_file "$OUT/mip6d.log"
	return 1
}

ctl() { ns $NODE "$MIP6CTL" --json "$@"; }

# counter NAME: a counter
counter() { ctl stats | jq -r ".$1"; }

# bindings: what must not change by itself, sorted
bindings() { ctl bc | jq -S '[.[] | { home_address, care_of_address, sequence, flags, lifetime_s, state }] | sort_by(.home_address)'; }
n_bindings() { ctl bc | jq length; }

n_routes() { ip -n ha -6 route show table all proto $RTPROTO | grep -c encap; }
n_proxies() { ip -n ha -6 neigh show proxy | grep -c 2001:db8:1::; }
n_threads() { find "/proc/$PID/task" -mindepth 1 -maxdepth 1 | wc -l; }
n_links() { ip -n ha -o link show | wc -l; }

# ---- the generator --------------------------------------------------------------------------------

# gen_start NAME OPTION...: a generator that waits for commands
gen_start()
{
	local name=$1

	shift
	# not in $OUT, which is copied to a file system without pipes
	mkfifo "/tmp/mngen.$name"
	# shellcheck disable=SC2016
	start_bg "$name" bash -c 'exec "$@" <"$0"' "/tmp/mngen.$name" ip netns exec gen "$MNGEN" --interface core0 --ha $HA --cn $CN "$@" -
	eval "exec {_fd_$name}>/tmp/mngen.$name"
}

# gen_tell NAME COMMAND, gen_report NAME [SECONDS]: the next line of its report goes to $line
declare -A _seen=()
gen_tell()
{
	local -n fd=_fd_$1

	_seen[$1]=$(grep -c ^phase= "$OUT/$1.log")
	echo "$2" >&"$fd"
}

_reported() { [ "$(grep -c ^phase= "$OUT/$1.log")" -gt "${_seen[$1]}" ]; }

gen_report()
{
	busywait "${2:-120}" _reported "$1" || { diag "$1 is silent"; diag_file "$OUT/$1.log"; line=; return 1; }
	line=$(grep ^phase= "$OUT/$1.log" | tail -n 1)
	diag "$line" | fold -w 150 | sed '2,$s/^/#   /'
}

# gen_do NAME COMMAND [SECONDS]
gen_do()
{
	gen_tell "$1" "$2"
	gen_report "$1" "${3:-120}"
}

gen_stop()
{
	local -n fd=_fd_$1

	# the end of the file is not enough: a generator started later has our end of the pipe, too
	echo quit >&"$fd"
	exec {fd}>&-
	rm -f "/tmp/mngen.$1"
	wait_bg "$1"
}

# val KEY: of the last report; 0 if it is not there
val()
{
	[[ " $line " =~ " $1="([^ ]*) ]] && echo "${BASH_REMATCH[1]}" || echo 0
}
