/*
 * kinds.c — one deadlock of each kind, or a near miss: `kinds NAME`.
 *
 * Prints its process id first. Handshakes order the threads: no thread tries to acquire its second
 * lock before all hold their first. Main joins the threads that hang. Near misses end by
 * themselves. An alarm ends a deadlocked process that the test did not end.
 */
#include "../cases/case.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/time.h>
#include <threads.h>

enum { LIFE_S = 60, CROWD = 1000, LATE_MS = 1300 /* longer than the second before a report */ };

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
		       c = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t prefers = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_spinlock_t spin;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static mtx_t x, y;
static volatile int tid, done;

static pthread_t thread(void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	if (pthread_create(&t, &attr, fn, arg))
		_exit(3);
	pthread_attr_destroy(&attr);
	return t;
}

static void together(int n, void *(*const *fn)(void *))
{
	pthread_t t[8];
	for (long i = 0; i < n; i++)
		t[i] = thread(fn[i], (void *)i);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}
#define TOGETHER(...)                                                                              \
	together(sizeof((void *(*[])(void *)){__VA_ARGS__}) / sizeof(void *),                      \
		 (void *(*const[])(void *)){__VA_ARGS__})

static void say(const char *what, pid_t pid)
{
	printf("%s %d\n", what, pid);
	fflush(stdout);
}

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}

/* ---- mutexes ---- */

static void *a_then_b(void *n)
{
	lock(&a);
	meet(2);
	lock(&b);
	return n;
}
static void *b_then_a(void *n)
{
	lock(&b);
	meet(2);
	lock(&a);
	return n;
}
static void mutex(void)
{
	TOGETHER(a_then_b, b_then_a);
}

static void *x_then_y(void *n)
{
	mtx_lock(&x);
	meet(2);
	mtx_lock(&y);
	return n;
}
static void *y_then_x(void *n)
{
	mtx_lock(&y);
	meet(2);
	mtx_lock(&x);
	return n;
}
static void c11(void)
{
	mtx_init(&x, mtx_plain);
	mtx_init(&y, mtx_plain);
	TOGETHER(x_then_y, y_then_x);
}

/* ---- rwlocks ---- */

/* Four readers; the second one deadlocks with the writer. */
static void *reads(void *n)
{
	pthread_rwlock_rdlock(&rw);
	meet(5);
	if ((long)n == 1)
		lock(&a);
	while (!done)
		sleep_ms(20);
	return n;
}
static void *a_then_writes(void *n)
{
	lock(&a);
	meet(5);
	pthread_rwlock_wrlock(&rw);
	return n;
}
static void readers(void)
{
	TOGETHER(reads, reads, reads, reads, a_then_writes);
}

static void *writes_then_a(void *n)
{
	pthread_rwlock_wrlock(&rw);
	meet(2);
	lock(&a);
	return n;
}
static void *a_then_reads(void *n)
{
	lock(&a);
	meet(2);
	pthread_rwlock_rdlock(&rw);
	return n;
}
static void writer(void)
{
	TOGETHER(writes_then_a, a_then_reads);
}

/* A reader waits behind a writer, which waits for another reader, which waits for the first. */
static void *reads_then_a(void *n)
{
	pthread_rwlock_rdlock(&prefers);
	meet(2);
	lock(&a);
	return n;
}
static void *queues(void *n)
{
	while (case_arrived < 2)
		sched_yield();
	tid = my_tid();
	pthread_rwlock_wrlock(&prefers);
	return n;
}
static void *a_then_reads_again(void *n)
{
	lock(&a);
	meet(2);
	wait_asleep(&tid);
	pthread_rwlock_rdlock(&prefers);
	return n;
}
static void queued(void)
{
	TOGETHER(reads_then_a, queues, a_then_reads_again);
}

/* ---- others, against a mutex ---- */

static void *spin_then_a(void *n)
{
	pthread_spin_lock(&spin);
	meet(2);
	lock(&a);
	return n;
}
static void *a_then_spin(void *n)
{
	lock(&a);
	meet(2);
	pthread_spin_lock(&spin);
	return n;
}
static void spins(void)
{
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	TOGETHER(spin_then_a, a_then_spin);
}

static void *sem_then_a(void *n)
{
	sem_wait(&sem);
	meet(2);
	lock(&a);
	unlock(&a); /* in near misses */
	return n;
}
static void *a_then_sem(void *n)
{
	lock(&a);
	meet(2);
	sem_wait(&sem);
	return n;
}
static void semaphore(void)
{
	sem_init(&sem, 0, 1);
	TOGETHER(sem_then_a, a_then_sem);
}

