/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The home agent role, RFC 6275 section 10: what its files share.
 *
 *   ha.c       start and stop, the role's operations
 *   ha_link.c  home links and their prefixes
 *   ha_show.c  for mip6ctl
 *   ha_bu.c    a Binding Update: every check, and the status that answers it
 *   ha_list.c  the home agents of each home link, and the answers to who asks for them
 *   ha_pfx.c   the prefixes of each home link, and how long they live
 *   ha_mpd.c   tells mobile nodes of them
 *   ha_dad.c   duplicate address detection on behalf of mobile nodes
 *   ha_hook.c  updates that wait for the administrator's program
 *   ha_sync.c  the kernel follows the binding cache; acknowledgements leave when it has
 *   ha_nemo.c  mobile routers: which prefixes a binding has, and their place in the kernel; ha_nemo_judge.c: those that an update asks for
 *   ha_multicast.c  which groups of the home link mobile nodes listen to; ha_ask.c: questions; ha_group.c: members
 *   ha_keep.c  the binding cache survives the daemon
 *   ha_store.c its rows on disk; ha_store_file.c: the file of them
 *   ha_seq.c   sequence numbers that outlive their bindings
 *
 * An update changes the binding's entry and queues it. The work queue brings the kernel in line in batches, moves before refreshes before new
 * bindings, and only then sends the acknowledgement, so that what it promises is true. A binding's kernel state is a proxy neighbour entry
 * (two with the L flag), a /128 route with encapsulation to the care-of address, and an entry of the guard's map; for each prefix of a mobile
 * router one more route, and an entry of the guard's other map.
 */
#ifndef HA_HA_H
#define HA_HA_H

#include "core/bcache.h"
#include "core/clock.h"
#include "core/daemon.h"
#include "core/log.h"
#include "kern/guard.h"
#include "kern/route.h"
#include "wire/icmp6.h"

#define HA_MAX_LINKS 16
#define HA_MAX_PREFIXES 16
#define HA_DAD_SECONDS 1.0     /* DupAddrDetectTransmits 1, RetransTimer 1 s: RFC 4862 5.1 */
#define HA_DAD_PENDING_MAX 4096 /* first registrations that may wait at once */
#define HA_UPDATE_RATE 10      /* updates a second and home address; MAX_UPDATE_RATE is 3 for a mobile node that behaves */
#define HA_UPDATE_BURST 20
#define HA_REJECT_RATE 200     /* acknowledgements a second that refuse: they go where the sender says */
#define HA_REJECT_BURST 2000

#define HA_PREFIX_ENDED (-1.0)

struct ha_prefix {
	struct in6_addr addr; /* our address in it */
	uint8_t len;
	double valid_until;   /* 0 is for ever, HA_PREFIX_ENDED not any more */
	bool deprecated;
};

struct ha_link {
	int ifindex;
	char name[IFNAMSIZ];
	bool up;
	struct nd_lladdr lladdr;
	unsigned int n_prefixes;
	struct ha_prefix prefixes[HA_MAX_PREFIXES];
	struct in6_addr link_local; /* ours there, the one found first; or :: */
};

enum ha_work { HA_WORK_MOVE, HA_WORK_REFRESH, HA_WORK_NEW, HA_WORK_MAX };
TAILQ_HEAD(ha_work_list, binding);

/* Lines of the log that outsiders can cause. */
enum ha_log {
	HA_LOG_REJECT,
	HA_LOG_ACK,
	HA_LOG_DAD,
	HA_LOG_ANNOUNCE,
	HA_LOG_DUPLICATE,
	HA_LOG_KERNEL,
	HA_LOG_MISSING,
	HA_LOG_RESTORE,
	HA_LOG_LIST,
	HA_LOG_NETWORK,
	HA_LOG_PREFIX,
	HA_LOG_GROUP,
	HA_LOG_MEMBER,
	HA_LOG_MAX
};

struct ha_list;
struct ha_seq;
struct ha_question;
struct ha_pfx;
struct ha_mpd;
struct ha_multicast;

