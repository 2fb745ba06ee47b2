/* Near miss: 10,000 short holds of four threads.
 * NOT: warning */
#include "long.h"

static void *worker(void *none)
{
	for (int i = 0; i < 2500; i++) {
		pthread_mutex_lock(&accounts);
		pthread_mutex_unlock(&accounts);
	}
	return none;
}

int main(void)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		t[i] = in_thread(worker);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}
