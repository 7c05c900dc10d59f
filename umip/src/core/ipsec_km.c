// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Telling the key manager where a mobile node is (the K bit, RFC 4877 section 6).
 *
 * It hears of a move by MIGRATE, and finds its own association by the reqid in it. The one that protected the registration is always there. So
 * a MIGRATE of that policy says so, which is in transport mode and has nothing to move: the old addresses are nobody's. The tunnels' say nothing
 * (ipsec_carry()), but when that association is missing.
 */
#include <netinet/in.h>

#include <linux/xfrm.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/ipsec_impl.h"

#define PORT_DISCARD 9

struct wanted {
	const struct kern_sp *sp;
	bool found;
};

static void see(const struct kern_sa *s, void *arg)
{
	struct wanted *w = arg;

	w->found = w->found || (!s->tunnel && s->reqid == w->sp->reqid && IN6_ARE_ADDR_EQUAL(&s->src, &w->sp->src) &&
				IN6_ARE_ADDR_EQUAL(&s->dst, &w->sp->dst));
}

static bool is_missing(const struct kern_sp *sp)
{
	struct wanted w = { .sp = sp };

	return !kern_sa_dump(see, &w) && !w.found;
}

/* A MIGRATE of this policy that moves nothing; the key manager hears of km. */
static int tell_by(const struct ipsec *ip, const struct kern_sp *sp, const struct in6_addr *from, const struct in6_addr *to,
		   const struct kern_km *km)
{
	struct kern_batch *b;

	if (ip->d->conf->ipsec_pf_key)
		return kern_pfkey_migrate(sp, from, to, km);
	b = kern_batch_new(KERN_XFRM);
	if (!b)
		return -ENOMEM;
	kern_sp_migrate(b, sp, from, to, km);
	return kern_batch_commit(b);
}

/*
 * The registration's association is gone, and with it what the key manager would know its own by. The tunnels' may be there. What they pay for
 * it (ipsec_carry()) is less than to wait for the key manager to see that its address is gone, and nothing passes meanwhile in any case.
 */
static void tell_by_tunnels(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_km *km)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = p->tunnel ? ipsec_policies(ip, p, IPSEC_TUNNEL, sp) : 0;

	for (unsigned int i = 0; i < n; i++)
		if (sp[i].action == KERN_SP_ESP && sp[i].dir == XFRM_POLICY_OUT && sp[i].reqid && tell_by(ip, &sp[i], &sp[i].from, &sp[i].to, km))
			log_info("key-manager-not-told", "home_address=%s reqid=%u error=\"%s\"", log_addr(&p->hoa), sp[i].reqid, kern_error());
}

void ipsec_tell_key_manager(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_km *km)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TRANSPORT, sp), i = 0;

	/* The first is the narrowest, of Binding Updates or of all mobility messages. */
	while (i < n && !(sp[i].action == KERN_SP_ESP && sp[i].dir == XFRM_POLICY_OUT && sp[i].reqid && sp[i].proto != IPPROTO_ICMPV6))
		i++;
	if (i == n)
		return; /* without a reqid it could not find anything */
	sp[i].from = sp[i].to = in6addr_any;
	/* It negotiates again then, which costs time and nothing else. */
	if (tell_by(ip, &sp[i], &km->from, &km->to, km))
		log_info("key-manager-not-told", "home_address=%s error=\"%s\"", log_addr(&p->hoa), kern_error());
	if (ip->mobile_node && is_missing(&sp[i]))
		tell_by_tunnels(ip, p, km);
}

/*
 * A home agent's key manager does not know where the mobile node is, and asks for nothing. A packet that needs the association makes ours ask, or
 * a mobile node that only listens would hear nothing. With an association it does no harm.
 */
void ipsec_wake(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6, .sin6_addr = *hoa };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *ha, .sin6_port = htons(PORT_DISCARD) };
	int fd;

	if (!ipsec_covers_payload(d, hoa))
		return;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) || sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		log_debug("not-woken", "home_address=%s error=\"%s\"", log_addr(hoa), strerror(errno));
	close(fd);
}
