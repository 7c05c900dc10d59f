/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside ha_store*.c only: the SQLite file, which ha_store_file.c opens and ha_store.c reads and writes. */
#ifndef HA_HA_STORE_IMPL_H
#define HA_HA_STORE_IMPL_H

#include <sqlite3.h>

#include "ha/ha_store.h"

#define BOOT_ID_LEN 36

enum { SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK, SQL_CLEAR, SQL_CLEAR_SEQ, SQL_DEL, SQL_PUT, SQL_PUT_SEQ, SQL_LOAD, SQL_LOAD_SEQ, SQL_MAX };

struct ha_store {
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_MAX];
	char *path;
	bool open, failed; /* the transaction */
	char boot[BOOT_ID_LEN + 1];
	char error[160];
};

/* FOREIGN: the file makes no sense to us, an empty one can take its place. FAILED: who looks after the machine may mend it. */
enum opened { OPENED, FOREIGN, FAILED };

/* 0, or -1 with a line on err. What is not ours has made way for an empty one. */
int ha_store_open_file(struct ha_store *s, char *err, size_t err_len);
void ha_store_close_file(struct ha_store *s);
/* The file, and its journal with it, under a name that tells when. The store is closed. 0 or -errno. */
int ha_store_set_aside(struct ha_store *s);
/* Removes them. The store is closed. */
void ha_store_remove_file(struct ha_store *s);
/* Which of the latter two SQLite's last error is; s->error says it. */
enum opened ha_store_what_is_wrong(struct ha_store *s);
/* Puts a line on err. -1. */
int ha_store_say(struct ha_store *s, const char *why, char *err, size_t err_len);

#endif
