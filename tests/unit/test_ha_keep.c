// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A binding cache that survives: the store alone, with files of every bad kind, and the home agent with it on a kernel made of paper, which
 * dies and starts again.
 */
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "ha/ha_store.h"

#include "paper_ha.h"
#include "suite.h"

static char dir[] = "/tmp/mip6-keep-XXXXXX", path[64];
static char err[512];

static void begin(void)
{
	/* The directory is made anew by each test. */
	ck_assert_ptr_nonnull(mkdtemp(dir));
	rmdir(dir);
}

/* How many files the pattern finds; they are removed. */
static unsigned int sweep(const char *pattern)
{
	unsigned int n = 0;
	char text[96];
	glob_t g;

	snprintf(text, sizeof(text), "%s/%s", dir, pattern);
	if (!glob(text, 0, NULL, &g)) {
		n = (unsigned int)g.gl_pathc;
		for (size_t i = 0; i < g.gl_pathc; i++)
			unlink(g.gl_pathv[i]);
		globfree(&g);
	}
	return n;
}

static void setup(void)
{
	ha_world_make();
	snprintf(path, sizeof(path), "%s/bindings.db", dir);
	conf.ha_keep = true;
	conf.binding_cache_file = path;
}

static void teardown(void)
{
	sweep("*");
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_ptr_null(d.role);
	ha_world_down();
}

/* ---- the store ---- */

static struct ha_store *open_store(void)
{
	struct ha_store *s = ha_store_open(path, err, sizeof(err));

	ck_assert_msg(s != NULL, "%s", err);
	return s;
}

static struct ha_stored example(unsigned int i)
{
	struct ha_stored r = { .hoa = ip(HOA), .coa = ip(COA1), .ha = ip(HA), .flags = MH_BU_A | MH_BU_H,
			       .seq = (uint16_t)(65000 + i), .lifetime = 400, .registered = clock_now() - 10, .expires = clock_now() + 300 };

	r.hoa.s6_addr[15] = (uint8_t)i;
	return r;
}

static void put_examples(struct ha_store *s, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct ha_stored r = example(i);

		ha_store_put(s, &r);
	}
	ck_assert_int_eq(ha_store_commit(s), 0);
}

static unsigned int count(struct ha_store *s)
{
	struct ha_stored *rows;
	unsigned int n;

	ck_assert_msg(!ha_store_load(s, &rows, &n, err, sizeof(err)), "%s", err);
	free(rows);
	return n;
}

/* Examples in a file that nobody has open. */
static void make_file(unsigned int n)
{
	struct ha_store *s = open_store();

	put_examples(s, n);
	ha_store_close(s);
}

static void alter(const char *statement)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, statement, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

