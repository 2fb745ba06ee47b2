/*
 * predicted.c — two threads acquire a and b in conflicting orders. The first run, which makes the
 * file RAN, keeps them apart by an atomic flag; what the later runs do is the first argument:
 *
 *   free    nothing keeps them apart
 *   turn    a condition keeps them apart, in the first run too
 *   less    the second thread acquires nothing
 *   other   the threads deadlock with two other locks
 *   crash   SIGSEGV
 *   stay    as free, but the program does not end
 *   input   as free, if there is nothing to read
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t both;
static bool is_open, first, other;
static atomic_bool done;
static const char *mode;

static void pair(pthread_mutex_t *one, pthread_mutex_t *two, bool meet)
{
	pthread_mutex_lock(one);
	if (meet)
		pthread_barrier_wait(&both);
	pthread_mutex_lock(two);
	pthread_mutex_unlock(two);
	pthread_mutex_unlock(one);
}

static void open_door(void)
{
	pthread_mutex_lock(&door);
	is_open = true;
	pthread_cond_signal(&opened);
	pthread_mutex_unlock(&door);
}

static void wait_for_door(void)
{
	pthread_mutex_lock(&door);
	while (!is_open)
		pthread_cond_wait(&opened, &door);
	pthread_mutex_unlock(&door);
}

static void *forwards(void *x)
{
	if (other)
		pair(&c, &d, true);
	pair(&a, &b, false);
	atomic_store(&done, true);
	if (!strcmp(mode, "turn"))
		open_door();
	return x;
}

static void *backwards(void *x)
{
	if (other)
		pair(&d, &c, true);
	if (!strcmp(mode, "turn"))
		wait_for_door();
	while (first && !atomic_load(&done))
		usleep(100);
	if (first || strcmp(mode, "less"))
		pair(&b, &a, false);
	return x;
}

int main(int argc, char **argv)
{
	pthread_t t[2];
	char word[16];

	mode = argc > 1 ? argv[1] : "free";
	first = access("RAN", F_OK) != 0;
	if (first)
		fclose(fopen("RAN", "w"));
	if (!first && !strcmp(mode, "crash"))
		raise(SIGSEGV);
	if (!strcmp(mode, "input"))
		first |= fgets(word, sizeof(word), stdin) != NULL;
	other = !first && !strcmp(mode, "other");
	printf("%s run\n", first ? "first" : "later");
	fflush(stdout);
	pthread_barrier_init(&both, NULL, 2);
	pthread_create(&t[0], NULL, forwards, NULL);
	pthread_create(&t[1], NULL, backwards, NULL);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	while (!strcmp(mode, "stay"))
		pause();
	return 0;
}
