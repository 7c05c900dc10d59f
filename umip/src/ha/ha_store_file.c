// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file of the binding cache: made, known by its application id and version, upgraded, checked, and set aside if it is not ours or torn.
 *
 * The journal is a write-ahead log that is synced with each commit: an acknowledgement follows it, and what that says has to survive a power
 * failure too.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "ha/ha_store_impl.h"

#define APPLICATION_ID 0x4d495036 /* "MIP6" */
#define VERSION	       3

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

void ha_store_close_file(struct ha_store *s)
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

/* What SQLite says of a file that it cannot take for a database; all else may be mended by who looks after the machine. */
enum opened ha_store_what_is_wrong(struct ha_store *s)
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
	enum opened how = ha_store_what_is_wrong(s);

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
		return ha_store_what_is_wrong(s);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* An exclusive lock needs no shared memory file, and says who is second. Nothing is written before it is known to be ours. */
	if (!run(s, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL"))
		return ha_store_what_is_wrong(s);
	id = ask(s, "PRAGMA application_id", NULL, 0);
	version = id < 0 ? -1 : ask(s, "PRAGMA user_version", NULL, 0);
	tables = version < 0 ? -1 : ask(s, "SELECT count(*) FROM sqlite_schema", NULL, 0);
	if (tables < 0)
		return ha_store_what_is_wrong(s);
	if (!id && !version && !tables) {
		if (!run(s, "PRAGMA journal_mode = WAL") || !run(s, schema))
			return ha_store_what_is_wrong(s);
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
		return ha_store_what_is_wrong(s);
	ask(s, "PRAGMA quick_check(1)", check, sizeof(check));
	if (!check[0])
		return ha_store_what_is_wrong(s);
	if (strcmp(check, "ok")) {
		snprintf(s->error, sizeof(s->error), "%s", check);
		return FOREIGN;
	}
	for (int i = 0; i < SQL_MAX; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL) != SQLITE_OK)
			return wrong_or_foreign(s);
	return OPENED;
}

int ha_store_set_aside(struct ha_store *s)
{
	char when[32], from[4096], to[4096];
	time_t now = time(NULL);
	struct tm tm;

	ha_store_close_file(s);
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

int ha_store_say(struct ha_store *s, const char *why, char *err, size_t err_len)
{
	snprintf(err, err_len, "the binding cache %s: %s", s->path, why);
	return -1;
}

int ha_store_open_file(struct ha_store *s, char *err, size_t err_len)
{
	enum opened how;
	int rc;

	for (int i = 0; i < 2; i++) {
		rc = make_file(s->path);
		if (rc)
			return ha_store_say(s, strerror(-rc), err, err_len);
		how = open_db(s);
		if (how == OPENED)
			return 0;
		if (how == FAILED)
			break;
		rc = ha_store_set_aside(s);
		if (rc)
			return ha_store_say(s, strerror(-rc), err, err_len);
	}
	return ha_store_say(s, s->error, err, err_len);
}

void ha_store_remove_file(struct ha_store *s)
{
	char path[4096];

	ha_store_close_file(s);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (snprintf(path, sizeof(path), "%s%s", s->path, suffixes[i]) < (int)sizeof(path))
			unlink(path);
}