static void *two_permits(void *n)
{
	sem_wait(&sem);
	meet(3);
	sem_wait(&sem);
	return n;
}
static void pool(void)
{
	sem_init(&sem, 0, 3);
	TOGETHER(two_permits, two_permits, two_permits);
}

static void *takes_a(void *n)
{
	lock(&a);
	return n;
}
static void join(void)
{
	lock(&a);
	TOGETHER(takes_a);
}

static void init_takes_a(void)
{
	meet(2);
	lock(&a);
}
static void *inits(void *n)
{
	pthread_once(&once, init_takes_a);
	return n;
}
static void *a_then_inits(void *n)
{
	lock(&a);
	meet(2);
	pthread_once(&once, init_takes_a);
	return n;
}
static void once_and_mutex(void)
{
	TOGETHER(inits, a_then_inits);
}

/* ---- one cycle of all: mutex, rwlock, semaphore, spinlock, join ---- */

static pthread_t last;
static void *ring_rw(void *n)
{
	lock(&a);
	meet(5);
	pthread_rwlock_rdlock(&rw);
	return n;
}
static void *ring_sem(void *n)
{
	pthread_rwlock_wrlock(&rw);
	meet(5);
	sem_wait(&sem);
	return n;
}
static void *ring_spin(void *n)
{
	sem_wait(&sem);
	meet(5);
	pthread_spin_lock(&spin);
	return n;
}
static void *ring_join(void *n)
{
	pthread_spin_lock(&spin);
	meet(5);
	pthread_join(last, NULL);
	return n;
}
static void *ring_mutex(void *n)
{
	meet(5);
	lock(&a);
	return n;
}
static void mix(void)
{
	sem_init(&sem, 0, 1);
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	last = thread(ring_mutex, NULL);
	TOGETHER(ring_rw, ring_sem, ring_spin, ring_join);
}

/* ---- several processes ---- */

struct shared {
	pthread_mutex_t lock[3];
	volatile int arrived;
};

static void processes(int n)
{
	struct shared *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;
	int i = 0;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (int k = 0; k < n; k++)
		pthread_mutex_init(&s->lock[k], &attr);
	for (pid_t child = 1; i + 1 < n && (child = fork()); i++)
		say("child", child);
	alarm(LIFE_S); /* a child inherits no alarm */
	lock(&s->lock[i]);
	__atomic_add_fetch(&s->arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&s->arrived, __ATOMIC_SEQ_CST) < n)
		sched_yield();
	lock(&s->lock[(i + 1) % n]);
}
/* A child ends and keeps a mutex that it shares with its parent. */
static void dead_process(void)
{
	pthread_mutex_t *m =
		mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(m, &attr);
	if (!fork()) {
		lock(m);
		_exit(0);
	}
	wait(NULL);
	lock(m);
}

static void shared(void)
{
	processes(2);
}
static void shared_ring(void)
{
	processes(3);
}

/* ---- owners that have ended, or are not in this process ---- */

static void *keeps(void *n)
{
	lock(&a);
	tid = my_tid();
	return n;
}
static void ended(void)
{
	thread(keeps, NULL);
	while (!tid)
		sched_yield();
	while (!syscall(SYS_tgkill, getpid(), tid, 0))
		sched_yield();
	TOGETHER(takes_a, takes_a);
}

/* A spinlock whose owner was joined, while other threads work on. */
static void *keeps_spin(void *n)
{
	pthread_spin_lock(&spin);
	return n;
}
static void *takes_spin(void *n)
{
	pthread_spin_lock(&spin);
	pthread_spin_unlock(&spin); /* in the near miss */
	return n;
}
static void *sleeps_on(void *n)
{
	while (!done)
		sleep_ms(20);
	return n;
}
static void spin_ended(void)
{
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	TOGETHER(keeps_spin);
	TOGETHER(takes_spin, sleeps_on);
}

static void *keeps_until_done(void *n)
{
	lock(&a);
	tid = 1;
	while (!done)
		sleep_ms(20);
	return n;
}
static void forked(void)
{
	thread(keeps_until_done, NULL);
	while (!tid)
		sched_yield();
	pid_t child = fork();
	if (!child) {
		alarm(LIFE_S);
		lock(&a);
		_exit(0);
	}
	say("child", child);
	wait(NULL);
}

