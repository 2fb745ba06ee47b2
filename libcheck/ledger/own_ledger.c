/* own_ledger.c — creates the ledger, adds rows, maps more of them and reads the clock. */
#include "libcheck/ledger/own_ledger.h"
#include "libcheck/base/options.h"
#include "libcheck/base/text.h"
#include "libcheck/ledger/extent.h"
#include "libcheck/ledger/reach.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

struct lh_own_ledger lh_own_ledger;

/* Rows at full size. */
static const struct {
	uint32_t row, rows;
} row_size[LH_TABLES] = {
	[LH_T_LIVE_THREAD] = {sizeof(struct lh_live_thread), 1 << 15},
	[LH_T_THREAD] = {sizeof(struct lh_thread), 1 << 20},
	[LH_T_LOCK] = {sizeof(struct lh_lock), LH_LOCK_ROWS},
	[LH_T_STACK] = {sizeof(struct lh_stack), 1 << 19},
	[LH_T_FRAME] = {sizeof(uint64_t), 1 << 23},
	[LH_T_MODULE] = {sizeof(struct lh_module), LH_MODULE_ROWS},
	[LH_T_CHAIN] = {sizeof(struct lh_chain), 1 << 22},
	[LH_T_VISIT] = {sizeof(struct lh_chain_visit), 1 << 22},
	[LH_T_HB_EDGE] = {sizeof(struct lh_hb_edge), 1 << 21},
	[LH_T_FINDING] = {sizeof(struct lh_finding), 1 << 13},
	[LH_T_STEP] = {sizeof(struct lh_step), 1 << 17},
	[LH_T_NOTE] = {sizeof(struct lh_note), 0},
	[LH_T_WAIT_PAIR] = {sizeof(struct lh_wait_pair), 0},
	[LH_T_SPAN] = {sizeof(struct lh_span), 0},
	[LH_T_LOCK_LOCATION] = {sizeof(struct lh_lock_location), 1 << 18},
	[LH_T_BUSY_WAIT] = {sizeof(struct lh_busy_wait), 0},
	[LH_T_CONTENTION] = {sizeof(struct lh_contention), 1 << 13},
	[LH_T_LOCK_STATS] = {sizeof(struct lh_lock_stats), 1 << 21},
	[LH_T_STEERED] = {sizeof(struct lh_steered), LH_PLAN_CYCLES + 1},
	[LH_T_HELD] = {sizeof(struct lh_held), 1 << 20},
};

enum { POPULATE_WRITE = 23 /* MADV_POPULATE_WRITE, Linux 5.14 */ };
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

/*
 * Under RLIMIT_AS or RLIMIT_DATA the ledger's file has at most 1/SHARE of that: the front end,
 * which maps all of it, often has the same limit. 0: too little for any.
 */
static uint64_t bytes_max(void)
{
	enum { SHARE = 16 };
	uint64_t space = lh_extent_space();

	lh_own_ledger.no_room = space < LH_ADDRESS_SPACE_MIN;
	return lh_own_ledger.no_room ? 0 : space / SHARE;
}

/*
 * ---- rows in the file, and rows that are mapped ----
 *
 * All numbers of rows are shifted right: those in the file by `scale`, if address space is scarce
 * when the process starts, and those that are mapped by `shift`, which falls as tables fill up. A
 * table has at least ROWS_MIN rows, or all of its own.
 */
enum { ROWS_MIN = 256, SCALES = 12, FIRST_SHIFT = 8, GROW_SHIFT = 2, SANDBOX_SHIFT = 4 };

static struct lh_extent header_extent, table_extent[LH_TABLES];
static unsigned scale, shift;
static bool is_full_grown;

static uint32_t rows_at(int t, unsigned by)
{
	uint32_t all = row_size[t].rows, rows = all >> by;

	return all < ROWS_MIN ? all : rows > ROWS_MIN ? rows : ROWS_MIN;
}

static uint64_t bytes_at(int t, unsigned by)
{
	return (uint64_t)rows_at(t, by) * row_size[t].row;
}

