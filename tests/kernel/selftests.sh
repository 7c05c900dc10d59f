# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The series' selftests on two kernels of one configuration, unpatched and patched. kernel/tests.tsv says which of
# them show a defect of the unpatched kernel: these must fail there, with the symptom (exit status 1, never a skip),
# and pass on the patched one. The others must pass on both. Sourced by tests/kernel/check, which may set SELFTEST_KERNELS
# and SELFTEST_SHARE (other kernels; "I/N": each Nth of the tests, from the Ith on), and by debug.sh, which sets
# SELFTEST_KERNELS, SELFTEST_VM and SELFTEST_MORE: arguments of tests/vm/run, scenarios to run after the selftests.

SELFTESTS=$PATCHED/tools/testing/selftests/net
# A part of the whole does not stand in the way of another one that runs at the same time.
TAG=${SELFTEST_SHARE:+-${SELFTEST_SHARE%/*}}
STAGE=$OUT/selftests${SELFTEST_KERNELS:+-${SELFTEST_KERNELS%% *}}$TAG

# Our tests, their libraries and programs begin with one of these (mip6, ip6mr, ...): what is ahead of the first _ in
# the names of kernel/tests.tsv.
mapfile -t PREFIXES < <(awk -F'\t' '/^[^#]/ && $1 ~ /\.sh$/ { sub(/_.*/, "", $1); print $1 }' kernel/tests.tsv | sort -u)
OURS="^($(IFS='|'; echo "${PREFIXES[*]}"))[_.]"

# Like an installed kselftest: the scripts, their library, the programs they call, made by the kernel's own Makefile.
stage_selftests()
{
	local programs prefix

	rm -rf "$STAGE"
	mkdir -p "$STAGE/net" "$STAGE/kselftest" || return 1
	for prefix in "${PREFIXES[@]}"; do
		cp "$SELFTESTS/$prefix"* "$STAGE/net/" || return 1
	done
	cp "$SELFTESTS/lib.sh" "$STAGE/net/"
	cp "$SELFTESTS"/../kselftest/*.sh "$STAGE/kselftest/"
	mapfile -t programs < <(cd "$SELFTESTS" && printf '%s\n' *.c | grep -E "$OURS" | sed 's/\.c$//')
	make -s -C "$SELFTESTS" OUTPUT="$STAGE/net" CC=gcc CFLAGS="-O2 -Wall -Werror" \
		"${programs[@]/#/$STAGE/net/}" >"$STAGE.log" 2>&1
}

# run_selftests KERNEL IMAGE: results in $OUT/vm-KERNEL$TAG/NAME. Where a defect is to be shown, nothing is waited for longer
# than a second or two: most of it does not come.
run_selftests()
{
	local kernel=$1 image=$2 out=$OUT/vm-$1$TAG name stock sound=() broken=()

	while IFS=$'\t' read -r name stock _; do
		[[ " ${TESTS[*]} " = *" $name "* ]] || continue
		if [[ $kernel = stock-* ]] && [ "$stock" = fail ]; then
			broken+=("$STAGE/net/$name")
		else
			sound+=("$STAGE/net/$name")
		fi
	done <kernel/tests.tsv
	sound+=("${SELFTEST_MORE[@]}")

	rm -rf "$out"
	{
		[ ${#broken[@]} = 0 ] || tests/vm/run --kernel "$image" --out "$out" "${SELFTEST_VM[@]}" \
			--env MIP6_CHECK_SECONDS=1 "${broken[@]}"
		[ ${#sound[@]} = 0 ] || tests/vm/run --kernel "$image" --out "$out" "${SELFTEST_VM[@]}" "${sound[@]}"
	} >"$out.log" 2>&1
	echo "# $kernel: ${#TESTS[@]} tests, $(sed -n 's/^# \(Linux [^,]*\).*/\1/p' "$out.log" | head -n 1)"
}

# verdict KERNEL NAME fail|pass: "status passed failed skipped" of a test. Messages of the kernel are a failure of
# status 99, but not where a defect is to be shown: they may belong to it.
verdict()
{
	local dir=$OUT/vm-$1$TAG/$2 status

	status=$(cat "$dir/status" 2>/dev/null || echo 98)
	[ "$3" = fail ] || ! grep -q "^not ok [0-9]* - $2: kernel messages" "$OUT/vm-$1$TAG.log" || status=99
	awk -v status="$status" '
		/^ok .*# *SKIP/ { s++; next }
		/^ok / { p++ }
		/^not ok / { f++ }
		END { print status, p + 0, f + 0, s + 0 }' "$dir/log" 2>/dev/null || echo "$status 0 0 0"
}

