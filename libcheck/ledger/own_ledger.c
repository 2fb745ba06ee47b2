/* own_ledger.c — creates the ledger, adds rows, hands out private memory and reads the clock. */
#include "libcheck/ledger/own_ledger.h"
#include "libcheck/base/options.h"
#include "libcheck/base/text.h"
#include "libcheck/ledger/reach.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

struct lh_own_ledger lh_own_ledger;

/* Rows at full size. Where address space is scarce, all numbers of rows are shifted right. */
static const struct {
	uint32_t row, rows;
} row_size[LH_TABLES] = {
	[LH_T_LIVE_THREAD] = {sizeof(struct lh_live_thread), 1 << 15},
	[LH_T_THREAD] = {sizeof(struct lh_thread), 1 << 18},
	[LH_T_LOCK] = {sizeof(struct lh_lock), LH_LOCK_ROWS},
	[LH_T_STACK] = {sizeof(struct lh_stack), 1 << 19},
	[LH_T_FRAME] = {sizeof(uint64_t), 1 << 23},
	[LH_T_MODULE] = {sizeof(struct lh_module), 1 << 12},
	[LH_T_CHAIN] = {sizeof(struct lh_chain), 1 << 22},
	[LH_T_VISIT] = {sizeof(struct lh_chain_visit), 1 << 22},
	[LH_T_HB_EDGE] = {sizeof(struct lh_hb_edge), 1 << 19},
	[LH_T_FINDING] = {sizeof(struct lh_finding), 1 << 13},
	[LH_T_STEP] = {sizeof(struct lh_step), 1 << 17},
	[LH_T_NOTE] = {sizeof(struct lh_note), 0},
	[LH_T_WAIT_PAIR] = {sizeof(struct lh_wait_pair), 0},
	[LH_T_SPAN] = {sizeof(struct lh_span), 0},
	[LH_T_LOCK_LOCATION] = {sizeof(struct lh_lock_location), 1 << 18},
	[LH_T_BUSY_WAIT] = {sizeof(struct lh_busy_wait), 0},
	[LH_T_CONTENTION] = {sizeof(struct lh_contention), 1 << 13},
	[LH_T_LOCK_STATS] = {sizeof(struct lh_lock_stats), 1 << 21},
};

enum { PAGE = 4096, POPULATE_WRITE = 23 /* MADV_POPULATE_WRITE, Linux 5.14 */ };
enum { STANDALONE_STEP = 64 * 1024 /* bytes by which a table of a standalone ledger grows */ };

/*
 * Rows of a standalone ledger whose memory is allocated at the start: enough for most programs, so
 * that the library makes no system call for a program that enters a sandbox later.
 */
static const uint32_t standalone_rows[LH_TABLES] = {
	[LH_T_LIVE_THREAD] = 48, [LH_T_THREAD] = 1024,     [LH_T_LOCK] = 4096,
	[LH_T_STACK] = 4096,     [LH_T_FRAME] = 48 << 10,  [LH_T_MODULE] = 64,
	[LH_T_CHAIN] = 8192,     [LH_T_VISIT] = 8192,      [LH_T_HB_EDGE] = 2048,
	[LH_T_FINDING] = 256,    [LH_T_STEP] = 2048,       [LH_T_LOCK_LOCATION] = 128,
	[LH_T_CONTENTION] = 64,  [LH_T_LOCK_STATS] = 1024,
};

/* Under RLIMIT_AS or RLIMIT_DATA, ledger and private memory may each use 1/SHARE of the limit. */
static uint64_t share_of_space(void)
{
	enum { SHARE = 8 };
	uint64_t space = lh_sys_limit(RLIMIT_AS), data = lh_sys_limit(RLIMIT_DATA);

	return (space < data ? space : data) / SHARE;
}