START_TEST(what_is_stored_is_read)
{
	struct ha_store *s = open_store();
	const struct ha_stored was = example(7);
	struct ha_stored *rows;
	struct stat st;
	unsigned int n;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	put_examples(s, 8);
	ha_store_del(s, &was.hoa);
	ha_store_put(s, &was);
	ck_assert_int_eq(ha_store_commit(s), 0);
	for (unsigned int i = 0; i < 7; i++) {
		const struct ha_stored other = example(i);

		ha_store_del(s, &other.hoa);
	}
	ck_assert_int_eq(ha_store_commit(s), 0);
	ha_store_close(s);
	s = open_store();
	ck_assert_int_eq(ha_store_load(s, &rows, &n, err, sizeof(err)), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(memcmp(&rows->hoa, &was.hoa, 16) | memcmp(&rows->coa, &was.coa, 16) | memcmp(&rows->ha, &was.ha, 16), 0);
	ck_assert_uint_eq(rows->flags, was.flags);
	ck_assert_uint_eq(rows->seq, was.seq);
	ck_assert_uint_eq(rows->lifetime, 400);
	ck_assert(fabs(rows->registered - was.registered) < 0.01 && fabs(rows->expires - was.expires) < 0.01);
	ck_assert(rows->same_boot);
	free(rows);
	ha_store_clear(s);
	ck_assert_int_eq(ha_store_commit(s), 0);
	ck_assert_uint_eq(count(s), 0);
	ha_store_close(s);
}
END_TEST

START_TEST(uncommitted_is_nothing)
{
	struct ha_store *s = open_store();
	const struct ha_stored r = example(1);

	ha_store_put(s, &r);
	ha_store_close(s);
	s = open_store();
	ck_assert_uint_eq(count(s), 0);
	ha_store_close(s);
}
END_TEST

/* The kernel started anew: the monotonic clock means something else, the wall clock tells. */
START_TEST(another_boot)
{
	struct ha_store *s;
	struct ha_stored *rows;
	unsigned int n;

	make_file(1);
	alter("UPDATE binding SET boot = 'before', expires = 5, registered = 1, expires_utc = expires_utc - 100");
	s = open_store();
	ck_assert_int_eq(ha_store_load(s, &rows, &n, err, sizeof(err)), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert(!rows->same_boot);
	ck_assert(fabs(rows->expires - clock_now() - 200) < 1);
	free(rows);
	ha_store_close(s);
	/* A wall clock that was wrong gives nobody more than was granted. */
	alter("UPDATE binding SET expires_utc = expires_utc + 1e9");
	s = open_store();
	ck_assert_int_eq(ha_store_load(s, &rows, &n, err, sizeof(err)), 0);
	ck_assert(fabs(rows->expires - clock_now() - 400) < 1);
	free(rows);
	ha_store_close(s);
}
END_TEST

static const char *const nonsense[] = {
	"UPDATE binding SET home_address = x'20010db8' WHERE sequence = 65002",
	"UPDATE binding SET care_of_address = x'ff020000000000000000000000000001' WHERE sequence = 65002",
	"UPDATE binding SET sequence = 65536 WHERE sequence = 65002",
	"UPDATE binding SET sequence = 'many' WHERE sequence = 65002",
	"UPDATE binding SET lifetime_s = -1 WHERE sequence = 65002",
	"UPDATE binding SET flags = 256 WHERE sequence = 65002",
	"UPDATE binding SET expires = 9e999 WHERE sequence = 65002",
	"UPDATE binding SET expires = 'never' WHERE sequence = 65002",
	"ALTER TABLE binding RENAME TO bindings",
	"PRAGMA application_id = 7",
	"PRAGMA user_version = 4",
	"PRAGMA user_version = 1", /* and its shape is another one's */
	"UPDATE binding SET prefixes = x'40' WHERE sequence = 65002",
	"UPDATE binding SET prefixes = x'8120010db8000a00000000000000000000' WHERE sequence = 65002",
	"UPDATE binding SET prefixes = zeroblob(153) WHERE sequence = 65002",
	"DROP TABLE binding",
};

START_TEST(rows_without_sense)
{
	struct ha_store *s;

	make_file(5);
	alter(nonsense[_i]);
	s = open_store();
	ck_assert_uint_eq(count(s), 0);
	/* and the new one works */
	put_examples(s, 2);
	ck_assert_uint_eq(count(s), 2);
	ha_store_close(s);
	ck_assert_uint_eq(sweep("bindings.db.bad-*"), 1);
}
END_TEST

/* What an older daemon has written. */
START_TEST(older_versions)
{
	struct ha_store *s;

	make_file(5);
	alter("DROP TABLE sequence; PRAGMA user_version = 2");
	if (_i)
		alter("ALTER TABLE binding DROP COLUMN prefixes; PRAGMA user_version = 1");
	s = open_store();
	ck_assert_uint_eq(count(s), 5);
	ha_store_close(s);
	ck_assert_uint_eq(sweep("bindings.db.bad-*"), 0);
}
END_TEST

static void see_sequence(const struct in6_addr *hoa, uint16_t seq, void *arg)
{
	unsigned int *sum = arg;

	ck_assert(is(hoa, HOA));
	*sum += seq;
}

/* They outlive bindings, and go with everything. */
START_TEST(sequences)
{
	const struct in6_addr hoa = ip(HOA);
	struct ha_store *s = open_store();
	unsigned int sum = 0;

	ha_store_put_sequence(s, &hoa, 7);
	ha_store_put_sequence(s, &hoa, 65000);
	ha_store_del(s, &hoa);
	ck_assert_int_eq(ha_store_commit(s), 0);
	ha_store_close(s);
	s = open_store();
	ha_store_load_sequences(s, see_sequence, &sum);
	ck_assert_uint_eq(sum, 65000);
	ha_store_clear(s);
	ck_assert_int_eq(ha_store_commit(s), 0);
	ha_store_load_sequences(s, see_sequence, &sum);
	ck_assert_uint_eq(sum, 65000);
	ha_store_close(s);
}
END_TEST

/* Torn at every place: never a part of it, never a crash. Where it is whole but for its end, all may be there. */
START_TEST(torn)
{
	struct ha_store *s;
	struct stat st;
	unsigned int n;

	make_file(200);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size * _i / 8 + (_i % 2 ? 100 : 0)), 0);
	s = open_store();
	n = count(s);
	ck_assert_msg(n == 0, "%u rows", n);
	ha_store_close(s);
	/* Nothing at all is a new file. */
	ck_assert_uint_eq(sweep("bindings.db.bad-*"), _i ? 1 : 0);
}
END_TEST

