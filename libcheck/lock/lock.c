/* lock.c — the table of locks, and their rows. */
#include "libcheck/lock/lock.h"
#include "libcheck/lock/contention.h"
#include "libcheck/stack/stack.h"

void (*lh_lock_on_destroy)(struct lh_lock *l);

enum { LINE_SLOTS = 16, LINES_TRIED = 64, PARTS = 16 }; /* of the table */

/* A table for rows below `rows`, and not in the parts before it: when the tables of the ledger
 * grow, the new rows get a part of their own. A slot holds a row number and, above it, some bits of
 * the address. */
struct part {
	uint32_t *slot;
	uint32_t lines; /* a power of two */
	uint32_t rows;
	const struct part *older;
};
static struct {
	struct part part[PARTS];
	const struct part *newest;
	uint32_t parts;
} lock_index;

static uint32_t free_rows;  /* destroyed rows that nothing names, linked by `next` */
static uint32_t free_stats; /* stats of rows that no lock will use again, linked by `pad` */
static uint32_t tag_off;

static struct {
	const void *o;
	struct lh_shm_location location;
} next_location; /* location for the next row of object `o`; see lh_lock_set_location */

static bool add_part(void)
{
	uint32_t rows = lh_rows_mapped(LH_T_LOCK), slots = rows * 2, n = lock_index.parts;
	uint32_t *slot = n < PARTS ? lh_private_alloc((size_t)slots * sizeof(*slot)) : NULL;

	if (!slot)
		return false;
	lock_index.part[n] = (struct part){slot, slots / LINE_SLOTS, rows, lock_index.newest};
	lock_index.parts = n + 1;
	__atomic_store_n(&lock_index.newest, &lock_index.part[n], __ATOMIC_RELEASE);
	return true;
}

bool lh_lock_init(void)
{
	lock_index.parts = 0;
	lock_index.newest = NULL;
	if (!add_part())
		return false;
	free_rows = free_stats = 0;
	next_location.o = NULL;
	lh_contention_init();
	tag_off = lh_own_ledger.ledger->tag_off;
	return true;
}

/*
 * ---- the table ----
 *
 * Each line of LINE_SLOTS slots is one cache line. Locks in the same 256 bytes share a line, and 64
 * neighbouring lines share a page, so that many locks touch few pages. A lock that does not fit
 * into its line goes to a line of another page, where neighbours are spread. A slot is stale if its
 * row now has another address; it may be overwritten.
 */

/* The n-th line that may hold the object. For n = 0, neighbours in memory are neighbours here. */
static uint32_t *line_of(const struct part *p, uintptr_t o, uint32_t n)
{
	uint64_t page = ((o >> 14) + ((uint64_t)n << 20)) * 0x9e3779b97f4a7c15u >> 32;
	uint32_t line = (uint32_t)page << 6 | ((n ? o >> 2 : o >> 8) & 63);

	return &p->slot[(size_t)(line & (p->lines - 1)) * LINE_SLOTS];
}

static uint32_t slot_for(uintptr_t o, uint32_t row)
{
	return LH_LOCK_ID(row, (o >> 2) * 0x9e3779b1u >> 22);
}

/* The n-th slot of a line that may hold the object. */
static inline uint32_t slot_at(uintptr_t o, uint32_t n)
{
	return ((o >> 3) + n) & (LINE_SLOTS - 1);
}

/* The row; 0: the search ends here; UINT32_MAX: it continues in the next line. */
static inline __attribute__((always_inline)) uint32_t
find_in_line(const uint32_t *line, uintptr_t o, uint64_t address, uint32_t tag)
{
	for (uint32_t i = 0; i < LINE_SLOTS; i++) {
		uint32_t slot = __atomic_load_n(&line[slot_at(o, i)], __ATOMIC_ACQUIRE);
		uint32_t row = LH_LOCK_ROW(slot);
		if (!slot)
			return 0;
		if ((slot ^ row) == tag && LH_LOCKS[row].address == address)
			return row;
	}
	return UINT32_MAX;
}