struct ha {
	struct daemon *d;
	struct bcache *cache;
	struct ha_link links[HA_MAX_LINKS];
	unsigned int n_links;
	int tunnel;
	int networks;	 /* the device of the routes to mobile networks; 0: no mobile routers */
	void *prefixes;	 /* of all bindings: ha_nemo.c */
	struct kern_guard *guard;
	struct ha_work_list work[HA_WORK_MAX];
	struct ev_idle worker;
	struct ev_timer reconcile;
	unsigned int n_dad;
	struct in6_addr *ours; /* every address of this host */
	unsigned int n_ours;
	struct limit rejects;
	struct ha_store *store; /* NULL: the binding cache does not survive the daemon */
	bool store_behind;	/* it could not be written; all of it is written at the next try */
	struct ev_timer store_retry;
	struct ha_seq *seqs; /* NULL: no IPsec */
	struct ha_store *seq_store; /* the same store, or one for sequence numbers only; NULL: they do not survive the daemon */
	struct ha_list *list;
	TAILQ_HEAD(, ha_question) questions;
	unsigned int n_questions;
	struct ha_pfx *pfx;
	struct ha_mpd *mpd; /* NULL: SendMobPfxAdvs says no */
	struct ha_multicast *multicast; /* NULL: HaMulticast says no */
	struct log_limit log[HA_LOG_MAX];
};

static inline struct ha *ha_of(struct daemon *d)
{
	return d->role;
}

/* ha.c */
void ha_reconcile_soon(struct ha *ha);

/* ha_link.c */
struct ha_link *ha_link_by_index(struct ha *ha, int ifindex);
/* The home link and prefix that hold this home address; NULL if it is not ours to serve. */
struct ha_link *ha_link_of_home(struct ha *ha, const struct in6_addr *hoa, const struct ha_prefix **prefix);
/* Whether this is an address that we are home agent on. */
bool ha_serves(const struct ha *ha, const struct in6_addr *addr);
/* Whether this host has the address, on any interface. */
bool ha_is_our_address(const struct ha *ha, const struct in6_addr *addr);
/* Of this host and its home links. 0, or -errno, and the old ones go on to count. */
int ha_read_addresses(struct ha *ha);
/* At the start: those of the configuration. 0, or -1 after saying on err why not. */
int ha_link_find_all(struct ha *ha, char *err, size_t err_len);
/* What a home agent needs of the kernel on all of them; one setting. 0, or not after saying on err why not. */
int ha_link_sysctls(struct ha *ha, char *err, size_t err_len);
int ha_sysctl(const char *path, const char *value, char *err, size_t err_len);
/* A link of this host, a home link or not, has changed. */
void ha_link_changed(struct daemon *d, const struct kern_link *k);

/* ha_show.c */
void ha_notify(struct ha *ha, const char *event, const struct binding *b);
/* The role's operations of these names: core/daemon.h. */
bool ha_bc(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows);
struct json_object *ha_status(struct daemon *d);
void ha_stats(struct daemon *d);

/* ha_bu.c */
void ha_binding_update(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m);
/* The same for one that has waited for the administrator's program: 0, or the status that refuses it; or it is still to be asked. */
void ha_binding_update_answered(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m, uint8_t status);
void ha_binding_update_again(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m);
void ha_expire_start(struct ha *ha, struct binding *b);
/* Bindings that the access list does not allow (any more) end. Their mobile nodes are asked to refresh them, and so learn the status. */
void ha_enforce_acl(struct ha *ha);
/* The address that the L flag means: the link-local prefix with the home address's interface identifier. */
struct in6_addr ha_link_local_of(const struct in6_addr *hoa);

