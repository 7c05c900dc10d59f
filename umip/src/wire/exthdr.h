/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two extension headers of Mobile IPv6 (RFC 6275 6.3 and 6.4), and the IPv6 header around what we send by
 * ourselves. Pure: bytes in, bytes out.
 */
#ifndef WIRE_EXTHDR_H
#define WIRE_EXTHDR_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HAO_OPT_TYPE 0xc9
#define HAO_HDR_LEN  24 /* destination options header with only the Home Address option: 8n+6 aligned */
#define RT2_HDR_LEN  24

/*
 * Destination options header, first byte next header (left 0 for the kernel's ancillary data). buf has HAO_HDR_LEN
 * bytes.
 */
void hao_build(uint8_t buf[HAO_HDR_LEN], uint8_t next, const struct in6_addr *hoa);
/* Finds the Home Address option in a whole destination options header. 0, -ENOENT, -EBADMSG. */
int hao_find(const uint8_t *hdr, size_t len, struct in6_addr *addr);

/* Routing header type 2 with segments left 1. */
void rt2_build(uint8_t buf[RT2_HDR_LEN], uint8_t next, const struct in6_addr *addr);
/* 0, -ENOENT (another routing type), -EBADMSG. segleft may be NULL. */
int rt2_parse(const uint8_t *hdr, size_t len, struct in6_addr *addr, uint8_t *segleft);

/* Writes the 40 bytes of an IPv6 header. */
void ip6_build(uint8_t buf[40], uint8_t next, uint8_t hoplimit, uint16_t payload_len, const struct in6_addr *src,
	       const struct in6_addr *dst);

struct ip6_view {
	struct in6_addr src, dst; /* as on the wire */
	uint8_t hoplimit, tclass;
	uint8_t proto; /* the upper layer after all extension headers */
	size_t upper; /* its offset, never beyond len; the packet's end if there is none (IPPROTO_NONE) */
	size_t end; /* 40 + payload length; may be beyond len if quoted */
	int has_hao, has_rt2;
	struct in6_addr hao, rt2;
};

/*
 * Walks a whole IPv6 packet (or a quoted, truncated one if quoted is set). 0, -EBADMSG, -EPROTONOSUPPORT (ESP,
 * later fragment). A packet with two Home Address options or two routing headers of type 2 is -EBADMSG. src and
 * dst are set on error too if there are 40 bytes.
 */
int ip6_walk(const uint8_t *pkt, size_t len, int quoted, struct ip6_view *out);

/*
 * Internet checksum over the IPv6 pseudo-header and data; the field inside data is zero when computing, and the
 * result 0 when verifying.
 */
uint16_t ip6_checksum(const struct in6_addr *src, const struct in6_addr *dst, uint8_t proto, const uint8_t *data,
		      size_t len);

#endif
