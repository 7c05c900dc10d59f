// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the kernel guarded a message that has come.
 *
 * It drops what a policy wants protected and is not, but it tells that a policy is gone only afterwards, and of a flush only when all are. So
 * before a message has an effect, the kernel is asked for the policy that it had to pass, by the index that it had when it was installed:
 * one that was deleted and put back has another. If it is there still, it was there all the time, and the message, which came in
 * between, passed it.
 *
 * Two things could make that wrong. What waited in a socket while there was no policy must not be read after it is back: it is thrown
 * away (start_fence()). And one that somebody else has replaced, and put right again, has kept its index: of both the kernel has
 * told before the second was done, so its notifications are read after it was asked.
 */
#include <netinet/in.h>

#include <linux/membarrier.h>
#include <linux/xfrm.h>

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ipsec_impl.h"

#define SMALLEST_MESSAGE 256 /* bytes of a receive buffer; the kernel's own structure for a packet is almost that */

/* ---- after policies were put into the kernel ---- */

static void forget(struct ipsec *ip)
{
	for (size_t i = 0; i < ip->n; i++)
		memset(ip->peers[i].guard, 0, sizeof(ip->peers[i].guard));
}

static bool is_guard(const struct kern_sp *sp)
{
	return sp->dir == XFRM_POLICY_IN && sp->action != KERN_SP_ALLOW;
}

static void note_index(const struct kern_sp *sp, void *arg)
{
	const struct ipsec *ip = arg;
	struct kern_sp list[IPSEC_POLICIES_MAX];
	struct ipsec_peer *p = is_guard(sp) ? ipsec_peer(ip, &sp->src) : NULL;
	unsigned int n;

	if (!p)
		p = is_guard(sp) ? ipsec_peer(ip, &sp->dst) : NULL;
	n = p ? ipsec_policies(ip, p, IPSEC_TRANSPORT, list) : 0;
	for (unsigned int i = 0; i < n; i++)
		if (ipsec_same_policy(sp, &list[i]))
			p->guard[ipsec_type_of(sp)] = sp->index;
}

static bool has_all(const struct ipsec *ip, const struct ipsec_peer *p)
{
	struct kern_sp list[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TRANSPORT, list);

	for (unsigned int i = 0; i < n; i++)
		if (is_guard(&list[i]) && !p->guard[ipsec_type_of(&list[i])])
			return false;
	return true;
}

int ipsec_learn_guards(struct ipsec *ip)
{
	int err;

	forget(ip);
	err = kern_sp_dump(note_index, ip);
	for (size_t i = 0; !err && i < ip->n; i++)
		if (!has_all(ip, &ip->peers[i]))
			err = -ENOENT;
	return err;
}

bool ipsec_settle_kernel(void)
{
	return !syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/*
 * Everything that waits in a socket, or that waited when this began: more than its buffer can hold is not read, or whoever sends could keep us
 * here. An error says nothing about what comes next: one message with a wrong checksum looks like an empty socket.
 */
static unsigned int throw_away(int fd)
{
	int size = 0, waiting = 0;
	socklen_t len = sizeof(size);
	unsigned int n = 0;
	char c;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len) < 0)
		return 0;
	for (int left = size / SMALLEST_MESSAGE + 1; left > 0 && !ioctl(fd, FIONREAD, &waiting) && waiting > 0; left--)
		n += recv(fd, &c, sizeof(c), MSG_DONTWAIT | MSG_TRUNC) >= 0;
	return n;
}

void ipsec_start_fence(struct ipsec *ip)
{
	unsigned int n = throw_away(ip->d->mh_fd);

	for (const struct ipsec_socket *s = ip->sockets; s; s = s->next)
		n += throw_away(s->fd);
	ip->d->stats[STAT_IPSEC_UNGUARDED] += n;
	if (n)
		log_notice("messages-discarded", "messages=%u reason=\"received while policies were missing\"", n);
}

void ipsec_socket_add(struct ipsec *ip, struct ipsec_socket *s, int fd)
{
	if (!ip)
		return;
	s->fd = fd;
	s->next = ip->sockets;
	ip->sockets = s;
}

void ipsec_socket_del(struct ipsec *ip, struct ipsec_socket *s)
{
	struct ipsec_socket **at = ip ? &ip->sockets : NULL;

	while (at && *at && *at != s)
		at = &(*at)->next;
	if (at && *at)
		*at = s->next;
}

/* ---- a message ---- */

/* The policy that a message of the other side's had to pass; false: there is none for it. */
static bool guard_of(const struct ipsec *ip, const struct ipsec_peer *p, uint8_t proto, int type, struct kern_sp *guard)
{
	struct kern_sp list[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TRANSPORT, list);
	bool found = false;

	for (unsigned int i = 0; i < n; i++) {
		const struct kern_sp *sp = &list[i];

		if (sp->dir != XFRM_POLICY_IN || (sp->proto && sp->proto != proto) || (sp->type >= 0 && sp->type != type) ||
		    (found && guard->priority <= sp->priority))
			continue;
		*guard = *sp;
		found = true;
	}
	return found && is_guard(guard);
}

static bool stands(const struct ipsec_peer *p, const struct kern_sp *guard)
{
	const uint32_t index = p->guard[ipsec_type_of(guard)];
	struct kern_sp there;

	return index && kern_sp_get(XFRM_POLICY_IN, index, &there) == 1 && ipsec_same_policy(&there, guard);
}

bool ipsec_guarded(struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *ha, uint8_t proto, int type)
{
	struct ipsec_peer *p = ip ? ipsec_peer(ip, hoa) : NULL;
	struct kern_sp guard;

	if (!p || !IN6_ARE_ADDR_EQUAL(&p->set->ha, ha) || !guard_of(ip, p, proto, type, &guard))
		return true;
	if (!ip->broken && !stands(p, &guard))
		ipsec_policies_gone(ip);
	ipsec_catch_up(ip);
	if (!ip->broken)
		return true;
	p->unguarded++;
	ip->d->stats[STAT_IPSEC_UNGUARDED]++;
	if (log_allow(&ip->log_unguarded, "unguarded-message"))
		log_notice("unguarded-message", "home_address=%s protocol=%u type=%d effect=none reason=\"its policy is not in the kernel\"", log_addr(hoa),
			   proto, type);
	return false;
}
