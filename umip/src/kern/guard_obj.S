/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiled guard program as bytes of the daemon, so that nothing has to be found on disk. Assemble with -I of the
 * directory that has guard.bpf.o.
 */
	.section .rodata
	.globl guard_obj_start
	.globl guard_obj_end
	.balign 8
guard_obj_start:
	.incbin "guard.bpf.o"
guard_obj_end:
	.section .note.GNU-stack, "", %progbits
