# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds bootable kernels with everything built in. Sourced by scripts/kernel.
#
# The build directory is a folder of the source tree (obj-FLAVOUR): kbuild then calls the compiler with paths
# relative to the tree, and ccache finds in the stock tree's objects what the patched tree does not change. For the
# same reason the kernel's name is an argument of make and not a part of the configuration, which every file includes.

# fragments FLAVOUR: the configuration, the later line wins
fragments()
{
	echo "$TOP/Kconfig.snippet" "$TOP/tests/vm/vm.config" "$TOP/tests/kernel/lean.config"
	[ "$1" = lean ] || echo "$TOP/tests/kernel/$1.config"
}

# kmake TREE FLAVOUR NAME ARGUMENT...
kmake()
{
	local tree=$1 obj=$1/obj-$2 name=$3
	shift 3
	make -C "$tree" O="$obj" LOCALVERSION="-$name" CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

# configure TREE FLAVOUR NAME: leaves obj-FLAVOUR/.config, all of whose wishes are granted
configure()
{
	local obj=$1/obj-$2 name value

	mkdir -p "$obj"
	# shellcheck disable=SC2046
	sed -n '/^CONFIG_/p' $(fragments "$2") |
		awk -F= '{ line[$1] = $0 } END { for (n in line) print line[n] }' | sort >"$obj/want.new"
	[ -f "$obj/.config" ] && cmp -s "$obj/want.new" "$obj/want.config" && return
	if ! kmake "$1" "$2" "$3" -s KCONFIG_ALLCONFIG="$obj/want.new" allnoconfig >"$obj/config.log" 2>&1; then
		cat "$obj/config.log" >&2
		return 1
	fi
	while IFS='=' read -r name value; do
		# n is the same as absent
		if [ "$value" = n ]; then ! grep -q "^$name=" "$obj/.config"; else grep -qxF "$name=$value" "$obj/.config"; fi ||
			{ say "$3: $name=$value is not possible"; return 1; }
	done <"$obj/want.new"
	mv "$obj/want.new" "$obj/want.config"
}

# Prints a line now and then: how many objects, how long.
progress()
{
	awk -v name="$1" '
		/^  (CC|AS|LD|AR|HOSTCC) / {
			if (++n % 200 == 0) { printf "kernel: %s: %d objects\n", name, n > "/dev/stderr"; fflush() }
			next
		}
		/^  [A-Z0-9_]+ / || /^make/ { next }
		{ print > "/dev/stderr"; fflush() }'
}

build_one()
{
	local flavour=$1 tree=$PATCHED name image t0=$SECONDS status

	case $flavour in
	lean | debug)	name=mip6-$flavour ;;
	no-mip6)	name=$flavour ;;
	stock-lean | stock-debug)
			name=$flavour tree=$STOCK flavour=${flavour#stock-} ;;
	*)		die "no flavour '$flavour' (lean, stock-lean, debug, stock-debug, no-mip6)" ;;
	esac
	[ "$tree" = "$STOCK" ] || patched_tree || return 1
	configure "$tree" "$flavour" "$name" || return 1
	image=$tree/obj-$flavour/arch/x86/boot/bzImage
	say "building $name with $(nproc) processors"
	kmake "$tree" "$flavour" "$name" -j"$(nproc)" bzImage 2>&1 | progress "$name"
	status=${PIPESTATUS[0]}
	[ "$status" = 0 ] && [ -f "$image" ] || { say "$name: the build failed"; return 1; }
	say "Linux $(kmake "$tree" "$flavour" "$name" -s kernelrelease), $((SECONDS - t0)) s"
	echo "$image"
}

kernel_build()
{
	local flavour

	[ $# -gt 0 ] || die "build what? lean, stock-lean, debug, stock-debug, no-mip6"
	need
	lock
	base_tree || exit 1
	for flavour; do build_one "$flavour" || exit 1; done
}