START_TEST(foreign)
{
	struct ha_store *s;
	FILE *f;

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	f = fopen(path, "w");
	for (int i = 0; i < 3000; i++)
		fputs("not a database\n", f);
	fclose(f);
	s = open_store();
	ck_assert_uint_eq(count(s), 0);
	put_examples(s, 3);
	ha_store_close(s);
	ck_assert_uint_eq(sweep("bindings.db.bad-*"), 1);
	sweep("bindings.db*");
	alter("CREATE TABLE recipe (text TEXT); INSERT INTO recipe VALUES ('pancakes')");
	s = open_store();
	ck_assert_uint_eq(count(s), 0);
	ha_store_close(s);
	ck_assert_uint_eq(sweep("bindings.db.bad-*"), 1);
}
END_TEST

START_TEST(another_daemon_has_it)
{
	struct ha_store *s = open_store();

	put_examples(s, 2);
	ck_assert_ptr_null(ha_store_open(path, err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "another process has it"));
	ck_assert_uint_eq(count(s), 2);
	ha_store_close(s);
	ck_assert_uint_eq(sweep("bindings.db.bad-*"), 0);
}
END_TEST

START_TEST(no_place)
{
	struct stat st;

	ck_assert_ptr_null(ha_store_open("/dev/null/x/bindings.db", err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, strerror(ENOTDIR)));
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_ptr_null(ha_store_open(path, err, sizeof(err)));
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

/* ---- the home agent ---- */

static void stop(bool leave)
{
	d.leave = leave;
	ha_role.free(&d);
	d.leave = false;
}

/* What a machine that starts anew has of it. */
static void reboot(void)
{
	k.routes.n = k.proxies.n = k.guards.n = 0;
	alter("UPDATE binding SET boot = 'before'");
}

static void bind_one(void)
{
	ha_start();
	send_bu(BU(HOA, COA1, 100, 100));
	pass(1.1);
	ck_assert_uint_eq(k.mh.msg.ba.status, BA_ACCEPTED);
}

static struct binding *binding(void)
{
	struct in6_addr hoa = ip(HOA);

	return bcache_find(ha_of(&d)->cache, &hoa);
}

START_TEST(goes_on)
{
	unsigned int announced;

	bind_one();
	send_bu(BU(HOA, COA2, 101, 100));
	pass(0.1);
	stop(true);
	ck_assert_uint_eq(k.routes.n, 1);
	ck_assert_uint_eq(k.proxies.n, 1);
	ck_assert_uint_eq(k.guards.n, 1);
	announced = k.n_na;
	ha_start();
	pass(0.2);
	ck_assert_ptr_nonnull(binding());
	ck_assert(is(&binding()->coa, COA2));
	ck_assert_uint_eq(binding()->seq, 101);
	ck_assert(fabs(binding()->expires - clock_now() - 400) < 2);
	ck_assert(is(&k.routes.at[0].encap_dst, COA2));
	ck_assert_uint_eq(k.n_na, announced); /* the neighbours know */
	/* A replay stays one, and DAD is not done again. */
	send_bu(BU(HOA, COA1, 101, 100));
	ck_assert_uint_eq(k.mh.msg.ba.status, BA_SEQ_OUT_OF_WINDOW);
	send_bu(BU(HOA, COA1, 102, 100));
	pass(0.1);
	ck_assert_uint_eq(k.mh.msg.ba.status, BA_ACCEPTED);
	stop(false);
	ck_assert_uint_eq(installed(), 0);
}
END_TEST

START_TEST(machine_starts_anew)
{
	bind_one();
	stop(true);
	reboot();
	ha_start();
	pass(0.2);
	ck_assert_uint_eq(k.routes.n, 1);
	ck_assert_uint_eq(k.proxies.n, 1);
	ck_assert_uint_eq(k.guards.n, 1);
	ck_assert(binding()->installed && binding()->announced);
	stop(false);
}
END_TEST

START_TEST(object_lost_meanwhile)
{
	bind_one();
	stop(true);
	k.proxies.n = 0;
	ha_start();
	pass(0.2);
	ck_assert_uint_eq(k.proxies.n, 1);
	stop(false);
}
END_TEST

START_TEST(ended_meanwhile)
{
	bind_one();
	stop(true);
	alter("UPDATE binding SET expires = expires - 1000");
	ha_start();
	pass(0.2);
	ck_assert_ptr_null(binding());
	ck_assert_uint_eq(k.routes.n + k.proxies.n, 0);
	stop(true);
	ha_start();
	ck_assert_uint_eq(bcache_count(ha_of(&d)->cache), 0);
	stop(false);
}
END_TEST

START_TEST(refused_meanwhile)
{
	bind_one();
	stop(true);
	conf.default_acl = BA_PROHIBITED;
	ha_start();
	pass(0.2);
	ck_assert_ptr_null(binding());
	ck_assert_uint_eq(k.routes.n + k.proxies.n, 0);
	stop(false);
}
END_TEST

START_TEST(expires_after_the_start)
{
	bind_one();
	stop(true);
	alter("UPDATE binding SET expires = expires - 399");
	ha_start();
	ck_assert_ptr_nonnull(binding());
	pass(1.5);
	ck_assert_ptr_null(binding());
	ck_assert_uint_eq(k.routes.n + k.proxies.n, 0);
	ck_assert_uint_eq(d.stats[STAT_EXPIRED], 1);
	stop(true);
	ha_start();
	ck_assert_uint_eq(bcache_count(ha_of(&d)->cache), 0);
	stop(false);
}
END_TEST

START_TEST(deregistered_is_forgotten)
{
	bind_one();
	send_bu(BU(HOA, COA1, 101, 0));
	pass(0.1);
	ck_assert_uint_eq(k.mh.msg.ba.status, BA_ACCEPTED);
	stop(true);
	ha_start();
	ck_assert_ptr_null(binding());
	stop(false);
}
END_TEST

/* As if the disk were full. */
static void disk_room(bool room)
{
	static struct rlimit was;
	struct rlimit none;

	if (!was.rlim_max) {
		signal(SIGXFSZ, SIG_IGN);
		ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	}
	none = (struct rlimit){ 0, was.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, room ? &was : &none), 0);
}