static uint64_t set_table_offsets(struct lh_table *table)
{
	uint64_t at = lh_align(sizeof(struct lh_ledger), LH_PAGE);

	for (int t = 1; t < LH_TABLES; t++) {
		uint32_t rows = row_size[t].rows ? rows_at(t, scale) : 0;
		table[t] = (struct lh_table){
			.offset = at, .row = row_size[t].row, .rows = rows, .used = rows != 0};
		at = lh_align(at + (uint64_t)rows * row_size[t].row, LH_PAGE);
	}
	return at;
}

static void set_mapped(void)
{
	for (int t = 1; t < LH_TABLES; t++)
		lh_own_ledger.mapped[t] = row_size[t].rows ? rows_at(t, shift) : 0;
	lh_own_ledger.lock_row_mask = lh_own_ledger.mapped[LH_T_LOCK] - 1;
}

static void unmap_tables(void)
{
	lh_extent_unmap(&header_extent);
	for (int t = 1; t < LH_TABLES; t++)
		lh_extent_unmap(&table_extent[t]);
}

/* Maps the header and the first rows of each table, at the distances that they have in the file. */
static bool map_tables(const struct lh_table *table, uint64_t total, int fd, uint64_t from)
{
	char *at = lh_extent_place(total);

	if (!lh_extent_map(&header_extent, at, table[1].offset, table[1].offset, fd, from))
		return false;
	for (int t = 1; t < LH_TABLES; t++)
		if (table[t].rows &&
		    !lh_extent_map(&table_extent[t], at + table[t].offset, bytes_at(t, scale),
				   bytes_at(t, shift), fd, from + table[t].offset)) {
			unmap_tables();
			return false;
		}
	return true;
}

/* A forked child leaves its parent's ledger mapped. */
static void forget_extents(void)
{
	header_extent = (struct lh_extent){0};
	__builtin_memset(table_extent, 0, sizeof(table_extent));
	is_full_grown = false;
}

/* NULL: refused. Where nothing can grow, all is mapped. */
static struct lh_ledger *map_ledger(const struct lh_table *table, uint64_t total, int fd,
				    uint64_t from)
{
	forget_extents();
	shift = scale > FIRST_SHIFT ? scale : FIRST_SHIFT;
	bool mapped = false;
	for (int i = 0; i < LH_PLACES && !mapped; i++)
		mapped = map_tables(table, total, fd, from);
	if (!mapped) {
		shift = scale;
		lh_own_ledger.no_room = !lh_extent_map_whole(&header_extent, total, fd, from);
	}
	return (struct lh_ledger *)header_extent.at;
}

static void adopt(struct lh_ledger *l, const struct lh_table *table, uint64_t total)
{
	for (int t = 1; t < LH_TABLES; t++) {
		l->table[t] = table[t];
		lh_own_ledger.table[t] = (char *)l + table[t].offset;
	}
	set_mapped();
	/* one call for all mappings: it passes over the gaps, in which nothing else lies yet */
	lh_sys_advise(l, total, MADV_DONTDUMP);
	l->version = LH_LEDGER_VERSION;
	l->header = sizeof(*l);
	l->total = total;
	__builtin_memcpy(l->magic, LH_LEDGER_MAGIC, sizeof(l->magic));
	lh_own_ledger.ledger = l;
	lh_own_ledger.lock.taken = &l->internal_lock_taken;
}

static uint64_t growth(unsigned to)
{
	uint64_t more = lh_private_growth(1u << (shift - to));

	for (int t = 1; t < LH_TABLES; t++)
		if (table_extent[t].at)
			more += bytes_at(t, to) - bytes_at(t, shift);
	return more;
}

static bool grow_to(unsigned to)
{
	if (!lh_extent_may_grow(growth(to)) || !lh_private_grow(1u << (shift - to)))
		return false;
	for (int t = 1; t < LH_TABLES; t++)
		if (table_extent[t].at && !lh_extent_grow(&table_extent[t], bytes_at(t, to)))
			return false;
	return true;
}

