/*
 * counter.c — counts the instructions of one object that a lock operation runs, one by one.
 *
 *   counter OBJECT      prints "OPERATION INSTRUCTIONS" lines; OBJECT is a part of the path of a
 * mapped file. Instructions of other files do not count: libc chooses some of its code by the
 * processor, so the number of libc's instructions depends on the processor.
 *
 * A child runs each operation a few times in a second thread, and its parent lets that thread
 * run one instruction after the other (PTRACE_SINGLESTEP). So the numbers are the same on a busy
 * machine and on an idle one, and need no counter of the processor. Each operation first runs
 * WARM times, so that the library knows its locks, stacks and chains. Then several windows are
 * counted and the smallest count is printed: one hold in 256 is timed exactly, which costs more.
 *
 * Ends with 77 if a thread may not be traced.
 */
#include "stepping.h"

#include "lockhound.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>

enum {
	WARM = 40,
	WINDOWS = 3,
	ROUNDS = 8, /* of a window */
	FRAMES = 30,
	MANY = 1000,
	THREADS = 8 /* more threads than a chain has visit rows */
};

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER, used = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t many[MANY], theirs[MANY];
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
/* Alone in its line of the library's table, where the locks of 256 bytes are searched in turn. */
#define ALONE __attribute__((aligned(256)))
static ALONE pthread_spinlock_t spin;
static ALONE int own; /* a lock of the program's own */
static sem_t sem, permits, held;
static pthread_mutex_t again = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP, robust;
static pthread_barrier_t barrier; /* of one thread */

typedef void operation(int n);
#define OPERATION(name, BODY)                                                                      \
	static __attribute__((noinline)) void name(int n)                                          \
	{                                                                                          \
		for (int i = 0; i < n; i++) {                                                      \
			BODY                                                                       \
		}                                                                                  \
	}

OPERATION(mutex, pthread_mutex_lock(&a); pthread_mutex_unlock(&a);)
OPERATION(nested, pthread_mutex_lock(&a); pthread_mutex_lock(&b); pthread_mutex_unlock(&b);
	  pthread_mutex_unlock(&a);)
OPERATION(try_mutex, if (!pthread_mutex_trylock(&a)) pthread_mutex_unlock(&a);)
OPERATION(read_lock, pthread_rwlock_rdlock(&rw); pthread_rwlock_unlock(&rw);)
OPERATION(write_lock, pthread_rwlock_wrlock(&rw); pthread_rwlock_unlock(&rw);)
OPERATION(read_under, pthread_mutex_lock(&a); pthread_rwlock_rdlock(&rw);
	  pthread_rwlock_unlock(&rw); pthread_mutex_unlock(&a);)
OPERATION(semaphore, sem_wait(&sem); sem_post(&sem);)
OPERATION(spinlock, pthread_spin_lock(&spin); pthread_spin_unlock(&spin);)
OPERATION(announced, lockhound_wants(&own, 0); lockhound_got(&own, 0); lockhound_gives(&own);)
OPERATION(signal_cond, pthread_cond_signal(&cond);)
/* each round begins a phase, because a lock was acquired before it */
OPERATION(barrier_round, pthread_mutex_lock(&a); pthread_mutex_unlock(&a);
	  pthread_barrier_wait(&barrier);)
OPERATION(churn, pthread_mutex_t m; pthread_mutex_init(&m, NULL); pthread_mutex_lock(&m);
	  pthread_mutex_unlock(&m); pthread_mutex_destroy(&m);)
/* a std::mutex on the stack: no call initializes or destroys it */
OPERATION(fresh, pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_mutex_lock(&m);
	  pthread_mutex_unlock(&m);)
OPERATION(churn_inside, pthread_mutex_t m; pthread_mutex_init(&m, NULL); pthread_mutex_lock(&a);
	  pthread_mutex_lock(&m); pthread_mutex_unlock(&m); pthread_mutex_unlock(&a);
	  pthread_mutex_destroy(&m);)

OPERATION(churn_spin, static ALONE pthread_spinlock_t s; pthread_spin_init(&s, 0);
	  pthread_spin_lock(&s); pthread_spin_unlock(&s); pthread_spin_destroy(&s);)

