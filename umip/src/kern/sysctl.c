// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sysctls and their old values. The state file has one `path value` a line, oldest first; it is written anew before
 * each change, so that at no moment a changed sysctl is not in it.
 */
#include "kern/sysctl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT	   "/proc/sys/"
#define VALUE_MAX  256
#define STATE_FILE "sysctl"

struct saved {
	char *path, *value;
};

static struct saved *saved;
static unsigned int n_saved;
static char state_path[PATH_MAX], state_dir[PATH_MAX];

/*
 * Below net/ only; no component is empty, "." or ".."; no character that would break the state file. Interface names
 * may have dots.
 */
static bool path_ok(const char *path)
{
	const char *part = path;

	if (strncmp(path, "net/", 4) || strlen(path) > 200)
		return false;
	for (const char *c = path;; c++) {
		if (*c && *c != '/') {
			if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
				return false;
			continue;
		}
		if (c == part || (c - part == 1 && part[0] == '.') ||
		    (c - part == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (!*c)
			return true;
		part = c + 1;
	}
}

static int read_value(const char *path, char value[VALUE_MAX])
{
	char file[PATH_MAX];
	ssize_t n;
	int fd;

	if (!path_ok(path))
		return -EINVAL;
	snprintf(file, sizeof(file), ROOT "%s", path);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, value, VALUE_MAX - 1);
	close(fd);
	if (n < 0)
		return -errno;
	while (n && isspace((unsigned char)value[n - 1]))
		n--;
	value[n] = '\0';
	return 0;
}

int kern_sysctl_put(const char *path, const char *value)
{
	size_t len = strlen(value);
	char file[PATH_MAX];
	int fd, err = 0;

	if (!path_ok(path))
		return -EINVAL;
	snprintf(file, sizeof(file), ROOT "%s", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, len) != (ssize_t)len)
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

/* ---- the table and its file ---- */

static struct saved *find(const char *path)
{
	for (unsigned int i = 0; i < n_saved; i++)
		if (!strcmp(saved[i].path, path))
			return &saved[i];
	return NULL;
}

static int remember(const char *path, const char *value)
{
	struct saved *more = realloc(saved, (n_saved + 1) * sizeof(*saved));

	if (!more)
		return -ENOMEM;
	saved = more;
	saved[n_saved].path = strdup(path);
	saved[n_saved].value = strdup(value);
	if (!saved[n_saved].path || !saved[n_saved].value) {
		free(saved[n_saved].path);
		free(saved[n_saved].value);
		return -ENOMEM;
	}
	n_saved++;
	return 0;
}

static void forget(struct saved *s)
{
	free(s->path);
	free(s->value);
	n_saved--;
	memmove(s, s + 1, (size_t)(saved + n_saved - s) * sizeof(*s));
}

/* Atomic: a reader finds the old file or the new one. */
static int save(void)
{
	char tmp[PATH_MAX + 8];
	int fd, dir, err = 0;
	FILE *f;

	if (!state_path[0])
		return 0;
	snprintf(tmp, sizeof(tmp), "%s.tmp", state_path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	f = fdopen(fd, "w");
	if (!f) {
		err = -errno;
		close(fd);
		return err;
	}
	for (unsigned int i = 0; i < n_saved; i++)
		fprintf(f, "%s %s\n", saved[i].path, saved[i].value);
	if (fflush(f) || ferror(f) || fsync(fd))
		err = -(errno ? errno : EIO);
	fclose(f);
	if (!err && rename(tmp, state_path) < 0)
		err = -errno;
	if (err) {
		unlink(tmp);
		return err;
	}
	dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		fsync(dir);
		close(dir);
	}
	return 0;
}

static int load(void)
{
	FILE *f = fopen(state_path, "re");
	char line[600];
	int err = 0;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!err && fgets(line, sizeof(line), f)) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		value[strcspn(value, "\n")] = '\0';
		if (path_ok(line) && !find(line))
			err = remember(line, value);
	}
	fclose(f);
	return err;
}

int kern_sysctl_open(const char *dir)
{
	if (strlen(dir) + sizeof(STATE_FILE) + 1 > sizeof(state_path))
		return -ENAMETOOLONG;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	snprintf(state_dir, sizeof(state_dir), "%s", dir);
	snprintf(state_path, sizeof(state_path), "%.*s/" STATE_FILE, (int)(sizeof(state_path) - sizeof(STATE_FILE) - 1),
		 dir);
	return load();
}

int kern_sysctl_set(const char *path, const char *value)
{
	char old[VALUE_MAX];
	int err = read_value(path, old);

	if (err || !strcmp(old, value))
		return err;
	if (!find(path)) {
		err = remember(path, old);
		if (!err)
			err = save();
		if (err)
			return err;
	}
	return kern_sysctl_put(path, value);
}

int kern_sysctl_get(const char *path, long *value)
{
	char text[VALUE_MAX], *end;
	int err = read_value(path, text);
	long v;

	if (err)
		return err;
	errno = 0;
	v = strtol(text, &end, 10);
	if (end == text || *end || errno)
		return -EINVAL;
	*value = v;
	return 0;
}

void kern_sysctl_leave(void)
{
	while (n_saved)
		forget(&saved[n_saved - 1]);
	free(saved);
	saved = NULL;
	state_path[0] = '\0';
}

void kern_sysctl_close(void)
{
	for (unsigned int i = n_saved; i--;)
		kern_sysctl_put(saved[i].path, saved[i].value);
	if (state_path[0])
		unlink(state_path);
	kern_sysctl_leave();
}
