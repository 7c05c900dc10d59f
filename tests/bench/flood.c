// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flood ADDRESS N COUNT [DEVICE [BYTES]]: COUNT packets of 1000 bytes, in turn to ADDRESS and the N - 1 addresses after it, from here by DEVICE if that
 * is a group. Prints the nanoseconds that one takes, the least of ten rounds, after a round that only fills caches. On one processor without
 * queues on the way that is what everybody does for the packet, to its end.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define ROUNDS 10
#define PORT   9

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void add(struct in6_addr *a, uint32_t n)
{
	uint32_t low = (uint32_t)a->s6_addr[12] << 24 | (uint32_t)a->s6_addr[13] << 16 | (uint32_t)a->s6_addr[14] << 8 | a->s6_addr[15];

	low += n;
	for (int i = 0; i < 4; i++)
		a->s6_addr[12 + i] = (uint8_t)(low >> (24 - 8 * i));
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), count = argc > 3 ? atoi(argv[3]) : 0;
	uint32_t n = argc > 3 ? (uint32_t)atoi(argv[2]) : 0;
	uint64_t least = UINT64_MAX;
	static const uint8_t data[1400];
	size_t bytes = argc > 5 ? (size_t)atoi(argv[5]) : 1000;
	struct in6_addr first;

	if (argc < 4 || fd < 0 || count < 1 || n < 1 || bytes > sizeof(data) || inet_pton(AF_INET6, argv[1], &first) != 1) {
		fprintf(stderr, "usage: flood ADDRESS N COUNT [DEVICE [BYTES]]\n");
		return 2;
	}
	if (argc > 4) {
		int device = (int)if_nametoindex(argv[4]);

		if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &device, sizeof(device)) < 0) {
			perror(argv[4]);
			return 1;
		}
	}
	for (int round = 0; round <= ROUNDS; round++) {
		uint64_t t0 = now(), each;

		for (int i = 0; i < count; i++) {
			to.sin6_addr = first;
			add(&to.sin6_addr, (uint32_t)i % n);
			if (sendto(fd, data, bytes, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
				perror(argv[1]);
				return 1;
			}
		}
		each = (now() - t0) / (uint64_t)count;
		if (round && each < least)
			least = each;
	}
	printf("%llu\n", (unsigned long long)least);
	return 0;
}
