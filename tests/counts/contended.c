/*
 * contended.c — counts what a lock operation costs if another thread holds the lock.
 *
 *   contended OBJECT    prints "OPERATION INSTRUCTIONS ALL TAKEN ONE TWO" lines: how many
 *                       instructions of OBJECT (a part of the path of a mapped file) the waiting
 *                       thread runs, how many instructions of any file, how often both threads
 *                       together acquire the library's internal lock, how many cache lines of the
 *                       library both threads write, and how many lines two pairs of threads write
 *                       that have separate locks
 *   contended           without OBJECT: prints "OPERATION 0 ALL 0 0 0"
 *
 * A child has two pairs of threads. In each round of an operation the *holder* of a pair acquires
 * the lock, the *waiter* begins to wait, the holder releases the lock, and the waiter acquires and
 * releases it. The parent traces all four threads (ptrace) and lets one of them run at a time: the
 * waiter instruction by instruction until it sleeps in the kernel, then the holder until it sleeps
 * at its next order, then the waiter again. So the order of all instructions is the same in each
 * round, on every machine; a thread that spins counts as asleep. Each operation runs WARM rounds
 * before it is counted. The smallest mean of WINDOWS windows counts: one hold in 256 is timed
 * exactly, which costs more.
 *
 * Cache lines: the parent compares all writable memory of the library before and after each part of
 * a round. A line counts if it changed in most of TIMES rounds; a line that has its former bytes
 * again at the end of the part is not seen.
 *
 * Ends with 77 if a thread may not be traced.
 */
#include "stepping.h"
#include "written.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>

enum { WARM = 12, WINDOWS = 3, ROUNDS = 2, TIMES = 5, PAIRS = 2, SPUN = 400, SPIN_BYTES = 32 };

enum { HOLDER, WAITER };

/* Each pair has locks of its own, each in cache lines of its own. */
#define ALONE __attribute__((aligned(256)))
struct pair {
	ALONE pthread_mutex_t outer, mutex, recursive, errorcheck;
	ALONE pthread_rwlock_t rw;
	ALONE pthread_spinlock_t spin;
	ALONE sem_t binary, counting, signal, answer;
	ALONE pthread_cond_t cond, answered;
	ALONE bool is_set, is_answered;
	int orders[2][2], go[2]; /* pipes; orders for each of the two threads */
	int tid[2];
	pthread_t thread[2];
};

static struct pair pair[PAIRS];

/* ---- the operations: what the holder does, and what the waiter does meanwhile ---- */

static void pause_here(struct pair *p);

#define OPERATION(name, HOLDS, RELEASES, WAITS)                                                    \
	static void hold_##name(struct pair *p)                                                    \
	{                                                                                          \
		HOLDS;                                                                             \
		pause_here(p);                                                                     \
		RELEASES;                                                                          \
	}                                                                                          \
	static void wait_##name(struct pair *p)                                                    \
	{                                                                                          \
		WAITS;                                                                             \
	}
#define MUTEX(name)                                                                                \
	OPERATION(name, pthread_mutex_lock(&p->name), pthread_mutex_unlock(&p->name),              \
		  pthread_mutex_lock(&p->name);                                                    \
		  pthread_mutex_unlock(&p->name))

MUTEX(mutex)
MUTEX(recursive)
MUTEX(errorcheck)
OPERATION(read, pthread_rwlock_wrlock(&p->rw), pthread_rwlock_unlock(&p->rw),
	  pthread_rwlock_rdlock(&p->rw);
	  pthread_rwlock_unlock(&p->rw))
OPERATION(write, pthread_rwlock_rdlock(&p->rw), pthread_rwlock_unlock(&p->rw),
	  pthread_rwlock_wrlock(&p->rw);
	  pthread_rwlock_unlock(&p->rw))
OPERATION(spin, pthread_spin_lock(&p->spin), pthread_spin_unlock(&p->spin),
	  pthread_spin_lock(&p->spin);
	  pthread_spin_unlock(&p->spin))
OPERATION(binary, sem_wait(&p->binary), sem_post(&p->binary), sem_wait(&p->binary);
	  sem_post(&p->binary))
OPERATION(counting, sem_wait(&p->counting); sem_wait(&p->counting), sem_post(&p->counting);
	  sem_post(&p->counting), sem_wait(&p->counting); sem_post(&p->counting))
/* One hop of a ping-pong: the thread waits for a signal and gives one, for which the other waits.
 */
OPERATION(signal, (void)0, sem_post(&p->signal); sem_wait(&p->answer), sem_wait(&p->signal);
	  sem_post(&p->answer))

