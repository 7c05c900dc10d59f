// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One table, a row a binding. Times are kept twice: by the monotonic clock, which is right as long as the machine does not start anew, and by the
 * wall clock for when it does; the kernel's boot id tells which to read.
 *
 * A commit carries all bindings of a turn of the work queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/addr.h"
#include "core/clock.h"
#include "ha/ha_store_impl.h"

#define PREFIX_LEN   17 /* bytes of one: its length, its address */
#define LIFETIME_MAX 262140

static double utc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- open ---- */

static void read_boot_id(char id[BOOT_ID_LEN + 1])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, BOOT_ID_LEN);

	id[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

struct ha_store *ha_store_open(const char *path, char *err, size_t err_len)
{
	struct ha_store *s = calloc(1, sizeof(*s));

	if (!s || !(s->path = strdup(path))) {
		free(s);
		snprintf(err, err_len, "%s", strerror(ENOMEM));
		return NULL;
	}
	read_boot_id(s->boot);
	if (ha_store_open_file(s, err, err_len)) {
		ha_store_close(s);
		return NULL;
	}
	return s;
}

void ha_store_close(struct ha_store *s)
{
	if (!s)
		return;
	ha_store_close_file(s);
	free(s->path);
	free(s);
}

/* ---- read ---- */

static bool get_addr(sqlite3_stmt *q, int column, struct in6_addr *a)
{
	if (sqlite3_column_type(q, column) != SQLITE_BLOB || sqlite3_column_bytes(q, column) != sizeof(*a))
		return false;
	memcpy(a, sqlite3_column_blob(q, column), sizeof(*a));
	return addr_routable(a);
}

static bool get_number(sqlite3_stmt *q, int column, int64_t most, int64_t *n)
{
	*n = sqlite3_column_int64(q, column);
	return sqlite3_column_type(q, column) == SQLITE_INTEGER && *n >= 0 && *n <= most;
}

static bool get_prefixes(sqlite3_stmt *q, int column, struct bc_mnps *out)
{
	const uint8_t *at = sqlite3_column_blob(q, column);
	int len = sqlite3_column_bytes(q, column);

	if (sqlite3_column_type(q, column) != SQLITE_BLOB || len % PREFIX_LEN || len / PREFIX_LEN > MH_MAX_MNP)
		return false;
	for (; len; len -= PREFIX_LEN, at += PREFIX_LEN) {
		struct mh_prefix *p = &out->at[out->n++];

		p->len = at[0];
		memcpy(&p->addr, at + 1, sizeof(p->addr));
		if (p->len > 128)
			return false;
	}
	return true;
}

static bool get_row(const struct ha_store *s, sqlite3_stmt *q, struct ha_stored *r)
{
	const char *boot = (const char *)sqlite3_column_text(q, 6);
	int64_t flags, seq, lifetime;
	double now = clock_now(), shift;

	memset(r, 0, sizeof(*r));
	if (!get_addr(q, 0, &r->hoa) || !get_addr(q, 1, &r->coa) || !get_addr(q, 2, &r->ha) || !boot ||
	    !get_number(q, 3, UINT8_MAX, &flags) || !get_number(q, 4, UINT16_MAX, &seq) ||
	    !get_number(q, 5, LIFETIME_MAX, &lifetime) || !get_prefixes(q, 11, &r->mnps))
		return false;
	for (int i = 7; i < 11; i++)
		if (sqlite3_column_type(q, i) != SQLITE_FLOAT || !isfinite(sqlite3_column_double(q, i)))
			return false;
	r->flags = (uint8_t)flags;
	r->seq = (uint16_t)seq;
	r->lifetime = (uint32_t)lifetime;
	r->same_boot = s->boot[0] && !strcmp(boot, s->boot);
	shift = r->same_boot ? 0 : now - utc_now();
	r->registered = sqlite3_column_double(q, r->same_boot ? 7 : 9) + shift;
	r->expires = sqlite3_column_double(q, r->same_boot ? 8 : 10) + shift;
	/* A wall clock that went back would make a binding outlive what was granted. */
	if (r->expires > now + r->lifetime)
		r->expires = now + r->lifetime;
	return true;
}

/* 0, -ENOMEM, -EIO; -EBADMSG with the reason in s->error. */
static int read_rows(struct ha_store *s, struct ha_stored **rows, unsigned int *n)
{
	sqlite3_stmt *q = s->stmt[SQL_LOAD];
	unsigned int cap = 0;
	int rc, err = 0;

	while (!err && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		if (*n == cap) {
			struct ha_stored *more = realloc(*rows, sizeof(**rows) * (cap ? cap * 2 : 64));

			if (!more) {
				err = -ENOMEM;
				break;
			}
			*rows = more;
			cap = cap ? cap * 2 : 64;
		}
		if (!get_row(s, q, &(*rows)[*n])) {
			snprintf(s->error, sizeof(s->error), "row %u makes no sense", *n + 1);
			err = -EBADMSG;
			break;
		}
		++*n;
	}
	if (!err && rc != SQLITE_DONE)
		err = ha_store_what_is_wrong(s) == FOREIGN ? -EBADMSG : -EIO;
	sqlite3_reset(q);
	if (err) {
		free(*rows);
		*rows = NULL;
		*n = 0;
	}
	return err;
}

int ha_store_load(struct ha_store *s, struct ha_stored **rows, unsigned int *n, char *err, size_t err_len)
{
	int rc;

	*rows = NULL;
	*n = 0;
	rc = read_rows(s, rows, n);
	if (!rc)
		return 0;
	if (rc == -EBADMSG)
		rc = ha_store_set_aside(s);
	if (rc)
		return ha_store_say(s, strerror(-rc), err, err_len);
	return ha_store_open_file(s, err, err_len);
}

void ha_store_load_sequences(struct ha_store *s, void (*fn)(const struct in6_addr *hoa, uint16_t seq, void *arg), void *arg)
{
	sqlite3_stmt *q = s->stmt[SQL_LOAD_SEQ];
	struct in6_addr hoa;
	int64_t seq;

	while (q && sqlite3_step(q) == SQLITE_ROW)
		if (get_addr(q, 0, &hoa) && get_number(q, 1, UINT16_MAX, &seq))
			fn(&hoa, (uint16_t)seq, arg);
	sqlite3_reset(q);
}

/* ---- write ---- */

static void step(struct ha_store *s, int which)
{
	sqlite3_stmt *q = s->stmt[which];

	if (s->failed)
		return;
	if (!q || sqlite3_step(q) != SQLITE_DONE) {
		s->failed = true;
		snprintf(s->error, sizeof(s->error), "%s", sqlite3_errmsg(s->db));
	}
	sqlite3_reset(q);
}

static void begin(struct ha_store *s)
{
	if (s->open)
		return;
	s->open = true;
	s->failed = false;
	step(s, SQL_BEGIN);
}

static void bind_addr(sqlite3_stmt *q, int column, const struct in6_addr *a)
{
	sqlite3_bind_blob(q, column, a, sizeof(*a), SQLITE_TRANSIENT);
}

void ha_store_put(struct ha_store *s, const struct ha_stored *r)
{
	sqlite3_stmt *q = s->stmt[SQL_PUT];
	double shift = utc_now() - clock_now();
	uint8_t prefixes[MH_MAX_MNP * PREFIX_LEN];

	begin(s);
	bind_addr(q, 1, &r->hoa);
	bind_addr(q, 2, &r->coa);
	bind_addr(q, 3, &r->ha);
	sqlite3_bind_int(q, 4, r->flags);
	sqlite3_bind_int(q, 5, r->seq);
	sqlite3_bind_int64(q, 6, r->lifetime);
	sqlite3_bind_text(q, 7, s->boot, -1, SQLITE_STATIC);
	sqlite3_bind_double(q, 8, r->registered);
	sqlite3_bind_double(q, 9, r->expires);
	sqlite3_bind_double(q, 10, r->registered + shift);
	sqlite3_bind_double(q, 11, r->expires + shift);
	for (unsigned int i = 0; i < r->mnps.n; i++) {
		prefixes[i * PREFIX_LEN] = r->mnps.at[i].len;
		memcpy(prefixes + i * PREFIX_LEN + 1, &r->mnps.at[i].addr, sizeof(r->mnps.at[i].addr));
	}
	sqlite3_bind_blob(q, 12, prefixes, (int)r->mnps.n * PREFIX_LEN, SQLITE_TRANSIENT);
	step(s, SQL_PUT);
}

void ha_store_del(struct ha_store *s, const struct in6_addr *hoa)
{
	begin(s);
	bind_addr(s->stmt[SQL_DEL], 1, hoa);
	step(s, SQL_DEL);
}

void ha_store_put_sequence(struct ha_store *s, const struct in6_addr *hoa, uint16_t seq)
{
	begin(s);
	bind_addr(s->stmt[SQL_PUT_SEQ], 1, hoa);
	sqlite3_bind_int(s->stmt[SQL_PUT_SEQ], 2, seq);
	step(s, SQL_PUT_SEQ);
}

void ha_store_clear_bindings(struct ha_store *s)
{
	begin(s);
	step(s, SQL_CLEAR);
}

void ha_store_clear(struct ha_store *s)
{
	ha_store_clear_bindings(s);
	step(s, SQL_CLEAR_SEQ);
}

int ha_store_commit(struct ha_store *s)
{
	if (!s->open)
		return 0;
	step(s, SQL_COMMIT);
	s->open = false;
	if (!s->failed)
		return 0;
	if (s->stmt[SQL_ROLLBACK] && !sqlite3_get_autocommit(s->db)) {
		sqlite3_step(s->stmt[SQL_ROLLBACK]);
		sqlite3_reset(s->stmt[SQL_ROLLBACK]);
	}
	return -1;
}

void ha_store_abandon(struct ha_store *s, bool again)
{
	if (!again && !ha_store_set_aside(s))
		return;
	ha_store_remove_file(s);
}

int ha_store_reopen(struct ha_store *s)
{
	char err[512];

	return ha_store_open_file(s, err, sizeof(err));
}

const char *ha_store_error(const struct ha_store *s)
{
	return s->error;
}