static __attribute__((noinline)) uint32_t find_further(const struct part *p, uintptr_t o,
						       uint64_t address, uint32_t row)
{
	uint32_t tag = slot_for(o, 0);

	for (;;) {
		for (uint32_t n = 1; row == UINT32_MAX && n < LINES_TRIED; n++)
			row = find_in_line(line_of(p, o, n), o, address, tag);
		if (row && row != UINT32_MAX)
			return row;
		p = p->older;
		if (!p)
			return 0;
		row = find_in_line(line_of(p, o, 0), o, address, tag);
	}
}

static inline uint32_t find(uintptr_t o, uint64_t address)
{
	const struct part *p = __atomic_load_n(&lock_index.newest, __ATOMIC_ACQUIRE);
	uint32_t row = find_in_line(line_of(p, o, 0), o, address, slot_for(o, 0));

	return LH_LIKELY(row && row != UINT32_MAX) ? row : find_further(p, o, address, row);
}

uint32_t lh_lock_find(const void *object)
{
	return find((uintptr_t)object, (uintptr_t)object);
}

uint32_t lh_lock_find_at(const void *object, uint64_t address)
{
	return find((uintptr_t)object, address);
}

/* A slot of a retired lock is not stale: the lock may be revived. */
static bool stale(uint32_t slot)
{
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(slot)];

	return (l->flags & LH_LOCK_DEAD) ||
	       slot_for(l->address & ~LH_ADDRESS_FREED, LH_LOCK_ROW(slot)) != slot;
}

/* Threads that revive a lock call it without the internal lock. */
void lh_lock_index(const void *o, uint32_t row)
{
	uint32_t fresh = slot_for((uintptr_t)o, row);
	const struct part *p = &lock_index.part[0];

	while (row >= p->rows && p < &lock_index.part[lock_index.parts - 1])
		p++;
	for (uint32_t n = 0; n < LINES_TRIED; n++) {
		uint32_t *line = line_of(p, (uintptr_t)o, n);
		for (uint32_t i = 0; i < LINE_SLOTS; i++) {
			uint32_t *at = &line[slot_at((uintptr_t)o, i)];
			uint32_t slot = __atomic_load_n(at, __ATOMIC_RELAXED);
			if (slot == fresh)
				return;
			if ((!slot || stale(slot)) &&
			    __atomic_compare_exchange_n(at, &slot, fresh, false, __ATOMIC_RELEASE,
							__ATOMIC_RELAXED))
				return;
		}
	}
}

/* ---- probes and tags ---- */

static bool probe(const void *object, enum lh_kind kind, enum lh_how how)
{
	(void)how;
	return lh_lock_is_free_now(object, kind);
}

bool (*lh_lock_free_probe)(const void *o, enum lh_kind kind, enum lh_how how) = probe;

static bool has_permit(const void *object, enum lh_how how)
{
	(void)how;
	return lh_sem_is_positive(object);
}

bool (*lh_sem_permit_probe)(const void *o, enum lh_how how) = has_permit;

static bool has_tag(enum lh_kind kind, uint32_t flags)
{
	return !tag_off && lh_glibc_unused(kind) && !(flags & (LH_LOCK_ROBUST | LH_LOCK_PSHARED));
}

struct lh_lock *lh_lock_find_untagged(const void *object, enum lh_kind kind)
{
	enum { UNTAGGED = LH_GLIBC_KIND_ROBUST | LH_GLIBC_KIND_SHARED };

	if (kind == LH_MUTEX && !tag_off && /* quickly: most mutexes have a tag */
	    !(*lh_glibc_word(object, LH_GLIBC_MUTEX_KIND) & UNTAGGED))
		return NULL;
	bool tagged = has_tag(kind, lh_lock_attributes(object, kind));
	struct lh_lock *l = &LH_LOCKS[tagged ? 0 : lh_lock_find(object)];

