/*
 * make_corpus.c — makes the corpus of fuzz_read, small ledgers that together have every kind of
 * row: make_corpus DIRECTORY.
 */
#include "tests/unit/ledger_builder.h"
#include "tools/ledger/reader.h"

#include <fcntl.h>
#include <unistd.h>

static const char *directory;

static int make_file(const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0) {
		perror(path);
		exit(2);
	}
	return fd;
}

static void pack(int fd, struct lh_ledger *l)
{
	struct lh_ledger_view r;

	if (!lh_read_view(&r, l, l->total) || lh_read_pack(&r, fd) != 0) {
		fprintf(stderr, "make_corpus: %s\n", r.error);
		exit(2);
	}
}

static void save(const char *name, struct lh_ledger *l)
{
	int fd = make_file(name);

	pack(fd, l);
	close(fd);
}

/* Every rule, level and action; locks of every kind; a filtered cycle. */
static struct lh_ledger *all_rules(void)
{
	struct lh_ledger *l = build_bank(1000, 0x1000000);

	for (enum lh_kind k = 1; k < LH_KINDS; k++)
		build_lock_row(l, build_lock(l, k, 0x2000u + k * 64u, NULL))->init_stack = k % 5;
	for (enum lh_rule r = 1; r < LH_RULES; r++) {
		struct lh_finding *f = build_finding(l, r, r % 3, r % 2 ? LH_ERROR : LH_WARNING);

		f->duration_ns = 1000u * r;
		f->filter = r > 12 ? r - 12 : 0;
		build_step(l, 2, LH_LOCK_ID(r % 10 + 1, 1), LH_SITE(1, 0, 0), LH_HOLDS);
		build_step(l, r % 3 + 1, LH_LOCK_ID(r % 10 + 1, 1), LH_SITE(2, r % 3, r % 2),
			   r % 6);
	}
	return l;
}

/* Threads that hold and wait, thread ends, held chains, segments: all tables in use. */
static struct lh_ledger *all_tables(void)
{
	struct lh_ledger *l = build_bank(1001, 0x7f0000000000);
	struct lh_thread *t = build_at(l, LH_T_THREAD, 2);
	struct lh_live_thread *s = build_row(l, LH_T_LIVE_THREAD, NULL);

	t->end_lock = build_lock(l, LH_THREAD_END, 0, NULL);
	t->created = 4;
	*s = (struct lh_live_thread){
		.state = LH_LIVE_ATTACHED, .tid = 1002, .thread = 2, .held_n = 2};
	s->held[0] = (struct lh_held){.lock = LH_LOCK_ID(1, 1), .site = LH_SITE(1, 0, 0)};
	s->wait_lock = LH_LOCK_ID(2, 1);
	for (uint32_t i = 0; i < 5; i++) {
		struct lh_chain *n = build_row(l, LH_T_CHAIN, NULL);

		*n = (struct lh_chain){
			.parent = i, .lock = LH_LOCK_ID(1 + i % 2, 1), .depth = i + 1};
		((struct lh_chain_visit *)build_row(l, LH_T_VISIT, NULL))->chain = i + 1;
		((struct lh_hb_edge *)build_row(l, LH_T_HB_EDGE, NULL))->what = LH_HB_CREATE;
	}
	l->end = LH_END_SIGNAL;
	l->end_code = 9;
	l->dropped_locks = 3;
	return l;
}

static void save_pair(void)
{
	int fd = make_file("two.lh");

	pack(fd, build_bank(2000, 0x1000000));
	pack(fd, build_bank(2001, 0x5000000));
	close(fd);
}

static void save_shared(void)
{
	struct lh_ledger *l = build_sharer(2000, false, 0, 50),
			 *k = build_sharer(2001, true, 10, 60);
	int fd = make_file("shared.lh");

	k->searches_cut = 1;
	k->flags |= LH_LEDGER_FORKED;
	k->fork_pid = l->pid;
	pack(fd, l);
	pack(fd, k);
	close(fd);
}

static void save_run(void)
{
	struct lh_run_header board = {
		.magic = LH_RUN_MAGIC, .version = LH_LEDGER_VERSION, .next = 1, .slots_max = 4};
	char page[LH_RUN_HEADER_BYTES] = "";
	int fd = make_file("run.lh");

	memcpy(page, &board, sizeof(board));
	if (write(fd, page, sizeof(page)) != sizeof(page))
		exit(2);
	pack(fd, build_bank(3000, 0x1000000));
	close(fd);
}

static void save_hostile(void)
{
	struct lh_ledger *l = build_bank(4000, 0x1000000);
	struct lh_thread *t = build_at(l, LH_T_THREAD, 2);
	struct lh_module *m = build_at(l, LH_T_MODULE, 1);

	memcpy(t->name, "\33]0;x\7\xff\xc3<&\"'%s\n", 15);
	memset(m->path, 'a', sizeof(m->path));
	memset(l->exe, '%', sizeof(l->exe));
	memset(&l->origin, 0xff, sizeof(l->origin));
	l->start_wall_ns = l->watched_from_ns = UINT64_MAX;
	l->table[LH_T_LOCK].used = 9; /* rows of zeros */
	save("hostile.lh", l);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make_corpus DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	save("empty.lh", build_ledger(1, "/bin/true"));
	save("bank.lh", build_bank(100, 0x1000000));
	save("rules.lh", all_rules());
	save("tables.lh", all_tables());
	save_pair();
	save_shared();
	save_run();
	save_hostile();
	return 0;
}
