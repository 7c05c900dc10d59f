// SPDX-License-Identifier: GPL-2.0-or-later
/* An Information-request and its Reply; see dhcp6_client.h. */
#include "dhcp6_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "host.h"
#include "wire/bytes.h"

#define CLIENT_PORT 546
#define SERVER_PORT 547
#define INF_TIMEOUT 1.0 /* seconds */
#define INF_MAX_RT  3600.0
#define DUID_LL	    3 /* RFC 8415 11.4 */
#define DUID_UUID   4 /* RFC 6355 */

/*
 * Who we are. The machine's identifier is what does not change; a host without one (or an address) gives a link-layer
 * address. A host's other client has its own identifier, which does not matter: nothing is assigned to ours.
 */
static size_t make_duid(const char *dev, uint8_t duid[DHCP6_DUID_MAX])
{
	FILE *f = fopen("/etc/machine-id", "re");
	struct ifreq r = { 0 };
	char id[34] = "";
	int fd;

	if (f) {
		if (!fgets(id, sizeof(id), f))
			id[0] = 0;
		fclose(f);
		id[strcspn(id, "\n")] = 0;
	}
	put16(duid, DUID_UUID);
	if (strlen(id) == 32 && dhcp6_hex_parse(id, duid + 2, 16) == 16)
		return 18;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", dev);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!ioctl(fd, SIOCGIFHWADDR, &r);
	if (fd >= 0)
		close(fd);
	put16(duid, DUID_LL);
	put16(duid + 2, ARPHRD_ETHER);
	memcpy(duid + 4, r.ifr_hwaddr.sa_data, 6);
	return 10;
}

static int open_socket(unsigned int ifindex, const char *dev, const char **why)
{
	struct sockaddr_in6 local = { .sin6_family = AF_INET6,
				      .sin6_port = htons(CLIENT_PORT),
				      .sin6_scope_id = ifindex };
	struct host host;
	int fd, rc = host_read(&host);

	if (rc)
		return rc;
	rc = -EADDRNOTAVAIL;
	for (size_t i = 0; rc && i < host.n6; i++)
		if (host.addr[i].ifindex == ifindex && IN6_IS_ADDR_LINKLOCAL(&host.addr[i].addr)) {
			local.sin6_addr = host.addr[i].addr;
			rc = 0;
		}
	host_free(&host);
	if (rc) {
		*why = "the interface has no link-local address that can be used";
		return rc;
	}
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev) + 1) &&
	    !bind(fd, (struct sockaddr *)&local, sizeof(local)))
		return fd;
	rc = -errno;
	if (rc == -EADDRINUSE)
		*why = "another DHCPv6 client has the port: let its hook call addrselctl";
	close(fd);
	return rc;
}

/* Reads what is there. 1: out is filled, 0: nothing for us, -errno. */
static int receive(int fd, uint32_t xid, const uint8_t *duid, size_t duid_len, struct dhcp6_answer *out,
		   const char **why)
{
	uint8_t buf[65536];
	struct dhcp6_reply reply;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) >= 0 || errno == EINTR) {
		int rc = n < 0 ? -ENOMSG : dhcp6_parse_reply(buf, (size_t)n, xid, duid, duid_len, &reply);

		if (rc == -EBADMSG)
			*why = "a reply was broken";
		if (!rc && reply.status) {
			*why = "the server refused";
			rc = -EBADMSG;
		}
		if (rc)
			continue;
		*out = (struct dhcp6_answer){ .has_option = reply.addrsel,
					      .option_len = reply.addrsel_len,
					      .refresh = reply.refresh };
		if (reply.addrsel) {
			out->option = malloc(reply.addrsel_len + 1);
			if (!out->option)
				return -ENOMEM;
			memcpy(out->option, reply.addrsel, reply.addrsel_len);
		}
		return 1;
	}
	return errno == EAGAIN ? 0 : -errno;
}

/* RFC 8415 15: a tenth more or less */
static double jitter(void)
{
	uint16_t r = 0;

	(void)!getrandom(&r, sizeof(r), 0);
	return (r - 32768.0) / 327680.0;
}

int dhcp6_ask(const char *dev, unsigned int timeout, struct dhcp6_answer *out, const char **why)
{
	struct sockaddr_in6 servers = { .sin6_family = AF_INET6, .sin6_port = htons(SERVER_PORT) };
	double start = clock_now(), end = start + timeout, next = start, rt = 0;
	uint8_t duid[DHCP6_DUID_MAX], buf[512];
	size_t duid_len = make_duid(dev, duid);
	unsigned int ifindex = if_nametoindex(dev);
	uint32_t xid = 0;
	int fd, rc = 0;

	*why = NULL;
	if (!ifindex)
		return -ENODEV;
	if (getrandom(&xid, sizeof(xid), 0) != sizeof(xid))
		return -errno;
	fd = open_socket(ifindex, dev, why);
	if (fd < 0)
		return fd;
	/* All_DHCP_Relay_Agents_and_Servers */
	inet_pton(AF_INET6, "ff02::1:2", &servers.sin6_addr);
	servers.sin6_scope_id = ifindex;
	while (!rc && clock_now() < end) {
		double now = clock_now();

		if (now >= next) {
			ssize_t len = dhcp6_build_request(buf, sizeof(buf), xid, duid, duid_len,
							  (unsigned int)((now - start) * 100));

			if (len < 0 ||
			    sendto(fd, buf, (size_t)len, 0, (struct sockaddr *)&servers, sizeof(servers)) < 0) {
				rc = len < 0 ? (int)len : -errno;
				break;
			}
			rt = rt > 0 ? 2 * rt + jitter() * rt : INF_TIMEOUT + jitter() * INF_TIMEOUT;
			rt = rt > INF_MAX_RT ? INF_MAX_RT + jitter() * INF_MAX_RT : rt;
			next = now + rt;
		}
		now = clock_now();
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1,
		     (int)(((next < end ? next : end) - now) * 1000) + 1);
		rc = receive(fd, xid, duid, duid_len, out, why);
	}
	close(fd);
	return rc > 0 ? 0 : rc ? rc : -ETIMEDOUT;
}
