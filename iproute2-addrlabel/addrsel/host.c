// SPDX-License-Identifier: GPL-2.0-or-later
/* This host's addresses and routes; see host.h. */
#include "host.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kern/msg.h"
#include "kern/route.h"
#include "kern/sysctl.h"

static long sysctl_of(unsigned int ifindex, const char *name)
{
	char dev[IFNAMSIZ], path[128];
	long value = 0;

	if (!if_indextoname(ifindex, dev))
		return 0;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", dev, name);
	return kern_sysctl_get(path, &value) ? 0 : value;
}

/* What glibc takes for a tunnel (__check_native()) */
static bool is_native(unsigned int ifindex)
{
	struct ifreq r = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool native = true;

	if (fd >= 0 && if_indextoname(ifindex, r.ifr_name) && !ioctl(fd, SIOCGIFHWADDR, &r))
		native = r.ifr_hwaddr.sa_family != ARPHRD_TUNNEL && r.ifr_hwaddr.sa_family != ARPHRD_TUNNEL6 &&
			 r.ifr_hwaddr.sa_family != ARPHRD_SIT;
	if (fd >= 0)
		close(fd);
	return native;
}

static void add(struct host *h, const struct in6_addr *addr, unsigned int plen, unsigned int ifindex, uint32_t flags)
{
	struct rule_address *a;

	if ((flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC)) || flags & IFA_F_DADFAILED)
		return;
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 16;

		a = realloc(h->addr, cap * sizeof(*a));
		if (!a)
			return;
		h->addr = a;
		h->cap = cap;
	}
	a = &h->addr[h->n++];
	*a = (struct rule_address){
		.addr = *addr,
		.plen = (uint8_t)plen,
		.ifindex = ifindex,
		.deprecated = flags & IFA_F_DEPRECATED,
		.optimistic = flags & IFA_F_OPTIMISTIC,
	};
	/* an interface is asked once: its addresses are neighbours in the dump */
	if (h->n > 1 && a[-1].ifindex == ifindex)
		a->native = a[-1].native;
	else
		a->native = is_native(ifindex);
	if (IN6_IS_ADDR_V4MAPPED(addr))
		return;
	a->temporary = flags & IFA_F_TEMPORARY;
	a->home = flags & IFA_F_HOMEADDRESS;
	a->prefer_temporary = sysctl_of(ifindex, "use_tempaddr") >= 2;
	a->use_optimistic = a->optimistic && sysctl_of(ifindex, "use_optimistic") > 0;
}

static void add6(const struct kern_addr *a, void *arg)
{
	add(arg, &a->addr, a->plen, (unsigned int)a->ifindex, a->flags);
}

static void map4(struct in6_addr *out, struct nlattr *attr)
{
	*out = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
	memcpy(&out->s6_addr[12], nla_data(attr), 4);
}

static void add4(struct nlmsghdr *nlh, void *arg)
{
	struct ifaddrmsg *ifa = nlmsg_data(nlh);
	struct nlattr *tb[IFA_MAX + 1], *local;
	struct in6_addr a;

	if (nlh->nlmsg_type != RTM_NEWADDR || nlmsg_parse(nlh, sizeof(*ifa), tb, IFA_MAX, NULL) < 0 ||
	    ifa->ifa_family != AF_INET)
		return;
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!local || nla_len(local) != 4)
		return;
	map4(&a, local);
	add(arg, &a, ifa->ifa_prefixlen, ifa->ifa_index, tb[IFA_FLAGS] ? kern_get_u32(tb[IFA_FLAGS]) : ifa->ifa_flags);
}

int host_read(struct host *h)
{
	struct ifaddrmsg ifa = { .ifa_family = AF_INET };
	int rc;

	*h = (struct host){ 0 };
	rc = kern_addr_dump(0, add6, h);
	h->n6 = h->n;
	if (!rc)
		rc = kern_dump(KERN_ROUTE, kern_msg(RTM_GETADDR, 0, &ifa, sizeof(ifa)), add4, h);
	if (rc)
		host_free(h);
	return rc;
}

void host_free(struct host *h)
{
	free(h->addr);
	*h = (struct host){ 0 };
}

const struct rule_address *host_find(const struct host *h, const struct in6_addr *addr, unsigned int ifindex)
{
	for (size_t i = 0; i < h->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&h->addr[i].addr, addr) && (!ifindex || h->addr[i].ifindex == ifindex))
			return &h->addr[i];
	return NULL;
}

/* ---- routes ---- */

struct answer {
	uint8_t type;
	unsigned int oif;
	bool has_source;
	struct in6_addr source;
};

static void read_route(struct nlmsghdr *nlh, void *arg)
{
	struct rtmsg *rtm = nlmsg_data(nlh);
	struct nlattr *tb[RTA_MAX + 1];
	struct answer *r = arg;

	if (nlh->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(nlh, sizeof(*rtm), tb, RTA_MAX, NULL) < 0)
		return;
	r->type = rtm->rtm_type;
	r->oif = kern_get_u32(tb[RTA_OIF]);
	if (rtm->rtm_family == AF_INET6) {
		r->has_source = kern_get_ip(tb[RTA_PREFSRC], &r->source);
	} else if (tb[RTA_PREFSRC] && nla_len(tb[RTA_PREFSRC]) == 4) {
		map4(&r->source, tb[RTA_PREFSRC]);
		r->has_source = true;
	}
}

static int lookup(const struct in6_addr *dst, unsigned int oif, uint32_t flags, struct answer *r)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(dst);
	struct rtmsg rtm = { .rtm_family = v4 ? AF_INET : AF_INET6, .rtm_dst_len = v4 ? 32 : 128, .rtm_flags = flags };
	struct nl_msg *m = kern_msg(RTM_GETROUTE, 0, &rtm, sizeof(rtm));

	*r = (struct answer){ 0 };
	if (m && v4)
		nla_put(m, RTA_DST, 4, &dst->s6_addr[12]);
	else
		kern_put_ip(m, RTA_DST, dst);
	if (m && oif)
		nla_put_u32(m, RTA_OIF, oif);
	return kern_get(KERN_ROUTE, m, read_route, r);
}

int host_route(const struct in6_addr *dst, unsigned int oif, struct host_route *r)
{
	struct answer way, route;
	int rc = lookup(dst, oif, 0, &way);

	*r = (struct host_route){ 0 };
	if (!rc && way.type != RTN_UNICAST && way.type != RTN_LOCAL && way.type != RTN_MULTICAST &&
	    way.type != RTN_ANYCAST)
		rc = way.type == RTN_BROADCAST ? -EACCES : -ENETUNREACH;
	if (rc)
		return rc;
	r->oif = way.oif;
	r->has_source = way.has_source;
	r->source = way.source;
	if (IN6_IS_ADDR_V4MAPPED(dst))
		return 0;
	/* the entry itself: its own "src", and for one of our addresses the interface that has it */
	if (!lookup(dst, oif, RTM_F_FIB_MATCH, &route)) {
		r->fixed = route.has_source;
		r->fixed_source = route.source;
		if (route.oif)
			r->oif = route.oif;
	}
	r->only_oif = sysctl_of(r->oif, "use_oif_addrs_only") > 0;
	return 0;
}
