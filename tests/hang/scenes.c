/*
 * scenes.c — programs that hang, or only seem to: one process, one scene.
 *
 * `scenes NAME` sets the scene, waits until every thread that is to block sleeps in the
 * kernel, prints "ready" and stays. Handshakes order the threads. SIGUSR1 lets a scene that
 * only waits go on; the scene then prints "done". An alarm ends the process in any case.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { LIFE_S = 120, CROWD = 1000 };

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem, other;
static atomic_int arrived, may_go, tids[CROWD + 8];
static atomic_uint beats;

static void *meet(int n)
{
	atomic_fetch_add(&arrived, 1);
	while (atomic_load(&arrived) < n)
		sched_yield();
	return NULL;
}

static int word[2]; /* a pipe: from the handler of SIGUSR1 to the threads that wait for it */

static void go_on(int sig)
{
	(void)sig;
	atomic_store(&may_go, 1);
	if (write(word[1], "x", 1) != 1)
		_exit(3);
}

static void wait_for_word(void)
{
	struct pollfd p = {.fd = word[0], .events = POLLIN};

	while (!atomic_load(&may_go))
		poll(&p, 1, -1);
}

/* Waits until thread `tid` sleeps in the kernel. */
static void wait_asleep(pid_t tid)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	for (;; usleep(200)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

		if (fd < 0)
			return; /* the thread has ended */
		close(fd);
		text[n > 0 ? n : 0] = 0;
		at = strrchr(text, ')');
		if (at && at[2] == 'S')
			return;
	}
}

struct start {
	void *(*fn)(void *);
	void *arg;
	const char *name;
	int slot;
};

static void *run(void *p)
{
	struct start s = *(struct start *)p;

	prctl(PR_SET_NAME, s.name);
	atomic_store(&tids[s.slot], (int)syscall(SYS_gettid));
	return s.fn(s.arg);
}

static pthread_t thread(const char *name, void *(*fn)(void *), void *arg)
{
	static int slots;
	struct start *s = malloc(sizeof(*s));
	pthread_attr_t attr;
	pthread_t t;

	*s = (struct start){fn, arg, name, slots++};
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 << 10);
	if (pthread_create(&t, &attr, run, s) != 0)
		exit(3);
	return t;
}

/* Waits until the first n threads sleep in the kernel. */
static void all_asleep(int n)
{
	for (int i = 0; i < n; i++) {
		while (!atomic_load(&tids[i]))
			sched_yield();
		wait_asleep(atomic_load(&tids[i]));
	}
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void stay(void)
{
	while (!atomic_load(&may_go))
		pause();
}

/* ---- cycles ---- */

static void *mutexes(void *x)
{
	pthread_mutex_t **m = x;

	pthread_mutex_lock(m[0]);
	meet(2);
	pthread_mutex_lock(m[1]);
	return NULL;
}

static void abba_of(pthread_mutex_t *x, pthread_mutex_t *y)
{
	static pthread_mutex_t *ways[2][2];

	ways[0][0] = ways[1][1] = x;
	ways[0][1] = ways[1][0] = y;
	thread("left", mutexes, ways[0]);
	thread("right", mutexes, ways[1]);
	all_asleep(2);
}

static void abba(void)
{
	abba_of(&a, &b);
}

enum { DEEP = 300 };
static pthread_mutex_t lower[2][DEEP];

static void *deep_mutexes(void *x)
{
	pthread_mutex_t **m = x;

	for (int i = 0; i < DEEP; i++)
		pthread_mutex_lock(&lower[m[0] == &b][i]);
	return mutexes(x);
}

/* Each of the two threads holds 301 locks; a third one waits for one of them. */
static void deep(void)
{
	static pthread_mutex_t *ways[2][2] = {{&a, &b}, {&b, &a}};
	static pthread_mutex_t *third[2] = {&lower[1][250]};

	thread("left", deep_mutexes, ways[0]);
	thread("right", deep_mutexes, ways[1]);
	while (atomic_load(&arrived) < 2) /* a thread may sleep before it holds them all, too */
		sched_yield();
	all_asleep(2);
	thread("third", mutexes, third);
	all_asleep(3);
}

static void kinds(pthread_mutex_t *m, int type, int protocol, int robust, int shared)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, type);
	pthread_mutexattr_setprotocol(&attr, protocol);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutexattr_setpshared(&attr, shared);
	pthread_mutex_init(m, &attr);
}

