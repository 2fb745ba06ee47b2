/*
 * kinds-rwlock.c — every result of the three kinds of rwlock: read within write, write within
 * read, timeouts (checked before the lock's state), unlock of a free lock, readers past a queued
 * writer.
 *
 * STEERED: no, it takes a writer's pause for its wait
 */
#include "observe.h"

static pthread_rwlock_t r;
static int tid;

static void limits(const char *when)
{
	struct timespec past = {1, 0}, bad = {1, 1000000000}, negative = {-1, 0}, bad2 = {0, -1};
	const struct timespec *all[] = {&past, &bad, &negative, &bad2};
	for (int i = 0; i < 4; i++) {
		int got[6];
		for (int k = 0; k < 6; k++) {
			got[k] = k == 0   ? pthread_rwlock_timedrdlock(&r, all[i])
				 : k == 1 ? pthread_rwlock_timedwrlock(&r, all[i])
				 : k == 2 ? pthread_rwlock_clockrdlock(&r, CLOCK_MONOTONIC, all[i])
				 : k == 3 ? pthread_rwlock_clockwrlock(&r, CLOCK_MONOTONIC, all[i])
				 : k == 4 ? pthread_rwlock_clockrdlock(&r, CLOCK_BOOTTIME, all[i])
					  : pthread_rwlock_clockwrlock(&r, CLOCK_BOOTTIME, all[i]);
			if (!got[k])
				pthread_rwlock_unlock(&r);
		}
		say("  %s limit %d: rd %d wr %d, clock rd %d wr %d, bad clock rd %d wr %d\n", when,
		    i, got[0], got[1], got[2], got[3], got[4], got[5]);
	}
}

static void *elsewhere(void *arg)
{
	int rd = pthread_rwlock_tryrdlock(&r);
	if (!rd)
		pthread_rwlock_unlock(&r);
	int wr = pthread_rwlock_trywrlock(&r);
	if (!wr)
		pthread_rwlock_unlock(&r);
	say("  other: try rd %d wr %d\n", rd, wr);
	limits("other");
	return arg;
}

static void *writer(void *arg)
{
	tid = my_tid();
	step_made();
	int rc = pthread_rwlock_wrlock(&r);
	say("  writer %d\n", rc);
	pthread_rwlock_unlock(&r);
	return arg;
}

/* One thread reads, a writer is queued: the kinds differ in which other threads may read. */
static void queued(int n)
{
	pthread_t t;
	struct timespec past = {1, 0};
	pthread_rwlock_rdlock(&r);
	pthread_create(&t, NULL, writer, NULL);
	step_wait(n);
	wait_asleep(tid);
	int again = pthread_rwlock_tryrdlock(&r);
	if (!again)
		pthread_rwlock_unlock(&r);
	int timed = pthread_rwlock_timedrdlock(&r, &past);
	if (!timed)
		pthread_rwlock_unlock(&r);
	say("  behind a writer: try %d timed %d\n", again, timed);
	pthread_rwlock_unlock(&r);
	pthread_join(t, NULL);
}

int main(void)
{
	observe("start");
	for (int kind = 0; kind < 3; kind++) {
		pthread_rwlockattr_t a;
		pthread_rwlockattr_init(&a);
		pthread_rwlockattr_setkind_np(&a, kind);
		pthread_rwlockattr_setpshared(&a, kind == 1);
		say("kind %d: init %d\n", kind, pthread_rwlock_init(&r, &a));
		limits("free");
		say("  write %d\n", pthread_rwlock_wrlock(&r));
		show(pthread_rwlock_rdlock(&r));
		show(pthread_rwlock_wrlock(&r));
		show(pthread_rwlock_tryrdlock(&r));
		show(pthread_rwlock_trywrlock(&r));
		limits("own writer");
		in_thread(elsewhere, NULL);
		say("  unlock %d\n", pthread_rwlock_unlock(&r));
		say("  read %d %d %d\n", pthread_rwlock_rdlock(&r), pthread_rwlock_rdlock(&r),
		    pthread_rwlock_tryrdlock(&r));
		say("  then try wr %d\n", pthread_rwlock_trywrlock(&r));
		limits("own reader");
		in_thread(elsewhere, NULL);
		say("  unlock %d %d %d\n", pthread_rwlock_unlock(&r), pthread_rwlock_unlock(&r),
		    pthread_rwlock_unlock(&r));
		queued(kind + 1);
		say("  destroy %d\n", pthread_rwlock_destroy(&r));
	}
	pthread_rwlock_t zero;
	memset(&zero, 0, sizeof(zero));
	show(pthread_rwlock_wrlock(&zero));
	show(pthread_rwlock_destroy(&zero));
	show(pthread_rwlock_unlock(&zero));
	observe("end");
	return 0;
}
