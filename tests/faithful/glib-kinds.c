/*
 * glib-kinds.c — every call of GLib's locks: results, errno, the bytes of the objects before, while
 * and after they are held, waits of other threads, forks while a lock is held, calls through
 * pointers that dlsym gives, results of g_once, an initializer that is left by a jump,
 * cancellation.
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#define GLIB_DISABLE_DEPRECATION_WARNINGS
#include <glib.h>

#include "observe.h"

#include <setjmp.h>

static GMutex m;
static GRecMutex rec;
static GRWLock rw;
static GCond c;
static gint word;
static gpointer pointer = &m;
static volatile int waiter, go;

/* GRecMutex and GRWLock point to an object on the heap: only whether they do is shown. */
static void bytes(const char *when)
{
	say("%s: mutex %x %x rec %d %x %x rw %d %x %x cond %d %x word %x pointer %d\n", when,
	    m.i[0], m.i[1], rec.p != NULL, rec.i[0], rec.i[1], rw.p != NULL, rw.i[0], rw.i[1],
	    c.p != NULL, c.i[0], word, (int)((uintptr_t)pointer - (uintptr_t)&m));
}

static void *tries(void *arg)
{
	show(g_mutex_trylock(&m));
	show(g_rec_mutex_trylock(&rec));
	show(g_rw_lock_reader_trylock(&rw));
	show(g_rw_lock_writer_trylock(&rw));
	show(g_bit_trylock(&word, 5));
	show(g_bit_trylock(&word, 6));
	g_bit_unlock(&word, 6);
	show(g_pointer_bit_trylock(&pointer, 0));
	return arg;
}

static void *waits(void *arg)
{
	waiter = my_tid();
	errno = 33;
	switch ((long)arg) {
	case 0:
		g_mutex_lock(&m);
		g_mutex_unlock(&m);
		break;
	case 1:
		g_rec_mutex_lock(&rec);
		g_rec_mutex_unlock(&rec);
		break;
	case 2:
		g_rw_lock_reader_lock(&rw);
		g_rw_lock_reader_unlock(&rw);
		break;
	case 3:
		g_rw_lock_writer_lock(&rw);
		g_rw_lock_writer_unlock(&rw);
		break;
	case 4:
		g_bit_lock(&word, 5);
		g_bit_unlock(&word, 5);
		break;
	default:
		g_pointer_bit_lock(&pointer, 0);
		g_pointer_bit_unlock(&pointer, 0);
	}
	say("errno %d\n", errno);
	return arg;
}

static void held(void)
{
	pthread_t t[6];

	errno = 22;
	g_mutex_lock(&m);
	g_rec_mutex_lock(&rec);
	g_rec_mutex_lock(&rec);
	g_rw_lock_writer_lock(&rw);
	g_bit_lock(&word, 5);
	g_pointer_bit_lock(&pointer, 0);
	say("errno %d\n", errno);
	bytes("held");
	show(g_mutex_trylock(&m));
	show(g_rec_mutex_trylock(&rec));
	g_rec_mutex_unlock(&rec);
	in_thread(tries, NULL);
	for (long i = 0; i < 6; i++) {
		waiter = 0;
		pthread_create(&t[i], NULL, waits, (void *)i);
		while (!waiter)
			sched_yield();
		wait_asleep(waiter);
	}
	bytes("waited for");
	errno = 44;
	g_mutex_unlock(&m);
	pthread_join(t[0], NULL);
	g_rec_mutex_unlock(&rec);
	g_rec_mutex_unlock(&rec);
	pthread_join(t[1], NULL);
	g_bit_unlock(&word, 5);
	pthread_join(t[4], NULL);
	g_pointer_bit_unlock(&pointer, 0);
	pthread_join(t[5], NULL);
	g_rw_lock_writer_unlock(&rw);
	pthread_join(t[2], NULL);
	pthread_join(t[3], NULL);
	say("errno %d\n", errno);
	bytes("released");
}

static void *signals(void *arg)
{
	wait_asleep(waiter);
	g_mutex_lock(&m);
	go = 1;
	errno = 55;
	arg ? g_cond_broadcast(&c) : g_cond_signal(&c);
	say("errno %d\n", errno);
	g_mutex_unlock(&m);
	return arg;
}