static void abba_pi(void)
{
	kinds(&a, PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_INHERIT, 0, 0);
	kinds(&b, PTHREAD_MUTEX_NORMAL, 0, 0, 0);
	abba();
}

static void abba_robust(void)
{
	kinds(&a, PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_MUTEX_ROBUST, 0);
	kinds(&b, PTHREAD_MUTEX_ADAPTIVE_NP, 0, 0, PTHREAD_PROCESS_SHARED);
	abba();
}

static void *in_c11(void *x)
{
	mtx_t **m = x;

	mtx_lock(m[0]);
	meet(2);
	mtx_lock(m[1]);
	return NULL;
}

static void abba_c11(void)
{
	static mtx_t x, y;
	static mtx_t *ways[2][2] = {{&x, &y}, {&y, &x}};

	mtx_init(&x, mtx_plain);
	mtx_init(&y, mtx_recursive);
	thread("left", in_c11, ways[0]);
	thread("right", in_c11, ways[1]);
	all_asleep(2);
}

static void *link_of_ring(void *x)
{
	pthread_mutex_t **m = x;

	pthread_mutex_lock(m[0]);
	meet(3);
	pthread_mutex_lock(m[1]);
	return NULL;
}

static void *wants_first(void *x)
{
	pthread_mutex_lock(x);
	return NULL;
}

/* Locks on the heap, which have no name. Twelve threads wait behind the cycle. */
static void ring(void)
{
	static pthread_mutex_t *m[4];

	for (int i = 0; i < 3; i++) {
		m[i] = calloc(1, sizeof(**m));
		kinds(m[i], PTHREAD_MUTEX_NORMAL, 0, 0, 0);
	}
	m[3] = m[0];
	for (int i = 0; i < 3; i++)
		thread("link", link_of_ring, &m[i]);
	all_asleep(3);
	for (int i = 0; i < 12; i++)
		thread("behind", wants_first, m[0]);
	all_asleep(15);
}

static void *writes_then_locks(void *x)
{
	pthread_rwlock_wrlock(&rw);
	meet(2);
	pthread_mutex_lock(&a);
	return x;
}

static void *locks_then_reads(void *x)
{
	pthread_mutex_lock(&a);
	meet(2);
	pthread_rwlock_rdlock(&rw);
	return x;
}

static void rwlock(void)
{
	thread("writer", writes_then_locks, NULL);
	thread("reader", locks_then_reads, NULL);
	all_asleep(2);
}

static void *reads_then_locks(void *x)
{
	pthread_rwlock_rdlock(&rw);
	meet(2);
	pthread_mutex_lock(&a);
	return x;
}

static void *locks_then_writes(void *x)
{
	pthread_mutex_lock(&a);
	meet(2);
	pthread_rwlock_wrlock(&rw);
	return x;
}

/* Only the library knows which threads read. */
static void readers(void)
{
	thread("reader", reads_then_locks, NULL);
	thread("writer", locks_then_writes, NULL);
	all_asleep(2);
}

static pthread_t joined[2];

static void *joins(void *x)
{
	meet(3);
	pthread_join(joined[x ? 1 : 0], NULL);
	return NULL;
}

static void join(void)
{
	joined[1] = thread("first", joins, NULL);
	joined[0] = thread("second", joins, &rw);
	meet(3);
	all_asleep(2);
}

static void *twice(void *x)
{
	pthread_mutex_lock(&a);
	pthread_mutex_lock(&a);
	return x;
}

