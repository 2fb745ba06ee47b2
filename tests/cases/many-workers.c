/*
 * More workers than a dependency keeps acquire two locks in one order, and the main thread acquires
 * them in the other order before the workers exist and after it has joined them. Then workers that
 * are joined one by one take turns with the main thread.
 * EXPECT: nothing
 */
#include "case.h"

enum { WORKERS = 70 };

MUTEX(a);
MUTEX(b);
IN_ORDER(a_to_b, a, b)
IN_ORDER(b_to_a, b, a)

static void *worker(void *unused)
{
	a_to_b();
	return unused;
}

int main(void)
{
	pthread_t t[WORKERS];

	b_to_a();
	for (int i = 0; i < WORKERS; i++)
		pthread_create(&t[i], NULL, worker, NULL);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(t[i], NULL);
	b_to_a();
	for (int i = 0; i < WORKERS; i++) {
		in_thread(a_to_b);
		b_to_a();
		in_thread(b_to_a);
		a_to_b();
	}
	return 0;
}