# judge KERNEL NAME fail|pass: a point, and its cell of the matrix
judge()
{
	local kernel=$1 name=$2 wanted=$3 out=$OUT/vm-$1$TAG status p f s

	read -r status p f s < <(verdict "$kernel" "$name" "$wanted")
	cell="$p passed${f:+, $f failed}"
	[ "$s" = 0 ] || cell+=", $s skipped"
	if [ "$wanted" = fail ]; then
		[ "$status" = 1 ] && [ "$f" -gt 0 ]
		expect $? "$kernel: $name shows the defect ($cell)"
		# the symptom, for who reads this
		grep '^not ok' "$out/$name/log" 2>/dev/null | head -n 3 | sed 's/^/#   /'
	else
		[ "$status" = 0 ] && [ "$p" -gt 0 ]
		expect $? "$kernel: $name passes ($cell)" || {
			[ -f "$out/$name/log" ] || quote "$out.log"
			grep -A 4 '^not ok' "$out/$name/log" 2>/dev/null | head -n 30 | sed 's/^/#   /'
			grep -A 3 "^not ok.*$name" "$out.log" | sed 's/^/#   /'
		}
	fi
	matrix+=("$(printf '%-24s %-12s %-28s %s' "$name" "$kernel" "$cell" \
		"$(sed -n "s/^# $name: \([0-9.]* s\)$/\1/p" "$out.log" | tail -n 1)")")
	sed -n "s/^# $name: known report: /#   the unpatched kernel says too: /p" "$out.log"
}

if ! stage_selftests; then
	point 'not ok' "the selftests' programs compile"
	quote "$STAGE.log"
	return 0
fi
mapfile -t TESTS < <(awk -F'\t' '/^[^#]/ && $1 ~ /\.sh$/ { print $1 }' kernel/tests.tsv)
diff <(printf '%s\n' "${TESTS[@]}" | sort) <(sed -n 's/^TEST_PROGS *+= *//p' "$SELFTESTS/Makefile" | tr ' ' '\n' | grep -E "$OURS" | sort) >"$STAGE.diff"
expect $? "kernel/tests.tsv names the selftests of the series" || quote "$STAGE.diff"

# TEST... of the command line
if [ ${#ONLY[@]} -gt 0 ]; then
	for name in "${ONLY[@]}"; do
		[[ " ${TESTS[*]} " = *" $name "* ]] || { point 'not ok' "kernel/tests.tsv has no $name"; return 0; }
	done
	TESTS=("${ONLY[@]}")
fi
if [ -n "${SELFTEST_SHARE:-}" ]; then
	share=()
	for ((i = ${SELFTEST_SHARE%/*} - 1; i < ${#TESTS[@]}; i += ${SELFTEST_SHARE#*/})); do share+=("${TESTS[i]}"); done
	TESTS=("${share[@]}")
fi

matrix=()
[ -v SELFTEST_VM ] || SELFTEST_VM=()
[ -v SELFTEST_MORE ] || SELFTEST_MORE=()
KERNELS=(${SELFTEST_KERNELS:-stock-lean lean})
mapfile -t IMAGES < <(scripts/kernel build "${KERNELS[@]}")
[ ${#IMAGES[@]} = ${#KERNELS[@]} ]
expect $? "these build: ${KERNELS[*]}" || return 0
# a VM has one processor; who has two gets both kernels' results in the time of one
for i in "${!KERNELS[@]}"; do
	run_selftests "${KERNELS[i]}" "${IMAGES[i]}" &
	[ "$(nproc)" -gt 1 ] || wait
done
wait
for kernel in "${KERNELS[@]}"; do
	while IFS=$'\t' read -r name stock _; do
		[[ " ${TESTS[*]} " = *" $name "* ]] || continue
		[[ $kernel = stock-* ]] || stock=pass
		judge "$kernel" "${name%.sh}" "$stock"
	done <kernel/tests.tsv
	for name in "${SELFTEST_MORE[@]}"; do judge "$kernel" "$(basename "$name" .sh)" pass; done
done
printf '%s\n' "${matrix[@]}" | sort -s -k1,1 | sed 's/^/# /'
