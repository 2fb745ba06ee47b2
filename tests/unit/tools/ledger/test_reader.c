/* test_reader.c — tests the reader: valid data is read; invalid data is reported and never used.
 * LINKS: tools/ledger/ tools/util/ */
#include "tools/ledger/reader.h"
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static void save(const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}

static bool open_path(struct lh_ledger_file *s)
{
	return lh_read_open(s, path);
}

static void complete(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_ledger_file s;
	struct lh_finding f;
	struct lh_lock lock;
	struct lh_lock_stats stats;
	uint64_t frame[LH_FRAMES_MAX];

	save(l, l->total);
	CHECK(open_path(&s));
	CHECK_EQ(s.n, 1);
	CHECK_STR(s.error, "");
	CHECK_EQ(s.view[0].head.pid, 100);
	CHECK_EQ(lh_read_used(&s.view[0], LH_T_THREAD), 4);
	CHECK(lh_read_finding(&s.view[0], 1, &f) && f.steps == 4);
	CHECK(!lh_read_finding(&s.view[0], 0, &f) && !lh_read_finding(&s.view[0], 2, &f));
	CHECK(lh_read_lock(&s.view[0], LH_LOCK_ID(1, 1), &lock));
	lh_read_lock_stats(&s.view[0], &lock, &stats);
	CHECK_STR(stats.name, "accounts");
	CHECK(!lh_read_lock(&s.view[0], LH_LOCK_ID(1, 2),
			    &lock)); /* another generation: no such lock */
	CHECK(lh_read_lock_row(&s.view[0], 1, &lock));
	CHECK_EQ(lh_read_frames(&s.view[0], 2, frame), 2);
	CHECK_EQ(LH_FRAME_PC(frame[0]), 0x1001110);
	lh_read_close(&s);
}

static void not_a_ledger(void)
{
	struct lh_ledger *l = build_bank(1, 0x1000);
	struct lh_ledger_file s;
	char want[200];

	save("#!/bin/sh\n", 10);
	CHECK(!open_path(&s));
	snprintf(want, sizeof(want), "%s: not a lockhound ledger (it does not begin with LOCKHND)",
		 path);
	CHECK_STR(s.error, want);
	lh_read_close(&s);
	save("", 0);
	CHECK(!open_path(&s));
	CHECK(strstr(s.error, "it is empty") != NULL);
	lh_read_close(&s);
	CHECK(!lh_read_open(&s, "/"));
	CHECK_STR(s.error, "/: not a lockhound ledger (it is a directory)");
	CHECK(!lh_read_open(&s, "/nonexistent/x"));
	CHECK_STR(s.error, "/nonexistent/x: No such file or directory");
	l->version = 999;
	save(l, l->total);
	CHECK(!open_path(&s));
	snprintf(want, sizeof(want), "ledger of version 999; this lockhound reads version %d",
		 LH_LEDGER_VERSION);
	CHECK(strstr(s.error, want) != NULL);
	lh_read_close(&s);
	l->version = LH_LEDGER_VERSION;
	l->header++;
	save(l, l->total);
	CHECK(!open_path(&s));
	CHECK(strstr(s.error, "with a header of") != NULL);
	lh_read_close(&s);
}

/* A file truncated at any byte: no crash, and no row that is not in the file. */
static void cut_short(void)
{
	struct lh_ledger *l = build_bank(1, 0x1000000);
	struct lh_ledger_file s;
	int read = 0, reported = 0;

	for (size_t n = 0; n < l->total; n += 509) {
		if (lh_read_bytes(&s, l, n, "f")) {
			read++;
			reported += strstr(s.error, "f: file is cut short at") != NULL;
		} else {
			CHECK(n < sizeof(struct lh_ledger));
			CHECK(s.error[0] != 0);
		}
		lh_read_close(&s);
	}
	CHECK(read > 100);
	CHECK_EQ(reported, read);
	CHECK(lh_read_bytes(&s, l, l->table[LH_T_LOCK].offset + sizeof(struct lh_lock), "f"));
	CHECK_EQ(lh_read_used(&s.view[0], LH_T_LOCK), 1);
	CHECK_EQ(lh_read_used(&s.view[0], LH_T_THREAD), 4);
	CHECK(strstr(s.view[0].error, ", 2 locks, ") != NULL);
	lh_read_close(&s);
}

