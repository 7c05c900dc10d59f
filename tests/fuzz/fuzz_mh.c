// SPDX-License-Identifier: GPL-2.0-or-later
/* Mobility headers: whatever parses can be built, and says the same when it is parsed again. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "wire/mh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh_msg first, second;
	size_t bad = 0, auth = 0;
	ssize_t len;
	int ret = mh_parse(data, size, &first, &bad);

	must(ret <= 0);
	if (ret) {
		must(ret == -EBADMSG || ret == -EPROTONOSUPPORT);
		must(bad <= size);
		return 0;
	}
	must(first.opts.n_mnp <= MH_MAX_MNP);
	must(!first.opts.has_auth || first.opts.auth_offset + MH_AUTH_LEN == size);
	must(first.type != MH_BA || mh_status_name(first.ba.status));
	len = mh_build(buf, sizeof(buf), &first, &auth);
	must(len >= 8 && len % 8 == 0);
	must(mh_parse(buf, (size_t)len, &second, NULL) == 0);
	must(second.opts.auth_offset == auth);
	/* the one place and the one count that a canonical message may change */
	first.opts.auth_offset = auth;
	first.opts.n_unknown = first.opts.n_mnp_more = 0;
	must(!memcmp(&first, &second, sizeof(first)));
	must(mh_build(buf, (size_t)len - 1, &first, NULL) == -ENOSPC);
	return 0;
}
