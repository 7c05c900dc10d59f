/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mobility Header messages and options: RFC 6275 section 6.1 and 6.2, RFC 3963 section 4.
 *
 * A pure codec. Parsing fills a struct mh_msg from hostile bytes and keeps nothing; building
 * writes one message with its options aligned and padded. No state, no I/O, no allocation.
 * Addresses are struct in6_addr, numbers are in host order, lifetimes stay in the wire's unit
 * of 4 seconds (mh_lifetime_to_sec() converts).
 */
#ifndef WIRE_MH_H
#define WIRE_MH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum mh_type {
	MH_BRR = 0,
	MH_HOTI = 1,
	MH_COTI = 2,
	MH_HOT = 3,
	MH_COT = 4,
	MH_BU = 5,
	MH_BA = 6,
	MH_BE = 7,
};

enum mh_opt_type {
	MHO_PAD1 = 0,
	MHO_PADN = 1,
	MHO_REFRESH_ADVICE = 2,
	MHO_ALT_COA = 3,
	MHO_NONCE = 4,
	MHO_AUTH = 5,
	MHO_MNP = 6, /* RFC 3963 4.3 */
};

/* Binding Update flags, as in the first byte after the sequence number */
#define MH_BU_A 0x80 /* acknowledge */
#define MH_BU_H 0x40 /* home registration */
#define MH_BU_L 0x20 /* link-local address compatibility */
#define MH_BU_K 0x10 /* key management mobility */
#define MH_BU_R 0x04 /* mobile router, RFC 3963 */

#define MH_BA_K 0x80
#define MH_BA_R 0x40

/* Binding Acknowledgement status, RFC 6275 6.1.8 and RFC 3963 4.2 */
enum mh_ba_status {
	BA_ACCEPTED = 0,
	BA_PREFIX_DISCOVERY_NEEDED = 1,
	BA_UNSPECIFIED = 128,
	BA_PROHIBITED = 129,
	BA_NO_RESOURCES = 130,
	BA_HOME_REG_UNSUPPORTED = 131,
	BA_NOT_HOME_SUBNET = 132,
	BA_NOT_HOME_AGENT = 133,
	BA_DAD_FAILED = 134,
	BA_SEQ_OUT_OF_WINDOW = 135,
	BA_HOME_NONCE_EXPIRED = 136,
	BA_COA_NONCE_EXPIRED = 137,
	BA_NONCES_EXPIRED = 138,
	BA_REG_TYPE_CHANGE = 139,
	BA_MR_NOT_PERMITTED = 140,
	BA_INVALID_PREFIX = 141,
	BA_UNAUTHORIZED_PREFIX = 142,
	BA_FORWARDING_FAILED = 143,
	BA_INVALID_COA = 174,
};

#define MH_AUTH_LEN	 12
#define MH_MAX_MNP	 8 /* mobile network prefixes kept of one message */
#define MH_MAX_LEN	 2048 /* (255 + 1) * 8 */
#define MH_LIFETIME_UNIT 4 /* seconds */

struct mh_prefix {
	struct in6_addr addr;
	uint8_t len;
};

struct mh_opts {
	bool has_refresh_advice;
	uint16_t refresh_advice; /* units of 4 s */
	bool has_alt_coa;
	struct in6_addr alt_coa;
	bool has_nonce;
	uint16_t home_nonce, coa_nonce;
	bool has_auth;
	uint8_t auth[MH_AUTH_LEN];
	size_t auth_offset; /* parse only: where the authenticator starts in the message */
	unsigned int n_mnp;
	struct mh_prefix mnp[MH_MAX_MNP];
	unsigned int n_mnp_more; /* parse only: prefixes that there was no room for */
	unsigned int n_unknown; /* parse only: options skipped by the rule of 6.2.1 */
};

struct mh_msg {
	uint8_t type; /* enum mh_type; a parsed unknown type is returned as it is with -EPROTONOSUPPORT */
	union {
		struct {
			uint64_t cookie; /* compared, never computed with: network order bytes copied as they are */
		} test_init; /* HoTI, CoTI */
		struct {
			uint16_t nonce_index;
			uint64_t cookie;
			uint64_t keygen_token;
		} test; /* HoT, CoT */
		struct {
			uint16_t seq;
			uint8_t flags; /* MH_BU_* */
			uint16_t lifetime; /* units of 4 s; 0 deregisters */
		} bu;
		struct {
			uint8_t status; /* enum mh_ba_status */
			uint8_t flags; /* MH_BA_* */
			uint16_t seq;
			uint16_t lifetime; /* units of 4 s */
		} ba;
		struct {
			uint8_t status;
			struct in6_addr hoa;
		} be;
	};
	struct mh_opts opts;
};

/*
 * Reads one message of len bytes (checksum verified elsewhere). Returns 0, or
 *  -EBADMSG	     truncated, length field wrong, an option runs over the end or has the wrong length;
 *		     *bad (may be NULL) is the offset to report in a Parameter Problem
 *  -EPROTONOSUPPORT the MH type is unknown (out->type is set): Binding Error status 2
 * Unknown options are skipped and counted. len beyond the header's own length is -EBADMSG.
 */
int mh_parse(const uint8_t *buf, size_t len, struct mh_msg *out, size_t *bad);

/*
 * Writes msg with its options, aligned as 6.2 demands (8n+6 for the alternate care-of address ...) and padded to 8
 * bytes. The checksum field is zero. Returns the length, -ENOSPC if cap is too small, -EINVAL if msg has an option
 * that the type may not carry. With has_auth the authenticator is the last option; its place is *auth_offset (may
 * be NULL).
 */
ssize_t mh_build(uint8_t *buf, size_t cap, const struct mh_msg *msg, size_t *auth_offset);

/* The checksum over the pseudo-header of 6.1.1; src and dst are the home addresses where HAO or RT2 are used. */
uint16_t mh_checksum(const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *buf, size_t len);
/* Writes it into the message. */
void mh_set_checksum(uint8_t *buf, size_t len, const struct in6_addr *src, const struct in6_addr *dst);

/* RFC 6275 9.5.1: true if a is newer than b modulo 2^16; b itself and the 32768 numbers before it are not. */
static inline bool mh_seq_newer(uint16_t a, uint16_t b)
{
	return a != b && (uint16_t)(a - b) < 32768;
}

static inline uint32_t mh_lifetime_to_sec(uint16_t units)
{
	return (uint32_t)units * MH_LIFETIME_UNIT;
}

/* Rounds down, so that a lifetime never grows on the wire; saturates at 0xffff. */
uint16_t mh_lifetime_from_sec(uint32_t sec);

const char *mh_status_name(uint8_t status); /* "accepted", "sequence number out of window" ... */

#endif