bool lh_own_ledger_grow(void)
{
	unsigned to = shift > scale + GROW_SHIFT ? shift - GROW_SHIFT : scale;

	if (is_full_grown || lh_sys_seccomp_seen()) /* a filter might kill the process for it */
		return false;
	if (shift == scale || !grow_to(to)) {
		is_full_grown = true;
		return false;
	}
	shift = to;
	set_mapped();
	return true;
}

void lh_own_ledger_map_ahead(void)
{
	while (shift > SANDBOX_SHIFT && lh_own_ledger_grow())
		;
	lh_private_map_ahead();
}

uint32_t lh_rows_mapped(enum lh_table_name name)
{
	return lh_own_ledger.mapped[name];
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

/* In a forked child that cannot open the run file: all of the slot, by the mapping of its parent's.
 */
static struct lh_ledger *map_by_parent(uint32_t slot, uint64_t total)
{
	const struct lh_ledger *parents = lh_own_ledger.parent_ledger;

	if (!parents || !parents->slot || parents->slot > slot)
		return NULL;
	char *at =
		lh_reach_by_mapping(parents, (slot + 1 - parents->slot) * LH_RUN_SLOT_BYTES, total);
	if (!at)
		return NULL;
	forget_extents();
	shift = scale;
	lh_extent_adopt(&header_extent, at, total);
	return (struct lh_ledger *)at;
}

static bool open_slot(int fd, struct lh_run_header *header, int outer_pid)
{
	struct lh_table table[LH_TABLES] = {{0}};
	struct lh_ledger *l = NULL;
	uint64_t total = 0, max = bytes_max();
	uint32_t slot = max ? claim(header) : UINT32_MAX;

	if (slot == UINT32_MAX)
		return false;
	uint64_t from = LH_RUN_HEADER_BYTES + slot * LH_RUN_SLOT_BYTES;
	for (scale = 0; !l && scale <= SCALES; scale += !l) {
		total = set_table_offsets(table);
		if (total <= max)
			l = fd < 0 ? map_by_parent(slot, total)
				   : map_ledger(table, total, fd, from);
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
	lh_own_ledger.tick = &header->tick;
	adopt(l, table, total);
	return true;
}

static struct lh_run_header *map_header(int fd)
{
	struct lh_run_header *h =
		lh_reach_is_run_file(fd)
			? lh_sys_map(LH_RUN_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
			: NULL;

	if (h && __builtin_memcmp(h->magic, LH_RUN_MAGIC, 8) == 0 &&
	    h->version == LH_LEDGER_VERSION && lh_reach_is_run(lh_options.run, h->name))
		return h;
	if (h)
		lh_sys_unmap(h, LH_RUN_HEADER_BYTES);
	return NULL;
}

bool lh_own_ledger_open_slot(void)
{
	struct lh_run_header *header = (struct lh_run_header *)lh_own_ledger.run_header, *seen;
	int outer_pid = 0, fd = lh_reach_by_path(lh_options.run, &outer_pid);

	if (fd < 0 && !header)
		fd = lh_reach_by_asking(lh_options.run, &outer_pid);
	seen = fd < 0 ? NULL : map_header(fd);
	if (fd >= 0 && !seen) { /* another file, of a process that has the front end's number now */
		lh_sys_close(fd);
		fd = -1;
	}
	if (header && seen)
		lh_sys_unmap(seen, LH_RUN_HEADER_BYTES);
	else if (!header)
		header = seen;
	lh_own_ledger.run_header = header;
	bool opened =
		header && (fd >= 0 || has_front_end(header)) && open_slot(fd, header, outer_pid);
	if (fd >= 0)
		lh_sys_close(fd);
	return opened;
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
		uint64_t bytes = lh_align((uint64_t)standalone_rows[t] * table[t].row, LH_PAGE);
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
	uint64_t total = 0, limit = lh_sys_limit(RLIMIT_FSIZE), max = bytes_max();

	for (scale = 0; !l && scale <= SCALES; scale += !l) {
		total = set_table_offsets(table);
		if (total <= limit && total <= max &&
		    lh_syscall(SYS_ftruncate, fd, (long)total, 0, 0, 0, 0) == 0)
			l = map_ledger(table, total, fd, 0);
	}
	if (!l)
		return false;
	if (!preallocate(fd, table)) {
		unmap_tables();
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
			unmap_tables();
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

void lh_own_ledger_give_up(void)
{
	struct lh_run_header *header = (struct lh_run_header *)lh_own_ledger.run_header;

	lh_own_ledger.ledger = NULL;
	if (header)
		__atomic_fetch_add(lh_own_ledger.no_room ? &header->no_room : &header->no_slot, 1,
				   __ATOMIC_RELAXED);
}

void lh_own_ledger_unmap(void)
{
	unmap_tables();
	lh_private_unmap();
}

void lh_own_ledger_remove(void)
{
	if (lh_own_ledger.path[0] && !lh_sys_seccomp_seen())
		lh_sys_unlink(lh_own_ledger.path);
}

/* Allocates the memory of the next rows: an error can be handled, a fault could not. */
static bool populate(enum lh_table_name name, uint32_t needed)
{
	struct lh_table *t = &lh_own_ledger.ledger->table[name];
	uint64_t from = t->offset + (uint64_t)t->ready * t->row;
	uint64_t to = t->offset + (uint64_t)needed * t->row;
	uint64_t end = t->offset + (uint64_t)lh_own_ledger.mapped[name] * t->row;

	to = lh_align(to > from + STANDALONE_STEP ? to : from + STANDALONE_STEP, LH_PAGE);
	if (to > end)
		to = lh_align(end, LH_PAGE);
	from = from / LH_PAGE * LH_PAGE;
	if (lh_sys_seccomp_seen() || /* a filter might kill the process for the call */
	    lh_sys_advise((char *)lh_own_ledger.ledger + from, to - from, POPULATE_WRITE) < 0)
		return false;
	uint64_t rows = (to - t->offset) / t->row;
	rows = rows > lh_own_ledger.mapped[name] ? lh_own_ledger.mapped[name] : rows;
	uint32_t ready = t->ready; /* the monitor raises `ready` too */
	while (ready < rows &&
	       !__atomic_compare_exchange_n(&t->ready, &ready, (uint32_t)rows, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return true;
}

static bool map_rows(enum lh_table_name name, uint32_t needed)
{
	while (needed > lh_own_ledger.mapped[name])
		if (!lh_own_ledger_grow())
			return false;
	return true;
}

uint32_t lh_row_reserve(enum lh_table_name name, uint32_t n)
{
	struct lh_table *t = &lh_own_ledger.ledger->table[name];
	uint32_t at = t->used;

	if (n > t->rows || at > t->rows - n ||
	    (at + n > lh_own_ledger.mapped[name] && !map_rows(name, at + n)) ||
	    (!lh_own_ledger.sparse && at + n > __atomic_load_n(&t->ready, __ATOMIC_ACQUIRE) &&
	     !populate(name, at + n))) {
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
	struct lh_table *t = &lh_own_ledger.ledger->table[name];
	uint32_t at = t->used, end = at + n;

	/* most often the memory is there */
	if (LH_UNLIKELY(end < n || end > lh_own_ledger.mapped[name] ||
			(!lh_own_ledger.sparse &&
			 end > __atomic_load_n(&t->ready, __ATOMIC_ACQUIRE)))) {
		at = lh_row_reserve(name, n);
		if (!at)
			return 0;
	}
	__atomic_store_n(&t->used, at + n, __ATOMIC_RELEASE);
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

	if (!l || !row || row >= l->table[name].used || row >= lh_own_ledger.parent_mapped[name])
		return NULL;
	return (const char *)l + l->table[name].offset + (size_t)row * l->table[name].row;
}

void lh_own_ledger_touch(void)
{
	for (int t = 1; t < LH_TABLES; t++) {
		const struct lh_table *table = &lh_own_ledger.ledger->table[t];
		if (table->ready || (lh_own_ledger.sparse && table->rows))
			__atomic_fetch_or((char *)lh_own_ledger.table[t], 0, __ATOMIC_RELAXED);
	}
	lh_private_touch();
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
