/*
 * A signal handler interrupts a wait for a GCond: what the handler locks is recorded.
 * EXPECT: signal-lock(warning) s
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex m, s;
static GCond c;
static sem_t handled;
static pthread_t waiter;
static int go;

static void handler(int n UNUSED)
{
	g_mutex_lock(&s);
	g_mutex_unlock(&s);
	sem_post(&handled);
}

/* It gets the mutex when the other thread waits for the condition. */
static void *strike(void *arg)
{
	g_mutex_lock(&m);
	pthread_kill(waiter, SIGUSR1);
	sem_wait(&handled);
	go = 1;
	g_cond_signal(&c);
	g_mutex_unlock(&m);
	return arg;
}

int main(void)
{
	pthread_t t;

	sem_init(&handled, 0, 0);
	signal(SIGUSR1, handler);
	waiter = pthread_self();
	g_mutex_lock(&s);
	g_mutex_unlock(&s);
	g_mutex_lock(&m);
	pthread_create(&t, NULL, strike, NULL);
	while (!go)
		g_cond_wait(&c, &m);
	g_mutex_unlock(&m);
	pthread_join(t, NULL);
}