/* ---- threads that are cancelled ---- */

static pthread_t main_thread;
static volatile int cancelled;

static void wait_until_cancelled(void)
{
	while (!cancelled)
		sched_yield();
}
static void cancel(pthread_t t)
{
	pthread_cancel(t);
	cancelled = 1;
}

/* Its cancellation is disabled: the join is not ended. */
static void *joins_uncancelled(void *n)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	tid = my_tid();
	pthread_join(main_thread, NULL);
	return n;
}
static void cancel_off(void)
{
	pthread_t t = thread(joins_uncancelled, NULL);
	wait_asleep(&tid);
	cancel(t);
	pthread_join(t, NULL);
}

/* A mutex is waited for, which is no cancellation point. */
static void *a_until_cancelled(void *n)
{
	tid = my_tid();
	wait_until_cancelled();
	lock(&a);
	return n;
}
static void cancel_mutex(void)
{
	lock(&a);
	pthread_t t = thread(a_until_cancelled, NULL);
	cancel(t);
	pthread_join(t, NULL);
}

/* A cleanup handler waits, and a thread is cancelled once only. */
static void join_main(void *n)
{
	(void)n;
	pthread_join(main_thread, NULL);
}
static void *sleeps_then_joins(void *n)
{
	pthread_cleanup_push(join_main, NULL);
	tid = my_tid();
	for (;;)
		sleep(LIFE_S);
	pthread_cleanup_pop(0);
	return n;
}
static void cancel_handler(void)
{
	pthread_t t = thread(sleeps_then_joins, NULL);
	wait_asleep(&tid);
	cancel(t);
	pthread_join(t, NULL);
}

/* ---- condition waits that wait for the mutex again ---- */

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile int go;

static void *b_then_waits(void *n)
{
	lock(&b);
	lock(&a);
	tid = my_tid();
	while (!go)
		pthread_cond_wait(&cond, &a);
	unlock(&a);
	unlock(&b);
	return n;
}
static void *signals_then_b(void *n)
{
	wait_asleep(&tid);
	lock(&a);
	go = 1;
	pthread_cond_signal(&cond);
	lock(&b);
	unlock(&b);
	unlock(&a);
	return n;
}
static void signalled(void)
{
	TOGETHER(b_then_waits, signals_then_b);
}

static void *b_then_waits_shortly(void *n)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 100);
	lock(&b);
	lock(&a);
	tid = my_tid();
	pthread_cond_timedwait(&cond, &a, &soon);
	return n;
}
static void *a_then_b_asleep(void *n)
{
	wait_asleep(&tid);
	lock(&a);
	lock(&b);
	return n;
}
static void timed_out(void)
{
	TOGETHER(b_then_waits_shortly, a_then_b_asleep);
}

static void *waits_on_cond(void *n)
{
	lock(&a);
	tid = my_tid();
	for (;;)
		pthread_cond_wait(&cond, &a);
	return n;
}
static void cancel_cond(void)
{
	pthread_t t = thread(waits_on_cond, NULL);
	wait_asleep(&tid);
	lock(&a);
	cancel(t);
	pthread_join(t, NULL);
}

/* ---- waits that no thread is left to end ---- */

static void *waits_for_go(void *n)
{
	lock(&a);
	while (!go)
		pthread_cond_wait(&cond, &a);
	unlock(&a);
	return n;
}
/* The signal came before the wait, and the flag is not tested. */
static void *signals_once(void *n)
{
	pthread_cond_signal(&cond);
	return n;
}
static void *waits_untested(void *n)
{
	lock(&a);
	pthread_cond_wait(&cond, &a);
	unlock(&a);
	return n;
}
static void lost_cond(void)
{
	TOGETHER(signals_once);
	TOGETHER(waits_untested);
}

static void *waits_for_sem(void *n)
{
	sem_wait(&sem);
	return n;
}
static void lost_sem(void)
{
	sem_init(&sem, 0, 0);
	TOGETHER(waits_for_sem, waits_for_sem, waits_for_sem, waits_for_sem, waits_for_sem);
}

