/* barrier-rounds.h — the loop of the cases barrier-rounds*: each thread uses a lock in each round.
 */
#include "case.h"

enum { ROUNDS = 25000, WORKERS = 2 };

MUTEX(a);
MUTEX(b);
MUTEX(c);
MUTEX(d);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
IN_ORDER(c_d, c, d)
IN_ORDER(d_c, d, c)

static pthread_barrier_t all, workers;
static pthread_mutex_t own[1 + WORKERS], under[1 + WORKERS];

static void at_the_end(int worker);

static void loop(int worker)
{
	for (int i = 0; i < ROUNDS; i++) {
		lock(&own[worker]);
		lock(&under[worker]);
		unlock(&under[worker]);
		unlock(&own[worker]);
		pthread_barrier_wait(&all);
		if (worker && i % 8 == 0)
			pthread_barrier_wait(&workers);
	}
	at_the_end(worker);
}

static void *work(void *number)
{
	loop((int)(intptr_t)number);
	return number;
}

static void run_rounds(void)
{
	pthread_t t[WORKERS];

	pthread_barrier_init(&all, NULL, 1 + WORKERS);
	pthread_barrier_init(&workers, NULL, WORKERS);
	for (intptr_t i = 0; i < WORKERS; i++)
		pthread_create(&t[i], NULL, work, (void *)(i + 1));
	loop(0);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(t[i], NULL);
}