static __attribute__((noinline)) void deep_at(int n, int frames)
{
	if (frames)
		deep_at(n, frames - 1);
	else
		mutex(n);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

static void deep(int n)
{
	deep_at(n, FRAMES);
}

/* A lock function that sixty others call, in turn, all at the same depth. */
#define TEN(OF, n)                                                                                 \
	OF(n##0) OF(n##1) OF(n##2) OF(n##3) OF(n##4) OF(n##5) OF(n##6) OF(n##7) OF(n##8) OF(n##9)
#define SIXTY(OF) TEN(OF, 1) TEN(OF, 2) TEN(OF, 3) TEN(OF, 4) TEN(OF, 5) TEN(OF, 6)
#define CALLER(n)                                                                                  \
	static __attribute__((noinline, noclone)) void caller_##n(void)                            \
	{                                                                                          \
		mutex(1);                                                                          \
		__asm__ volatile("" : : "i"(n));                                                   \
	}
#define NAME(n) caller_##n,
SIXTY(CALLER)

static void from_sixty(int n)
{
	static void (*const caller[])(void) = {SIXTY(NAME)};
	static int at;

	for (int i = 0; i < n; i++, at = (at + 1) % (int)(sizeof(caller) / sizeof(caller[0])))
		caller[at]();
}

/* More chains than the thread's chain cache has, all under one lock, in turn. */
static void under_one(int n)
{
	static int at;

	pthread_mutex_lock(&a);
	for (int i = 0; i < n; i++, at = (at + 1) % MANY) {
		pthread_mutex_lock(&many[at]);
		pthread_mutex_unlock(&many[at]);
	}
	pthread_mutex_unlock(&a);
}

/* One lock under so many others that its chains are found in the hash table, not in its list. */
static void under_many(int n)
{
	static int at;

	for (int i = 0; i < n; i++, at = (at + 1) % MANY) {
		pthread_mutex_lock(&many[at]);
		pthread_mutex_lock(&used);
		pthread_mutex_unlock(&used);
		pthread_mutex_unlock(&many[at]);
	}
}

/* Not where the others lie, which would change the lengths of hash lists. */
static pthread_mutex_t *new_locks(size_t n)
{
	void *at = mmap(NULL, n * sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		exit(1);
	return at;
}

/* Each lock is new, and acquired once, while another is held. */
static void new_under_one(int n)
{
	static pthread_mutex_t *m;

	m = m ? m : new_locks(2 * WARM + WINDOWS * ROUNDS);
	pthread_mutex_lock(&a);
	for (int i = 0; i < n; i++, m++) {
		pthread_mutex_init(m, NULL);
		pthread_mutex_lock(m);
		pthread_mutex_unlock(m);
	}
	pthread_mutex_unlock(&a);
}

/* Each pair of locks is new, though both are known: the lower one first. */
static void new_pairs(int n)
{
	enum { SIDE = 16 };
	static pthread_mutex_t *m;
	static int low, high;

	m = m ? m : new_locks(SIDE);
	for (int i = 0; i < n; i++) {
		if (++high == SIDE)
			high = ++low + 1;
		pthread_mutex_lock(&m[low]);
		pthread_mutex_lock(&m[high]);
		pthread_mutex_unlock(&m[high]);
		pthread_mutex_unlock(&m[low]);
	}
}

/* Locks that other threads have acquired before, more than the thread's chain cache has. */
static void after_others(int n)
{
	static __thread int at;

	for (int i = 0; i < n; i++, at = (at + 1) % MANY) {
		pthread_mutex_lock(&theirs[at]);
		pthread_mutex_unlock(&theirs[at]);
	}
}

/* A wait whose time limit has passed before it begins: the library announces and ends it. */
static const struct timespec past = {.tv_sec = 1};
OPERATION(wait_known, pthread_mutex_timedlock(&taken, &past);)
OPERATION(wait_cond, pthread_mutex_lock(&a); pthread_cond_timedwait(&cond, &a, &past);
	  pthread_mutex_unlock(&a);)
/* a lock that the thread holds already; a permit beside another; a lock without a tag */
OPERATION(relock, pthread_mutex_lock(&again); pthread_mutex_lock(&again);
	  pthread_mutex_unlock(&again); pthread_mutex_unlock(&again);)
OPERATION(two_permits, sem_wait(&permits); sem_wait(&permits); sem_post(&permits);
	  sem_post(&permits);)
OPERATION(robust_mutex, pthread_mutex_lock(&robust); pthread_mutex_unlock(&robust);)

/* GLib's locks, declared here: its header is not needed for a few functions. */
void g_mutex_init(void *), g_mutex_clear(void *);
void g_mutex_lock(void *), g_mutex_unlock(void *);
void g_rec_mutex_lock(void *), g_rec_mutex_unlock(void *);
struct glib_lock {
	void *p;
	unsigned i[2];
};
static ALONE struct glib_lock g_mutex;
static ALONE struct glib_lock g_rec;

OPERATION(glib_mutex, g_mutex_lock(&g_mutex); g_mutex_unlock(&g_mutex);)
OPERATION(glib_rec, g_rec_mutex_lock(&g_rec); g_rec_mutex_unlock(&g_rec);)
OPERATION(churn_glib, static ALONE struct glib_lock m; g_mutex_init(&m); g_mutex_lock(&m);
	  g_mutex_unlock(&m); g_mutex_clear(&m);)
/* A system call that is not about a futex; a futex wait, which the kernel refuses, because the word
 * has another value; a wake-up there. */
static ALONE unsigned word;
OPERATION(kernel_call, syscall(SYS_getppid);)
OPERATION(futex_wait, syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);)
OPERATION(futex_wake, syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);)

#ifdef _OPENMP
/* In a program of their own, because libgomp moves the stack: where a lock on the stack lies
 * decides how long its hash list is. The region has one thread. */
#include <omp.h>

static omp_lock_t omp;
OPERATION(omp_lock, omp_set_lock(&omp); omp_unset_lock(&omp);)
OPERATION(critical, _Pragma("omp critical(counted)") __asm__ volatile("" ::: "memory");)
OPERATION(region, _Pragma("omp parallel num_threads(1)") __asm__ volatile("" ::: "memory");)
#endif

static const struct {
	const char *name;
	operation *does;
	int warm; /* runs before the count */
} operations[] = {
#ifdef _OPENMP
	{"omp", omp_lock, WARM},
	{"critical", critical, WARM},
	{"region", region, WARM},
};
/* not counted here */
static const struct {
	const char *name;
	operation *does;
	int warm;
} others[] __attribute__((unused)) = {
#endif
	{"mutex", mutex, WARM},
	{"nested", nested, WARM},
	{"trylock", try_mutex, WARM},
	{"read", read_lock, WARM},
	{"read-under", read_under, WARM},
	{"write", write_lock, WARM},
	{"semaphore", semaphore, WARM},
	{"spin", spinlock, WARM},
	{"deep", deep, WARM},
	{"signal", signal_cond, WARM},
	{"barrier", barrier_round, WARM},
	{"churn", churn, WARM},
	{"fresh", fresh, WARM},
	{"churn-inside", churn_inside, WARM},
	{"many", under_one, MANY},
	{"uses", under_many, MANY},
	{"others", after_others, MANY},
	{"wait", wait_known, WARM},
	{"churn-spin", churn_spin, WARM},
	{"callers", from_sixty, MANY},
	{"gmutex", glib_mutex, WARM},
	{"grec", glib_rec, WARM},
	{"churn-gmutex", churn_glib, WARM},
	{"syscall", kernel_call, WARM},
	{"futex-wait", futex_wait, WARM},
	{"futex-wake", futex_wake, WARM},
	{"announced", announced, WARM},
	{"wait-cond", wait_cond, WARM},
	{"relock", relock, WARM},
	{"permits", two_permits, WARM},
	{"robust", robust_mutex, WARM},
	{"new-lock", new_under_one, WARM},
	{"new-pair", new_pairs, WARM},
};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

/* ---- the child: a signal of its second thread marks where a count begins and ends ---- */

static __attribute__((noinline)) void say(int window)
{
	if (window >= 0)
		pthread_kill(pthread_self(), SIGUSR1); /* makes no call of the counted object */
}

/* All calls have one call site, so that the stacks are the same. */
static __attribute__((noinline)) void run_one(operation *does, int n, int window)
{
	say(window);
	does(n);
	say(window);
}

static void wait_for_parent(const int *pipe_end)
{
	int tid = (int)syscall(SYS_gettid), go;

	if (write(pipe_end[0], &tid, sizeof(tid)) != sizeof(tid) ||
	    read(pipe_end[1], &go, sizeof(go)) != sizeof(go))
		exit(1);
}

/* Without a pipe: one of the threads that acquire the locks of after_others first. */
static void *work(void *pipe_end)
{
	int windows = pipe_end ? WINDOWS : 0;

	if (pipe_end)
		wait_for_parent(pipe_end);
	for (int i = 0; i < OPERATIONS; i++) {
		if (!pipe_end && operations[i].does != after_others)
			continue;
		for (volatile int w = -2; w < windows; w++) /* volatile: one loop, one call site */
			run_one(operations[i].does, w < 0 ? operations[i].warm : ROUNDS, w);
	}
	return NULL;
}

/* A separate thread holds `taken`: a main thread that held a lock while it joins the other thread
 * would give the order graph more to check. */
static void *hold(void *unused)
{
	pthread_mutex_lock(&taken);
	sem_post(&held);
	for (;;)
		pause();
	return unused;
}

static void child(int *pipe_end)
{
	pthread_t t, holder;

	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	if (sem_init(&held, 0, 0) || sem_init(&permits, 0, 3) ||
	    pthread_create(&holder, NULL, hold, NULL) || sem_wait(&held))
		exit(1);
	for (int i = 0; i < MANY; i++) {
		pthread_mutex_init(&many[i], NULL);
		pthread_mutex_init(&theirs[i], NULL);
	}
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t, NULL, work, NULL) || pthread_join(t, NULL))
			exit(1);