	return l->kind == kind && l->address == (uintptr_t)object ? l : NULL;
}

/* ---- rows ---- */

static void add_to_totals(const struct lh_lock *l)
{
	lh_own_ledger.ledger->retired_acquired += l->acquired + l->shared;
	lh_own_ledger.ledger->retired_contended += LH_LOCK_STATS[l->stats].contended;
}

static uint32_t new_row(void)
{
	uint32_t row = free_rows;

	while (row && (LH_LOCKS[row].flags & LH_LOCK_PINNED)) /* by a use after the destroy */
		row = LH_LOCKS[row].next;
	free_rows = row;
	if (!row) {
		row = lh_row_add(LH_T_LOCK, 1);
		if (row >= lock_index.part[lock_index.parts - 1].rows)
			add_part(); /* without it, the last part takes what it can */
		return row;
	}
	free_rows = LH_LOCKS[row].next;
	add_to_totals(&LH_LOCKS[row]);
	lh_contention_free(&LH_LOCKS[row]);
	return row;
}

struct lh_lock *lh_lock_row(lh_lock_id id)
{
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(id)];

	return id && lh_lock_id_of(l) == id ? l : NULL;
}

struct lh_lock_stats *lh_lock_stats_get(struct lh_lock *l)
{
	if (!l->stats) {
		uint32_t row = free_stats ? free_stats : lh_row_add(LH_T_LOCK_STATS, 1);
		if (!row)
			return NULL;
		free_stats = free_stats ? LH_LOCK_STATS[row].pad : 0;
		LH_LOCK_STATS[row].pad = 0;
		if (l->held_ns && lh_lock_has_held_ns(l)) {
			LH_LOCK_STATS[row].hold_ns = LH_LOCK_STATS[row].hold_max_ns = l->held_ns;
			LH_LOCK_STATS[row].hold_samples = 1;
		}
		__atomic_store_n(&l->stats, row, __ATOMIC_RELEASE);
	}
	return &LH_LOCK_STATS[l->stats];
}

/* ---- location of process-shared locks ---- */

bool lh_lock_needs_location(const void *object, enum lh_kind kind)
{
	if (kind != LH_SPIN && !(lh_lock_attributes(object, kind) & LH_LOCK_PSHARED))
		return false;
	uint32_t row = lh_lock_find(object);
	return !row || LH_LOCKS[row].kind != kind;
}

void lh_lock_set_location(const void *o, const struct lh_shm_location *w)
{
	next_location.o = o;
	if (o)
		next_location.location = *w;
}

static void set_location(struct lh_lock *l, const void *o)
{
	const struct lh_shm_location *w = &next_location.location;
	bool known = next_location.o == o && w->kind != LH_SHM_UNKNOWN;

	if (next_location.o == o && w->kind == LH_SHM_SHARED && l->kind == LH_SPIN)
		l->flags |= LH_LOCK_PSHARED;
	if (!(l->flags & LH_LOCK_PSHARED) || (known && w->kind == LH_SHM_PRIVATE))
		return;
	struct lh_lock_stats *stats = known ? lh_lock_stats_get(l) : NULL;
	uint32_t row = stats ? stats->location : 0;
	if (stats && !row)
		row = lh_row_add(LH_T_LOCK_LOCATION, 1);
	if (!row) {
		lh_own_ledger.ledger->locations_unknown++;
		return;
	}
	LH_LOCK_LOCATIONS[row] = (struct lh_lock_location){
		.lock = lh_lock_id_of(l), .dev = w->dev, .ino = w->ino, .off = w->off};
	__atomic_store_n(&stats->location, row, __ATOMIC_RELEASE);
}

/* Clears the stats of the row's earlier lock. The new lock reuses the row of LH_T_LOCK_LOCATION. */
static void clear_stats(uint32_t row)
{
	if (row)
		LH_LOCK_STATS[row] =
			(struct lh_lock_stats){.location = LH_LOCK_STATS[row].location};
}