static void conditions(void)
{
	GTimeVal soon;

	for (long all = 0; all < 2; all++) {
		pthread_t t;
		g_mutex_lock(&m);
		go = 0;
		waiter = my_tid();
		pthread_create(&t, NULL, signals, (void *)all);
		while (!go)
			g_cond_wait(&c, &m);
		show(m.i[0] != 0);
		show(g_mutex_trylock(&m));
		g_mutex_unlock(&m);
		pthread_join(t, NULL);
	}
	g_mutex_lock(&m);
	show(g_cond_wait_until(&c, &m, g_get_monotonic_time() + 3000));
	show(g_cond_wait_until(&c, &m, 0));
	show(g_mutex_trylock(&m));
	g_get_current_time(&soon);
	show(g_cond_timed_wait(&c, &m, &soon));
	show(g_mutex_trylock(&m));
	g_mutex_unlock(&m);
}

static gpointer doubles(gpointer arg)
{
	say("initializes\n");
	errno = 7;
	return (gpointer)(2 * (long)arg);
}

static jmp_buf back;

static gpointer jumps(gpointer arg)
{
	(void)arg;
	longjmp(back, 1);
}

static void once(void)
{
	static GOnce o = G_ONCE_INIT, left = G_ONCE_INIT;
	static gsize location;

	show(g_once(&o, doubles, (gpointer)21));
	show(g_once(&o, doubles, (gpointer)22));
	show(g_once_impl(&o, doubles, (gpointer)23));
	show(g_once_init_enter(&location));
	g_once_init_leave(&location, 5);
	show(g_once_init_enter(&location));
	show((g_once_init_enter)(&location));
	show(location);
	if (!setjmp(back))
		g_once(&left, jumps, NULL);
	show(left.status);
	g_mutex_lock(&m);
	g_mutex_unlock(&m);
}

static void forks(void)
{
	g_mutex_lock(&m);
	g_rec_mutex_lock(&rec);
	g_rw_lock_writer_lock(&rw);
	pid_t child = fork();
	if (child == 0) {
		bytes("in the child");
		g_mutex_unlock(&m);
		g_rw_lock_writer_unlock(&rw);
		g_rec_mutex_unlock(&rec);
		show(g_mutex_trylock(&m));
		g_mutex_unlock(&m);
		exit(0);
	}
	int status;
	waitpid(child, &status, 0);
	show(status);
	g_rw_lock_writer_unlock(&rw);
	g_rec_mutex_unlock(&rec);
	g_mutex_unlock(&m);
}

static void *cancelled(void *arg)
{
	waiter = my_tid();
	g_mutex_lock(&m);
	while (!go)
		g_cond_wait(&c, &m);
	g_mutex_unlock(&m);
	say("waited although it is cancelled\n");
	pthread_testcancel();
	return arg;
}

/* GLib's waits are no cancellation points. */
static void cancel(void)
{
	pthread_t t;
	void *result;

	go = waiter = 0;
	pthread_create(&t, NULL, cancelled, NULL);
	while (!waiter)
		sched_yield();
	wait_asleep(waiter);
	pthread_cancel(t);
	g_mutex_lock(&m);
	go = 1;
	g_cond_signal(&c);
	g_mutex_unlock(&m);
	pthread_join(t, &result);
	show(result == PTHREAD_CANCELED);
}

static void ends(void)
{
	GMutex *heap = g_mutex_new();
	GCond *cond = g_cond_new();

	g_mutex_lock(heap);
	show(g_mutex_trylock(heap));
	g_mutex_unlock(heap);
	g_mutex_free(heap);
	g_cond_free(cond);
	g_mutex_clear(&m);
	g_cond_clear(&c);
	g_rec_mutex_clear(&rec);
	g_rw_lock_clear(&rw);
	g_mutex_init(&m);
	g_cond_init(&c);
	g_rec_mutex_init(&rec);
	g_rw_lock_init(&rw);
}

static void by_pointer(void)
{
	void (*locks)(GMutex *) = (void (*)(GMutex *))dlsym(RTLD_DEFAULT, "g_mutex_lock");
	void (*unlocks)(GMutex *) = (void (*)(GMutex *))dlsym(RTLD_DEFAULT, "g_mutex_unlock");

	locks(&m);
	show(g_mutex_trylock(&m));
	unlocks(&m);
	show(dlsym(RTLD_DEFAULT, "g_mutex_lock_of_nobody") == NULL);
}

int main(void)
{
	observe("start");
	bytes("new");
	held();
	conditions();
	once();
	forks();
	cancel();
	by_pointer();
	ends();
	bytes("new again");
	observe("end");
	return 0;
}