/* What is on the disk is out of date: whoever kills us or stops us does not bring it back. */
START_TEST(disk_full_at_the_end)
{
	bool there, keeps;

	bind_one();
	disk_room(false);
	send_bu(BU(HOA, COA1, 101, 0));
	pass(0.1);
	there = !access(path, F_OK);
	keeps = ha_role.keeps(&d);
	stop(false);
	disk_room(true); /* check itself writes to a file */
	ck_assert_uint_eq(k.mh.msg.ba.status, BA_ACCEPTED);
	ck_assert(!there && !keeps);
	ck_assert_uint_ge(sweep("bindings.db.bad-*"), 1); /* and its journal */
	ha_start();
	ck_assert_ptr_null(binding());
	stop(false);
}
END_TEST

START_TEST(room_at_the_end)
{
	bind_one();
	disk_room(false);
	send_bu(BU(HOA, COA2, 101, 100));
	pass(0.1);
	disk_room(true);
	ck_assert(ha_role.keeps(&d));
	stop(true);
	ha_start();
	ck_assert(is(&binding()->coa, COA2));
	stop(false);
}
END_TEST

/* While the cache is volatile what is on the disk gets out of date. */
START_TEST(off_for_a_while)
{
	bind_one();
	stop(true);
	conf.ha_keep = false;
	ha_start();
	ck_assert_ptr_null(binding());
	stop(false);
	conf.ha_keep = true;
	ha_start();
	ck_assert_ptr_null(binding());
	stop(false);
}
END_TEST

