// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One table, a row a binding. Times are kept twice: by the monotonic clock, which is right as long as the machine does not start anew, and by the
 * wall clock for when it does; the kernel's boot id tells which to read.
 *
 * The journal is a write-ahead log that is synced with each commit: an acknowledgement follows it, and what that says has to survive a power
 * failure too. A commit carries all bindings of a turn of the work queue.
 */
#include "ha/ha_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/addr.h"
#include "core/clock.h"
#include "core/log.h"

#define APPLICATION_ID 0x4d495036 /* "MIP6" */
#define VERSION	       3
#define PREFIX_LEN     17 /* bytes of one: its length, its address */
#define BOOT_ID_LEN    36
#define LIFETIME_MAX   262140

#define STR(x)	#x
#define XSTR(x) STR(x)

#define SEQUENCE_TABLE "CREATE TABLE sequence (home_address BLOB PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;"

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE binding (home_address BLOB PRIMARY KEY, care_of_address BLOB NOT NULL, home_agent_address BLOB NOT NULL,"
	" flags INTEGER NOT NULL, sequence INTEGER NOT NULL, lifetime_s INTEGER NOT NULL, boot TEXT NOT NULL,"
	" registered REAL NOT NULL, expires REAL NOT NULL, registered_utc REAL NOT NULL, expires_utc REAL NOT NULL,"
	" prefixes BLOB NOT NULL) WITHOUT ROWID;"
	SEQUENCE_TABLE
	"PRAGMA application_id = " XSTR(APPLICATION_ID) ";"
	"PRAGMA user_version = " XSTR(VERSION) ";"
	"COMMIT;";

static const char *const upgrades[VERSION] = { /* from this version */
	/* 1 knew no mobile routers */
	[1] = ("BEGIN;"
	       "ALTER TABLE binding ADD COLUMN prefixes BLOB NOT NULL DEFAULT x'';"
	       SEQUENCE_TABLE
	       "PRAGMA user_version = " XSTR(VERSION) ";"
	       "COMMIT;"),
	/* 2 forgot a sequence number with its binding */
	[2] = ("BEGIN;"
	       SEQUENCE_TABLE
	       "PRAGMA user_version = " XSTR(VERSION) ";"
	       "COMMIT;"),
};

enum { SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK, SQL_CLEAR, SQL_CLEAR_SEQ, SQL_DEL, SQL_PUT, SQL_PUT_SEQ, SQL_LOAD, SQL_LOAD_SEQ, SQL_MAX };

static const char *const suffixes[] = { "-wal", "-shm", "-journal", "" };

static const char *const sql[SQL_MAX] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_CLEAR] = "DELETE FROM binding",
	[SQL_CLEAR_SEQ] = "DELETE FROM sequence",
	[SQL_DEL] = "DELETE FROM binding WHERE home_address = ?1",
	[SQL_PUT] = "INSERT OR REPLACE INTO binding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[SQL_PUT_SEQ] = "INSERT OR REPLACE INTO sequence VALUES (?1, ?2)",
	[SQL_LOAD_SEQ] = "SELECT home_address, sequence FROM sequence",
	[SQL_LOAD] = ("SELECT home_address, care_of_address, home_agent_address, flags, sequence, lifetime_s, boot,"
		      " registered, expires, registered_utc, expires_utc, prefixes FROM binding"),
};

struct ha_store {
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_MAX];
	char *path;
	bool open, failed; /* the transaction */
	char boot[BOOT_ID_LEN + 1];
	char error[160];
};

static double utc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- open ---- */

