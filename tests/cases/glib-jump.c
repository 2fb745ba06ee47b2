/*
 * glib-jump.c — a signal handler leaves a wait for a GRecMutex by siglongjmp, and the thread goes
 * on from the function that waited: what it locks then is recorded.
 * EXPECT: lock-order A B
 * FLAGS: -l:libglib-2.0.so.0
 */
#include "case.h"

#include <setjmp.h>
#include <signal.h>

struct glib_lock {
	void *p;
	unsigned i[2];
};
void g_rec_mutex_lock(struct glib_lock *), g_rec_mutex_unlock(struct glib_lock *);
int g_rec_mutex_trylock(struct glib_lock *);

static struct glib_lock busy;
static sigjmp_buf out;
static sem_t taken, done;
MUTEX(A);
MUTEX(B);
IN_ORDER(ba, B, A)

static void leave(int n UNUSED)
{
	siglongjmp(out, 1);
}

static void *hold(void *arg)
{
	g_rec_mutex_lock(&busy);
	sem_post(&taken);
	sem_wait(&done);
	g_rec_mutex_unlock(&busy);
	return arg;
}

/* All calls are made from this frame, in a thread with no other. */
static void *wait_and_jump(void *arg)
{
	const struct itimerspec soon = {.it_value = {.tv_nsec = 20000000}};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	timer_t timer;

	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	if (!sigsetjmp(out, 1)) {
		timer_settime(timer, 0, &soon, NULL);
		g_rec_mutex_lock(&busy);
	}
	pthread_mutex_lock(&A);
	pthread_mutex_lock(&B);
	pthread_mutex_unlock(&B);
	pthread_mutex_unlock(&A);
	return arg;
}

static void jump(void)
{
	pthread_t holder;

	sem_init(&taken, 0, 0);
	sem_init(&done, 0, 0);
	pthread_create(&holder, NULL, hold, NULL);
	sem_wait(&taken);
	wait_and_jump(NULL);
	sem_post(&done);
	pthread_join(holder, NULL);
}

int main(void)
{
	signal(SIGUSR1, leave);
	in_turn(jump, ba);
	return 0;
}