START_TEST(interface_renamed)
{
	struct kern_link link = home_link;

	bind_one();
	stop(true);
	strcpy(link.name, "lan0");
	paper_link(&link);
	strcpy(home_iface.name, "lan0");
	ha_start();
	pass(0.1);
	ck_assert_ptr_nonnull(binding());
	ck_assert_uint_eq(k.proxies.n, 1);
	stop(false);
}
END_TEST

/* No room on the disk: the service goes on, and what was missed is written when there is room. */
START_TEST(disk_full)
{
	bind_one();
	disk_room(false);
	send_bu(BU(HOA, COA2, 101, 100));
	pass(0.1);
	ck_assert_uint_eq(k.mh.msg.ba.status, BA_ACCEPTED);
	ck_assert_uint_eq(d.stats[STAT_STORE_ERRORS], 1);
	ck_assert(!ha_role.keeps(&d));
	ck_assert_uint_eq(d.stats[STAT_STORE_ERRORS], 2);
	send_bu(BU(HOA, COA1, 102, 100));
	pass(0.1);
	ck_assert_uint_eq(k.mh.msg.ba.status, BA_ACCEPTED);
	disk_room(true);
	pass(5.2);
	ck_assert(ha_role.keeps(&d));
	stop(true);
	ha_start();
	ck_assert_uint_eq(binding()->seq, 102);
	stop(false);
}
END_TEST

START_TEST(cleaned)
{
	bind_one();
	stop(true);
	d.clean = true;
	ha_start();
	stop(false);
	ck_assert_uint_eq(installed(), 0);
	d.clean = false;
	ha_start();
	ck_assert_uint_eq(bcache_count(ha_of(&d)->cache), 0);
	stop(false);
}
END_TEST

SUITE("ha keep", .timeout = 30, .begin = begin, .setup = setup, .teardown = teardown,
	.tests = {
		{ what_is_stored_is_read },
		{ uncommitted_is_nothing },
		{ another_boot },
		{ rows_without_sense, sizeof(nonsense) / sizeof(*nonsense) },
		{ older_versions, 2 },
		{ sequences },
		{ torn, 8 },
		{ foreign },
		{ another_daemon_has_it },
		{ no_place },
		{ goes_on },
		{ machine_starts_anew },
		{ object_lost_meanwhile },
		{ ended_meanwhile },
		{ refused_meanwhile },
		{ expires_after_the_start },
		{ deregistered_is_forgotten },
		{ disk_full },
		{ disk_full_at_the_end },
		{ room_at_the_end },
		{ off_for_a_while },
		{ interface_renamed },
		{ cleaned },
	})
