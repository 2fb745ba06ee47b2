/* One thread tries again and again to acquire a lock that another thread holds, and a third waits
 * for it. The table says how often the tries failed in a row, and where; and each thread's share.
 * FLAGS: --long-hold=0 --blocking=0
 * LOCKS: no busy waiting +[0-9]+ try-locks failed, 1 time 100 or more in a row, at most
 * LOCKS: no busy waiting .*, at most [0-9]+ in .* at try_on
 * LOCKS: fairness +acquired by T[0-9]+ [0-9]+ %
 * LOCKS: fairness .*; the owner changed at least 1 time
 * LOCKS: bounded waiting +the longest wait was .*, 99 of 100 below */
#include "long.h"

static int tid, tried;

static NOINLINE void try_on(void)
{
	while (pthread_mutex_trylock(&accounts))
		__atomic_add_fetch(&tried, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&accounts);
}
static void *busy(void *none)
{
	try_on();
	return none;
}
static void *waits(void *none)
{
	__atomic_store_n(&tid, gettid(), __ATOMIC_RELEASE);
	pthread_mutex_lock(&accounts);
	pthread_mutex_unlock(&accounts);
	return none;
}

/* Waits until the thread is in a futex call, which can only be that of the lock. */
static void until_it_waits(void)
{
	char name[64], text[64] = "";
	while (strncmp(text, "202 ", 4) != 0) {
		snprintf(name, sizeof(name), "/proc/self/task/%d/syscall",
			 __atomic_load_n(&tid, __ATOMIC_ACQUIRE));
		FILE *f = fopen(name, "r");
		if (!f)
			continue;
		if (!fgets(text, sizeof(text), f))
			text[0] = 0;
		fclose(f);
		usleep(1000);
	}
}

int main(void)
{
	pthread_mutex_lock(&accounts);
	pthread_t a = in_thread(waits);
	until_it_waits();
	pthread_t b = in_thread(busy);
	while (__atomic_load_n(&tried, __ATOMIC_ACQUIRE) < 1000)
		sched_yield();
	pthread_mutex_unlock(&accounts);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	return 0;
}
