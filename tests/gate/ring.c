/* ring.c — lock orders that form a cycle, without a deadlock: each thread waits for its turn.
 * ring WHAT...: two three caller heap members fine, and by the functions of heap: shard01 shard23
 * (elements of one array), gold tin (members of one variable), zero (locks without an init call).
 * -N as first argument: N idle threads start before. -DLAYOUT: the members have other offsets. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t cache = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER,
		       queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *from, *to;
static struct {
	pthread_mutex_t head, tail;
} list = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static struct {
#ifdef LAYOUT
	long more[3];
#endif
	int n;
	pthread_mutex_t lock;
} shard[4];
static struct {
#ifdef LAYOUT
	char more[100];
#endif
	struct {
		pthread_mutex_t gold, silver;
	} coin;
	pthread_mutex_t tin, zinc;
} bank;

static __attribute__((noinline)) void pair(pthread_mutex_t *x, pthread_mutex_t *y)
{
	pthread_mutex_lock(x);
	pthread_mutex_lock(y);
	pthread_mutex_unlock(y);
	pthread_mutex_unlock(x);
}

#define DOES(name, x, y)                                                                           \
	static __attribute__((noinline)) void name(void)                                           \
	{                                                                                          \
		pair(x, y);                                                                        \
		atomic_signal_fence(memory_order_seq_cst); /* no tail call */                      \
	}
DOES(write_back, &cache, &journal)
DOES(replay, &journal, &cache)
DOES(evict, &journal, &cache)
DOES(drain, &journal, &queue)
DOES(refill, &queue, &cache)
DOES(lend, from, to)
DOES(repay, to, from)
DOES(push, &list.head, &list.tail)
DOES(pop, &list.tail, &list.head)

typedef void action(void);
static const struct {
	const char *what;
	action *action[3];
	pthread_mutex_t *from, *to;
} all[] = {
	{"two", {write_back, replay}, NULL, NULL},
	{"three", {write_back, drain, refill}, NULL, NULL},
	{"caller", {write_back, evict}, NULL, NULL},
	{"heap", {lend, repay}, NULL, NULL},
	{"members", {push, pop}, NULL, NULL},
	{"fine", {write_back, write_back}, NULL, NULL},
	{"zero", {lend, repay}, NULL, NULL},
	{"shard01", {lend, repay}, &shard[0].lock, &shard[1].lock},
	{"shard23", {lend, repay}, &shard[2].lock, &shard[3].lock},
	{"gold", {lend, repay}, &bank.coin.gold, &bank.coin.silver},
	{"tin", {lend, repay}, &bank.tin, &bank.zinc},
};

static atomic_int turn;

struct task {
	action *action;
	int turn;
};

static void *work(void *p)
{
	struct task *t = p;

	while (turn != t->turn)
		sched_yield();
	t->action();
	turn++;
	return NULL;
}

static void *idle(void *p)
{
	while (turn >= 0)
		sched_yield();
	return p;
}

static __attribute__((noinline)) pthread_mutex_t *make_lock(void)
{
	pthread_mutex_t *m = malloc(sizeof(*m));

	pthread_mutex_init(m, NULL);
	return m;
}

static pthread_mutex_t *lock_for(pthread_mutex_t *one, const char *what)
{
	if (!strcmp(what, "zero"))
		return calloc(1, sizeof(*one));
	return one ? one : make_lock();
}

static void do_all(const char *what)
{
	pthread_t thread[3];
	struct task task[3];
	int n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (strcmp(all[i].what, what))
			continue;
		from = lock_for(all[i].from, what);
		to = lock_for(all[i].to, what);
		for (int k = 0; k < 3 && all[i].action[k]; k++)
			task[n++].action = all[i].action[k];
	}
	turn = 0;
	/* -DBACKWARDS: the same threads run in the opposite order */
	for (int i = 0; i < n; i++)
#ifdef BACKWARDS
		task[i].turn = n - 1 - i;
#else
		task[i].turn = i;
#endif
	for (int i = 0; i < n; i++)
		pthread_create(&thread[i], NULL, work, &task[i]);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

int main(int argc, char **argv)
{
	int first = argc > 1 && argv[1][0] == '-' ? atoi(argv[1] + 1) : 0;
	pthread_t dummy[16];

	for (int i = 0; i < first && i < 16; i++)
		pthread_create(&dummy[i], NULL, idle, NULL);
	for (int i = first ? 2 : 1; i < argc; i++)
		do_all(argv[i]);
	turn = -1;
	for (int i = 0; i < first && i < 16; i++)
		pthread_join(dummy[i], NULL);
	return 0;
}