/* A name given before the lock's first use is in a row of kind LH_CUSTOM, made only for that. */
static void move_name(const struct lh_lock *old, char name[LH_LOCK_NAME_MAX])
{
	if (old->kind == LH_CUSTOM && (old->flags & LH_LOCK_NAMED) && !old->acquired &&
	    !old->shared && !old->chains && old->stats)
		__builtin_memcpy(name, LH_LOCK_STATS[old->stats].name, LH_LOCK_NAME_MAX);
}

static void set_name(struct lh_lock *l, const char name[LH_LOCK_NAME_MAX])
{
	struct lh_lock_stats *stats = name[0] ? lh_lock_stats_get(l) : NULL;

	if (!stats)
		return;
	__builtin_memcpy(stats->name, name, LH_LOCK_NAME_MAX);
	l->flags |= LH_LOCK_NAMED;
}

static struct lh_lock *begin(const void *o, enum lh_kind kind, uint32_t flags, uint32_t initial)
{
	uint32_t old = lh_lock_find(o);
	char name[LH_LOCK_NAME_MAX] = "";

	if (old) {
		move_name(&LH_LOCKS[old], name);
		lh_lock_destroy(&LH_LOCKS[old]);
	}
	uint32_t row = new_row();
	if (!row) {
		lh_own_ledger.ledger->dropped_locks++;
		return NULL;
	}
	struct lh_lock *l = &LH_LOCKS[row];
	clear_stats(l->stats);
	*l = (struct lh_lock){.gen = (uint16_t)(l->gen + 1),
			      .kind = (uint8_t)kind,
			      .flags = flags,
			      .initial = initial,
			      .stats = l->stats};
	set_name(l, name);
	set_location(l, o);
	__atomic_store_n(&l->address, (uintptr_t)o, __ATOMIC_RELEASE);
	lh_lock_index(o, row);
	return l;
}

struct lh_lock *lh_lock_reinit(const void *o, enum lh_kind kind, uint32_t flags, uint32_t initial)
{
	struct lh_lock *l = begin(o, kind, flags, initial);

	if (l && has_tag(kind, flags))
		lh_lock_write_tag(o, kind, (uint32_t)(l - LH_LOCKS));
	return l;
}

/*
 * The parent knew the lock before the fork: it is the same lock here, so its init stack, first
 * stack and name are copied.
 */
static void inherit(struct lh_lock *l, const struct lh_lock *old)
{
	l->init_stack = lh_stack_from_parent(old->init_stack);
	l->first_stack = lh_stack_from_parent(old->first_stack);
	l->initial = old->initial;
	l->flags |= old->flags & (LH_LOCK_INITED | LH_LOCK_COUNTING | LH_LOCK_NAMED |
				  LH_LOCK_SIGNAL | LH_LOCK_INTERPRETER);
	const struct lh_lock_stats *stats = lh_row_in_parent(LH_T_LOCK_STATS, old->stats);
	if (stats && (old->flags & LH_LOCK_NAMED))
		set_name(l, stats->name);
}

struct lh_lock *lh_lock_make(const void *object, enum lh_kind kind)
{
	struct lh_lock *l = lh_lock_known(object, kind);
	uint32_t flags = lh_lock_attributes(object, kind);
	bool tagged = has_tag(kind, flags);
	uint32_t tag = tagged ? LH_LOCK_ROW(lh_lock_read_tag(object, kind)) : 0;

	if (l && l->kind == kind)
		return l;
	/*
	 * No tag although the kind has one: the memory was cleared, so this is a new lock. A wrong
	 * tag, or a kind without a tag: look in the table.
	 */
	uint32_t row = tagged && !tag ? 0 : lh_lock_find(object);
	if (row && LH_LOCKS[row].kind == kind) {
		if (tagged)
			lh_lock_write_tag(object, kind, row);
		return &LH_LOCKS[row];
	}
	l = lh_lock_reinit(object, kind, flags, 0);
	const struct lh_lock *old = l && tag ? lh_row_in_parent(LH_T_LOCK, tag) : NULL;
	if (old && old->address == (uintptr_t)object && old->kind == kind)
		inherit(l, old);
	return l;
}

