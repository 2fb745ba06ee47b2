/*
 * glib.c — programs that hang in GLib's locks: one process, one scene.
 *
 * `glib NAME` sets the scene, waits until its threads sleep in the kernel, prints "ready" and
 * stays. An alarm ends the process in any case.
 */
#include <glib.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LIFE_S = 120 };

static GMutex a, b;
static GRecMutex rec;
static GRWLock rw;
static GCond cond;
static GAsyncQueue *queue;
static gint word;
static gsize once;
static volatile int tid[2], holding, go;

static void wait_asleep(int thread)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	for (;; usleep(200)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

		close(fd);
		text[n > 0 ? n : 0] = 0;
		at = strrchr(text, ')');
		if (at && at[2] == 'S')
			return;
	}
}

/* The thread has what it holds; waits until the other one has, too. */
static void meet(int me)
{
	tid[me] = (int)syscall(SYS_gettid);
	__atomic_add_fetch(&holding, 1, __ATOMIC_SEQ_CST);
	while (holding < 2)
		usleep(200);
}

static gpointer left(gpointer scene)
{
	g_mutex_lock(&a);
	meet(0);
	if (strcmp(scene, "mutex") == 0)
		g_mutex_lock(&b);
	else if (strcmp(scene, "rec") == 0)
		g_rec_mutex_lock(&rec);
	else if (strcmp(scene, "rw") == 0)
		g_rw_lock_writer_lock(&rw);
	else if (strcmp(scene, "bit") == 0)
		g_bit_lock(&word, 3);
	else if (g_once_init_enter(&once))
		g_once_init_leave(&once, 1);
	return NULL;
}

static gpointer right(gpointer scene)
{
	if (strcmp(scene, "mutex") == 0)
		g_mutex_lock(&b);
	else if (strcmp(scene, "rec") == 0)
		g_rec_mutex_lock(&rec);
	else if (strcmp(scene, "rw") == 0)
		g_rw_lock_writer_lock(&rw);
	else if (strcmp(scene, "bit") == 0)
		g_bit_lock(&word, 3);
	else
		(void)!g_once_init_enter(&once);
	meet(1);
	g_mutex_lock(&a);
	return NULL;
}

/* One thread alone: what it waits for never comes. */
static gpointer alone(gpointer scene)
{
	tid[0] = (int)syscall(SYS_gettid);
	g_mutex_lock(&a);
	if (strcmp(scene, "self") == 0)
		g_mutex_lock(&a);
	while (strcmp(scene, "cond") == 0)
		g_cond_wait(&cond, &a);
	return g_async_queue_pop(queue);
}

/* Holds a lock and works. */
static gpointer works(gpointer arg)
{
	g_mutex_lock(&b);
	tid[1] = 1;
	while (!go)
		;
	return arg;
}

static gpointer wants(gpointer arg)
{
	tid[0] = (int)syscall(SYS_gettid);
	g_mutex_lock(&b);
	return arg;
}

int main(int argc, char **argv)
{
	char *scene = argc > 1 ? argv[1] : NULL;
	GThread *t;

	if (!scene)
		return 2;
	alarm(LIFE_S);
	queue = g_async_queue_new();
	if (strcmp(scene, "self") == 0 || strcmp(scene, "cond") == 0 ||
	    strcmp(scene, "queue") == 0) {
		t = g_thread_new("alone", alone, scene);
	} else if (strcmp(scene, "busy") == 0) {
		g_thread_new("works", works, NULL);
		while (!tid[1])
			usleep(200);
		t = g_thread_new("wants", wants, NULL);
	} else {
		t = g_thread_new("left", left, scene);
		g_thread_new("right", right, scene);
		while (!tid[1])
			usleep(200);
		wait_asleep(tid[1]);
	}
	while (!tid[0])
		usleep(200);
	wait_asleep(tid[0]);
	puts("ready");
	fflush(stdout);
	g_thread_join(t);
	return 0;
}