static void hold_hop(struct pair *p)
{
	pause_here(p);
	pthread_mutex_lock(&p->mutex);
	p->is_set = true;
	pthread_cond_signal(&p->cond);
	while (!p->is_answered)
		pthread_cond_wait(&p->answered, &p->mutex);
	p->is_answered = false;
	pthread_mutex_unlock(&p->mutex);
}

static void wait_hop(struct pair *p)
{
	pthread_mutex_lock(&p->mutex);
	while (!p->is_set)
		pthread_cond_wait(&p->cond, &p->mutex);
	p->is_set = false;
	p->is_answered = true;
	pthread_cond_signal(&p->answered);
	pthread_mutex_unlock(&p->mutex);
}

typedef void part(struct pair *p);
#define ROW(name)                                                                                  \
	{                                                                                          \
#name, hold_##name, wait_##name                                                    \
	}
static const struct {
	const char *name;
	part *holds, *waits;
} operations[] = {
	ROW(mutex), ROW(recursive), ROW(errorcheck), ROW(read),   ROW(write),
	ROW(spin),  ROW(binary),    ROW(counting),   ROW(signal), ROW(hop),
};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };
struct order {
	int operation;
	bool under; /* the waiter holds another lock meanwhile */
	bool rare;  /* the first wait of a tick of the library's clock, which is measured further */
};
static const struct {
	const char *name;
	bool under, rare;
} variants[] = {{"", false, false}, {"-under", true, false}, {"-rare", false, true}};
enum { VARIANTS = sizeof(variants) / sizeof(variants[0]) };

/* ---- the child: its threads read orders and sleep in between ---- */

static bool get(int fd, void *to, size_t n)
{
	return read(fd, to, n) == (ssize_t)n;
}

static void pause_here(struct pair *p)
{
	char go;

	if (!get(p->go[0], &go, 1))
		_exit(1);
}

/* SIGUSR1 marks where a count begins and ends; the call is none of the counted object. */
static __attribute__((noinline)) void wait_once(struct pair *p, part *waits)
{
	pthread_kill(pthread_self(), SIGUSR1);
	waits(p);
	pthread_kill(pthread_self(), SIGUSR1);
}

static void *run_holder(void *of)
{
	struct pair *p = of;
	struct order order;

	p->tid[HOLDER] = (int)syscall(SYS_gettid);
	while (get(p->orders[HOLDER][0], &order, sizeof(order)))
		operations[order.operation].holds(p);
	return NULL;
}

/* The library reads its clock here. NULL: no front end, or no library. */
static uint32_t *tick;

/*
 * A wait takes long if each instruction is a stop, so the clock is stopped: the head of the run
 * file becomes private memory. Its time is far ahead, or the library would see that it does not go
 * on.
 */
static void stop_clock(void)
{
	enum { FAR_MS = 1 << 28 };
	char line[4096];
	unsigned long from, to, offset;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && !tick && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx rw-s %lx", &from, &to, &offset) != 3 || offset ||
		    memcmp((void *)from, LH_RUN_MAGIC, sizeof(LH_RUN_MAGIC)) != 0)
			continue;
		void *head = malloc(to - from);
		memcpy(head, (void *)from, to - from);
		if (mmap((void *)from, to - from, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			_exit(1);
		memcpy((void *)from, head, to - from);
		tick = &((struct lh_run_header *)from)->tick;
		*tick += FAR_MS;
	}
	if (maps)
		fclose(maps);
}

static void *run_waiter(void *of)
{
	struct pair *p = of;
	struct order order;

	p->tid[WAITER] = (int)syscall(SYS_gettid);
	while (get(p->orders[WAITER][0], &order, sizeof(order))) {
		if (order.rare && tick)
			++*tick;
		if (order.under)
			pthread_mutex_lock(&p->outer);
		wait_once(p, operations[order.operation].waits);
		if (order.under)
			pthread_mutex_unlock(&p->outer);
	}
	return NULL;
}

static void init_mutex(pthread_mutex_t *m, int type)
{
	pthread_mutexattr_t attributes;

	if (pthread_mutexattr_init(&attributes) || pthread_mutexattr_settype(&attributes, type) ||
	    pthread_mutex_init(m, &attributes))
		_exit(1);
}

static void init(struct pair *p)
{
	init_mutex(&p->outer, PTHREAD_MUTEX_NORMAL);
	init_mutex(&p->mutex, PTHREAD_MUTEX_NORMAL);
	init_mutex(&p->recursive, PTHREAD_MUTEX_RECURSIVE);
	init_mutex(&p->errorcheck, PTHREAD_MUTEX_ERRORCHECK);
	if (pthread_rwlock_init(&p->rw, NULL) || pthread_spin_init(&p->spin, 0) ||
	    sem_init(&p->binary, 0, 1) || sem_init(&p->counting, 0, 2) ||
	    sem_init(&p->signal, 0, 0) || sem_init(&p->answer, 0, 0) ||
	    pthread_cond_init(&p->cond, NULL) || pthread_cond_init(&p->answered, NULL) ||
	    pthread_create(&p->thread[HOLDER], NULL, run_holder, p) ||
	    pthread_create(&p->thread[WAITER], NULL, run_waiter, p))
		_exit(1);
}

