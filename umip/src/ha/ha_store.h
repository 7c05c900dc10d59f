/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The binding cache on disk (NonVolatileBindingCache): bindings of mobile nodes with their sequence numbers and lifetimes, in an SQLite
 * file that one daemon has at a time. Changes are gathered into a transaction, which is on the disk when ha_store_commit() returns. A file that
 * is torn, or not ours, is never read in part: it is set aside under another name, and the cache begins empty.
 */
#ifndef HA_HA_STORE_H
#define HA_HA_STORE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/bcache.h"

/* The home link is not in it: the home address tells, whatever the interface is called by then. */
struct ha_stored {
	struct in6_addr hoa, coa, ha;
	uint8_t flags;	       /* MH_BU_* */
	uint16_t seq;	       /* last accepted */
	uint32_t lifetime;     /* seconds granted */
	struct bc_mnps mnps;   /* of a mobile router */
	double registered, expires; /* core/clock.h; registered may be before the clock's zero */
	bool same_boot;	       /* read only: stored since the kernel started, so that it may still have the binding's state */
};

struct ha_store;

/*
 * Opens, or makes, the file and its directory. NULL after saying on err why not (another daemon has it; it cannot be written). What is not a
 * store of ours is set aside, with a line in the log.
 */
struct ha_store *ha_store_open(const char *path, char *err, size_t err_len);
void ha_store_close(struct ha_store *s);
/*
 * Everything in it, in an array that the caller frees; NULL and 0 if there is nothing. If the rows do not make sense the file is set aside
 * and an empty one begun, so that nothing is returned. -1 after saying on err why that was not possible.
 */
int ha_store_load(struct ha_store *s, struct ha_stored **rows, unsigned int *n, char *err, size_t err_len);
/* The last sequence number of each home address that has a row; one that makes no sense is passed over. */
void ha_store_load_sequences(struct ha_store *s, void (*fn)(const struct in6_addr *hoa, uint16_t seq, void *arg), void *arg);
/* A failure of these shows at the commit. */
void ha_store_put_sequence(struct ha_store *s, const struct in6_addr *hoa, uint16_t seq);
void ha_store_put(struct ha_store *s, const struct ha_stored *row);
void ha_store_del(struct ha_store *s, const struct in6_addr *hoa);
void ha_store_clear_bindings(struct ha_store *s);
void ha_store_clear(struct ha_store *s); /* sequence numbers, too */
/* All changes since the last one, or none of them. 0, or -1; ha_store_error() then says why. Without changes it does nothing. */
int ha_store_commit(struct ha_store *s);
/*
 * After a commit that failed: what is on disk is out of date, so that it must not be read again. The file is set aside, or, if there was
 * one already, removed. The store is closed until ha_store_reopen(), which begins an empty file: 0, or -1 with the reason in ha_store_error().
 */
void ha_store_abandon(struct ha_store *s, bool again);
int ha_store_reopen(struct ha_store *s);
const char *ha_store_error(const struct ha_store *s);

#endif