/* A futex of the program's own, which the library does not see. */
static int word;
static void *waits_on_word(void *n)
{
	while (!__atomic_load_n(&word, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return n;
}
static void *wakes_late(void *n)
{
	sleep_ms(LATE_MS);
	__atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return n;
}
static void lost_futex(void)
{
	TOGETHER(waits_on_word);
}
static void futex_late(void)
{
	lock(&a);
	unlock(&a);
	TOGETHER(waits_on_word, wakes_late);
}

static pthread_barrier_t barrier;
static void *arrives(void *n)
{
	pthread_barrier_wait(&barrier);
	return n;
}
static void lost_barrier(void)
{
	pthread_barrier_init(&barrier, NULL, 3);
	TOGETHER(arrives, arrives);
}

/* One process of two: the other works on. */
static void lost_in_child(void)
{
	pid_t child = fork();
	if (!child) {
		alarm(LIFE_S);
		waits_for_go(NULL);
	}
	say("child", child);
	for (;;)
		sleep_ms(20);
}

/* ---- near misses: somebody ends the wait later ---- */

static void *signals_late(void *n)
{
	sleep_ms(LATE_MS);
	lock(&a);
	go = 1;
	pthread_cond_broadcast(&cond);
	unlock(&a);
	return n;
}
static void signal_late(void)
{
	TOGETHER(waits_for_go, signals_late);
}

static void *waits_shortly(void *n)
{
	struct timespec late = in_ms(CLOCK_REALTIME, LATE_MS);
	lock(&a);
	pthread_cond_timedwait(&cond, &a, &late);
	go = 1;
	pthread_cond_broadcast(&cond);
	unlock(&a);
	return n;
}
static void signal_after_limit(void)
{
	TOGETHER(waits_for_go, waits_shortly);
}

static void on_alarm(int number)
{
	(void)number;
	sem_post(&sem);
}
static void post_in_handler(void)
{
	struct itimerval late = {.it_value = {LATE_MS / 1000, LATE_MS % 1000 * 1000}};
	alarm(0);
	signal(SIGALRM, on_alarm);
	sem_init(&sem, 0, 0);
	setitimer(ITIMER_REAL, &late, NULL);
	TOGETHER(waits_for_sem);
}

/* glibc's thread for timers lives on, and runs the program's function. */
static void on_timer(union sigval v)
{
	(void)v;
	sem_post(&sem);
}
static void post_by_timer(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer};
	struct itimerspec late = {.it_value = {LATE_MS / 1000, LATE_MS % 1000 * 1000000}};
	timer_t timer;
	sem_init(&sem, 0, 0);
	if (timer_create(CLOCK_MONOTONIC, &e, &timer) || timer_settime(timer, 0, &late, NULL))
		_exit(3);
	TOGETHER(waits_for_sem);
}

static void post_by_process(void)
{
	sem_t *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sem_init(s, 1, 0);
	if (!fork()) {
		sleep_ms(LATE_MS);
		sem_post(s);
		_exit(0);
	}
	sem_wait(s);
	wait(NULL);
}

/* A thread without a row of the library ends it. */
static int by_clone(void *n)
{
	(void)n;
	sleep_ms(LATE_MS);
	go = 1;
	syscall(SYS_futex, (int *)&go, FUTEX_WAKE_PRIVATE, 1);
	return 0;
}
static void wake_by_clone(void)
{
	static char stack[1 << 16] __attribute__((aligned(64)));
	clone(by_clone, stack + sizeof(stack),
	      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
	      NULL);
	lock(&a);
	unlock(&a);
	while (!go)
		syscall(SYS_futex, (int *)&go, FUTEX_WAIT_PRIVATE, 0, NULL);
}

/* ---- near misses ---- */

/* The signaller holds the mutex for long, and another waiter is not signalled. */
static void *signals_slowly(void *n)
{
	struct timespec late;
	wait_asleep(&tid);
	lock(&a);
	go = 1;
	pthread_cond_signal(&cond);
	late = in_ms(CLOCK_REALTIME, LATE_MS);
	if (!pthread_mutex_timedlock(&b, &late)) /* held by the waiter: a wait with a limit */
		unlock(&b);
	unlock(&a);
	return n;
}
static void signalled_slowly(void)
{
	TOGETHER(b_then_waits, signals_slowly);
}

/* The cancellation comes during the join of main ... */
static void *joins_main(void *n)
{
	tid = my_tid();
	pthread_join(main_thread, NULL);
	return n;
}
static void cancel_waiting(void)
{
	pthread_t t = thread(joins_main, NULL);
	wait_asleep(&tid);
	cancel(t);
	pthread_join(t, NULL);
}

/* ... or before it; main waits first. */
static void *joins_cancelled(void *n)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	wait_until_cancelled();
	wait_asleep(&tid); /* of main */
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_join(main_thread, NULL);
	return n;
}
static void cancel_pending(void)
{
	pthread_t t = thread(joins_cancelled, NULL);
	tid = my_tid();
	cancel(t);
	pthread_join(t, NULL);
}

