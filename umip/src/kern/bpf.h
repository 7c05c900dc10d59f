/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the modules inside kern that have a BPF program on a device: libbpf with its words kept, and the filters of a device's two
 * directions.
 */
#ifndef KERN_BPF_H
#define KERN_BPF_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Between these two calls libbpf is silent. The end gives its first warning since the begin or the last try to attach, one line, or "":
 * it names the reason where the error code says EINVAL.
 */
void kern_bpf_begin(void);
const char *kern_bpf_end(void);

/* Opened, not yet loaded. NULL with errno. */
struct bpf_object *kern_bpf_open(const char *name, const char *start, const char *end);
/* The program is the filter of that direction of the device from now on. 0 or -errno. */
int kern_bpf_attach(int ifindex, bool egress, const struct bpf_program *prog);
/* Both directions, with the clsact queueing discipline. */
void kern_bpf_detach(int ifindex);
/*
 * The same for an interface that is not ours: other filters stay, and come before it. made, if not NULL: whether it had no clsact queueing
 * discipline before, which the second function takes away again then. Not having been there is no error.
 */
int kern_bpf_attach_beside(int ifindex, bool egress, const struct bpf_program *prog, bool *made);
void kern_bpf_detach_beside(int ifindex, bool made);
/*
 * Takes such filters from all interfaces but these n: those whose programs' names begin like that, which a daemon that was killed has left.
 * The queueing discipline stays, since nobody knows any more whose it is.
 */
void kern_bpf_sweep_beside(const char *name, const int *but, unsigned int n);

#endif
