/*
 * kinds-robust.c — owners that die: in this process and in another, with and without consistent,
 * through lock, trylock, timedlock, condition waits, and exec.
 */
#include "observe.h"

struct shared {
	pthread_mutex_t m;
	pthread_cond_t c;
};

static void make(struct shared *s, int type, int protocol, int shared)
{
	pthread_mutexattr_t a;
	pthread_condattr_t b;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&a, shared);
	pthread_condattr_init(&b);
	pthread_condattr_setpshared(&b, shared);
	say("init %d %d\n", pthread_mutex_init(&s->m, &a), pthread_cond_init(&s->c, &b));
}

static void *dies(void *arg)
{
	struct shared *s = arg;
	say("dying thread locks %d\n", pthread_mutex_lock(&s->m));
	return NULL;
}

static void by(struct shared *s, int how)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 5000), mono = in_ms(CLOCK_MONOTONIC, 5000);
	int rc = how == 0   ? pthread_mutex_lock(&s->m)
		 : how == 1 ? pthread_mutex_trylock(&s->m)
		 : how == 2 ? pthread_mutex_timedlock(&s->m, &soon)
			    : pthread_mutex_clocklock(&s->m, CLOCK_MONOTONIC, &mono);
	say("  how %d: %d\n", how, rc);
}

static void threads(int type, int protocol)
{
	struct shared s;
	for (int how = 0; how < 4; how++) {
		say("type %d protocol %d\n", type, protocol);
		make(&s, type, protocol, 0);
		in_thread(dies, &s);
		by(&s, how);
		show(pthread_mutex_consistent(&s.m));
		show(pthread_mutex_consistent(&s.m));
		say("  unlock %d\n", pthread_mutex_unlock(&s.m));
		in_thread(dies, &s);
		by(&s, how);
		say("  unlock without consistent %d\n", pthread_mutex_unlock(&s.m));
		by(&s, how);
		by(&s, 1);
		/* unlock would crash here, in glibc itself */
		show(pthread_mutex_destroy(&s.m));
	}
}

static void *waits(void *arg)
{
	struct shared *s = arg;
	pthread_mutex_lock(&s->m);
	step_made();
	int rc = pthread_cond_wait(&s->c, &s->m);
	say("waiter got %d\n", rc);
	show(pthread_mutex_consistent(&s->m));
	show(pthread_mutex_unlock(&s->m));
	return NULL;
}

/* The signaller dies while it holds the mutex: the waiter gets EOWNERDEAD and owns the mutex. */
static void *signals_and_dies(void *arg)
{
	struct shared *s = arg;
	pthread_mutex_lock(&s->m);
	pthread_cond_signal(&s->c);
	return NULL;
}

static void condition(void)
{
	struct shared s;
	pthread_t t;
	make(&s, PTHREAD_MUTEX_NORMAL, 0, 0);
	pthread_create(&t, NULL, waits, &s);
	step_wait(1);
	in_thread(signals_and_dies, &s);
	pthread_join(t, NULL);
	show(pthread_mutex_trylock(&s.m));
	show(pthread_mutex_unlock(&s.m));
}

static void processes(int how, int end)
{
	struct shared *s =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	make(s, PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PROCESS_SHARED);
	pid_t child = fork();
	if (!child) {
		pthread_mutex_lock(&s->m);
		if (end == 0)
			_exit(3);
		if (end == 1)
			raise(SIGKILL);
		execl("/bin/true", "true", NULL);
	}
	int status = 0;
	waitpid(child, &status, 0);
	say("end %d: status %x\n", end, status);
	by(s, how);
	show(pthread_mutex_consistent(&s->m));
	show(pthread_mutex_unlock(&s->m));
	show(pthread_mutex_trylock(&s->m));
	munmap(s, 4096);
}

int main(void)
{
	observe("start");
	for (int type = 0; type < 4; type++)
		for (int protocol = 0; protocol < 2; protocol++)
			threads(type, protocol);
	condition();
	for (int end = 0; end < 3; end++)
		processes(end, end);
	observe("end");
	return 0;
}