static void damaged(void)
{
	struct lh_ledger *l = build_bank(1, 0x1000000);
	struct lh_ledger_view r;
	struct lh_stack *stack = build_at(l, LH_T_STACK, 1);
	struct lh_lock *lock = build_at(l, LH_T_LOCK, 1);
	uint64_t frame[LH_FRAMES_MAX];
	struct lh_lock copy;
	struct lh_lock_stats stats;

	stack->n = 60000;
	CHECK(lh_read_view(&r, l, l->total));
	CHECK_EQ(lh_read_frames(&r, 1, frame), 8); /* all that exist, from its first frame on */
	stack->frame = UINT32_MAX;
	CHECK_EQ(lh_read_frames(&r, 1, frame), 0);
	CHECK_EQ(lh_read_frames(&r, UINT32_MAX, frame), 0);
	memset(build_lock_stats(l, lock)->name, 'x', LH_LOCK_NAME_MAX);
	CHECK(lh_read_view(&r, l, l->total));
	CHECK(lh_read_lock_row(&r, 1, &copy));
	lh_read_lock_stats(&r, &copy, &stats);
	CHECK_EQ(strlen(stats.name), LH_LOCK_NAME_MAX - 1);
	copy.stats = UINT32_MAX; /* no such row: then the lock's own row counts */
	copy.held_ns = 7;
	lh_read_lock_stats(&r, &copy, &stats);
	CHECK_EQ(stats.hold_max_ns, 7);
	CHECK_EQ(stats.hold_samples, 1);
	copy.kind = LH_BARRIER; /* a barrier's row has a thread in these bytes */
	lh_read_lock_stats(&r, &copy, &stats);
	CHECK_EQ(stats.hold_samples, 0);
	memset(l->exe, 'x', sizeof(l->exe));
	l->table[LH_T_FINDING].used = UINT32_MAX;
	l->table[LH_T_STEP].row = 3;
	l->table[LH_T_CHAIN].offset = l->total + 8;
	l->table[LH_T_VISIT].offset += 4;
	l->table[LH_T_MODULE].offset = UINT64_MAX - 7;
	CHECK(lh_read_view(&r, l, l->total));
	CHECK_EQ(strlen(r.head.exe), LH_PATH_MAX - 1);
	CHECK_EQ(lh_read_used(&r, LH_T_FINDING), BUILD_ROWS);
	CHECK_EQ(lh_read_used(&r, LH_T_STEP), 0);
	CHECK_EQ(lh_read_used(&r, LH_T_CHAIN), 0);
	CHECK_EQ(lh_read_used(&r, LH_T_VISIT), 0);
	CHECK_EQ(lh_read_used(&r, LH_T_MODULE), 0);
	CHECK(strstr(r.error, "findings: 4294967295 of 64 rows in use") != NULL);
	CHECK(!lh_read_view(&r, (char *)l + 1, l->total - 1));
}

static void chains(void)
{
	struct lh_ledger *l = build_bank(1, 0x1000000);
	struct lh_chain *a = build_row(l, LH_T_CHAIN, NULL), *b = build_row(l, LH_T_CHAIN, NULL);
	lh_chain_id chain[4];
	struct lh_ledger_view r;

	b->parent = 1;
	CHECK(lh_read_view(&r, l, l->total));
	CHECK_EQ(lh_read_chain_path(&r, 2, chain, 4), 2);
	CHECK(chain[0] == 1 && chain[1] == 2);
	CHECK_EQ(lh_read_chain_path(&r, 2, chain, 1), 0);
	a->parent = 2; /* a cycle of parents */
	CHECK_EQ(lh_read_chain_path(&r, 2, chain, 4), 0);
	a->parent = 77;
	CHECK_EQ(lh_read_chain_path(&r, 2, chain, 4), 0);
}

static void modules(void)
{
	struct lh_ledger *l = build_bank(1, 0x1000000);
	uint32_t old = build_module(l, "/opt/plugin.so", 0x2000000, 0x2001000);
	uint32_t now = build_module(l, "/opt/other.so", 0x2000000, 0x2001000);
	uint32_t last = build_module(l, "/opt/third.so", 0x2000000, 0x2001000);
	struct lh_module m;
	struct lh_ledger_view r;

	((struct lh_module *)build_at(l, LH_T_MODULE, old))->gone = 1;
	((struct lh_module *)build_at(l, LH_T_MODULE, last))->gone = 1;
	CHECK(lh_read_view(&r, l, l->total));
	CHECK_EQ(lh_read_module_at(&r, 0x2000010, &m), now);
	CHECK_STR(m.path, "/opt/other.so");
	CHECK_EQ(lh_read_module_at(&r, 0x2001000, &m), 0);
}