static void self(void)
{
	thread("twice", twice, NULL);
	all_asleep(1);
}

static void *takes_and_ends(void *x)
{
	pthread_mutex_lock(&a);
	return x;
}

static void *wants_a(void *x)
{
	pthread_mutex_lock(&a);
	return x;
}

static void ended(void)
{
	pthread_join(thread("gone", takes_and_ends, NULL), NULL);
	thread("waits", wants_a, NULL);
	all_asleep(2);
}

static void initialise(void)
{
	meet(2);
	pthread_mutex_lock(&a);
}

static void *inits(void *x)
{
	pthread_once(&once, initialise);
	return x;
}

static void *locks_then_inits(void *x)
{
	pthread_mutex_lock(&a);
	meet(2);
	pthread_once(&once, initialise);
	return x;
}

static void in_once(void)
{
	thread("inits", inits, NULL);
	thread("locks", locks_then_inits, NULL);
	all_asleep(2);
}

static void *sems(void *x)
{
	sem_t **s = x;

	sem_wait(s[0]);
	meet(2);
	sem_wait(s[1]);
	return NULL;
}

/* Semaphores used as locks. */
static void sem_abba(void)
{
	static sem_t *ways[2][2] = {{&sem, &other}, {&other, &sem}};

	sem_init(&sem, 0, 1);
	sem_init(&other, 0, 1);
	thread("left", sems, ways[0]);
	thread("right", sems, ways[1]);
	all_asleep(2);
}

static void *two_permits(void *x)
{
	sem_wait(&sem);
	meet(2);
	sem_wait(&sem);
	return x;
}

static void pool(void)
{
	sem_init(&sem, 0, 2);
	thread("worker", two_permits, NULL);
	thread("worker", two_permits, NULL);
	all_asleep(2);
}

/* Two threads hold the permits and wait for `a`, whose owner waits for a permit. */
static void *permit_or_a(void *owner)
{
	if (owner)
		pthread_mutex_lock(&a);
	else
		sem_wait(&sem);
	meet(3);
	if (owner)
		sem_wait(&sem);
	else
		pthread_mutex_lock(&a);
	return owner;
}

static void permits(void)
{
	sem_init(&sem, 0, 2);
	for (int i = 0; i < 3; i++)
		thread("worker", permit_or_a, i ? NULL : &a);
	all_asleep(3);
}

/* ---- no thread left ---- */

static void *waits_on_cond(void *x)
{
	pthread_mutex_lock(&b);
	pthread_cond_wait(&cond, &b);
	return x;
}

static void *locks_other_way(void *x)
{
	return mutexes(x);
}

/* The two threads that could signal are deadlocked, and main waits for them. */
static void lost(void)
{
	static pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER;
	static pthread_mutex_t *ways[2][2] = {{&a, &c}, {&c, &a}};
	pthread_t t;

	thread("sleeper", waits_on_cond, NULL);
	all_asleep(1);
	t = thread("left", mutexes, ways[0]);
	thread("right", locks_other_way, ways[1]);
	all_asleep(3);
	ready();
	pthread_join(t, NULL);
}

/* No cycle: all threads wait for a signal that will never come. */
static void silent(void)
{
	pthread_t t = thread("sleeper", waits_on_cond, NULL);

	all_asleep(1);
	signal(SIGUSR1, SIG_DFL);
	ready();
	pthread_join(t, NULL);
}

/* The same on a futex of the program's own, and on a semaphore. */
static void *waits_on_word(void *x)
{
	static int none;

	for (;;)
		syscall(SYS_futex, &none, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return x;
}

static void waits_with_main(void *(*fn)(void *))
{
	pthread_t t = thread("sleeper", fn, NULL);

	all_asleep(1);
	signal(SIGUSR1, SIG_DFL);
	ready();
	pthread_join(t, NULL);
}

static void futex(void)
{
	waits_with_main(waits_on_word);
}

static void *waits_for_permit(void *x)
{
	sem_wait(&sem);
	return x;
}

static void permit(void)
{
	sem_init(&sem, 0, 0);
	waits_with_main(waits_for_permit);
}

/* ---- near misses ---- */

static void *works_on(void *x)
{
	for (;;)
		usleep(20000);
	return x;
}

static void signals_first(void)
{
	pthread_mutex_lock(&b);
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&b);
}

