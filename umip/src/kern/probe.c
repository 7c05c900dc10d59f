// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's abilities, by trying each in a network namespace of its own: a child makes it, tries, and tells through
 * a pipe.
 */
#include "kern/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kern/guard.h"
#include "kern/ipsec.h"
#include "kern/msg.h"
#include "kern/probe_try.h"
#include "kern/route.h"
#include "kern/sock.h"
#include "kern/tun.h"
#include "kern/xfrm.h"

#define TIMEOUT_MS 30000 /* modules may come from a slow disk; normally it takes a tenth of a second */
#define PACKET_WAIT_MS 100
#define TEST_TABLE 100

static bool has_state(enum kern_ro kind)
{
	const struct kern_ro_state s = {
		.kind = kind, .src = PROBE_ADDR(1, 1), .dst = PROBE_ADDR(1, 2), .coa = PROBE_ADDR(1, 3)
	};
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	kern_ro_state_set(b, &s);
	kern_ro_state_del(b, &s, 0);
	return kern_batch_commit(b) == 0;
}

static bool has_sub_policy(void)
{
	const struct kern_ro_policy p = {
		.dir = XFRM_POLICY_OUT,
		.priority = 1,
		.src = PROBE_ADDR(1, 1),
		.dst = PROBE_ADDR(1, 2),
		.src_len = 128,
		.dst_len = 128,
		.mh_type = -1,
	};
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	kern_ro_policy_set(b, &p);
	kern_ro_policy_del(b, &p, 0);
	return kern_batch_commit(b) == 0;
}

static bool has_encap_route(int ifindex)
{
	const struct kern_route r = {
		.dst = PROBE_ADDR(2, 1),
		.dst_len = 128,
		.ifindex = ifindex,
		.has_encap = true,
		.encap_src = PROBE_ADDR(2, 2),
		.encap_dst = PROBE_ADDR(2, 3),
	};
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_link_updown(b, ifindex, true);
	kern_route_replace(b, &r);
	kern_route_del(b, &r, 0);
	return kern_batch_commit(b) == 0;
}

static bool has_guard(int ifindex)
{
	const struct in6_addr a = PROBE_ADDR(2, 1);
	struct kern_guard *g = kern_guard_open(ifindex, 4, 4, 0, NULL, 0);

	if (g && kern_guard_raise(g, NULL, 0)) {
		kern_guard_close(g);
		g = NULL;
	}
	bool ok;

	if (!g)
		return false;
	ok = kern_guard_set(g, &a, &a, &a) == 0 && kern_guard_del(g, &a) == 0;
	kern_guard_close(g);
	return ok;
}

/* A source-less destination that only the rule's table can reach is reached, and with the rule's source. */
static bool has_find_saddr(int loopback, int tunnel)
{
	const struct in6_addr from = PROBE_ADDR(3, 1), to = PROBE_ADDR(4, 1);
	const struct kern_addr a = {
		.addr = from, .plen = 128, .ifindex = loopback, .flags = IFA_F_NODAD, .proto = KERN_RTPROT
	};
	const struct kern_route r = { .dst = to, .dst_len = 128, .table = TEST_TABLE, .ifindex = tunnel };
	const struct kern_rule rule = {
		.priority = 100, .has_src = true, .src = from, .src_len = 128, .find_saddr = true, .table = TEST_TABLE
	};
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_addr = to, .sin6_port = htons(9) };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	socklen_t len = sizeof(sin6);
	bool ok = false;
	int fd;

	kern_addr_replace(b, &a);
	kern_route_replace(b, &r);
	kern_rule_add(b, &rule, 0);
	if (kern_batch_commit(b))
		return false;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&sin6, sizeof(sin6)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&sin6, &len) == 0)
		ok = IN6_ARE_ADDR_EQUAL(&sin6.sin6_addr, &from);
	close(fd);
	return ok;
}

/*
 * With a policy that blocks the incoming type 5, a type 5 sent to ourselves must not arrive, and a type 6 after it
 * must. A kernel that does not read the type lets both through.
 */
static bool decodes_mh_type_in(void)
{
	const struct kern_ro_policy block = {
		.dir = XFRM_POLICY_IN, .priority = 1, .proto = IPPROTO_MH, .mh_type = 5, .block = true
	};
	uint8_t mh[16] = { IPPROTO_NONE, 1, 5, 0, [12] = 1, 2 }; /* ends with PadN */
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	struct mh_packet got;
	bool ok = false;
	int fd;

	kern_ro_policy_set(b, &block);
	if (kern_batch_commit(b))
		return false;
	fd = mh_sock_open();
	if (fd < 0)
		return false;
	if (mh_sock_send(fd, &in6addr_loopback, &in6addr_loopback, NULL, 0, mh, sizeof(mh)) == 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		mh[2] = 6;
		if (mh_sock_send(fd, &in6addr_loopback, &in6addr_loopback, NULL, 0, mh, sizeof(mh)) == 0 &&
		    poll(&p, 1, PACKET_WAIT_MS) == 1)
			ok = mh_sock_recv(fd, &got) == 1 && got.len == sizeof(mh) && got.data[2] == 6;
	}
	close(fd);
	return ok;
}

/*
 * An established socket's packets go to a care-of address in the tunnel, which swallows them; then the state gets another
 * one, an address of ours. A kernel on which the update takes effect delivers the next packet; another one goes on using the
 * route that the socket has.
 */
