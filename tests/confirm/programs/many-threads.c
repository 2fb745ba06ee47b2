/*
 * Sixteen threads use two locks in one order, one of them in the other order at the end.
 * CAN: with any of the others.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);

static void *one(void *arg)
{
	int number = (int)(long)arg;

	for (int i = 0; i < 20; i++) {
		lock(a);
		lock(b);
		unlock(b);
		unlock(a);
		ms(0.3);
	}
	if (number == 11) {
		lock(b);
		lock(a);
		unlock(a);
		unlock(b);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[16];

	for (long i = 0; i < 16; i++)
		pthread_create(&thread[i], NULL, one, (void *)i);
	for (int i = 0; i < 16; i++)
		pthread_join(thread[i], NULL);
}