/* Each holds what the other waits for, until the cleanup handler of the cancelled thread releases
 * it. The handler takes longer than a semaphore's second. */
static void unlock_a_late(void *n)
{
	sleep_ms(LATE_MS);
	(void)n;
	unlock(&a);
}
static void *a_then_sem_cancelled(void *n)
{
	lock(&a);
	pthread_cleanup_push(unlock_a_late, NULL);
	meet(2);
	tid = my_tid();
	sem_wait(&sem);
	pthread_cleanup_pop(1);
	return n;
}
static void cancel_sem(void)
{
	sem_init(&sem, 0, 1);
	sem_wait(&sem);
	pthread_t t = thread(a_then_sem_cancelled, NULL);
	meet(2);
	wait_asleep(&tid);
	cancel(t);
	lock(&a);
	unlock(&a);
	sem_post(&sem);
	pthread_join(t, NULL);
}

/* Of the asynchronous type: a wait for a mutex is ended too. */
static void unlock_a(void *n)
{
	(void)n;
	unlock(&a);
}
static void *a_then_b_cancelled(void *n)
{
	lock(&a);
	pthread_cleanup_push(unlock_a, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	tid = my_tid();
	lock(&b);
	pthread_cleanup_pop(1);
	return n;
}
static void cancel_async(void)
{
	lock(&b);
	pthread_t t = thread(a_then_b_cancelled, NULL);
	wait_asleep(&tid);
	cancel(t);
	lock(&a);
	unlock(&a);
	unlock(&b);
	pthread_join(t, NULL);
}

static void *a_and_b(void *n)
{
	lock(&a);
	meet(2);
	lock(&b);
	unlock(&b);
	unlock(&a);
	return n;
}

/* Holds `b` and waits for `a` with a time limit, while the owner of `a` waits for `b`. */
static void *b_then_timed_a(void *n)
{
	struct timespec late = in_ms(CLOCK_REALTIME, LATE_MS);
	lock(&b);
	meet(2);
	if (!pthread_mutex_timedlock(&a, &late))
		unlock(&a);
	unlock(&b);
	return n;
}
static void timed(void)
{
	TOGETHER(a_and_b, b_then_timed_a);
}

static void *b_then_tries_a(void *n)
{
	lock(&b);
	meet(2);
	for (int i = 0; i < LATE_MS / 10 && pthread_mutex_trylock(&a); i++)
		sleep_ms(10);
	unlock(&b);
	return n;
}
static void tries(void)
{
	TOGETHER(a_and_b, b_then_tries_a);
}

/* Three threads wait in a chain; the last one sleeps, then all continue. Twice. */
static void *holds(void *arg)
{
	pthread_mutex_t **m = arg;
	for (int i = 0; i < 2; i++) {
		lock(m[0]);
		if (m[1])
			lock(m[1]);
		sleep_ms(m[1] ? 10 : LATE_MS / 2);
		if (m[1])
			unlock(m[1]);
		unlock(m[0]);
	}
	return NULL;
}
static void slow(void)
{
	pthread_mutex_t *first[] = {&a, &b}, *second[] = {&b, &c}, *third[] = {&c, NULL};
	pthread_t t[3] = {thread(holds, third), thread(holds, second), thread(holds, first)};
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

/* Looks like a cycle until a third thread posts. */
static void *a_then_sem_released(void *n)
{
	lock(&a);
	meet(2);
	sem_wait(&sem);
	unlock(&a);
	return n;
}
static void *posts(void *n)
{
	while (case_arrived < 2)
		sched_yield();
	sleep_ms(300);
	sem_post(&sem);
	return n;
}
static void posted(void)
{
	sem_init(&sem, 0, 1);
	TOGETHER(sem_then_a, a_then_sem_released, posts);
}

/* ---- deadlocks that do not last: a thread outside of them ends them ---- */

static volatile int first_tid;
static int times = 1; /* that it happens, before it lasts if `lasts` */
static int lasts;

static void *unlocks_a(void *n)
{
	for (int i = 0; i < times; i++) {
		wait_asleep(&tid);
		tid = 0;
		sleep_ms(100); /* it is a deadlock until now */
		unlock(&a);
	}
	return n;
}
static void *twice_a(void *n)
{
	for (int i = 0; i < times; i++) {
		lock(&a);
		tid = my_tid();
		lock(&a);
		unlock(&a);
	}
	if (lasts) {
		lock(&a);
		lock(&a);
	}
	return n;
}
static void self_released(void)
{
	TOGETHER(twice_a, unlocks_a);
}
static void self_released_often(void)
{
	times = 20;
	TOGETHER(twice_a, unlocks_a);
}
static void self_released_then_lasts(void)
{
	times = 3;
	lasts = 1;
	TOGETHER(twice_a, unlocks_a);
}

/* Two that are alike at the same time: one ends, the other lasts. */
static pthread_mutex_t alike[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static void *twice_alike(void *n)
{
	lock(&alike[(long)n]);
	*((long)n ? &tid : &first_tid) = my_tid();
	lock(&alike[(long)n]);
	return n;
}
static void *unlocks_alike(void *n)
{
	wait_asleep(&tid);
	wait_asleep(&first_tid);
	unlock(&alike[0]);
	return n;
}
static void alike_one_lasts(void)
{
	TOGETHER(twice_alike, twice_alike, unlocks_alike);
}

static void *a_then_b_released(void *n)
{
	lock(&a);
	meet(2);
	wait_asleep(&first_tid); /* the other waits first */
	tid = my_tid();
	lock(&b);
	unlock(&b);
	unlock(&a);
	return n;
}
static void *b_then_a_released(void *n)
{
	lock(&b);
	meet(2);
	first_tid = my_tid();
	lock(&a);
	unlock(&a);
	return n;
}
static void *unlocks_b(void *n)
{
	wait_asleep(&tid);
	wait_asleep(&first_tid);
	unlock(&b);
	return n;
}
static void cycle_released(void)
{
	TOGETHER(a_then_b_released, b_then_a_released, unlocks_b);
}

/* A semaphore's cycle is one after a second only; the post comes later. */
static void *posts_late(void *n)
{
	while (case_arrived < 2)
		sched_yield();
	sleep_ms(LATE_MS);
	sem_post(&sem);
	return n;
}
static void sem_released(void)
{
	sem_init(&sem, 0, 1);
	TOGETHER(sem_then_a, a_then_sem_released, posts_late);
}

static void *takes_a_once(void *n)
{
	wait_asleep(&first_tid); /* main joins */
	tid = my_tid();
	lock(&a);
	unlock(&a);
	return n;
}
static void *unlocks_a_once(void *n)
{
	wait_asleep(&tid);
	wait_asleep(&first_tid);
	unlock(&a);
	return n;
}
static void join_released(void)
{
	first_tid = my_tid();
	lock(&a);
	pthread_t t = thread(takes_a_once, NULL), u = thread(unlocks_a_once, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
}

/* A third thread cancels one of two that join each other. */
static pthread_t joined;
static void *cancels_joined(void *n)
{
	wait_asleep(&tid);
	wait_asleep(&first_tid);
	sleep_ms(100);
	cancel(joined);
	return n;
}
static void join_cancelled(void)
{
	first_tid = my_tid();
	joined = thread(joins_main, NULL);
	pthread_t u = thread(cancels_joined, NULL);
	pthread_join(joined, NULL);
	pthread_join(u, NULL);
}

/* The program ends by itself, or by a signal, while it is deadlocked. */
static void *ends_soon(void *n)
{
	wait_asleep(&tid);
	sleep_ms(200);
	_exit(7);
	return n;
}
static void ends_itself(void)
{
	thread(ends_soon, NULL);
	lock(&a);
	tid = my_tid();
	lock(&a);
}

/* A child process is deadlocked; its parent waits for it. */
static void in_child(void)
{
	pid_t child = fork();
	if (!child) {
		alarm(LIFE_S);
		lock(&a);
		lock(&a);
	}
	say("child", child);
	wait(NULL);
}

/* ---- long holds and sleeps besides a deadlock ---- */

enum { LONG_MS = 300 };

static void *a_sleeps_then_b(void *n)
{
	lock(&a);
	sleep_ms(LONG_MS);
	meet(2);
	lock(&b);
	return n;
}
static void *b_sleeps_then_a(void *n)
{
	lock(&b);
	sleep_ms(LONG_MS);
	meet(2);
	lock(&a);
	return n;
}
/* Waits for the deadlock, and is not in it. */
static void *c_then_a(void *n)
{
	lock(&c);
	while (case_arrived < 2)
		sched_yield();
	lock(&a);
	return n;
}
static void slept(void)
{
	TOGETHER(a_sleeps_then_b, b_sleeps_then_a, c_then_a);
}

static void *c_sleeps_then_a_b(void *n)
{
	lock(&c);
	sleep_ms(LONG_MS);
	unlock(&c);
	return a_then_b(n);
}
static void slept_before(void)
{
	TOGETHER(c_sleeps_then_a_b, b_then_a);
}

static void *holds_c(void *n)
{
	lock(&c);
	for (;;)
		sleep_ms(LONG_MS);
	return n;
}
static void slept_elsewhere(void)
{
	TOGETHER(a_then_b, b_then_a, holds_c);
}

/* The condition wait of a thread that holds another lock. */
static void *c_then_waits_untested(void *n)
{
	lock(&c);
	return waits_untested(n);
}
static void lost_holding(void)
{
	TOGETHER(c_then_waits_untested);
}

static void *waits_for_a(void *n)
{
	__atomic_add_fetch(&case_arrived, 1, __ATOMIC_SEQ_CST);
	lock(&a);
	unlock(&a);
	return n;
}
static void crowd(void)
{
	static pthread_t t[CROWD];
	lock(&a);
	for (int i = 0; i < CROWD; i++)
		t[i] = thread(waits_for_a, NULL);
	while (case_arrived < CROWD)
		sched_yield();
	sleep_ms(LATE_MS);
	unlock(&a);
	for (int i = 0; i < CROWD; i++)
		pthread_join(t[i], NULL);
}

static const struct {
	const char *name;
	void (*fn)(void);
} scenes[] = {
	{"mutex", mutex},
	{"c11", c11},
	{"readers", readers},
	{"writer", writer},
	{"queued", queued},
	{"spin", spins},
	{"sem", semaphore},
	{"pool", pool},
	{"join", join},
	{"once", once_and_mutex},
	{"mix", mix},
	{"shared", shared},
	{"shared-ring", shared_ring},
	{"ended", ended},
	{"spin-ended", spin_ended},
	{"forked", forked},
	{"dead-process", dead_process},
	{"cancel-off", cancel_off},
	{"cancel-mutex", cancel_mutex},
	{"cancel-handler", cancel_handler},
	{"signalled", signalled},
	{"timed-out", timed_out},
	{"cancel-cond", cancel_cond},
	{"lost-cond", lost_cond},
	{"lost-sem", lost_sem},
	{"lost-barrier", lost_barrier},
	{"lost-futex", lost_futex},
	{"futex-late", futex_late},
	{"lost-in-child", lost_in_child},
	{"slept", slept},
	{"slept-before", slept_before},
	{"slept-elsewhere", slept_elsewhere},
	{"lost-holding", lost_holding},
	{"signal-late", signal_late},
	{"signal-after-limit", signal_after_limit},
	{"post-in-handler", post_in_handler},
	{"post-by-timer", post_by_timer},
	{"post-by-process", post_by_process},
	{"wake-by-clone", wake_by_clone},
	{"signalled-slowly", signalled_slowly},
	{"cancel-waiting", cancel_waiting},
	{"cancel-pending", cancel_pending},
	{"cancel-sem", cancel_sem},
	{"cancel-async", cancel_async},
	{"self-released", self_released},
	{"self-released-often", self_released_often},
	{"self-released-then-lasts", self_released_then_lasts},
	{"alike-one-lasts", alike_one_lasts},
	{"cycle-released", cycle_released},
	{"sem-released", sem_released},
	{"join-released", join_released},
	{"join-cancelled", join_cancelled},
	{"ends-itself", ends_itself},
	{"in-child", in_child},
	{"timed", timed},
	{"tries", tries},
	{"slow", slow},
	{"posted", posted},
	{"crowd", crowd},
};

int main(int argc, char **argv)
{
	alarm(LIFE_S);
	main_thread = pthread_self();
	say("pid", getpid());
	for (size_t i = 0; argc > 1 && i < sizeof(scenes) / sizeof(*scenes); i++)
		if (!strcmp(argv[1], scenes[i].name)) {
			scenes[i].fn();
			return 0;
		}
	return 2;
}