static void child(int up)
{
	int tid[PAIRS][2];

	for (int i = 0; i < PAIRS; i++)
		init(&pair[i]);
	for (int i = 0; i < PAIRS; i++)
		for (int k = 0; k < 2; k++) {
			while (!(tid[i][k] = __atomic_load_n(&pair[i].tid[k], __ATOMIC_ACQUIRE)))
				sched_yield();
		}
	stop_clock();
	if (write(up, tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
	for (;;)
		pause();
}

/* ---- the parent ---- */

static pid_t pid;
static int tid[PAIRS][2];
static long counted[3]; /* instructions of the object, and of all; holds of the internal lock */
static struct written *written[PAIRS];

/* Does the thread sleep in the kernel, at its next order or for a lock? */
static bool sleeps(int thread)
{
	char name[64], is[16] = "";

	snprintf(name, sizeof(name), "/proc/%d/task/%d/syscall", pid, thread);
	int fd = open(name, O_RDONLY);

	if (fd < 0 || read(fd, is, sizeof(is) - 1) <= 0)
		give_up(name);
	close(fd);
	return strncmp(is, "0 ", 2) == 0 || strncmp(is, "202 ", 4) == 0; /* read, futex */
}

static void stop(int thread)
{
	if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) || waitpid(thread, NULL, __WALL) < 0)
		give_up("PTRACE_INTERRUPT");
}

/* Lets a stopped thread run until it sleeps in the kernel, and stops it there. */
static void run_until_asleep(int thread)
{
	if (ptrace(PTRACE_CONT, thread, NULL, NULL))
		give_up("ptrace");
	while (!sleeps(thread))
		sched_yield();
	stop(thread);
}

enum end { INSIDE, OUTSIDE, ASLEEP, MARKED };

/* Is the next instruction a system call? The code lies at the same address here. */
static bool calls_kernel(unsigned long pc)
{
	return ((const unsigned char *)pc)[0] == 0x0f && ((const unsigned char *)pc)[1] == 0x05;
}

/* Lets the waiter run one instruction, or without `step` until the next system call begins or ends.
 * After ASLEEP the next call waits for the end of the same one, where the waiter is stopped: it
 * runs nothing while the holder wakes it up. */
static enum end advance(int waiter, bool step)
{
	static bool is_asleep;
	static enum end where;
	bool may_sleep = is_asleep || !step;
	int status;

	if (!is_asleep) {
		unsigned long pc = step ? program_counter(waiter) : 0;
		where = is_counted(pc) ? INSIDE : OUTSIDE;
		counted[0] += where == INSIDE;
		counted[1]++;
		may_sleep = may_sleep || calls_kernel(pc);
		if (ptrace(step ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, waiter, NULL, NULL))
			give_up("ptrace");
	}
	while (waitpid(waiter, &status, __WALL | (may_sleep ? WNOHANG : 0)) == 0) {
		if (!is_asleep && sleeps(waiter))
			return is_asleep = true, ASLEEP;
		sched_yield();
	}
	is_asleep = false;
	if (!WIFSTOPPED(status)) {
		errno = 0;
		give_up("the thread ended");
	}
	return WSTOPSIG(status) == SIGUSR1 ? MARKED : where;
}

/* The waiter is in libc's pthread_spin_lock, which is shorter than SPIN_BYTES. */
static void run_until_spinning(int waiter)
{
	static unsigned long from;

	if (!from)
		from = (unsigned long)dlsym(dlopen("libc.so.6", RTLD_LAZY), "pthread_spin_lock");
	do {
		if (ptrace(PTRACE_CONT, waiter, NULL, NULL))
			give_up("ptrace");
		sched_yield();
		stop(waiter);
	} while (program_counter(waiter) - from >= SPIN_BYTES);
}

/* Lets the waiter run until it waits for the lock: it sleeps, or it spins for SPUN instructions. */
static void run_until_waiting(int waiter, bool step, bool spins)
{
	enum end end = INSIDE;

	if (spins && !step) {
		run_until_spinning(waiter);
		return;
	}
	for (int elsewhere = 0; end != ASLEEP && (!spins || elsewhere < SPUN); elsewhere++) {
		end = advance(waiter, step);
		if (end == INSIDE)
			elsewhere = 0;
		if (end == MARKED) {
			errno = 0;
			give_up("the thread did not wait");
		}
	}
}