/* The directory of the path is made, the file belongs to root alone from its beginning. 0 or -errno. */
static int make_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	int fd;

	if (slash && slash != path) {
		char *dir = strndup(path, (size_t)(slash - path));
		int rc = dir ? mkdir(dir, 0700) : -1;

		if (rc && (!dir || errno != EEXIST)) {
			rc = dir ? -errno : -ENOMEM;
			free(dir);
			return rc;
		}
		free(dir);
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void close_db(struct ha_store *s)
{
	for (int i = 0; i < SQL_MAX; i++) {
		sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
	s->open = s->failed = false;
}

/* The first column of a statement's first row: its number, or -1; words, if it is text that differs from "ok". */
static int64_t ask(struct ha_store *s, const char *question, char *words, size_t words_len)
{
	sqlite3_stmt *q;
	int64_t n = -1;

	if (sqlite3_prepare_v2(s->db, question, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
		const char *text = words ? (const char *)sqlite3_column_text(q, 0) : NULL;

		n = sqlite3_column_int64(q, 0);
		if (text)
			snprintf(words, words_len, "%s", text);
	}
	sqlite3_finalize(q);
	return n;
}

enum opened { OPENED, FOREIGN, FAILED };

/* What SQLite says of a file that it cannot take for a database; all else may be mended by who looks after the machine. */
static enum opened what_is_wrong(struct ha_store *s)
{
	int code = sqlite3_errcode(s->db) & 0xff;

	if (code == SQLITE_BUSY)
		snprintf(s->error, sizeof(s->error), "another process has it");
	else
		snprintf(s->error, sizeof(s->error), "%s", sqlite3_errmsg(s->db));
	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_FORMAT ? FOREIGN : FAILED;
}

/* The same of a statement that would be right for our tables. */
static enum opened wrong_or_foreign(struct ha_store *s)
{
	enum opened how = what_is_wrong(s);

	return (sqlite3_errcode(s->db) & 0xff) == SQLITE_ERROR ? FOREIGN : how;
}

static bool run(struct ha_store *s, const char *statements)
{
	return sqlite3_exec(s->db, statements, NULL, NULL, NULL) == SQLITE_OK;
}

static enum opened open_db(struct ha_store *s)
{
	int64_t id, version, tables;
	char check[120] = "";

	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return what_is_wrong(s);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* An exclusive lock needs no shared memory file, and says who is second. Nothing is written before it is known to be ours. */
	if (!run(s, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL"))
		return what_is_wrong(s);
	id = ask(s, "PRAGMA application_id", NULL, 0);
	version = id < 0 ? -1 : ask(s, "PRAGMA user_version", NULL, 0);
	tables = version < 0 ? -1 : ask(s, "SELECT count(*) FROM sqlite_schema", NULL, 0);
	if (tables < 0)
		return what_is_wrong(s);
	if (!id && !version && !tables) {
		if (!run(s, "PRAGMA journal_mode = WAL") || !run(s, schema))
			return what_is_wrong(s);
	} else if (id != APPLICATION_ID) {
		snprintf(s->error, sizeof(s->error), "it is not a binding cache");
		return FOREIGN;
	} else if (version > 0 && version < VERSION) {
		if (!run(s, upgrades[version]))
			return wrong_or_foreign(s);
	} else if (version != VERSION) {
		snprintf(s->error, sizeof(s->error), "its version is %" PRId64 ", not " XSTR(VERSION), version);
		return FOREIGN;
	}
	if (!run(s, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT"))
		return what_is_wrong(s);
	ask(s, "PRAGMA quick_check(1)", check, sizeof(check));
	if (!check[0])
		return what_is_wrong(s);
	if (strcmp(check, "ok")) {
		snprintf(s->error, sizeof(s->error), "%s", check);
		return FOREIGN;
	}
	for (int i = 0; i < SQL_MAX; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL) != SQLITE_OK)
			return wrong_or_foreign(s);
	return OPENED;
}

/* The file, and its journal with it, under a name that tells when. 0 or -errno. */
static int set_aside(struct ha_store *s)
{
	char when[32], from[4096], to[4096];
	time_t now = time(NULL);
	struct tm tm;

	close_db(s);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (snprintf(from, sizeof(from), "%s%s", s->path, suffixes[i]) >= (int)sizeof(from) ||
		    snprintf(to, sizeof(to), "%s.bad-%s%s", s->path, when, suffixes[i]) >= (int)sizeof(to))
			return -ENAMETOOLONG;
		if (rename(from, to) && errno != ENOENT)
			return -errno;
	}
	log_error("binding-cache-set-aside", "file=%s reason=\"%s\" as=%s", s->path, s->error, to);
	return 0;
}

static int say(struct ha_store *s, const char *why, char *err, size_t err_len)
{
	snprintf(err, err_len, "the binding cache %s: %s", s->path, why);
	return -1;
}

/* 0, or -1 with a line on err. What is not ours has made way for an empty one. */
static int open_or_replace(struct ha_store *s, char *err, size_t err_len)
{
	enum opened how;
	int rc;

	for (int i = 0; i < 2; i++) {
		rc = make_file(s->path);
		if (rc)
			return say(s, strerror(-rc), err, err_len);
		how = open_db(s);
		if (how == OPENED)
			return 0;
		if (how == FAILED)
			break;
		rc = set_aside(s);
		if (rc)
			return say(s, strerror(-rc), err, err_len);
	}
	return say(s, s->error, err, err_len);
}

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
	if (open_or_replace(s, err, err_len)) {
		ha_store_close(s);
		return NULL;
	}
	return s;
}

void ha_store_close(struct ha_store *s)
{
	if (!s)
		return;
	close_db(s);
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
		err = what_is_wrong(s) == FOREIGN ? -EBADMSG : -EIO;
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
		rc = set_aside(s);
	if (rc)
		return say(s, strerror(-rc), err, err_len);
	return open_or_replace(s, err, err_len);
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
	char path[4096];

	if (!again && !set_aside(s))
		return;
	close_db(s);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (snprintf(path, sizeof(path), "%s%s", s->path, suffixes[i]) < (int)sizeof(path))
			unlink(path);
}

int ha_store_reopen(struct ha_store *s)
{
	char err[512];

	return open_or_replace(s, err, sizeof(err));
}

const char *ha_store_error(const struct ha_store *s)
{
	return s->error;
}
