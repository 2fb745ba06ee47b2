/*
 * kinds-mutex.c — every result of every kind of mutex: relock, unlock by another thread, unlock
 * while free, destroy in use, use after destroy, timeouts that are past or invalid, a bad clock.
 * STEERED: yes
 */
#include "observe.h"

static pthread_mutex_t *subject;

static int make(pthread_mutex_t *m, int type, int protocol, int robust, int shared)
{
	pthread_mutexattr_t a;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutexattr_setrobust(&a, robust);
	pthread_mutexattr_setpshared(&a, shared);
	int rc = pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
	return rc;
}

static void limits(pthread_mutex_t *m)
{
	struct timespec past = {1, 0}, bad = {1, 1000000000}, negative = {-1, 0}, bad2 = {0, -1};
	const struct timespec *all[] = {&past, &bad, &negative, &bad2};
	for (int i = 0; i < 4; i++) {
		int real = pthread_mutex_timedlock(m, all[i]);
		if (!real)
			pthread_mutex_unlock(m);
		int mono = pthread_mutex_clocklock(m, CLOCK_MONOTONIC, all[i]);
		if (!mono)
			pthread_mutex_unlock(m);
		int cpu = pthread_mutex_clocklock(m, CLOCK_PROCESS_CPUTIME_ID, all[i]);
		if (!cpu)
			pthread_mutex_unlock(m);
		say("    limit %d: timed %d, mono %d, bad clock %d\n", i, real, mono, cpu);
	}
}

static void *elsewhere(void *arg)
{
	say("  other: try %d\n", pthread_mutex_trylock(subject));
	if (arg)
		say("  other: unlock %d\n", pthread_mutex_unlock(subject));
	limits(subject);
	return NULL;
}

/* Only for kinds that refuse the wrong unlocker; with other kinds the call would free the lock. */
static void results(pthread_mutex_t *m, int type, int tells)
{
	struct timespec past = {1, 0};
	subject = m;
	say("  free:\n");
	limits(m);
	if (tells)
		say("  unlock free %d\n", pthread_mutex_unlock(m));
	say("  lock %d\n", pthread_mutex_lock(m));
	say("  try again %d\n", pthread_mutex_trylock(m));
	say("  timed again %d\n", pthread_mutex_timedlock(m, &past));
	if (type == PTHREAD_MUTEX_ERRORCHECK || type == PTHREAD_MUTEX_RECURSIVE)
		say("  lock again %d\n", pthread_mutex_lock(m));
	in_thread(elsewhere, tells ? (void *)1 : NULL);
	say("  destroy held %d\n", pthread_mutex_destroy(m));
	for (int i = 0; i < (type == PTHREAD_MUTEX_RECURSIVE ? 4 : 1); i++)
		say("  unlock %d\n", pthread_mutex_unlock(m));
	if (tells)
		say("  unlock once more %d\n", pthread_mutex_unlock(m));
	show(pthread_mutex_destroy(m));
	show(pthread_mutex_lock(m));
	show(pthread_mutex_trylock(m));
	show(pthread_mutex_unlock(m));
	show(pthread_mutex_destroy(m));
}

static void *unlocker(void *arg)
{
	say("unlock by another %d\n", pthread_mutex_unlock((pthread_mutex_t *)arg));
	return NULL;
}

/* Calls that only the plain kind allows, and that we report. */
static void misuse(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	say("unlock never locked %d\n", pthread_mutex_unlock(&m));
	say("lock after it %d\n", pthread_mutex_lock(&m));
	in_thread(unlocker, &m);
	say("free now %d\n", pthread_mutex_trylock(&m));
	say("unlock %d\n", pthread_mutex_unlock(&m));
	say("re-init %d\n", pthread_mutex_init(&m, NULL));
	show(pthread_mutex_lock(&m));
	say("re-init held %d\n", pthread_mutex_init(&m, NULL));
	show(pthread_mutex_lock(&m));
	show(pthread_mutex_unlock(&m));
}

static void *ceiling(void *arg UNUSED)
{
	pthread_mutex_t m;
	int old = -1, rc = make(&m, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_PROTECT, 0, 0);
	show(rc);
	show(pthread_mutex_lock(&m));
	show(pthread_mutex_setprioceiling(&m, 5, &old));
	show(pthread_mutex_trylock(&m));
	show(pthread_mutex_unlock(&m));
	show(old);
	show(pthread_mutex_destroy(&m));
	return NULL;
}

int main(void)
{
	static const char *const names[] = {"normal", "recursive", "errorcheck", "adaptive"};
	pthread_mutex_t m;
	observe("start");
	for (int type = 0; type < 4; type++)
		for (int protocol = 0; protocol < 2; protocol++)
			for (int robust = 0; robust < 2; robust++)
				for (int shared = 0; shared < 2; shared++) {
					int rc = make(&m, type, protocol, robust, shared);
					say("%s protocol %d robust %d shared %d: init %d\n",
					    names[type], protocol, robust, shared, rc);
					if (!rc)
						results(&m, type,
							type == 1 || type == 2 || protocol ||
								robust);
				}
	misuse();
	in_thread(ceiling, NULL);
	show(pthread_mutex_consistent(&m));
	observe("end");
	return 0;
}
