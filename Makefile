# SPDX-License-Identifier: GPL-2.0-or-later
# Targets with a "##" comment are what `make help` shows.

TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
BUILD ?= $(TOP)/build
export BUILD
# -j from outside is passed on; without it use every processor
JOBS := $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# folders whose Makefile builds and installs programs
PROGRAMS := umip iproute2-addrlabel/addrsel

all: ## build mip6d, mip6ctl and addrselctl (default); SANITIZE=1, CC=clang, WERROR=1: see umip/Makefile
	@for dir in $(PROGRAMS); do $(MAKE) --no-print-directory $(JOBS) -C $$dir || exit 1; done

tools: ## build the programs that scenarios use (generators, probes)
	@for dir in $(filter-out %/unit %/fuzz,$(patsubst %/Makefile,%,$(wildcard tests/*/Makefile))); do \
		$(MAKE) --no-print-directory $(JOBS) -C $$dir || exit 1; \
	done

demo: ## a mobile node roams in a VM: a table and a plot (installs missing Debian packages, as root)
	@scripts/deps demo
	@$(MAKE) --no-print-directory all tools
	@tests/roaming/demo

check: ## all tests, about an hour on two processors (installs missing Debian packages, as root)
	@scripts/deps check kernel iproute2
	@tests/run

check-nightly: ## check and the longer suites
	@scripts/deps check kernel iproute2 demo
	@tests/run --nightly

check-pim: ## multicast through three routers with FRR's pim6d, which is built first; stock and patched kernel
	@scripts/deps pim
	@scripts/frr build >/dev/null
	@tests/vm/run --out $(BUILD)/vm-pim/stock tests/mroute/pim6d.sh
	@tests/vm/run --kernel lean --out $(BUILD)/vm-pim/patched tests/mroute/pim6d.sh

fuzz: ## fuzz until something crashes or Ctrl-C; TARGETS="fuzz_mh ..." for some targets only
	@scripts/deps --check check
	@$(MAKE) --no-print-directory -C tests/fuzz fuzz

vm-run: all tools ## run scenarios in the VM: SCENARIO="tests/vm/selftest.sh ...", VM_ARGS="--keep --env A=B"
	@[ -n "$(SCENARIO)" ] || { echo 'usage: make vm-run SCENARIO="tests/vm/selftest.sh ..."' >&2; exit 2; }
	@tests/vm/run $(VM_ARGS) $(SCENARIO)

vm-shell: ## a shell in the VM, with this repository; SCENARIO=... runs one first and stops before its cleanup
	@tests/vm/run --shell $(VM_ARGS) $(SCENARIO)

kernel: ## the patched kernel, small and with everything built in; the last line is the image's path
	@scripts/kernel build lean

kernel-debug: ## the same with lockdep, RCU checks, KASAN and kmemleak
	@scripts/kernel build debug

kernel-check: ## style, build and selftests of the kernel series, unpatched against patched
	@tests/kernel/check $(if $(NIGHTLY),--nightly)

soak: ## for 15 minutes on the debug kernel: labels and multicast routes change while packets flow
	@tests/kernel/check debug addrlabel_stress ip6mr_stress

kernel-deb: ## Debian packages of the patched kernel, with the distribution's configuration or CONFIG="cloud-amd64" or "FILE..."
	@scripts/kernel deb

kernel-export: ## the series as commits on the git tree TREE=
	@[ -n "$(TREE)" ] || { echo 'usage: make kernel-export TREE=/path/to/linux' >&2; exit 2; }
	@scripts/kernel export "$(TREE)"

kernel-refresh: ## carry the series to the newest linux-source-6.12, or say what no longer applies
	@scripts/kernel refresh

iproute2: ## ip of Debian 12's iproute2 with our series; the last line is its source tree, ip/ip is in it
	@scripts/iproute2 build

iproute2-check: ## style, build and behaviour of the iproute2 series, unpatched against patched
	@tests/iproute2/check

iproute2-deb: ## Debian packages of the patched iproute2
	@scripts/iproute2 deb

iproute2-export: ## the iproute2 series as commits on the git tree TREE=, which is made if it is not there
	@[ -n "$(TREE)" ] || { echo 'usage: make iproute2-export TREE=/path/to/iproute2' >&2; exit 2; }
	@scripts/iproute2 export "$(TREE)"

install: ## install under DESTDIR and PREFIX (/usr/local): programs, man pages, systemd unit, examples
	@for dir in $(PROGRAMS); do $(MAKE) --no-print-directory $(JOBS) -C $$dir install || exit 1; done

clean: ## remove what was built (not the downloaded kernel: rm -r /var/cache/mip6)
	@for dir in $(PROGRAMS); do $(MAKE) --no-print-directory -C $$dir clean || exit 1; done
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done

.PHONY: all tools demo check check-nightly check-pim fuzz vm-run vm-shell kernel kernel-debug kernel-check soak kernel-deb \
	kernel-export kernel-refresh iproute2 iproute2-check iproute2-deb iproute2-export install clean help
