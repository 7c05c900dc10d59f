// SPDX-License-Identifier: GPL-2.0-or-later
/* Replacing files; see newfile.h. */
#include "newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define LABEL "security.selinux"

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * glibc compares modification times, and the clock of the file system goes in steps of some milliseconds: two changes in
 * one step would have one time. So the time is set by us, and never the old file's.
 */
static int stamp(int fd, const struct stat *old)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT } };

	clock_gettime(CLOCK_REALTIME, &t[1]);
	if (old && old->st_mtim.tv_sec == t[1].tv_sec && old->st_mtim.tv_nsec == t[1].tv_nsec)
		t[1].tv_nsec = (t[1].tv_nsec + 1) % 1000000000;
	return futimens(fd, t) ? -errno : 0;
}

static int fill(int fd, const struct newfile *f, const char *data, size_t len, mode_t mode)
{
	char label[256];
	struct stat old;
	ssize_t n;
	bool there = !stat(f->path, &old);
	int rc;

	if (there && !S_ISREG(old.st_mode))
		return -EINVAL;
	rc = write_all(fd, data, len);
	if (!rc && there && fchown(fd, old.st_uid, old.st_gid) && geteuid() == 0)
		rc = -errno;
	if (!rc && fchmod(fd, there ? old.st_mode & 07777 : mode))
		rc = -errno;
	n = there ? getxattr(f->path, LABEL, label, sizeof(label)) : -1;
	if (!rc && n > 0 && fsetxattr(fd, LABEL, label, (size_t)n, 0))
		rc = -errno;
	if (!rc)
		rc = stamp(fd, there ? &old : NULL);
	if (!rc && fsync(fd))
		rc = -errno;
	return rc;
}

static void release(struct newfile *f)
{
	if (f->old_fd >= 0)
		close(f->old_fd);
	free(f->path);
	free(f->tmp);
	*f = (struct newfile){ .old_fd = -1 };
}

int newfile_prepare(struct newfile *f, const char *path, const char *data, size_t len, mode_t mode)
{
	int fd, rc = -ENOMEM;

	*f = (struct newfile){ .path = realpath(path, NULL), .old_fd = -1 };
	if (!f->path && errno != ENOENT)
		return -errno;
	if (!f->path)
		f->path = strdup(path);
	/* there is one writer at a time (state.h), so what has this name is of one that died */
	if (!f->path || asprintf(&f->tmp, "%s.addrsel-new", f->path) < 0) {
		f->tmp = NULL;
		goto fail;
	}
	if (unlink(f->tmp) && errno != ENOENT) {
		rc = -errno;
		goto fail;
	}
	fd = open(f->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		rc = -errno;
		goto fail;
	}
	rc = fill(fd, f, data, len, mode);
	if (close(fd) && !rc)
		rc = -errno;
	f->old_fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (!rc)
		return 0;
	unlink(f->tmp);
fail:
	release(f);
	return rc;
}

int newfile_keep_old(const struct newfile *f, char **name)
{
	for (int i = 0; i < 1000; i++) {
		int n = i ? asprintf(name, "%s.addrsel-saved.%d", f->path, i) :
			    asprintf(name, "%s.addrsel-saved", f->path);

		if (n < 0)
			return -ENOMEM;
		/* the rename leaves this other name of the old file alone */
		if (!link(f->path, *name))
			return 0;
		free(*name);
		*name = NULL;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int newfile_commit(struct newfile *f)
{
	return rename(f->tmp, f->path) ? -errno : 0;
}

int newfile_settle(struct newfile *f)
{
	int fd = open(dirname(f->path), O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	release(f);
	return rc;
}

void newfile_abort(struct newfile *f)
{
	if (f->tmp)
		unlink(f->tmp);
	release(f);
}

int file_read(const char *path, size_t max, char **data, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	size_t n = 0, cap = 0;
	char *buf = NULL;

	*data = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t got;

		if (n + 1 >= cap) {
			char *more = realloc(buf, cap = cap ? cap * 2 : 8192);

			if (!more) {
				rc = -ENOMEM;
				break;
			}
			buf = more;
		}
		got = read(fd, buf + n, cap - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = -errno;
		if (got <= 0)
			break;
		n += (size_t)got;
		if (n > max) {
			rc = -EFBIG;
			break;
		}
	}
	close(fd);
	if (rc) {
		free(buf);
		return rc;
	}
	buf[n] = 0;
	*data = buf;
	*len = n;
	return 0;
}
