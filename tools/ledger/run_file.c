/* run_file.c — creates the run file, maps its slots, and preallocates their memory. */
#include "tools/ledger/run_file.h"
#include "tools/util/time.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SLOTS = 1 << 20,     /* processes of one run; a slot is not reused */
	FIRST = 64 << 10,    /* bytes of a table from which on its memory is preallocated */
	AHEAD_MAX = 2 << 20, /* at most twice as much at once: one scan of a slot stays short */
};

/*
 * How many slots the file size limit allows. Beyond the limit ftruncate not only fails but also
 * sends SIGXFSZ. We may raise our own soft limit; the program gets the original one back.
 */
static uint32_t slots_allowed(char *error, size_t capacity)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_FSIZE, &limit))
		return SLOTS;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	if (limit.rlim_max == RLIM_INFINITY)
		return SLOTS;
	uint64_t slots = limit.rlim_max < LH_RUN_HEADER_BYTES
				 ? 0
				 : (limit.rlim_max - LH_RUN_HEADER_BYTES) / LH_RUN_SLOT_BYTES;
	if (!slots)
		snprintf(error, capacity,
			 "the file size limit (ulimit -Hf) is %llu bytes, but one ledger needs "
			 "%llu (sparse); raise the limit",
			 (unsigned long long)limit.rlim_max,
			 LH_RUN_HEADER_BYTES + LH_RUN_SLOT_BYTES);
	return slots > SLOTS ? SLOTS : (uint32_t)slots;
}

/* Under strict overcommit (mode 2) a page that was not allocated may be refused with SIGBUS. */
static bool is_sparse(void)
{
	char mode = '0';
	int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (read(fd, &mode, 1) != 1)
			mode = '0';
		close(fd);
	}
	return mode != '2';
}

