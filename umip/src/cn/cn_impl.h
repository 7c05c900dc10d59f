/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The correspondent node: what its files share.
 *
 *   cn.c        open and close, which addresses are ours, sending, rows and status
 *   cn_nonce.c  nonces, and the keygen tokens made from them
 *   cn_test.c   Home and Care-of Test Init: answered and forgotten
 *   cn_bu.c     a Binding Update: every check, and the status that answers it
 *   cn_cache.c  bindings: found by address, counted by source
 *   cn_age.c    the end of a binding, Binding Refresh Requests before it, and that it is in the kernel until then
 *   cn_role.c   a node that is correspondent only
 *
 * A binding belongs to a home address and the address of ours that it was made with (RFC 6275 9.1). The kernel is changed, through
 * ro, before an acknowledgement leaves, so that what it says is true.
 *
 * Replays (5.2.8): a binding that ends is remembered, without anything in the kernel, until the nonces that authorized it are
 * no longer honoured; it counts like any other. Room: a source, which is the /64 of a care-of address, has at most
 * CnMaxBindingsPerSource, all have CnMaxBindings. When all are taken, a newcomer takes the place of the binding that was updated least recently
 * of the source that has most, if that has at least two more than the newcomer's own, so that nobody is driven out by who has as many; the nonces of
 * the one that goes are not honoured from then on, which is why it has to be CN_KEEP seconds old. Else the answer is status 130.
 */
#ifndef CN_CN_IMPL_H
#define CN_CN_IMPL_H

#include <sys/queue.h>

#include "cn/cn.h"
#include "core/clock.h"
#include "core/limit.h"
#include "core/log.h"
#include "core/peer_limit.h"
#include "core/rr.h"

#define CN_NONCE_PERIOD 30 /* seconds in which tokens come from one nonce */
#define CN_NONCES	(RR_MAX_NONCE_LIFETIME / CN_NONCE_PERIOD + 1)
#define CN_KEEP		60 /* seconds for which tokens are good, whatever else happens */

#define CN_TEST_RATE	     2000 /* Home and Care-of Tests a second, to all */
#define CN_TEST_BURST	     4000
#define CN_TEST_SOURCE_RATE  500 /* to one /64 */
#define CN_TEST_SOURCE_BURST 2000
#define CN_UPDATE_RATE	     10 /* authenticated updates a second and binding; MAX_UPDATE_RATE is 3 */
#define CN_UPDATE_BURST	     20
#define CN_REJECT_RATE	     200 /* acknowledgements a second that answer what nobody authenticated */
#define CN_REJECT_BURST	     500
#define CN_REJECT_PEER_RATE  2 /* and of them to one address */
#define CN_REJECT_PEER_BURST 10

#define CN_REFRESH_LEAD 30 /* seconds before its end, at most, that a binding's use is looked at */
#define CN_REFRESH_IDLE 30 /* seconds without a packet after which a binding is not in use */
#define CN_REFRESH_GAP	5  /* between two looks: each is a dump of the kernel's tables */
#define CN_CHECK	20 /* between two comparisons with the kernel: nobody tells when somebody flushes its tables */

struct cn_nonce {
	uint8_t value[RR_NONCE_LEN];
	double born;
	uint16_t index;
	bool valid;
};

struct cn_nonces {
	uint8_t kcn[RR_KCN_LEN];
	struct cn_nonce ring[CN_NONCES];
	unsigned int newest;
	double floor; /* those born until then are not honoured */
};

struct cn_source;

struct cn_binding {
	struct in6_addr hoa, ours, coa;
	uint16_t seq; /* last accepted */
	bool live;    /* else only remembered */
	uint8_t asked; /* looks at its use, of CN_REFRESH_LOOKS */
	uint32_t lifetime; /* seconds granted */
	double registered, expires;
	double authorized; /* birth of the nonces that its updates used: a replay is impossible once they are not honoured */
	struct limit rate;
	struct ev_timer timer; /* the end, then oblivion */
	struct cn *cn;
	struct cn_binding *chain;
	struct cn_source *source;
	TAILQ_ENTRY(cn_binding) age; /* in the source, least recently updated first */
};

struct cn_source {
	struct in6_addr prefix; /* /64 */
	uint32_t n;
	TAILQ_HEAD(, cn_binding) bindings;
	struct cn_source *chain;
	TAILQ_ENTRY(cn_source) rank; /* among those with as many */
};
TAILQ_HEAD(cn_rank, cn_source);