static void send(int fd, const void *what, size_t n)
{
	if (write(fd, what, n) != (ssize_t)n)
		give_up("write");
}

/* One round of an operation; both threads are stopped before and after it. */
static void run_round(int of, struct order order, bool step, struct written *w)
{
	int holder = tid[of][HOLDER], waiter = tid[of][WAITER];
	bool spins = operations[order.operation].holds == hold_spin;

	written_begin(w);
	send(pair[of].orders[HOLDER][1], &order, sizeof(order));
	run_until_asleep(holder);
	written_by(w, HOLDER);
	send(pair[of].orders[WAITER][1], &order, sizeof(order));
	while (go_on(waiter, PTRACE_CONT) != SIGUSR1)
		;
	run_until_waiting(waiter, step, spins);
	written_by(w, WAITER);
	send(pair[of].go[1], "", 1);
	run_until_asleep(holder);
	written_by(w, HOLDER);
	while (advance(waiter, step) != MARKED)
		;
	written_by(w, WAITER);
	run_until_asleep(waiter);
	written_by(w, WAITER);
	run_until_asleep(holder);
	written_by(w, HOLDER);
	written_end(w);
}

static void run_rounds(int of, struct order order, int n)
{
	for (int i = 0; i < n; i++)
		run_round(of, order, false, NULL);
}

static void count_instructions(struct order order, double least[3])
{
	for (int w = 0; w < WINDOWS; w++) {
		counted[0] = counted[1] = 0;
		counted[2] = -internal_lock_taken();
		for (int i = 0; i < ROUNDS; i++)
			run_round(0, order, true, NULL);
		counted[2] += internal_lock_taken();
		for (int k = 0; k < 3; k++)
			if (w == 0 || (double)counted[k] / ROUNDS < least[k])
				least[k] = (double)counted[k] / ROUNDS;
	}
}

static void measure(struct order order, const char *variant, bool has_object)
{
	char name[64];
	double least[3] = {0};
	int lines[2] = {0};

	snprintf(name, sizeof(name), "%s%s", operations[order.operation].name, variant);
	count_instructions(order, least);
	for (int i = 0; has_object && i < PAIRS; i++) {
		memset(written[i], 0, sizeof(*written[i]));
		for (int k = 0; k < TIMES; k++)
			run_round(i, order, false, written[i]);
	}
	if (has_object) {
		lines[0] = written_by_both(written[0], name);
		lines[1] = written_by_pairs(written[0], written[1], name);
	}
	printf("%s %.1f %.1f %.1f %d %d\n", name, least[0], least[1], least[2], lines[0], lines[1]);
}

static void trace(int thread)
{
	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) ||
	    ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) || waitpid(thread, NULL, __WALL) != thread)
		give_up("ptrace");
	run_until_asleep(thread);
}

static struct order order_at(int number)
{
	const int v = number % VARIANTS;

	return (struct order){number / VARIANTS, variants[v].under, variants[v].rare};
}

static void measure_all(const char *part_of_path)
{
	for (int i = 0; i < PAIRS; i++) {
		trace(tid[i][HOLDER]);
		trace(tid[i][WAITER]);
	}
	if (part_of_path)
		find_object(pid, part_of_path);
	for (int i = 0; i < PAIRS; i++)
		for (int o = 0; o < OPERATIONS * VARIANTS; o++)
			run_rounds(i, order_at(o), WARM);
	if (part_of_path)
		written_find(pid);
	for (int i = 0; i < PAIRS; i++)
		written[i] = calloc(1, sizeof(*written[i]));
	for (int o = 0; o < OPERATIONS * VARIANTS; o++) {
		run_rounds(0, order_at(o), WARM);
		run_rounds(1, order_at(o), WARM);
		measure(order_at(o), variants[o % VARIANTS].name, part_of_path);
	}
}

int main(int argc, char **argv)
{
	int up[2];
	cpu_set_t one;

	if (argc > 2) {
		fprintf(stderr, "usage: contended [OBJECT]\n");
		return 2;
	}
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one); /* a step is faster on one processor */
	for (int i = 0; i < PAIRS; i++)
		if (pipe(pair[i].orders[HOLDER]) || pipe(pair[i].orders[WAITER]) ||
		    pipe(pair[i].go))
			give_up("pipe");
	if (pipe(up))
		give_up("pipe");
	pid = fork();
	if (pid == 0)
		child(up[1]);
	if (pid < 0 || read(up[0], tid, sizeof(tid)) != sizeof(tid))
		give_up("the child");
	measure_all(argv[1]);
	fflush(stdout);
	kill(pid, SIGKILL); /* its threads are traced until this process ends */
	return 0;
}
