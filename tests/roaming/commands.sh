# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The script's half of commands.h: programs that are told what to do line by line. After vm/lib.sh, with TOOL set.

# tool NAME NAMESPACE: a $TOOL there, that k talks to
declare -A to=() from=()
fifos=$(mktemp -d)
tool()
{
	local fd

	rm -f "$fifos/$1".*
	mkfifo "$fifos/$1.in" "$fifos/$1.out"
	ns "$2" "$TOOL" <"$fifos/$1.in" >"$fifos/$1.out" 2>"$OUT/$1.err" &
	_pids[$1]=$!
	disown $!
	exec {fd}>"$fifos/$1.in"
	to[$1]=$fd
	exec {fd}<"$fifos/$1.out"
	from[$1]=$fd
}

# k NAME COMMAND...: its answer is in $answer
k()
{
	local name=$1

	shift
	answer=
	echo "$*" >&"${to[$name]}"
	read -rt 20 answer <&"${from[$name]}" || answer="no answer to $*"
	echo "$name: $* -> $answer" >>"$OUT/commands"
}

# done_ NAME COMMAND...: and the answer must be that it worked
done_()
{
	k "$@"
	like "$answer" '^ok' "$*"
}
