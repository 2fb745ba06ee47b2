/*
 * kinds-thread.c — barriers, spinlocks, once, and every way to end and join a thread, with results.
 * STEERED: yes
 */
#include "observe.h"

static pthread_barrier_t barrier;
static int serial;

static void *nothing(void *arg)
{
	return arg;
}

static void *phases(void *arg)
{
	for (int i = 0; i < 50; i++)
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void barriers(void)
{
	pthread_t t[3];
	show(pthread_barrier_init(&barrier, NULL, 0));
	show(pthread_barrier_init(&barrier, NULL, 1));
	show(pthread_barrier_wait(&barrier));
	show(pthread_barrier_destroy(&barrier));
	show(pthread_barrier_init(&barrier, NULL, 3));
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, phases, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	show(serial);
	show(pthread_barrier_destroy(&barrier));
}

static void *busy(void *arg)
{
	step_made();
	step_wait(2);
	return arg;
}

static void *self_exit(void *arg)
{
	pthread_exit((char *)arg + 5);
}

static void *cancelled(void *arg)
{
	step_made();
	for (;;)
		pause();
	return arg;
}

static void joins(void)
{
	pthread_t t;
	void *got = NULL;
	struct timespec past = {1, 0}, far = in_ms(CLOCK_REALTIME, 60000);
	struct timespec mono = in_ms(CLOCK_MONOTONIC, 60000);
	show(pthread_join(pthread_self(), NULL));
	pthread_create(&t, NULL, busy, (void *)4);
	step_wait(1);
	show(pthread_tryjoin_np(t, NULL));
	show(pthread_timedjoin_np(t, NULL, &past));
	show(pthread_clockjoin_np(t, NULL, CLOCK_MONOTONIC, &past));
	step_made();
	show(pthread_timedjoin_np(t, &got, &far));
	show(got);
	pthread_create(&t, NULL, self_exit, (void *)4);
	show(pthread_clockjoin_np(t, &got, CLOCK_MONOTONIC, &mono));
	show(got);
	pthread_create(&t, NULL, self_exit, (void *)6);
	while (pthread_tryjoin_np(t, &got) == EBUSY)
		sched_yield();
	show(got);
	pthread_create(&t, NULL, cancelled, NULL);
	step_wait(3);
	show(pthread_cancel(t));
	show(pthread_join(t, &got));
	show(got == PTHREAD_CANCELED);
}

static void cancel_modes(void)
{
	int old = 7;
	show(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
	show(old);
	show(pthread_setcancelstate(99, &old));
	show(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL));
	show(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old));
	show(old);
	show(pthread_setcanceltype(99, &old));
	show(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL));
}

static void creates(void)
{
	pthread_attr_t a;
	pthread_t t;
	size_t size;
	pthread_attr_init(&a);
	show(pthread_attr_setstacksize(&a, 1000));
	show(pthread_attr_setstacksize(&a, 1ul << 50));
	show(pthread_create(&t, &a, nothing, NULL));
	pthread_attr_setstacksize(&a, 1 << 16);
	pthread_attr_getstacksize(&a, &size);
	show(size);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	show(pthread_create(&t, &a, busy, NULL));
	show(pthread_join(t, NULL));
	show(pthread_detach(t));
	step_made();
	pthread_create(&t, NULL, nothing, NULL);
	show(pthread_detach(t));
	void *stack =
		mmap(NULL, 1 << 17, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_init(&a);
	show(pthread_attr_setstack(&a, stack, 1 << 17));
	show(pthread_create(&t, &a, self_exit, (void *)1));
	void *got;
	show(pthread_join(t, &got));
	show(got);
	munmap(stack, 1 << 17);
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	pthread_attr_init(&a);
	pthread_attr_setaffinity_np(&a, sizeof(cpus), &cpus);
	show(pthread_create(&t, &a, nothing, NULL));
}

static void spins(void)
{
	pthread_spinlock_t s;
	show(pthread_spin_init(&s, PTHREAD_PROCESS_SHARED));
	show(pthread_spin_lock(&s));
	show(pthread_spin_trylock(&s));
	show(pthread_spin_unlock(&s));
	show(pthread_spin_trylock(&s));
	show(pthread_spin_unlock(&s));
	show(pthread_spin_unlock(&s));
	show(pthread_spin_destroy(&s));
}

int main(void)
{
	observe("start");
	barriers();
	joins();
	cancel_modes();
	spins();
	creates();
	return 0;
}