#ifdef _OPENMP
	omp_init_lock(&omp);
#endif
	if (sem_init(&sem, 0, 1) || pthread_barrier_init(&barrier, NULL, 1) ||
	    pthread_spin_init(&spin, 0) || pthread_create(&t, NULL, work, pipe_end) ||
	    pthread_join(t, NULL))
		exit(1);
	exit(0);
}

/* ---- the parent ---- */

static long count(int tid)
{
	long steps = 0;

	while (go_on(tid, PTRACE_CONT) != SIGUSR1)
		;
	do {
		steps += is_counted(program_counter(tid));
	} while (go_on(tid, PTRACE_SINGLESTEP) != SIGUSR1);
	return steps;
}

static double least(int tid)
{
	long steps = count(tid);

	for (int w = 1; w < WINDOWS; w++) {
		long again = count(tid);
		steps = again < steps ? again : steps;
	}
	return (double)steps / ROUNDS;
}

int main(int argc, char **argv)
{
	int up[2], down[2], tid, go = 1;
	cpu_set_t one;

	if (argc != 2) {
		fprintf(stderr, "usage: counter OBJECT\n");
		return 2;
	}
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one),
			  &one); /* a step is faster without a change of processor */

	if (pipe(up) || pipe(down))
		give_up("pipe");
	pid_t pid = fork();
	if (pid == 0)
		child((int[]){up[1], down[0]});
	if (pid < 0 || read(up[0], &tid, sizeof(tid)) != sizeof(tid))
		give_up("the child");
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) ||
	    waitpid(tid, NULL, __WALL) != tid)
		give_up("ptrace");
	find_object(pid, argv[1]);
	if (write(down[1], &go, sizeof(go)) != sizeof(go))
		give_up("write");
	for (int i = 0; i < OPERATIONS; i++)
		printf("%s %.1f\n", operations[i].name, least(tid));
	fflush(stdout);
	ptrace(PTRACE_DETACH, tid, NULL, NULL);
	waitpid(pid, NULL, 0);
	return 0;
}
