/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPsec between mobile nodes and home agents: RFC 4877, RFC 3776. mip6d owns the policies, one set for each home address of the
 * configuration; the associations come from `ip xfrm` or an IKE daemon, and are told apart by their reqids.
 *
 * Transport policies (between the home address and the home agent) stand from the start to the end. Tunnel policies stand
 * while the mobile node is away; ends of theirs, and of their associations, follow the care-of address by MIGRATE.
 * What must be protected and is not never gets past the kernel; while it could (somebody has deleted a policy), ipsec_guarded() says so of
 * each message, and none has an effect until they are back.
 */
#ifndef CORE_IPSEC_H
#define CORE_IPSEC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/daemon.h"

struct ipsec;

/*
 * The transport policies of every home address in the configuration, in as few requests as can be; what an earlier daemon left is
 * taken over if it is right, removed if not. NULL after saying on err, in one line, why not.
 */
struct ipsec *ipsec_open(struct daemon *d, char *err, size_t err_len);
/* NULL is allowed. leave: the policies stay for the next daemon. */
void ipsec_close(struct ipsec *ip, bool leave);

/* Whether a registration of this home address with this home agent is protected: there are policies for it, and all of them are in the kernel. */
bool ipsec_protects(const struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *ha);

/*
 * Whether the configuration asks for protection (UseMnHaIPsec) and there is none now: what arrives for this pair may not have an
 * effect.
 */
bool ipsec_lacks(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *ha);
/*
 * Whether a message that was read just now, from the other of the two, passed the policy that protects its protocol and type; true if there is no such
 * policy, or ip is NULL. False: there was a time when it could have come without; nobody is to blame, nothing answers it, it is counted. Ask before
 * anything follows from it.
 */
bool ipsec_guarded(struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *ha, uint8_t proto, int type);
/* A socket beside d->mh_fd that gets what ipsec_guarded() judges; the memory is the owner's. ip may be NULL. */
struct ipsec_socket {
	int fd;
	struct ipsec_socket *next;
};
void ipsec_socket_add(struct ipsec *ip, struct ipsec_socket *s, int fd);
void ipsec_socket_del(struct ipsec *ip, struct ipsec_socket *s);
/* Takes notice of what the kernel has told by now. NULL is allowed. */
void ipsec_catch_up(struct ipsec *ip);
/* Policies were deleted, and what comes now cannot be told from what came without them: nobody is to blame for it. */
bool ipsec_mending(const struct ipsec *ip);
/*
 * Whether there is protection, but none for mobile prefix discovery: no MobPfxDisc, ICMP or any in the set. Then there is no prefix discovery, since it
 * would change a protected registration in clear (RFC 6275 5.4 leaves it open).
 */
bool ipsec_lacks_prefixes(const struct daemon *d, const struct in6_addr *hoa);
/* Whether the protected tunnel stands, and ends at this care-of address. */
bool ipsec_tunnelled(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *coa);
/* The kernel's words when ipsec_move() failed. */
const char *ipsec_error(const struct daemon *d);
/* Whether all of this home address's traffic goes through the protected tunnel while it is away (TunnelPayload). */
bool ipsec_covers_payload(const struct daemon *d, const struct in6_addr *hoa);
/* Whether what correspondents send by way of the home agent comes out of a protected tunnel, and not out of the plain one. */
bool ipsec_covers_home_test(const struct daemon *d, const struct in6_addr *hoa);

/*
 * The tunnel's ends are ha and coa from now on; coa NULL: the mobile node is at home, or has no binding. km: the key manager is told
 * (the K bit is agreed on). 0 or -errno with ipsec_error(), and it is as before; at home the policies go in any case. Without tunnel policies it is 0 at once.
 */
int ipsec_move(struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *coa, bool km);

/* The role has started: tunnels that an earlier daemon left, and that were not moved since, are taken back. NULL is allowed. */
void ipsec_settled(struct ipsec *ip);
/* Refreshes STAT_IPSEC_REFUSED. */
void ipsec_stats(struct daemon *d);

/* A mobile node is registered: what TunnelPayload needs is asked for, if it is not there. Otherwise nothing. */
void ipsec_wake(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *ha);

/*
 * A mobile node's registration was accepted: it is at coa (hoa: at home), and has been since that time of clock_now(). Without km, after a move,
 * associations from before it are replaced.
 */
void ipsec_registered(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *coa, bool km, double since);
/*
 * Its home agent does not answer: associations with it are replaced, once until ipsec_registered(). Whether there were any that an IKE daemon
 * has negotiated.
 */
bool ipsec_unanswered(const struct daemon *d, const struct in6_addr *hoa);

/* For mip6ctl: an object for each home address. */
bool ipsec_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows);

#endif
