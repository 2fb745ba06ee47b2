/*
 * pairs.c — repeats one lock operation and measures the cost of one.
 *
 *   pairs OPERATION [REPETITIONS [WORK]]   prints "nanoseconds": the median of the repetitions
 *   pairs live NUMBER [REPETITIONS]        prints "first again bytes" for each of NUMBER locks
 *   pairs work                             prints the WORK that takes 700 ns here
 *
 * Everything is measured in a second thread, because glibc has a fast path for a program with a
 * single thread. A repetition is long enough to be measured well under any checker.
 *
 * Time is the CPU time of the working threads, so that other programs on the same machine count
 * little; only the ping-pong, whose threads sleep, is measured by the clock.
 */
#include <linux/futex.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LONG_ENOUGH_NS = 4000000, REPETITIONS_MAX = 101, FRAMES = 30, WORK_NS = 700, LINE = 64 };

/* Each lock has a cache line of its own, so that the locks do not slow each other down. */
struct padded {
	pthread_mutex_t m;
} __attribute__((aligned(LINE)));

/* GLib's locks, declared here: its header is not needed for a few functions. */
void g_mutex_lock(void *), g_mutex_unlock(void *);
void g_rec_mutex_lock(void *), g_rec_mutex_unlock(void *);
void g_rw_lock_reader_lock(void *), g_rw_lock_reader_unlock(void *);
struct glib_lock {
	void *p;
	unsigned i[2];
} __attribute__((aligned(LINE)));
static struct glib_lock g_mutex, g_rec, g_rw;

static struct padded a = {PTHREAD_MUTEX_INITIALIZER}, b = {PTHREAD_MUTEX_INITIALIZER};
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t sem;
static omp_lock_t omp;
static long work_rounds;

/* Returns the nanoseconds of n operations. */
typedef double operation(long n);

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* A function that runs BODY n times and returns its CPU time. */
#define TIMED(name, BODY)                                                                          \
	static double name(long n)                                                                 \
	{                                                                                          \
		double start = now(CLOCK_THREAD_CPUTIME_ID);                                       \
                                                                                                   \
		for (long i = 0; i < n; i++) {                                                     \
			BODY                                                                       \
		}                                                                                  \
		return now(CLOCK_THREAD_CPUTIME_ID) - start;                                       \
	}

static void __attribute__((noinline)) work(long rounds)
{
	unsigned long x = 1;

	for (long i = 0; i < rounds; i++) {
		x = x * 6364136223846793005ul + 1;
		__asm__ volatile("" : "+r"(x));
	}
}

TIMED(do_mutex, pthread_mutex_lock(&a.m); pthread_mutex_unlock(&a.m);)
TIMED(do_other, pthread_mutex_lock(&b.m); pthread_mutex_unlock(&b.m);)
TIMED(do_nested, pthread_mutex_lock(&a.m); pthread_mutex_lock(&b.m); pthread_mutex_unlock(&b.m);
      pthread_mutex_unlock(&a.m);)
TIMED(do_read, pthread_rwlock_rdlock(&rw); pthread_rwlock_unlock(&rw);)
TIMED(do_write, pthread_rwlock_wrlock(&rw); pthread_rwlock_unlock(&rw);)
TIMED(do_semaphore, sem_wait(&sem); sem_post(&sem);)
TIMED(do_spin, pthread_spin_lock(&spin); pthread_spin_unlock(&spin);)
TIMED(do_try, if (pthread_mutex_trylock(&a.m) == 0) pthread_mutex_unlock(&a.m);)
TIMED(do_churn, pthread_mutex_t m; pthread_mutex_init(&m, NULL); pthread_mutex_lock(&m);
      pthread_mutex_unlock(&m); pthread_mutex_destroy(&m);)
/* like a std::mutex on the stack, which makes no init and no destroy call */
TIMED(do_fresh, pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_mutex_lock(&m);
      pthread_mutex_unlock(&m);)
TIMED(do_inside, pthread_mutex_t m; pthread_mutex_init(&m, NULL); pthread_mutex_lock(&a.m);
      pthread_mutex_lock(&m); pthread_mutex_unlock(&m); pthread_mutex_unlock(&a.m);
      pthread_mutex_destroy(&m);)
TIMED(do_g_mutex, g_mutex_lock(&g_mutex); g_mutex_unlock(&g_mutex);)
TIMED(do_g_rec, g_rec_mutex_lock(&g_rec); g_rec_mutex_unlock(&g_rec);)
TIMED(do_g_read, g_rw_lock_reader_lock(&g_rw); g_rw_lock_reader_unlock(&g_rw);)
TIMED(do_section, pthread_mutex_lock(&a.m); work(work_rounds); pthread_mutex_unlock(&a.m);)
TIMED(do_omp, omp_set_lock(&omp); omp_unset_lock(&omp);)
TIMED(do_critical, _Pragma("omp critical(bench)") __asm__ volatile("" ::: "memory");)
TIMED(do_unnamed, _Pragma("omp critical") __asm__ volatile("" ::: "memory");)
TIMED(do_work, work(1000);)

