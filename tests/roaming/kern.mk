# SPDX-License-Identifier: GPL-2.0-or-later
# For the Makefiles of programs that exercise umip/src/kern: the daemon's own objects, as the plain build makes them; by their sources,
# since what an older tree left is there too.

WARN := -std=gnu11 -Wall -Wextra -Wshadow
SRC := $(TOP)/umip/src
KERN_SRCS := $(filter-out %.bpf.c,$(wildcard $(SRC)/kern/*.c $(SRC)/kern/*.S $(SRC)/wire/*.c)) $(SRC)/core/log.c
KERN_OBJS := $(patsubst $(SRC)/%,$(BUILD)/umip/%.o,$(basename $(KERN_SRCS)))
KERN_PKGS := libnl-3.0 json-c libbpf
# what talks with a script
COMMANDS := $(TOP)/tests/roaming/commands.c $(TOP)/tests/roaming/commands.h

# the recipe of a program from the sources among its prerequisites
link_with_kern = $(CC) -D_GNU_SOURCE -I$(SRC) $(CPPFLAGS) $(CFLAGS) $(WARN) $$($(PKG_CONFIG) --cflags $(KERN_PKGS)) -o $@ \
	$(filter %.c,$^) $(KERN_OBJS) $$($(PKG_CONFIG) --libs $(KERN_PKGS)) -lev

daemon:
	@$(MAKE) --no-print-directory -C $(TOP)/umip

.PHONY: daemon
