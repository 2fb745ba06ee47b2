/*
 * A server with a thread for each request, of which four run at a time; one request of sixty uses
 * the two locks the other way round.
 * CAN: with the other requests of its four.
 */
#include "scene.h"

MUTEX(cache);
MUTEX(disk);
IN_ORDER(lookup, cache, disk)
IN_ORDER(flush, disk, cache)

static void *request(void *arg)
{
	int number = (int)(long)arg;

	ms(number % 4);
	if (number == 41)
		flush();
	else
		lookup();
	return NULL;
}

int main(void)
{
	for (long first = 0; first < 60; first += 4) {
		pthread_t thread[4];
		for (int i = 0; i < 4; i++)
			pthread_create(&thread[i], NULL, request, (void *)(first + i));
		for (int i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
	}
}