/* The lock is acquired below many stack frames. */
static double __attribute__((noinline)) do_deep_at(long n, int frames)
{
	double ns = frames > 0 ? do_deep_at(n, frames - 1) : do_mutex(n);

	__asm__ volatile("" ::: "memory"); /* no tail call */
	return ns;
}

static double do_deep(long n)
{
	return do_deep_at(n, FRAMES);
}

/* ---- two threads ---- */

static struct partner {
	operation *does;
	long n;
	double ns;
	int here;
} partner;

/* Each thread has a CPU of its own; otherwise the threads would run in turns and never contend. */
static cpu_set_t allowed;

static void go_to(int processor)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &allowed) && processor-- == 0)
			CPU_SET(i, &one);
	if (CPU_COUNT(&one))
		pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

static void meet(int me)
{
	go_to(me);
	__atomic_add_fetch(&partner.here, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&partner.here, __ATOMIC_ACQUIRE) < 2)
		sched_yield(); /* valgrind runs one thread at a time */
}

static void *run_partner(void *unused)
{
	meet(1);
	partner.ns = partner.does(partner.n);
	return unused;
}

static double both(operation *mine, operation *other, long n)
{
	pthread_t t;

	partner = (struct partner){.does = other, .n = n / 2};
	if (pthread_create(&t, NULL, run_partner, NULL))
		exit(1);
	meet(0);
	double ns = mine(n / 2);
	pthread_join(t, NULL);
	return ns + partner.ns;
}

static double do_own(long n)
{
	return both(do_mutex, do_other, n);
}

static double do_same(long n)
{
	return both(do_mutex, do_mutex, n);
}

static double do_g_same(long n)
{
	return both(do_g_mutex, do_g_mutex, n);
}

static void *take_once(void *unused)
{
	pthread_mutex_lock(&b.m);
	pthread_mutex_unlock(&b.m);
	return unused;
}

/* Creates and joins one thread after the other. */
static double do_threads(long n)
{
	double start = now(CLOCK_PROCESS_CPUTIME_ID);

	for (long i = 0; i < n; i++) {
		pthread_t t;
		if (pthread_create(&t, NULL, take_once, NULL) || pthread_join(t, NULL))
			exit(1);
	}
	return now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* The thread whose turn it is, 0 or 1; protected by `a`. */
static int turn;

static double play(long n, int me)
{
	double start = now(CLOCK_MONOTONIC);

	pthread_mutex_lock(&a.m);
	for (long i = 0; i < n; i++) {
		while (turn != me)
			pthread_cond_wait(&cond, &a.m);
		turn = !me;
		pthread_cond_signal(&cond);
	}
	pthread_mutex_unlock(&a.m);
	return now(CLOCK_MONOTONIC) - start;
}

static double play_ping(long n)
{
	return play(n, 0);
}

static double play_pong(long n)
{
	play(n, 1);
	return 0;
}

static double do_pingpong(long n)
{
	turn = 0;
	return both(play_ping, play_pong, n);
}

/* ---- futexes of the program's own: pairs of threads hand a word to each other ---- */

enum { HANDS = 64 };
static struct {
	unsigned turn;
} __attribute__((aligned(LINE))) word[HANDS / 2];
static pthread_barrier_t ready;
static long hops;

static void *hand(void *number)
{
	long me = (long)number;
	unsigned *at = &word[me / 2].turn, mine = (unsigned)me & 1;

	pthread_barrier_wait(&ready);
	for (long i = 0; i < hops; i++) {
		while (__atomic_load_n(at, __ATOMIC_ACQUIRE) != mine)
			syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
		__atomic_store_n(at, !mine, __ATOMIC_RELEASE);
		syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	pthread_barrier_wait(&ready);
	return NULL;
}

/* n hops of all pairs together; the threads begin and end outside of the time. */
static double do_futexes(long n)
{
	pthread_t t[HANDS];

	hops = n / HANDS + 1;
	memset(word, 0, sizeof(word));
	pthread_barrier_init(&ready, NULL, HANDS + 1);
	for (long i = 0; i < HANDS; i++)
		pthread_create(&t[i], NULL, hand, (void *)i);
	pthread_barrier_wait(&ready);
	double began = now(CLOCK_MONOTONIC);
	pthread_barrier_wait(&ready);
	began = now(CLOCK_MONOTONIC) - began;
	for (long i = 0; i < HANDS; i++)
		pthread_join(t[i], NULL);
	pthread_barrier_destroy(&ready);
	return began;
}

/* ---- many locks ---- */

/* Bytes of our ledger that have memory: touched here or preallocated by the front end. */
static double ledger_bytes(void)
{
	char line[512], link[128];
	unsigned long from, to;
	struct stat st;
	double bytes = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "lockhound") || !strstr(line, "rw-s") ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", from, to);
		if (stat(link, &st) == 0 && (double)st.st_blocks * 512 > bytes)
			bytes = (double)st.st_blocks * 512; /* one file, mapped more than once */
	}
	if (f)
		fclose(f);
	return bytes;
}