/* The signal came before the wait, and one thread works on. */
static void heartbeat(void)
{
	pthread_t t;

	signals_first();
	thread("beat", works_on, NULL);
	t = thread("sleeper", waits_on_cond, NULL);
	thread("sleeper", waits_on_cond, NULL);
	all_asleep(3);
	ready();
	pthread_join(t, NULL);
}

/* No thread waits for the one whose signal does not come. */
static void apart(void)
{
	thread("sleeper", waits_on_cond, NULL);
	thread("beat", works_on, NULL);
	all_asleep(2);
}

static void *holds_a_while(void *x)
{
	pthread_mutex_lock(&a);
	meet(2);
	wait_for_word();
	pthread_mutex_unlock(&a);
	return x;
}

static void *wants_and_says(void *x)
{
	meet(2);
	pthread_mutex_lock(&a);
	puts("done");
	fflush(stdout);
	pthread_mutex_unlock(&a);
	_exit(0);
	return x;
}

static void slow(void)
{
	thread("holder", holds_a_while, NULL);
	thread("waiter", wants_and_says, NULL);
	while (!atomic_load(&tids[1]))
		sched_yield();
	wait_asleep(atomic_load(&tids[1]));
}

static void crowd(void)
{
	pthread_mutex_lock(&a);
	for (int i = 0; i < CROWD; i++)
		thread("crowd", wants_a, NULL);
	all_asleep(CROWD);
}

/* Two threads are deadlocked, and a thousand wait behind them. */
static void jam(void)
{
	abba();
	for (int i = 0; i < CROWD; i++)
		thread("crowd", wants_a, NULL);
	all_asleep(CROWD + 2);
}

static struct timespec in_an_hour(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 3600;
	return t;
}

static void *with_limit(void *x)
{
	pthread_mutex_t **m = x;
	struct timespec t = in_an_hour();

	pthread_mutex_lock(m[0]);
	meet(2);
	pthread_mutex_timedlock(m[1], &t);
	return NULL;
}

static void timed(void)
{
	static pthread_mutex_t *ways[2][2] = {{&a, &b}, {&b, &a}};

	thread("left", with_limit, ways[0]);
	thread("right", mutexes, ways[1]);
	all_asleep(2);
}

static void *tries(void *x)
{
	pthread_mutex_t **m = x;

	pthread_mutex_lock(m[0]);
	meet(2);
	while (pthread_mutex_trylock(m[1]) != 0)
		usleep(1000);
	return NULL;
}

static void trying(void)
{
	static pthread_mutex_t *ways[2][2] = {{&a, &b}, {&b, &a}};

	thread("left", tries, ways[0]);
	thread("right", mutexes, ways[1]);
	all_asleep(2);
}

static void *back_and_forth(void *x)
{
	pthread_mutex_t *first = &a, *second = &b;

	for (;;) {
		pthread_mutex_lock(first);
		pthread_mutex_lock(second);
		atomic_fetch_add(&beats, 1);
		pthread_mutex_unlock(second);
		pthread_mutex_unlock(first);
	}
	return x;
}

static void moving(void)
{
	for (int i = 0; i < 4; i++)
		thread("mover", back_and_forth, NULL);
	while (atomic_load(&beats) < 100)
		sched_yield();
}

static void *posts_later(void *x)
{
	wait_for_word();
	sem_post(&sem);
	return x;
}

static void *waits_for_post(void *x)
{
	sem_wait(&sem);
	puts("done");
	fflush(stdout);
	_exit(0);
	return x;
}