/* ---- locks whose memory may be gone ---- */

struct lh_lock *lh_lock_copy_from_parent(const struct lh_lock *was)
{
	enum {
		INNATE = (int)LH_LOCK_OWN_KIND_FLAGS(15) | LH_LOCK_RECURSIVE | LH_LOCK_ERRORCHECK |
			 LH_LOCK_ADAPTIVE | LH_LOCK_ROBUST | LH_LOCK_PI | LH_LOCK_PROTECT |
			 LH_LOCK_PREFER_WRITER
	};
	const void *object = (const void *)(uintptr_t)was->address;
	uint32_t row = lh_lock_find(object);

	if (row && LH_LOCKS[row].kind == was->kind)
		return &LH_LOCKS[row];
	struct lh_lock *l = begin(object, (enum lh_kind)was->kind, was->flags & INNATE, 0);
	if (l)
		inherit(l, was);
	return l;
}

bool lh_lock_still_held(const struct lh_lock *was, int32_t tid)
{
	union {
		pthread_mutex_t mutex;
		pthread_rwlock_t rwlock;
		pthread_spinlock_t spin;
	} copy;
	enum lh_kind kind = (enum lh_kind)was->kind;
	size_t n = kind == LH_MUTEX    ? sizeof(copy.mutex)
		   : kind == LH_RWLOCK ? sizeof(copy.rwlock)
				       : sizeof(copy.spin);

	if (!lh_kind_is_pthread(kind)) /* what its bytes say is not known */
		return true;
	if (!lh_sys_copy(&copy, (const void *)(uintptr_t)was->address, n) ||
	    lh_lock_is_free_now(&copy, kind))
		return false;
	int owner = lh_lock_owner_tid(&copy, kind);
	return !owner || owner == tid;
}

/* All controls whose initializers run have the same word, until the process forks. */
static uint32_t once_busy;

void lh_lock_once_begun(const void *object)
{
	once_busy = lh_glibc_load(object, 0);
}

bool lh_lock_once_is_busy(const struct lh_lock *l)
{
	return lh_sys_may_be((const uint32_t *)(uintptr_t)l->address, once_busy);
}

/* ---- destroy, retire, revive ---- */

/* If a row has used all its generations, its ids would repeat. */
static bool is_spent(const struct lh_lock *l)
{
	return l->gen >= (UINT32_MAX >> LH_LOCK_BITS);
}

void lh_lock_drop_retired(struct lh_lock *l)
{
	l->flags |= LH_LOCK_DEAD;
	if (lh_lock_on_destroy)
		lh_lock_on_destroy(l);
	lh_lock_free_row(l);
}

/* No lock will use the row again: its stats go to another row. */
static void give_stats_away(struct lh_lock *l)
{
	uint32_t row = l->stats;

	add_to_totals(l);
	lh_contention_free(l);
	l->acquired = l->shared = l->held_ns = 0;
	__atomic_store_n(&l->stats, 0, __ATOMIC_RELEASE);
	if (!row)
		return;
	clear_stats(row);
	LH_LOCK_STATS[row].pad = free_stats;
	free_stats = row;
}

void lh_lock_free_row(struct lh_lock *l)
{
	if ((l->flags & LH_LOCK_PINNED) || l->chains)
		return;
	if (is_spent(l)) {
		give_stats_away(l);
		return;
	}
	l->next = free_rows;
	free_rows = (uint32_t)(l - LH_LOCKS);
}

void lh_lock_destroy(struct lh_lock *l)
{
	if (l->flags & LH_LOCK_DEAD)
		return;
	if (l->owner) /* the owner's held list still names it */
		l->flags |= LH_LOCK_PINNED;
	l->owner = 0;
	lh_lock_retire(l);
	lh_lock_drop_retired(l);
}
