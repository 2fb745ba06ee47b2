/*
 * A key's destructor releases the lock.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
static pthread_key_t key;

static void gives(void *m)
{
	unlock(m);
}

static void takes(void)
{
	lock(&a);
	pthread_setspecific(key, &a);
}

int main(void)
{
	pthread_key_create(&key, gives);
	in_thread(takes);
	in_thread(takes);
	return 0;
}
