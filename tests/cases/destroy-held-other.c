/*
 * A thread destroys a lock while another thread holds it.
 * EXPECT: destroy-held r
 */
#include "case.h"

RWLOCK(r);

static void ends(void)
{
	pthread_rwlock_destroy(&r);
}

int main(void)
{
	pthread_rwlock_rdlock(&r);
	in_thread(ends);
	return 0;
}