/* ha_nemo.c */
/* After the guard is open. 0, or -1 after saying on err why not. */
int ha_nemo_open(struct ha *ha, char *err, size_t err_len);
/* The binding has these prefixes from now on; none: it is a host's. 0 or -ENOMEM, and nothing has changed. */
int ha_nemo_take(struct ha *ha, struct binding *b, const struct bc_mnps *mnps);
/* Takes the binding out of the cache, its prefixes with it. */
void ha_remove(struct ha *ha, struct binding *b);
/* Adds to the batch what the prefixes need, opens and closes the guard. all: whatever is believed to be there. 0 or -errno. */
int ha_nemo_put(struct ha *ha, struct kern_batch *kb, const struct binding *b, bool all);
/* Adds to the batch what takes the prefixes out, those that were never in included. */
void ha_nemo_take_out(struct ha *ha, struct kern_batch *kb, const struct binding *b);
/* The kernel has them. */
void ha_nemo_settled(struct binding *b);
/* The mobile router has no binding any more: it is at home, or will be there when it is reached again. */
void ha_nemo_at_home(struct ha *ha, const struct binding *b);
/* Of a reconciliation: whether this route is one to a mobile network, and should be there. */
bool ha_nemo_seen(struct ha *ha, const struct kern_route *r, unsigned int *at_home);
/* Of a route that was deleted: whether it should be there. */
bool ha_nemo_lost(struct ha *ha, const struct kern_route *r);
bool ha_nemo_complete(const struct binding *b);
/* The rest of it: at_home routes through mobile routers at home were seen. */
void ha_nemo_reconcile(struct ha *ha, unsigned int at_home);
/* Adds to the batch what takes those routes away. */
void ha_nemo_flush(struct ha *ha, struct kern_batch *kb);
struct json_object *ha_nemo_json(const struct binding *b);

/* ha_nemo_judge.c */
/*
 * Which prefixes an update with the R flag asks for; opts NULL: those of *out, which were its own before. The status that refuses
 * it, or 0 with the prefixes in *out.
 */
uint8_t ha_nemo_judge(struct ha *ha, const struct in6_addr *hoa, const struct mh_opts *opts, struct bc_mnps *out);
/* The status that would refuse the prefixes of this binding by now, or 0. */
uint8_t ha_nemo_still(struct ha *ha, const struct binding *b);
/* Whether packets to this home address and these prefixes would come back to us without end if they were sent to coa. */
bool ha_nemo_loops(const struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *coa, const struct bc_mnps *mnps);

/* ha_list.c */
/* 0, or -1 after saying on err why not. */
int ha_list_open(struct ha *ha, char *err, size_t err_len);
void ha_list_close(struct ha *ha);
/* Our addresses may have changed, or a link has come back (rejoin): the anycast addresses follow. */
void ha_list_sync(struct ha *ha, bool rejoin);
/* An advertisement on a home link. */
void ha_list_heard(struct ha *ha, const struct nd_packet *p);
bool ha_list_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows);

/* ha_pfx.c */
int ha_pfx_open(struct ha *ha); /* 0, or -1 without memory */
void ha_pfx_close(struct ha *ha);
/* Our addresses were read anew. */
void ha_pfx_addresses(struct ha *ha);
/* An advertisement on a home link; own: of this host. */
void ha_pfx_heard(struct ha *ha, struct ha_link *l, const struct nd_ra *ra, bool own);
/* What a Mobile Prefix Advertisement says of the link, identifier excepted; agent: our address that the mobile node knows. */
void ha_pfx_advert(struct ha *ha, const struct ha_link *l, const struct in6_addr *agent, struct icmp6_mpd *m);
/* Seconds that the home address is preferred, and valid. */
double ha_pfx_preferred(const struct ha *ha, const struct ha_link *l, const struct in6_addr *hoa, double *valid);
bool ha_pfx_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows);

/* ha_mpd.c; with SendMobPfxAdvs disabled all of it does nothing */
/* 0, or -1 after saying on err why not. */
int ha_mpd_open(struct ha *ha, char *err, size_t err_len);
void ha_mpd_close(struct ha *ha);
/* The binding was acknowledged, at first or again. */
void ha_mpd_registered(struct ha *ha, struct binding *b);
/* Whether the mobile node has not heard of a change yet. */
bool ha_mpd_news(const struct ha *ha, const struct binding *b);
/* Before an entry is removed. */
void ha_mpd_stop(struct ha *ha, struct binding *b);
/* The prefixes of this link are not what they were. */
void ha_mpd_changed(struct ha *ha, const struct ha_link *l);

/* ha_multicast.c; with HaMulticast disabled all of it does nothing */
/* After the guard was raised: bindings that there are begin. 0, or -1 after saying on err why not. */
int ha_multicast_open(struct ha *ha, char *err, size_t err_len);
/* After the last binding is gone. */
void ha_multicast_close(struct ha *ha);
/* The kernel has the binding, at first or again. */
void ha_multicast_registered(struct ha *ha, struct binding *b);
/* Before an entry is removed. */
void ha_multicast_forget(struct ha *ha, struct binding *b);
/* A home link has come back, or has another address; bindings are its already. */
void ha_multicast_link(struct ha *ha, const struct ha_link *l, int old_ifindex);
bool ha_multicast_listens(const struct binding *b);
struct json_object *ha_multicast_json(const struct binding *b); /* of one that does */
void ha_multicast_status(const struct ha *ha, struct json_object *o);

