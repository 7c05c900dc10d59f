/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiled BPF programs as bytes of the daemon, so that nothing has to be found on disk. Assemble with -I of the
 * directory that has them.
 */
	.macro object name, file
	.globl \name\()_obj_start
	.globl \name\()_obj_end
	.balign 8
\name\()_obj_start:
	.incbin "\file"
\name\()_obj_end:
	.endm

	.section .rodata
	object guard, "guard.bpf.o"
	object peers, "peers.bpf.o"
	.section .note.GNU-stack, "", %progbits