/* A ledger that is read in place may grow while it is read, but never beyond its memory. */
static void live(void)
{
	struct lh_ledger *l = build_bank(1, 0x1000000);
	struct lh_ledger_view r;
	struct lh_thread t;

	CHECK(lh_read_view(&r, l, l->total));
	CHECK(!lh_read_thread(&r, 4, &t));
	build_thread(l, 9, "late");
	l->end = LH_END_EXIT;
	CHECK(lh_read_thread(&r, 4, &t) && t.tid == 9);
	CHECK_EQ(r.head.end, LH_END_UNKNOWN);
	lh_read_refresh(&r);
	CHECK_EQ(r.head.end, LH_END_EXIT);
	l->table[LH_T_THREAD].used = UINT32_MAX;
	l->table[LH_T_THREAD].offset = UINT32_MAX;
	CHECK_EQ(lh_read_used(&r, LH_T_THREAD), BUILD_ROWS);
	CHECK(lh_read_thread(&r, BUILD_ROWS - 1, &t));
	memset(l, 0, sizeof(*l));
	lh_read_refresh(&r);
	CHECK_EQ(r.head.end, LH_END_EXIT);
}

/* The held locks of a thread go on in rows of their own, as far as there are such rows. */
static void check_held(const struct lh_ledger_view *r, uint32_t held_n)
{
	struct lh_live_thread live;
	struct lh_held h;

	if (!CHECK(lh_read_live_thread(r, 1, &live)) || !CHECK_EQ(live.held_n, held_n))
		return;
	for (uint32_t k = 0; k < held_n; k++)
		if (!CHECK(lh_read_held(r, &live, k, &h)) || !CHECK_EQ(h.lock, 100 + k))
			return;
	CHECK(!lh_read_held(r, &live, held_n, &h));
	CHECK(lh_read_hold(r, &live, 100 + held_n - 1, &h) && h.tick == held_n - 1);
	CHECK(lh_read_hold(r, &live, 100, &h) && h.tick == 0);
	CHECK(!lh_read_hold(r, &live, 99, &h));
}

static void held(void)
{
	enum { MORE = 20 };
	struct lh_ledger *l = build_ledger(1, "/bin/held");
	struct lh_live_thread *live = build_row(l, LH_T_LIVE_THREAD, NULL);
	struct lh_ledger_view r, copy;
	struct lh_ledger_file file;
	uint32_t i = 0;

	live->state = LH_LIVE_ATTACHED;
	live->held_n = LH_HELD_INLINE + MORE;
	for (; i < LH_HELD_INLINE; i++)
		live->held[i] = (struct lh_held){.lock = 100 + i, .tick = i};
	build_row(l, LH_T_HELD, NULL); /* of another thread */
	for (; i < live->held_n; i++)
		*(struct lh_held *)build_row(l, LH_T_HELD,
					     i == LH_HELD_INLINE ? &live->held_row : NULL) =
			(struct lh_held){.lock = 100 + i, .tick = i};
	live->held_rows = MORE;
	CHECK(lh_read_view(&r, l, l->total));
	check_held(&r, LH_HELD_INLINE + MORE);
	/* the same in a packed file */
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	CHECK_EQ(lh_read_pack(&r, fd), 0);
	close(fd);
	CHECK(lh_read_open(&file, path) && file.n == 1);
	copy = file.view[0];
	check_held(&copy, LH_HELD_INLINE + MORE);
	lh_read_close(&file);
	/* numbers that lead nowhere */
	live->held_n = UINT32_MAX;
	check_held(&r, LH_HELD_INLINE + MORE);
	live->held_rows = UINT32_MAX;
	check_held(&r, LH_HELD_INLINE + MORE);
	l->table[LH_T_HELD].used -= 5;
	check_held(&r, LH_HELD_INLINE + MORE - 5);
	live->held_row = UINT32_MAX;
	check_held(&r, LH_HELD_INLINE);
	live->held_row = 0;
	check_held(&r, LH_HELD_INLINE);
}

/* A packed ledger is smaller, has a flag, and reads the same; a file of two has two processes. */
static void packed(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000), *k = build_bank(200, 0x5000000);
	struct lh_ledger_view one, two;
	struct lh_ledger_file s;
	struct lh_step a, b;
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(lh_read_view(&one, l, l->total) && lh_read_view(&two, k, k->total));
	CHECK_EQ(lh_read_pack(&one, fd), 0);
	fstat(fd, &st);
	CHECK(st.st_size % 8 == 0 && (uint64_t)st.st_size < l->total / 4);
	CHECK_EQ(lh_read_pack(&two, fd), 0);
	CHECK(open_path(&s));
	CHECK_EQ(s.n, 2);
	CHECK_STR(s.error, "");
	CHECK(s.n == 2 && s.view[1].head.pid == 200);
	CHECK(s.view[0].head.flags & LH_LEDGER_PACKED);
	CHECK_EQ(s.view[0].head.total, st.st_size);
	for (enum lh_table_name t = 1; t < LH_TABLES; t++)
		CHECK_EQ(lh_read_used(&s.view[0], t), lh_read_used(&one, t));
	for (uint32_t i = 1; i < 5; i++)
		CHECK(lh_read_step(&s.view[0], i, &a) && lh_read_step(&one, i, &b) &&
		      memcmp(&a, &b, sizeof(a)) == 0);
	lh_read_close(&s);
	CHECK(ftruncate(fd, st.st_size + 100) == 0); /* the second ledger ends inside its head */
	CHECK(open_path(&s));
	CHECK_EQ(s.n, 1);
	CHECK(strstr(s.error, "cut short at 100 bytes, inside the header") != NULL);
	lh_read_close(&s);
	CHECK(lh_read_pack(&one, -1) != 0);
	close(fd);
}