static bool fill(struct lh_run_file *file, uint32_t slots)
{
	if (ftruncate(file->fd, (off_t)(LH_RUN_HEADER_BYTES + slots * LH_RUN_SLOT_BYTES)) ||
	    fcntl(file->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ||
	    fallocate(file->fd, 0, 0, LH_RUN_HEADER_BYTES))
		return false;
	file->header =
		mmap(NULL, LH_RUN_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
	if (file->header == MAP_FAILED)
		return false;
	memcpy(file->header->magic, LH_RUN_MAGIC, sizeof(LH_RUN_MAGIC));
	file->sparse = is_sparse();
	file->header->version = LH_LEDGER_VERSION;
	file->header->slots_max = file->slots = slots;
	file->header->start_ns = lh_time_now();
	file->header->monitor = getpid();
	file->header->flags = file->sparse ? LH_LEDGER_SPARSE : 0;
	return true;
}

bool lh_run_file_create(struct lh_run_file *file, char *error, size_t capacity)
{
	*file = (struct lh_run_file){.fd = -1};
	uint32_t slots = slots_allowed(error, capacity);
	if (!slots)
		return false;
	file->fd = memfd_create("lockhound", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (file->fd >= 0 && fill(file, slots))
		return true;
	snprintf(error, capacity, "cannot make the shared memory for the ledgers: %s",
		 strerror(errno));
	if (file->fd >= 0)
		close(file->fd);
	return false;
}

void lh_run_file_close(struct lh_run_file *file)
{
	__atomic_store_n(&file->header->monitor, 0,
			 __ATOMIC_RELEASE); /* processes that continue get no more ticks */
	munmap(file->header, LH_RUN_HEADER_BYTES);
	close(file->fd);
	file->fd = -1;
}

uint32_t lh_run_file_slots(const struct lh_run_file *file)
{
	uint32_t n = __atomic_load_n(&file->header->next, __ATOMIC_ACQUIRE);
	return n > file->slots ? file->slots : n;
}

/*
 * A tick is late if more than LH_TICK_NS passed, plus 1 ms because both times are rounded down. A
 * late tick is recorded before the tick itself is stored.
 */
void lh_run_clock_set(struct lh_run_header *header, uint64_t ns)
{
	const uint32_t in_time = LH_TICK_NS / 1000000u + 1, tick = (uint32_t)(ns / 1000000u);
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&one_at_a_time);
	uint32_t before = __atomic_load_n(&header->tick, __ATOMIC_RELAXED);
	if (tick > before) {
		if (tick - before > in_time)
			__atomic_store_n(&header->late[header->late_ticks++ % LH_LATE_TICKS],
					 (uint64_t)before << 32 | tick, __ATOMIC_RELAXED);
		__atomic_store_n(&header->tick, tick, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&one_at_a_time);
}

void lh_run_clock_update(struct lh_run_header *header)
{
	lh_run_clock_set(header, lh_time_now() - header->start_ns);
}

static off_t slot_at(uint32_t slot)
{
	return (off_t)(LH_RUN_HEADER_BYTES + slot * LH_RUN_SLOT_BYTES);
}

bool lh_run_file_head(const struct lh_run_file *file, uint32_t slot, struct lh_ledger *head)
{
	/* read, not mapped: reading an empty slot through a mapping would allocate its page */
	for (int i = 0; i < 2; i++) /* twice: `state` is read before the rest */
		if (pread(file->fd, head, sizeof(*head), slot_at(slot)) != sizeof(*head) ||
		    head->state == LH_LEDGER_EMPTY)
			return false;
	return true;
}

struct lh_ledger *lh_run_file_map(const struct lh_run_file *file, uint32_t slot, size_t *size)
{
	struct lh_ledger head;
	if (!lh_run_file_head(file, slot, &head) || head.total < sizeof(head) ||
	    head.total > LH_RUN_SLOT_BYTES)
		return NULL;
	struct lh_ledger *l = mmap(NULL, head.total, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_NORESERVE, file->fd, slot_at(slot));
	*size = head.total;
	return l == MAP_FAILED ? NULL : l;
}

/* How many bytes of a table should be allocated when `used` bytes are in use; 0: no more needed. */
static uint64_t bytes_wanted(const struct lh_run_file *file, uint64_t used, uint64_t ready)
{
	if (file->sparse && used < FIRST)
		return 0; /* most processes stay small, and there may be thousands */
	/* as much again as is in use, but no more than can be filled between two scans */
	uint64_t ahead = used < FIRST ? FIRST : used < AHEAD_MAX ? used : AHEAD_MAX;
	return ready >= used + ahead ? 0 : used + 2 * ahead;
}

static void preallocate_table(const struct lh_run_file *file, uint32_t slot, struct lh_ledger *l,
			      size_t size, int t)
{
	/* a checked copy: the program may write to the table at any time */
	struct lh_table copy = l->table[t];
	if (!copy.row || copy.offset > size || (size - copy.offset) / copy.row < copy.rows)
		return;
	uint32_t used = __atomic_load_n(&l->table[t].used, __ATOMIC_ACQUIRE);
	uint64_t all = (uint64_t)copy.row * copy.rows, have = (uint64_t)copy.row * copy.ready;
	uint64_t wanted = bytes_wanted(
		file, (uint64_t)copy.row * (used > copy.rows ? copy.rows : used), have);
	if (have >= all || wanted <= have)
		return;
	wanted = wanted > all ? all : wanted;
	if (fallocate(file->fd, 0, slot_at(slot) + (off_t)(copy.offset + have),
		      (off_t)(wanted - have)))
		return; /* tried again at the next scan; until then rows may be refused */
	__atomic_store_n(&l->table[t].ready, (uint32_t)(wanted / copy.row), __ATOMIC_RELEASE);
}

void lh_run_file_preallocate(const struct lh_run_file *file, uint32_t slot, struct lh_ledger *l,
			     size_t size)
{
	for (int t = 1; t < LH_TABLES; t++)
		preallocate_table(file, slot, l, size, t);
}

void lh_run_file_release(const struct lh_run_file *file, uint32_t slot)
{
	fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, slot_at(slot),
		  LH_RUN_SLOT_BYTES);
}

uint64_t lh_run_file_bytes(const struct lh_run_file *file)
{
	struct stat st;
	return fstat(file->fd, &st) ? 0 : (uint64_t)st.st_blocks * 512;
}