/* ha_dad.c */
/* False if the question could not be sent; nothing is started then. */
bool ha_dad_start(struct ha *ha, struct binding *b);
void ha_dad_stop(struct ha *ha, struct binding *b);
/* Leaves the groups that DAD needed, once the proxy entries hold them or nobody does. Calling it twice is harmless. */
void ha_dad_leave(struct binding *b);
void ha_dad_heard(struct ha *ha, const struct nd_packet *p);
/* Tells the link that packets for the home address come to us now: O=1, S=0 (RFC 6275 10.4.1), R as in the update. */
void ha_announce(struct ha *ha, const struct binding *b);

/* ha_hook.c */
/* The answer leads to ha_binding_update_answered(). b: the binding that there is, or NULL. False: the program cannot be asked. */
bool ha_hook_ask(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m, const struct binding *b, const struct bc_mnps *mnps);
/* Another update has been accepted for this home address: the one that waits is out of date. */
void ha_hook_cancel(struct ha *ha, const struct in6_addr *hoa);
void ha_hook_stop(struct ha *ha);

/* ha_sync.c */
/* Lets the binding's packets out of the plain reverse tunnel, unless TunnelPayload wants them in another one. 0 or -errno. */
int ha_open_guard(struct ha *ha, const struct binding *b);
void ha_sync_init(struct ha *ha);
void ha_sync_stop(struct ha *ha);
void ha_queue(struct ha *ha, struct binding *b, enum ha_work urgency);
void ha_unqueue(struct ha *ha, struct binding *b);
/* One binding at once, past the queue. The entry may be gone afterwards. */
void ha_sync_now(struct ha *ha, struct binding *b);
/* A Binding Refresh Request. */
void ha_send_brr(struct ha *ha, const struct binding *b);
void ha_send_ack(struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *ours, int ifindex, const struct bc_reply *r);
/* Compares the kernel's routes and proxy entries with the cache; removes what is not ours to have, queues what is missing. 0 or -errno. */
int ha_reconcile(struct ha *ha);
/* Takes every binding out of the kernel. */
void ha_sync_flush(struct ha *ha);
/* Forgets every binding, and leaves the kernel as it is. */
void ha_sync_leave(struct ha *ha);

/* ha_seq.c; without IPsec all of it does nothing */
/* 0, or -1 without memory. */
int ha_seq_open(struct ha *ha);
/* Those of the store. */
void ha_seq_load(struct ha *ha);
/* Whether this is the home address's last one: of an update that was protected. */
bool ha_seq_is(const struct ha *ha, const struct in6_addr *hoa, uint16_t seq);
void ha_seq_close(struct ha *ha);
/* Whether an update without a binding may have this number; if not, *last is the one that the home address had. */
bool ha_seq_newer(const struct ha *ha, const struct in6_addr *hoa, uint16_t seq, uint16_t *last);
/* An update with this number was accepted. It is on disk with the next commit. */
void ha_seq_note(struct ha *ha, const struct in6_addr *hoa, uint16_t seq);
/* All of them, into a new file. */
void ha_seq_put_all(struct ha *ha);

/* ha_keep.c; without NonVolatileBindingCache it keeps sequence numbers only, and without IPsec nothing */
/* Opens the store and takes the bindings from it, the guard's map included. 0, or -1 after saying on err why not. */
int ha_keep_start(struct ha *ha, char *err, size_t err_len);
/* clear: the bindings on disk go, too. */
void ha_keep_stop(struct ha *ha, bool clear);
/* The binding as it is now, or that it is gone, with the next commit. */
void ha_keep_note(struct ha *ha, const struct binding *b);
void ha_keep_forget(struct ha *ha, const struct binding *b);
void ha_keep_commit(struct ha *ha);
/* Whether all of it is on disk; tries once more if it was not. */
bool ha_keep_saved(struct ha *ha);

#endif