static uint64_t align(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static uint64_t set_table_offsets(struct lh_table *table, unsigned scale)
{
	uint64_t at = align(sizeof(struct lh_ledger), PAGE);

	for (int t = 1; t < LH_TABLES; t++) {
		uint32_t rows = row_size[t].rows >> scale;
		table[t] = (struct lh_table){
			.offset = at, .row = row_size[t].row, .rows = rows, .used = rows != 0};
		at = align(at + (uint64_t)rows * row_size[t].row, PAGE);
	}
	return at;
}

static void adopt(struct lh_ledger *l, const struct lh_table *table, uint64_t total)
{
	for (int t = 1; t < LH_TABLES; t++) {
		l->table[t] = table[t];
		lh_own_ledger.table[t] = (char *)l + table[t].offset;
	}
	lh_own_ledger.lock_row_mask = table[LH_T_LOCK].rows - 1;
	lh_sys_advise(l, total, MADV_DONTDUMP);
	l->version = LH_LEDGER_VERSION;
	l->header = sizeof(*l);
	l->total = total;
	l->start_epoch = lh_sys_epoch();
	__builtin_memcpy(l->magic, LH_LEDGER_MAGIC, sizeof(l->magic));
	lh_own_ledger.ledger = l;
}

/* Takes the next slot of the run file by an atomic addition; UINT32_MAX: none is left. */
static uint32_t claim(struct lh_run_header *header)
{
	uint32_t slot = __atomic_fetch_add(&header->next, 1, __ATOMIC_ACQ_REL);

	if (slot < header->slots_max)
		return slot;
	__atomic_fetch_sub(&header->next, 1, __ATOMIC_ACQ_REL);
	return UINT32_MAX;
}

/* A run file without a front end is read by nobody, and only its processes keep its memory. */
static bool has_front_end(const struct lh_run_header *header)
{
	enum { FROZEN_MS = 5000 };

	return header->monitor && (int32_t)(lh_clock_tick_slow() - header->tick) < FROZEN_MS;
}

/* fd -1: in a forked child, by the mapping of the parent's slot */
static struct lh_ledger *map_slot(int fd, uint32_t slot, uint64_t total)
{
	const struct lh_ledger *parents = lh_own_ledger.parent_ledger;

	if (fd >= 0)
		return lh_sys_map(total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
				  LH_RUN_HEADER_BYTES + slot * LH_RUN_SLOT_BYTES);
	if (!parents || !parents->slot || parents->slot > slot)
		return NULL;
	return lh_reach_by_mapping(parents, (slot + 1 - parents->slot) * LH_RUN_SLOT_BYTES, total);
}

static bool open_slot(int fd, struct lh_run_header *header, int outer_pid)
{
	struct lh_table table[LH_TABLES] = {{0}};
	struct lh_ledger *l = NULL;
	uint64_t total = 0, share = share_of_space();
	uint32_t slot = claim(header);

	if (slot == UINT32_MAX)
		return false;
	for (unsigned scale = 0; !l && scale <= 12; scale += 4) {
		total = set_table_offsets(table, scale);
		if (total > share)
			continue;
		l = map_slot(fd, slot, total);
	}
	if (!l)
		return false;
	l->slot = slot + 1;
	l->outer_pid = outer_pid;
	lh_own_ledger.sparse = (header->flags & LH_LEDGER_SPARSE) != 0;
	l->flags = header->flags & LH_LEDGER_SPARSE;
	l->monitor = (uint32_t)header->monitor;
	l->start_ns = header->start_ns;
	lh_own_ledger.start_ns = header->start_ns;
	lh_own_ledger.run_header = header;
	lh_own_ledger.tick = &header->tick;
	adopt(l, table, total);
	return true;
}

static struct lh_run_header *map_header(int fd)
{
	struct lh_run_header *h =
		lh_sys_map(LH_RUN_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (h && __builtin_memcmp(h->magic, LH_RUN_MAGIC, 8) == 0 &&
	    h->version == LH_LEDGER_VERSION && lh_reach_is_run(lh_options.run, h->name))
		return h;
	if (h)
		lh_sys_unmap(h, LH_RUN_HEADER_BYTES);
	return NULL;
}

bool lh_own_ledger_open_slot(void)
{
	struct lh_run_header *header = (struct lh_run_header *)lh_own_ledger.run_header;
	int outer_pid = 0, fd = lh_reach_by_path(lh_options.run, &outer_pid);

	if (fd < 0 && !header)
		fd = lh_reach_by_asking(lh_options.run, &outer_pid);
	if (!header)
		header = fd < 0 ? NULL : map_header(fd);
	lh_own_ledger.run_header = header;
	bool opened =
		header && (fd >= 0 || has_front_end(header)) && open_slot(fd, header, outer_pid);
	if (fd >= 0)
		lh_sys_close(fd);
	return opened;
}

void lh_own_ledger_count_lost(void)
{
	struct lh_run_header *header = (struct lh_run_header *)lh_own_ledger.run_header;

	if (header)
		__atomic_fetch_add(&header->no_slot, 1, __ATOMIC_RELAXED);
}

static const char *const directories[] = {"/dev/shm", "/run/user/0", "/tmp", NULL};

#define UNFINISHED ".new"

static int create_in(const char *directory)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	struct lh_text path = LH_TEXT(lh_own_ledger.path);

	lh_text_add(&path, directory);
	lh_text_add(&path, "/lockhound.");
	lh_text_number(&path, (unsigned)lh_sys_pid());
	lh_text_add(&path, ".lh" UNFINISHED);
	int fd = lh_sys_open(lh_own_ledger.path, flags, 0600);
	if (fd < 0) { /* left by an earlier process with this pid, unless another user owns it */
		lh_sys_unlink(lh_own_ledger.path);
		fd = lh_sys_open(lh_own_ledger.path, flags, 0600);
	}
	return fd;
}

/*
 * The file gets its final name once it is a complete ledger: a reader that finds the name can read
 * the file, also if the process was killed meanwhile. A file of an earlier process with this pid is
 * replaced.
 */
static bool publish(void)
{
	char unfinished[LH_PATH_MAX], *path = lh_own_ledger.path;
	char *end = path + lh_text_length(path) - sizeof(UNFINISHED) + 1;

	lh_text_copy(unfinished, sizeof(unfinished), path);
	if (__builtin_memcmp(end, UNFINISHED, sizeof(UNFINISHED)) != 0) /* the path was too long */
		return false;
	*end = '\0';
	if (lh_syscall(SYS_renameat2, AT_FDCWD, (long)unfinished, AT_FDCWD, (long)path, 0, 0) == 0)
		return true;
	*end = UNFINISHED[0];
	return false;
}

static bool preallocate(int fd, struct lh_table *table)
{
	if (lh_sys_allocate(fd, 0, table[1].offset) < 0)
		return false;
	for (int t = 1; t < LH_TABLES; t++) {
		uint64_t bytes = align((uint64_t)standalone_rows[t] * table[t].row, PAGE);
		uint64_t whole = (uint64_t)table[t].rows * table[t].row;
		if (bytes > whole)
			bytes = whole;
		if (bytes && lh_sys_allocate(fd, table[t].offset, bytes) < 0)
			return false;
		table[t].ready = (uint32_t)(bytes / table[t].row);
	}
	return true;
}

static bool fill_standalone(int fd)
{
	struct lh_table table[LH_TABLES] = {{0}};
	struct lh_ledger *l = NULL;
	uint64_t total = 0, limit = lh_sys_limit(RLIMIT_FSIZE), share = share_of_space();

	for (unsigned scale = 0; !l && scale <= 12; scale += 4) {
		total = set_table_offsets(table, scale);
		if (total <= limit && total <= share &&
		    lh_syscall(SYS_ftruncate, fd, (long)total, 0, 0, 0, 0) == 0)
			l = lh_sys_map(total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
				       fd, 0);
	}
	if (!l)
		return false;
	if (!preallocate(fd, table)) {
		lh_sys_unmap(l, total);
		return false;
	}
	l->flags = LH_LEDGER_STANDALONE;
	l->start_ns = lh_own_ledger.start_ns = lh_sys_now();
	lh_own_ledger.tick = NULL;
	adopt(l, table, total);
	return true;
}

bool lh_own_ledger_create_file(const char *directory)
{
	const char *chosen[] = {directory, NULL};

	lh_own_ledger.sparse = false;
	for (const char *const *p = *directory ? chosen : directories; *p; p++) {
		int fd = create_in(*p);
		if (fd < 0)
			continue;
		bool ok = fill_standalone(fd);
		if (ok && !publish()) {
			lh_sys_unmap(lh_own_ledger.ledger, lh_own_ledger.ledger->total);
			lh_own_ledger.ledger = NULL;
			ok = false;
		}
		lh_sys_close(fd);
		if (ok)
			return true;
		lh_sys_unlink(lh_own_ledger.path);
	}
	lh_own_ledger.path[0] = '\0';
	return false;
}

bool lh_own_ledger_create_anonymous(void)
{
	int fd = (int)lh_syscall(SYS_memfd_create, (long)"lockhound", MFD_CLOEXEC, 0, 0, 0, 0);
	bool ok = fd >= 0 && fill_standalone(fd);

	lh_own_ledger.path[0] = '\0';
	if (fd >= 0)
		lh_sys_close(fd);
	return ok;
}

void lh_own_ledger_remove(void)
{
	if (lh_own_ledger.path[0] && !lh_sys_seccomp_seen())
		lh_sys_unlink(lh_own_ledger.path);
}

/* Allocates the memory of the next rows: an error can be handled, a fault could not. */
static bool populate(struct lh_table *t, uint32_t needed)
{
	uint64_t from = t->offset + (uint64_t)t->ready * t->row;
	uint64_t to = t->offset + (uint64_t)needed * t->row;
	uint64_t end = t->offset + (uint64_t)t->rows * t->row;

	to = align(to > from + STANDALONE_STEP ? to : from + STANDALONE_STEP, PAGE);
	if (to > end)
		to = align(end, PAGE);
	from = from / PAGE * PAGE;
	if (lh_sys_seccomp_seen() || /* a filter might kill the process for the call */
	    lh_sys_advise((char *)lh_own_ledger.ledger + from, to - from, POPULATE_WRITE) < 0)
		return false;
	uint64_t rows = (to - t->offset) / t->row;
	rows = rows > t->rows ? t->rows : rows;
	uint32_t ready = t->ready; /* the monitor raises `ready` too */
	while (ready < rows &&
	       !__atomic_compare_exchange_n(&t->ready, &ready, (uint32_t)rows, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return true;
}

uint32_t lh_row_reserve(enum lh_table_name name, uint32_t n)
{
	struct lh_table *t = &lh_own_ledger.ledger->table[name];
	uint32_t at = t->used;

	if (n > t->rows || at > t->rows - n ||
	    (!lh_own_ledger.sparse && at + n > __atomic_load_n(&t->ready, __ATOMIC_ACQUIRE) &&
	     !populate(t, at + n))) {
		__atomic_fetch_add(&t->refused, 1, __ATOMIC_RELAXED);
		return 0;
	}
	return at;
}

void lh_row_publish(enum lh_table_name name, uint32_t n)
{
	struct lh_table *t = &lh_own_ledger.ledger->table[name];

	__atomic_store_n(&t->used, t->used + n, __ATOMIC_RELEASE);
}

uint32_t lh_row_add(enum lh_table_name name, uint32_t n)
{
	uint32_t at = lh_row_reserve(name, n);

	if (at)
		lh_row_publish(name, n);
	return at;
}

uint32_t lh_rows_used(enum lh_table_name name)
{
	return lh_own_ledger.ledger->table[name].used;
}

uint32_t lh_rows_max(enum lh_table_name name)
{
	return lh_own_ledger.ledger->table[name].rows;
}

const void *lh_row_in_parent(enum lh_table_name name, uint32_t row)
{
	const struct lh_ledger *l = lh_own_ledger.parent_ledger;

	if (!l || !row || row >= l->table[name].used)
		return NULL;
	return (const char *)l + l->table[name].offset + (size_t)row * l->table[name].row;
}

/*
 * Private memory: one reservation, handed out from the front. MADV_WIPEONFORK makes all of it zero
 * in the child of any kind of fork, and has no effect on a vfork.
 */
enum { PRIVATE_BYTES = 1 << 30, PRIVATE_TABLES = 32, WIPEONFORK = 18 };
static char *private_at;
static size_t private_size, private_used;
static char *private_table[PRIVATE_TABLES]; /* the allocations of a page and more */
static int private_tables;

bool lh_private_init(void)
{
	uint64_t share = share_of_space();

	for (private_size = PRIVATE_BYTES; private_size >= PRIVATE_BYTES >> 8; private_size >>= 2) {
		if (private_size > share)
			continue;
		private_at = lh_sys_map(private_size, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (private_at)
			break;
	}
	if (!private_at || lh_sys_advise(private_at, private_size, WIPEONFORK) < 0)
		return false;
	lh_sys_advise(private_at, private_size, MADV_DONTDUMP);
	return true;
}

void *lh_private_alloc(size_t size)
{
	size = align(size, 64);
	if (!private_at || size > private_size - private_used)
		return NULL;
	char *at = private_at + private_used;
	private_used += size;
	if (size >= PAGE && private_tables < PRIVATE_TABLES)
		private_table[private_tables++] = at;
	return at;
}

void lh_private_reset(void)
{
	private_used = 0;
	private_tables = 0;
}

void lh_own_ledger_touch(void)
{
	for (int t = 1; t < LH_TABLES; t++) {
		const struct lh_table *table = &lh_own_ledger.ledger->table[t];
		if (table->ready || (lh_own_ledger.sparse && table->rows))
			__atomic_fetch_or((char *)lh_own_ledger.table[t], 0, __ATOMIC_RELAXED);
	}
	for (int i = 0; i < private_tables; i++)
		__atomic_fetch_or(private_table[i], 0, __ATOMIC_RELAXED);
}

void lh_clock_check_monitor(void)
{
	enum { FROZEN_MS = 1000 };
	const struct lh_run_header *header = lh_own_ledger.run_header;

	if (header && lh_own_ledger.tick &&
	    (!header->monitor || (int32_t)(lh_clock_tick_slow() - header->tick) > FROZEN_MS))
		lh_own_ledger.tick = NULL;
}

void lh_monitor_wake(void)
{
	if (lh_own_ledger.run_header)
		lh_syscall(SYS_futex, (long)&lh_own_ledger.run_header->next, FUTEX_WAKE, 1, 0, 0,
			   0);
}

uint64_t lh_clock_now(void)
{
	return lh_sys_now() - lh_own_ledger.start_ns;
}

uint32_t lh_clock_tick_slow(void)
{
	/* the coarse clock lags: at the start it may be before start_ns */
	int64_t ns = (int64_t)(lh_sys_coarse() - lh_own_ledger.start_ns);

	return ns > 0 ? (uint32_t)(ns / 1000000) : 0;
}