static void posted(void)
{
	sem_init(&sem, 0, 0);
	thread("poster", posts_later, NULL);
	thread("waiter", waits_for_post, NULL);
	while (!atomic_load(&tids[1]))
		sched_yield();
	wait_asleep(atomic_load(&tids[1]));
}

static void idle(void)
{
	pthread_barrier_init(&barrier, NULL, 100);
	for (int i = 0; i < 8; i++)
		thread("idle", waits_on_cond, NULL);
	all_asleep(8);
}

/* The only thread waits, but a signal handler may post. */
static void handler_posts(void)
{
	sem_init(&sem, 0, 0);
	ready();
	sem_wait(&sem);
}

/* Another process holds the lock and may release it. */
static void shared(void)
{
	pthread_mutex_t *m =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int go[2];
	char byte;

	kinds(m, PTHREAD_MUTEX_NORMAL, 0, 0, PTHREAD_PROCESS_SHARED);
	if (pipe(go) != 0)
		exit(3);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_mutex_lock(m);
		if (write(go[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	if (read(go[0], &byte, 1) != 1)
		exit(3);
	thread("waits", wants_first, m);
	all_asleep(1);
}

/* ---- fork ---- */

static void in_child(void (*body)(void))
{
	int parent = getpid();

	if (fork()) {
		for (;;)
			pause();
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	memset(tids, 0, sizeof(tids));
	body();
}

static void *holds_for_ever(void *x)
{
	pthread_mutex_lock(&a);
	meet(2);
	for (;;)
		pause();
	return x;
}

static void child_waits(void)
{
	printf("child %d\n", getpid());
	ready();
	pthread_mutex_lock(&a);
}

/* The child tries to acquire a lock whose owner was not copied by the fork. */
static void forked(void)
{
	thread("holder", holds_for_ever, NULL);
	meet(2);
	in_child(child_waits);
}

static void child_stays(void)
{
	pthread_t t;

	pthread_create(&t, NULL, wants_a, NULL);
	usleep(100000);
	printf("child %d\n", getpid());
	ready();
	for (;;)
		pause();
}

/* The forking thread holds the lock, and its copy in the child can release it: no deadlock. */
static void heir(void)
{
	pthread_mutex_lock(&a);
	in_child(child_stays);
}

/* ---- targets that cannot be examined, or whose first thread has ended ---- */

static void zombie(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT);
	printf("child %d\n", child);
}

static void first_thread_gone(void)
{
	abba();
	ready();
	pthread_exit(NULL);
}

static void crash(void)
{
	abba();
	ready();
	abort();
}

static const struct {
	const char *name;
	void (*set)(void);
} scenes[] = {
	{"abba", abba},
	{"deep", deep},
	{"pi", abba_pi},
	{"robust", abba_robust},
	{"c11", abba_c11},
	{"ring", ring},
	{"rwlock", rwlock},
	{"readers", readers},
	{"join", join},
	{"self", self},
	{"ended", ended},
	{"once", in_once},
	{"sems", sem_abba},
	{"pool", pool},
	{"lost", lost},
	{"silent", silent},
	{"slow", slow},
	{"crowd", crowd},
	{"jam", jam},
	{"timed", timed},
	{"trying", trying},
	{"moving", moving},
	{"posted", posted},
	{"idle", idle},
	{"shared", shared},
	{"forked", forked},
	{"heir", heir},
	{"zombie", zombie},
	{"crash", crash},
	{"handler", handler_posts},
	{"exited", first_thread_gone},
	{"permits", permits},
	{"futex", futex},
	{"permit", permit},
	{"heartbeat", heartbeat},
	{"apart", apart},
};

int main(int argc, char **argv)
{
	alarm(LIFE_S);
	if (pipe(word) != 0)
		return 3;
	signal(SIGUSR1, go_on);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes) && argc > 1; i++) {
		if (strcmp(argv[1], scenes[i].name) != 0)
			continue;
		scenes[i].set();
		ready();
		stay();
		for (;;)
			pause();
	}
	return 2;
}
