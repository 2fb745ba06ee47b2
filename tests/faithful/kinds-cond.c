/*
 * kinds-cond.c — condition waits that fail or time out, with every kind of mutex: what they return,
 * whether the mutex is held afterwards, and its depth.
 * STEERED: yes
 */
#include "observe.h"

static pthread_mutex_t m;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER, mono;
static int ready;

static void *held_by_other(void *arg)
{
	int rc = pthread_mutex_trylock(&m);
	if (!rc)
		pthread_mutex_unlock(&m);
	say("    other tries: %d\n", rc);
	return arg;
}

static void waits(const char *name)
{
	struct timespec past = {1, 0}, bad = {1, 1000000000}, soon = in_ms(CLOCK_REALTIME, 20);
	struct timespec from = now_mono(), later = in_ms(CLOCK_MONOTONIC, 20);
	say("  %s past %d bad %d clock past %d clock bad %d bad clock %d\n", name,
	    pthread_cond_timedwait(&c, &m, &past), pthread_cond_timedwait(&c, &m, &bad),
	    pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &past),
	    pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &bad),
	    pthread_cond_clockwait(&c, &m, CLOCK_PROCESS_CPUTIME_ID, &past));
	say("  20 ms: %d", pthread_cond_timedwait(&c, &m, &soon));
	say(" %d", pthread_cond_timedwait(&mono, &m, &later));
	long ms = since_ms(from);
	say(" %s\n", ms >= 19 && ms < 5000 ? "in time" : "not in time");
}

static void *signaller(void *arg)
{
	pthread_mutex_lock(&m);
	ready++;
	if (arg)
		pthread_cond_broadcast(&c);
	else
		pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	return NULL;
}

static void signalled(void)
{
	struct timespec far = in_ms(CLOCK_REALTIME, 60000), fam = in_ms(CLOCK_MONOTONIC, 60000);
	for (long i = 0; i < 4; i++) {
		pthread_t t;
		int rc = 0;
		ready = 0;
		pthread_create(&t, NULL, signaller, (void *)(i & 1));
		while (!ready)
			rc = i < 2    ? pthread_cond_wait(&c, &m)
			     : i == 2 ? pthread_cond_timedwait(&c, &m, &far)
				      : pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &fam);
		say("  signalled %d\n", rc);
		pthread_join(t, NULL);
	}
}

int main(void)
{
	pthread_mutexattr_t a;
	pthread_condattr_t b;
	observe("start");
	pthread_condattr_init(&b);
	show(pthread_condattr_setclock(&b, CLOCK_PROCESS_CPUTIME_ID));
	show(pthread_condattr_setclock(&b, CLOCK_MONOTONIC));
	show(pthread_cond_init(&mono, &b));
	for (int type = 0; type < 4; type++) {
		for (int protocol = 0; protocol < 2; protocol++) {
			pthread_mutexattr_init(&a);
			pthread_mutexattr_settype(&a, type);
			pthread_mutexattr_setprotocol(&a, protocol);
			pthread_mutex_init(&m, &a);
			say("type %d protocol %d\n", type, protocol);
			if (type == PTHREAD_MUTEX_ERRORCHECK)
				waits("not held");
			pthread_mutex_lock(&m);
			waits("held");
			in_thread(held_by_other, NULL);
			signalled();
			if (type == PTHREAD_MUTEX_RECURSIVE) {
				pthread_mutex_lock(&m);
				waits("held twice");
				in_thread(held_by_other, NULL);
				say("  unlock %d\n", pthread_mutex_unlock(&m));
				in_thread(held_by_other, NULL);
			}
			say("  unlock %d\n", pthread_mutex_unlock(&m));
			if (type == PTHREAD_MUTEX_RECURSIVE || type == PTHREAD_MUTEX_ERRORCHECK)
				say("  unlock free %d\n", pthread_mutex_unlock(&m));
			pthread_mutex_destroy(&m);
		}
	}
	show(pthread_cond_signal(&c));
	show(pthread_cond_broadcast(&c));
	show(pthread_cond_destroy(&c));
	observe("end");
	return 0;
}
