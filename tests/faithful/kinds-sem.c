/*
 * kinds-sem.c — every result and errno of the semaphore calls, also of named ones; errno is
 * unchanged if the call succeeds; timeouts are checked before the value.
 * STEERED: yes
 */
#include "observe.h"

static sem_t s;

static void nothing(int sig UNUSED)
{
}

static int value(sem_t *of)
{
	int v = -1;
	sem_getvalue(of, &v);
	return v;
}

static void limits(const char *when)
{
	struct timespec past = {1, 0}, bad = {1, 1000000000}, negative = {-1, 0}, bad2 = {0, -1};
	const struct timespec *all[] = {&past, &bad, &negative, &bad2};
	for (int i = 0; i < 4; i++) {
		say("%s %d, value %d\n", when, i, value(&s));
		show(sem_timedwait(&s, all[i]));
		show(sem_clockwait(&s, CLOCK_MONOTONIC, all[i]));
		show(sem_clockwait(&s, CLOCK_BOOTTIME, all[i]));
	}
}

static void *interrupter(void *arg)
{
	wait_asleep(*(int *)arg);
	pthread_kill(*(pthread_t *)((int *)arg + 2), SIGUSR1);
	return NULL;
}

static void interrupted(int how)
{
	struct {
		int tid, pad;
		pthread_t self;
	} me = {my_tid(), 0, pthread_self()};
	struct timespec far = in_ms(CLOCK_REALTIME, 60000), mono = in_ms(CLOCK_MONOTONIC, 60000);
	pthread_t t;
	pthread_create(&t, NULL, interrupter, &me);
	if (how == 0)
		show(sem_wait(&s));
	else if (how == 1)
		show(sem_timedwait(&s, &far));
	else
		show(sem_clockwait(&s, CLOCK_MONOTONIC, &mono));
	pthread_join(t, NULL);
}

static void named(void)
{
	char name[64];
	snprintf(name, sizeof(name), "/faithful-%d", getpid());
	sem_t *a, *b;
	show((a = sem_open(name, O_CREAT | O_EXCL, 0600, 2)) != SEM_FAILED);
	show((b = sem_open(name, O_CREAT, 0600, 7)) == a);
	show(sem_open("/no/such", 0) == SEM_FAILED);
	show(sem_open("/faithful-none", 0) == SEM_FAILED);
	int again = sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED;
	say("exclusive again %d errno %d\n", again, errno);
	show(sem_wait(a));
	show(sem_wait(b));
	show(sem_trywait(a));
	show(sem_post(b));
	show(value(a));
	show(sem_close(b));
	show(value(a));
	show(sem_close(a));
	show(sem_unlink(name));
	show(sem_unlink("/faithful-none"));
	show(sem_close(&s));
}

int main(void)
{
	struct sigaction act = {.sa_handler = nothing};
	observe("start");
	sigaction(SIGUSR1, &act, NULL);
	show(sem_init(&s, 0, 0x80000000u));
	show(sem_init(&s, 0, 0x7fffffff));
	show(sem_post(&s));
	show(value(&s));
	show(sem_init(&s, 0, 0));
	show(sem_trywait(&s));
	limits("at 0");
	show(sem_init(&s, 1, 20));
	limits("at 20");
	show(value(&s));
	errno = 4711;
	int sum = sem_wait(&s) + sem_trywait(&s) + sem_post(&s);
	say("%d, errno kept %d\n", sum, errno);
	show(sem_destroy(&s));
	show(sem_init(&s, 0, 0));
	for (int how = 0; how < 3; how++)
		interrupted(how);
	named();
	show(sem_destroy(&s));
	observe("end");
	return 0;
}
