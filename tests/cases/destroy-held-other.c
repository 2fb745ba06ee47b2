/*
 * Destroyed by a thread while another one holds it.
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
