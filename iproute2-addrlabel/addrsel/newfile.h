/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file's new content by rename(2): readers see the old or the new file, never a part. The content is on the disk before
 * the rename, which is then all that is left to do.
 */
#ifndef ADDRSEL_NEWFILE_H
#define ADDRSEL_NEWFILE_H

#include <stddef.h>
#include <sys/types.h>

struct newfile {
	char *path; /* what a symbolic link points to */
	char *tmp; /* in the same folder */
	int old_fd; /* the old file is held: else rename(2) would also free its blocks, which takes milliseconds; -1: none */
};

/*
 * Writes the new content beside path. It gets the old file's mode, owner and security label (mode if there is none), and
 * a modification time that the old one has not. 0 or -errno.
 */
int newfile_prepare(struct newfile *f, const char *path, const char *data, size_t len, mode_t mode);
/* Keeps the old file under a name of its own: PATH.addrsel-saved, or with .1, .2, ... 0 or -errno; *name is malloc'ed. */
int newfile_keep_old(const struct newfile *f, char **name);
/* 0 or -errno; frees. newfile_commit is the rename alone; newfile_settle makes it last. */
int newfile_commit(struct newfile *f);
int newfile_settle(struct newfile *f);
/* Forgets it; nothing has happened to path. */
void newfile_abort(struct newfile *f);

/* A whole file of at most max bytes; *data is malloc'ed and ends with a 0 that len does not count. 0, -ENOENT, -EFBIG, ... */
int file_read(const char *path, size_t max, char **data, size_t *len);

#endif
