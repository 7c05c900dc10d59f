// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Telling the key manager where a mobile node is (the K bit, RFC 4877 section 6).
 *
 * It hears of a move by MIGRATE, and finds its own association by the reqid in it. The one that protected the registration is always there. So
 * a MIGRATE of that policy says so, which is in transport mode and has nothing to move: the old addresses are nobody's. The tunnels' say nothing
 * (ipsec_carry()).
 */
#include <netinet/in.h>

#include <linux/xfrm.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/ipsec_impl.h"

#define PORT_DISCARD 9

void ipsec_tell_key_manager(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_km *km)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TRANSPORT, sp), i = 0;
	struct kern_batch *b = NULL;
	int err;

	/* The first is the narrowest, of Binding Updates or of all mobility messages. */
	while (i < n && !(sp[i].action == KERN_SP_ESP && sp[i].dir == XFRM_POLICY_OUT && sp[i].reqid && sp[i].proto != IPPROTO_ICMPV6))
		i++;
	if (i == n)
		return; /* without a reqid it could not find anything */
	sp[i].from = sp[i].to = in6addr_any;
	if (ip->d->conf->ipsec_pf_key) {
		err = kern_pfkey_migrate(&sp[i], &km->from, &km->to, km);
	} else {
		b = kern_batch_new(KERN_XFRM);
		if (!b)
			return;
		kern_sp_migrate(b, &sp[i], &km->from, &km->to, km);
		err = kern_batch_commit(b);
	}
	/* It negotiates again then, which costs time and nothing else. */
	if (err)
		log_info("key-manager-not-told", "home_address=%s error=\"%s\"", log_addr(&p->hoa), kern_error());
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