struct cn_cache {
	struct cn_binding **by_home;
	struct cn_source **by_prefix;
	struct cn_rank *rank; /* [n]: the sources with n bindings */
	unsigned int bits;
	uint32_t count, live, most; /* entries; those not only remembered; of the source that has most */
	uint32_t max, max_per_source;
	uint64_t key[2];
};

/* Lines of the log that outsiders can cause. */
enum cn_log { CN_LOG_UNAUTH, CN_LOG_REJECT, CN_LOG_SEND, CN_LOG_KERNEL, CN_LOG_EVICT, CN_LOG_MAX };

struct cn {
	struct daemon *d;
	struct ro *ro;
	cn_veto veto;
	struct cn_nonces nonces;
	struct cn_cache cache;
	struct in6_addr *ours; /* every address of this host */
	unsigned int n_ours;
	struct ev_timer look;	   /* our addresses changed */
	struct ev_timer refresh;   /* the next look at what is in use */
	struct ev_timer check;	   /* the next comparison with the kernel */
	struct limit tests, rejects;
	struct peer_limit test_source, reject_peer;
	struct log_limit log[CN_LOG_MAX];
};

/* cn.c */
bool cn_is_ours(const struct cn *cn, const struct in6_addr *addr);
/* With hoa in a type 2 routing header, if rt2 says where to. Logs and returns -errno. */
int cn_send(struct cn *cn, enum stat_id counter, const struct in6_addr *ours, const struct in6_addr *to,
	    const struct in6_addr *rt2, const uint8_t *buf, ssize_t len);
void cn_notify(struct cn *cn, const char *event, const struct cn_binding *b);

/* cn_nonce.c */
int cn_nonce_init(struct cn_nonces *n, double now); /* 0 or -EIO */
/* The nonce for new tokens, made anew when the last one is CN_NONCE_PERIOD old. NULL: no random numbers. */
const struct cn_nonce *cn_nonce_current(struct cn_nonces *n, double now);
/* NULL: not known, or too old. */
const struct cn_nonce *cn_nonce_find(const struct cn_nonces *n, uint16_t index, double now);
void cn_nonce_forget(struct cn_nonces *n, double born);
void cn_nonce_wipe(struct cn_nonces *n);
struct json_object *cn_nonce_rows(const struct cn_nonces *n, double now);

/* cn_test.c */
void cn_test_init(struct cn *cn, const struct mh_packet *p, const struct mh_msg *m);

/* cn_bu.c */
void cn_binding_update(struct cn *cn, const struct mh_packet *p, const struct mh_msg *m);

/* cn_cache.c */
int cn_cache_init(struct cn_cache *c, uint32_t max, uint32_t max_per_source); /* 0 or -ENOMEM */
void cn_cache_free(struct cn_cache *c);
struct cn_binding *cn_cache_find(const struct cn_cache *c, const struct in6_addr *hoa, const struct in6_addr *ours);
/* Whether the home address has a binding, with any address of ours. */
bool cn_cache_has_home(const struct cn_cache *c, const struct in6_addr *hoa);
/*
 * Whether another binding may come to the care-of address's source: its own limit, and the room in all. When that is used up, *victim is
 * the one that has to go for it.
 */
bool cn_cache_room(const struct cn_cache *c, const struct in6_addr *coa, double now, struct cn_binding **victim);
/* A zeroed one at this care-of address; NULL without memory. There has to be room. */
struct cn_binding *cn_cache_add(struct cn_cache *c, const struct in6_addr *hoa, const struct in6_addr *ours,
				const struct in6_addr *coa);
/* It was updated, and may be elsewhere. 0, -ENOSPC: too many there; -ENOMEM. */
int cn_cache_move(struct cn_cache *c, struct cn_binding *b, const struct in6_addr *coa);
void cn_cache_remove(struct cn_cache *c, struct cn_binding *b);
void cn_cache_set_live(struct cn_cache *c, struct cn_binding *b, bool live);
/* About max entries of the table from *at on, which begins at 0. False at the end. fn may remove the one that it is given. */
bool cn_cache_walk(struct cn_cache *c, uint64_t *at, unsigned int max, void (*fn)(struct cn_binding *b, void *arg), void *arg);

/* cn_age.c */
void cn_age_init(struct cn *cn);
void cn_age_stop(struct cn *cn);
/* Its lifetime begins. */
void cn_age_start(struct cn *cn, struct cn_binding *b);
/* It ends now: out of the kernel; remembered if it has to be, otherwise freed. */
void cn_end(struct cn *cn, struct cn_binding *b);
/* At once and without memory of it. */
void cn_drop(struct cn *cn, struct cn_binding *b);

#endif