/* RSS contains the ledger's pages that this process has touched; ledger_bytes counts these. */
static double memory_bytes(void)
{
	unsigned long all, resident = 0, shared = 0;
	double ledger = ledger_bytes(), page = (double)sysconf(_SC_PAGESIZE);
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%lu %lu %lu", &all, &resident, &shared) != 3)
		resident = shared = 0;
	if (f)
		fclose(f);
	return ledger > 0 ? (double)(resident - shared) * page + ledger : (double)resident * page;
}

static double once_each(pthread_mutex_t *m, long n, int first)
{
	double start = now(CLOCK_THREAD_CPUTIME_ID);

	pthread_mutex_lock(&a.m);
	for (long i = 0; i < n; i++) {
		if (first)
			pthread_mutex_init(&m[i], NULL);
		pthread_mutex_lock(&m[i]);
		pthread_mutex_unlock(&m[i]);
	}
	pthread_mutex_unlock(&a.m);
	return (now(CLOCK_THREAD_CPUTIME_ID) - start) / (double)n;
}

static int by_size(const void *x, const void *y)
{
	double d = *(const double *)x - *(const double *)y;

	return (d > 0) - (d < 0);
}

static double median(double *list, int n)
{
	qsort(list, (size_t)n, sizeof(*list), by_size);
	return (list[(n - 1) / 2] + list[n / 2]) / 2;
}

static void live(long n, int repetitions)
{
	pthread_mutex_t *m = malloc((size_t)n * sizeof(*m));
	double again[REPETITIONS_MAX];

	if (!m)
		exit(1);
	memset(m, 0xff, (size_t)n * sizeof(*m)); /* touches the pages, so that they do not count */
	do_mutex(1000);
	double before = memory_bytes();
	double first = once_each(m, n, 1);
	double bytes = memory_bytes() - before;
	for (int i = 0; i < repetitions; i++)
		again[i] = once_each(m, n, 0);
	printf("%.2f %.2f %.1f\n", first, median(again, repetitions), bytes / (double)n);
}

/* ---- the measuring thread ---- */

static const struct {
	const char *name;
	operation *does;
} operations[] = {
	{"mutex", do_mutex},
	{"nested", do_nested},
	{"read", do_read},
	{"write", do_write},
	{"semaphore", do_semaphore},
	{"spin", do_spin},
	{"try", do_try},
	{"own", do_own},
	{"same", do_same},
	{"churn", do_churn},
	{"fresh", do_fresh},
	{"inside", do_inside},
	{"threads", do_threads},
	{"pingpong", do_pingpong},
	{"futexes", do_futexes},
	{"deep", do_deep},
	{"section", do_section},
	{"omp", do_omp},
	{"critical", do_critical},
	{"unnamed", do_unnamed},
	{"gmutex", do_g_mutex},
	{"gsame", do_g_same},
	{"grec", do_g_rec},
	{"gread", do_g_read},
};

/* How many operations take long enough to be measured. */
static long enough(operation *does)
{
	long n = 64;

	while (does(n) < LONG_ENOUGH_NS && n < 1l << 30)
		n *= 2;
	return n;
}

static double measure(operation *does, int repetitions)
{
	double ns[REPETITIONS_MAX];
	long n = enough(does);

	for (int i = 0; i < repetitions; i++)
		ns[i] = does(n) / (double)n;
	return median(ns, repetitions);
}

static int command(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int is_live = strcmp(what, "live") == 0, at = is_live ? 3 : 2;
	int repetitions = argc > at ? atoi(argv[at]) : 11;

	if (repetitions < 1 || repetitions > REPETITIONS_MAX)
		return 2;
	work_rounds = argc > at + 1 ? atol(argv[at + 1]) : 500;
	if (is_live && argc > 2 && atol(argv[2]) > 0) {
		live(atol(argv[2]), repetitions);
		return 0;
	}
	if (strcmp(what, "work") == 0) {
		printf("%.0f\n", WORK_NS / measure(do_work, repetitions) * 1000);
		return 0;
	}
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, what) == 0) {
			printf("%.2f\n", measure(operations[i].does, repetitions));
			return 0;
		}
	return 2;
}

struct words {
	int n;
	char **word;
	int status;
};

static void *second(void *arg)
{
	struct words *w = arg;

	w->status = command(w->n, w->word);
	return NULL;
}

int main(int argc, char **argv)
{
	struct words w = {argc, argv, 1};
	pthread_t t;

	omp_init_lock(&omp);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) || sem_init(&sem, 0, 1) ||
	    pthread_spin_init(&spin, 0) || pthread_create(&t, NULL, second, &w) ||
	    pthread_join(t, NULL))
		return 1;
	if (w.status == 2)
		fprintf(stderr, "pairs: unknown operation; see the top of pairs.c\n");
	return w.status;
}
