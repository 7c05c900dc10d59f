// SPDX-License-Identifier: GPL-2.0-or-later
/* NodeConfig CN: an ordinary host that lets mobile nodes reach it the short way. All of that is in cn.c. */
#include "cn/cn.h"

static int cn_start(struct daemon *d, char *err, size_t err_len)
{
	(void)d;
	(void)err;
	(void)err_len;
	return 0;
}

static void cn_free(struct daemon *d)
{
	(void)d;
}

static void cn_stop(struct daemon *d, void (*done)(struct daemon *d))
{
	done(d);
}

static void on_mh(struct daemon *d, const struct mh_packet *p, const struct mh_msg *m)
{
	if (cn_mh(d->cn, p, m))
		return;
	if (m->type == MH_BE)
		d->stats[STAT_BE_RX]++;
	d->stats[STAT_MH_UNEXPECTED]++;
}

/* No link is watched, so none comes. */
static void on_nd(struct daemon *d, const struct nd_packet *p)
{
	(void)d;
	(void)p;
}

static void on_addr(struct daemon *d, const struct kern_addr *a, bool deleted)
{
	(void)a;
	(void)deleted;
	cn_addr_changed(d->cn);
}

static bool on_bc(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	return cn_rows(d->cn, at, max, rows);
}

static struct json_object *on_status(struct daemon *d)
{
	struct json_object *o = json_object_new_object();

	cn_status(d->cn, o);
	return o;
}

static void cn_resync(struct daemon *d)
{
	cn_addr_changed(d->cn);
}

const struct role_ops cn_role = {
	.name = "correspondent node",
	.start = cn_start,
	.mh = on_mh,
	.nd = on_nd,
	.addr = on_addr,
	.resync = cn_resync,
	.stop = cn_stop,
	.free = cn_free,
	.bc = on_bc,
	.status = on_status,
};
