// SPDX-License-Identifier: GPL-2.0-or-later
/* State between runs; see state.h. */
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dhcp6_option.h"
#include "newfile.h"

#define SUFFIX	 ".dhcp6"
#define FILE_MAX (4 * DHCP6_ADDRSEL_MAX)

double state_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int state_lock(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	if (snprintf(path, sizeof(path), "%s/lock", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX))
		if (errno != EINTR) {
			int rc = -errno;

			close(fd);
			return rc;
		}
	return fd;
}

static int path_of(const char *dir, const char *dev, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s" SUFFIX, dir, dev) >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static double number_of(struct json_object *o, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_double(v) : 0;
}

int state_load(const char *dir, const char *dev, struct state_policy *out)
{
	struct json_object *o = NULL, *hex, *v;
	char path[PATH_MAX], *text;
	size_t len;
	int rc = path_of(dir, dev, path);

	*out = (struct state_policy){ .use_tempaddr = -1 };
	if (!rc)
		rc = file_read(path, FILE_MAX, &text, &len);
	if (rc)
		return rc;
	o = json_tokener_parse(text);
	free(text);
	if (!json_object_is_type(o, json_type_object) || strlen(dev) >= sizeof(out->dev)) {
		json_object_put(o);
		return -EBADMSG;
	}
	strcpy(out->dev, dev);
	out->expires = number_of(o, "expires");
	out->ask_again = number_of(o, "ask_again");
	if (json_object_object_get_ex(o, "use_tempaddr", &v))
		out->use_tempaddr = json_object_get_int(v);
	if (json_object_object_get_ex(o, "option", &hex) && json_object_is_type(hex, json_type_string)) {
		size_t cap = (size_t)json_object_get_string_len(hex) / 2 + 1;
		ssize_t n = -EINVAL;

		out->option = malloc(cap);
		if (out->option)
			n = dhcp6_hex_parse(json_object_get_string(hex), out->option, cap);
		if (n <= 0) {
			free(out->option);
			out->option = NULL;
			rc = -EBADMSG;
		}
		out->option_len = n > 0 ? (size_t)n : 0;
	}
	json_object_put(o);
	return rc;
}

int state_save(const char *dir, const struct state_policy *s)
{
	struct json_object *o = json_object_new_object();
	char path[PATH_MAX], *hex = malloc(s->option_len * 2 + 1);
	struct newfile f;
	const char *text;
	int rc = path_of(dir, s->dev, path);

	if (!o || !hex)
		rc = -ENOMEM;
	if (!rc && s->option) {
		for (size_t i = 0; i < s->option_len; i++)
			sprintf(hex + 2 * i, "%02x", s->option[i]);
		json_object_object_add(o, "option", json_object_new_string(hex));
	}
	if (!rc) {
		json_object_object_add(o, "expires", json_object_new_double(s->expires));
		json_object_object_add(o, "ask_again", json_object_new_double(s->ask_again));
		json_object_object_add(o, "use_tempaddr", json_object_new_int(s->use_tempaddr));
		text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
		rc = newfile_prepare(&f, path, text, strlen(text), 0644);
	}
	if (!rc) {
		rc = newfile_commit(&f);
		if (rc)
			newfile_abort(&f);
		else
			newfile_settle(&f);
	}
	free(hex);
	json_object_put(o);
	return rc;
}

int state_remove(const char *dir, const char *dev)
{
	char path[PATH_MAX];
	int rc = path_of(dir, dev, path);

	return rc ? rc : unlink(path) ? -errno : 0;
}

static int by_dev(const void *a, const void *b)
{
	return strcmp(((const struct state_policy *)a)->dev, ((const struct state_policy *)b)->dev);
}

int state_list(const char *dir, struct state_policy **list)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	*list = NULL;
	if (!d)
		return errno == ENOENT ? 0 : -errno;
	*list = calloc(STATE_FILES_MAX, sizeof(**list));
	while (*list && n < STATE_FILES_MAX && (e = readdir(d))) {
		size_t len = strlen(e->d_name), suffix = sizeof(SUFFIX) - 1;
		char dev[IFNAMSIZ];

		if (len <= suffix || len - suffix >= sizeof(dev) || strcmp(e->d_name + len - suffix, SUFFIX))
			continue;
		memcpy(dev, e->d_name, len - suffix);
		dev[len - suffix] = 0;
		if (!state_load(dir, dev, &(*list)[n]))
			n++;
	}
	closedir(d);
	if (!*list)
		return -ENOMEM;
	qsort(*list, (size_t)n, sizeof(**list), by_dev);
	return n;
}

void state_free(struct state_policy *list, int n)
{
	for (int i = 0; i < n; i++)
		free(list[i].option);
	free(list);
}