/* No text of the header leads beyond its field, and no number of it is one that cannot be. */
static void origin(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_origin *o = &l->origin;
	struct lh_ledger_view r;

	*o = (struct lh_origin){.rank = 4, .shard = 2, .shards = 2};
	CHECK(lh_read_view(&r, l, l->total));
	CHECK_EQ(r.head.origin.rank, 4);
	CHECK_EQ(r.head.origin.shard, 2);
	memset(o, 0xff, sizeof(*o));
	o->shard = 9;
	o->shards = 8;
	CHECK(lh_read_view(&r, l, l->total));
	CHECK_EQ(strlen(r.head.origin.host), LH_HOST_MAX - 1);
	CHECK_EQ(strlen(r.head.origin.container), LH_CONTAINER_MAX - 1);
	CHECK_EQ(strlen(r.head.origin.commit), LH_COMMIT_MAX - 1);
	CHECK_EQ(strlen(r.head.origin.test), LH_TEST_MAX - 1);
	CHECK_EQ(r.head.origin.rank, 0);
	CHECK_EQ(r.head.origin.shard, 0);
	CHECK_EQ(r.head.origin.shards, 0);
}

static void run_file(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000), *k = build_bank(300, 0x5000000);
	struct lh_run_header header = {.magic = LH_RUN_MAGIC,
				       .version = LH_LEDGER_VERSION,
				       .next = 3,
				       .slots_max = 3,
				       .no_slot = 2};
	struct lh_ledger_file s;
	int fd = memfd_create("run", 0);
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK(ftruncate(fd, (off_t)(LH_RUN_HEADER_BYTES + 3 * LH_RUN_SLOT_BYTES)) == 0);
	CHECK(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
	CHECK(!lh_read_open(&s, name));
	CHECK(strstr(s.error, "no process has a ledger in this run yet") != NULL);
	lh_read_close(&s);
	CHECK(pwrite(fd, l, l->total, LH_RUN_HEADER_BYTES) == (ssize_t)l->total);
	CHECK(pwrite(fd, k, k->total, LH_RUN_HEADER_BYTES + 2 * LH_RUN_SLOT_BYTES) ==
	      (ssize_t)k->total);
	CHECK(lh_read_open(&s, name));
	CHECK_EQ(s.n, 2);
	CHECK_EQ(s.empty, 1);
	CHECK_EQ(s.no_slot, 2);
	CHECK(s.n == 2 && s.view[1].head.pid == 300);
	lh_read_close(&s);
	close(fd);
}

/* This process has the ledger mapped, as a watched process would. */
static void process(void)
{
	struct lh_ledger *l = build_bank(getpid(), 0x1000000);
	void *map = mmap(NULL, l->total + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	struct lh_ledger_file s;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	CHECK(!lh_read_open(&s, pid));
	CHECK(strstr(s.error, "has no lockhound ledger") != NULL);
	lh_read_close(&s);
	memcpy(map, l, l->total);
	CHECK(lh_read_open(&s, pid));
	CHECK_EQ(s.n, 1);
	CHECK_STR(s.error, "");
	CHECK(s.n == 1 && s.view[0].head.pid == getpid());
	lh_read_close(&s);
	munmap(map, l->total + 4096);
	CHECK(!lh_read_open(&s, "999999999"));
	CHECK(strstr(s.error, "no process with that id") != NULL);
	lh_read_close(&s);
}

static void stream(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_ledger_view r;
	struct lh_ledger_file s;
	int fd[2], saved_stdin = dup(0);

	CHECK(pipe(fd) == 0);
	CHECK(lh_read_view(&r, l, l->total));
	CHECK_EQ(lh_read_pack(&r, fd[1]), 0); /* fits into a pipe */
	close(fd[1]);
	dup2(fd[0], 0);
	CHECK(lh_read_open(&s, "-"));
	CHECK_EQ(s.n, 1);
	lh_read_close(&s);
	dup2(saved_stdin, 0);
	close(fd[0]);
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test_read.%d", getpid());
	complete();
	not_a_ledger();
	cut_short();
	damaged();
	chains();
	modules();
	live();
	held();
	packed();
	origin();
	run_file();
	process();
	stream();
	unlink(path);
	return unit_done();
}