static bool has_state_update(int loopback, int tunnel)
{
	const struct in6_addr from = PROBE_ADDR(6, 1), hoa = PROBE_ADDR(6, 2), far = PROBE_ADDR(7, 1), near = PROBE_ADDR(6, 3);
	const struct in6_addr ours[] = { from, hoa, near };
	const struct kern_route to_tunnel = { .dst = far, .dst_len = 128, .ifindex = tunnel };
	const struct kern_ro_state any = { .kind = KERN_RT2, .wildrecv = true };
	struct kern_ro_state out = { .kind = KERN_RT2, .src = from, .dst = hoa, .coa = far };
	const struct kern_ro_policy policy = {
		.dir = XFRM_POLICY_OUT, .priority = 1, .src = from, .src_len = 128, .dst = hoa, .dst_len = 128, .mh_type = -1,
		.n_tmpl = 1, .tmpl = { { .kind = KERN_RT2, .src = from, .dst = hoa } },
	}, in = {
		.dir = XFRM_POLICY_IN, .priority = 1, .dst = hoa, .dst_len = 128, .mh_type = -1,
		.n_tmpl = 1, .tmpl = { { .kind = KERN_RT2, .optional = true } },
	};
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_addr = hoa };
	struct pollfd p = { .fd = -1, .events = POLLIN };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	socklen_t len = sizeof(sin6);
	bool ok = false;
	int fd;

	for (unsigned int i = 0; i < 3; i++) {
		const struct kern_addr a = { .addr = ours[i], .plen = 128, .ifindex = loopback,
					     .flags = IFA_F_NODAD | IFA_F_HOMEADDRESS, .proto = KERN_RTPROT };

		kern_addr_replace(b, &a);
	}
	kern_route_replace(b, &to_tunnel);
	if (kern_batch_commit(b))
		return false;
	b = kern_batch_new(KERN_XFRM);
	kern_ro_state_set(b, &any);
	kern_ro_state_set(b, &out);
	kern_ro_policy_set(b, &in);
	kern_ro_policy_set(b, &policy);
	if (kern_batch_commit(b))
		return false;
	p.fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p.fd >= 0 && fd >= 0 && bind(p.fd, (struct sockaddr *)&sin6, sizeof(sin6)) == 0 &&
	    getsockname(p.fd, (struct sockaddr *)&sin6, &len) == 0) {
		const struct sockaddr_in6 self = { .sin6_family = AF_INET6, .sin6_addr = from };

		if (bind(fd, (const struct sockaddr *)&self, sizeof(self)) == 0 &&
		    connect(fd, (struct sockaddr *)&sin6, sizeof(sin6)) == 0)
			send(fd, "", 1, 0); /* into the tunnel, where it may well be an error */
		out.coa = near;
		b = kern_batch_new(KERN_XFRM);
		kern_ro_state_update(b, &out);
		if (kern_batch_commit(b) == 0 && send(fd, "", 1, 0) == 1)
			ok = poll(&p, 1, PACKET_WAIT_MS) == 1;
	}
	if (fd >= 0)
		close(fd);
	if (p.fd >= 0)
		close(p.fd);
	return ok;
}

static int try_all(struct kern_abilities *a, bool ipsec)
{
	const int lo = 1;
	struct kern_batch *b;
	int external, plain, err;
	const struct in6_addr local = PROBE_ADDR(5, 1), remote = PROBE_ADDR(5, 2);

	/* the parent's sockets belong to its namespace */
	kern_nl_close();
	kern_pfkey_close();
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	err = kern_nl_open();
	if (err)
		return err;
	b = kern_batch_new(KERN_ROUTE);
	kern_link_updown(b, lo, true);
	err = kern_batch_commit(b);
	if (err)
		return err;
	a->mip6 = has_state(KERN_HAO) && has_state(KERN_RT2);
	a->sub_policy = has_sub_policy();
	external = kern_tun_open_external("probe-ha");
	a->ip6tnl_external = external > 0;
	a->encap_route = external > 0 && has_encap_route(external);
	a->guard = external > 0 && has_guard(external);
	plain = kern_tun_open("probe-mn");
	a->ip6tnl = plain > 0 && kern_tun_set(plain, "probe-mn", &local, &remote, false) == 0;
	if (a->ip6tnl) {
		a->plug = kern_plug_hold(plain, 65536) == 0 && kern_plug_drop(plain) == 0;
		a->rule_find_saddr = has_find_saddr(lo, plain);
	}
	a->optimistic_dad = access("/proc/sys/net/ipv6/conf/all/optimistic_dad", F_OK) == 0;
	a->mh_type_in = a->mip6 && a->sub_policy && decodes_mh_type_in();
	a->state_update = a->ip6tnl && a->mip6 && a->sub_policy && has_state_update(lo, plain);
	if (ipsec)
		probe_ipsec(a);
	return 0;
}

struct result {
	int err;
	struct kern_abilities able;
};

static int collect(int fd, struct result *r)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, TIMEOUT_MS);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	return read(fd, r, sizeof(*r)) == (ssize_t)sizeof(*r) ? r->err : -EIO;
}

int kern_probe(struct kern_abilities *out, bool ipsec)
{
	struct result r;
	int fd[2], err;
	pid_t child;

	memset(out, 0, sizeof(*out));
	if (pipe(fd) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		memset(&r, 0, sizeof(r));
		close(fd[0]);
		r.err = try_all(&r.able, ipsec);
		_exit(write(fd[1], &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1);
	}
	close(fd[1]);
	if (child < 0) {
		err = -EAGAIN;
	} else {
		err = collect(fd[0], &r);
		if (err)
			kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(fd[0]);
	if (!err)
		*out = r.able;
	return err;
}
