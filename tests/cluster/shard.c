/* shard.c — one shard of a test suite: four threads use LOCKS locks in one order, one thread after
 * the other; then shard LOCKS fine     nothing shard LOCKS there    acquires 'cache' before
 * 'journal' shard LOCKS back     acquires 'journal' before 'cache' shard LOCKS both     both, in
 * threads that nothing orders: a lock-order finding */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t cache = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *node;
static int nodes, turn;

static void *use_nodes(void *unused)
{
	for (int i = 0; i + 1 < nodes; i++) {
		pthread_mutex_lock(&node[i]);
		pthread_mutex_lock(&node[i + 1]);
		pthread_mutex_unlock(&node[i + 1]);
		pthread_mutex_unlock(&node[i]);
	}
	return unused;
}

static void *there(void *unused)
{
	pthread_mutex_lock(&cache);
	pthread_mutex_lock(&journal);
	pthread_mutex_unlock(&journal);
	pthread_mutex_unlock(&cache);
	__atomic_store_n(&turn, 1, __ATOMIC_RELEASE);
	return unused;
}

static void *back(void *wait)
{
	while (wait && !__atomic_load_n(&turn, __ATOMIC_ACQUIRE))
		;
	pthread_mutex_lock(&journal);
	pthread_mutex_lock(&cache);
	pthread_mutex_unlock(&cache);
	pthread_mutex_unlock(&journal);
	return NULL;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	pthread_t thread[2];

	nodes = argc > 2 ? atoi(argv[1]) : 0;
	node = calloc((size_t)nodes + 1, sizeof(*node));
	for (int i = 0; i < nodes; i++)
		pthread_mutex_init(&node[i], NULL);
	for (int i = 0; i < 4; i++) {
		pthread_create(&thread[0], NULL, use_nodes, NULL);
		pthread_join(thread[0], NULL);
	}
	if (strcmp(what, "there") == 0)
		there(NULL);
	if (strcmp(what, "back") == 0)
		back(NULL);
	if (strcmp(what, "both") == 0) {
		pthread_create(&thread[0], NULL, there, NULL);
		pthread_create(&thread[1], NULL, back, &turn);
		pthread_join(thread[0], NULL);
		pthread_join(thread[1], NULL);
	}
	return 0;
}
