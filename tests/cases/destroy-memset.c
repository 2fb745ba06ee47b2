/*
 * The memory of a held mutex is overwritten for a new one: no intercepted call, no finding.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a;

int main(void)
{
	lock(&a);
	memset(&a, 0, sizeof(a));
	pthread_mutex_init(&a, NULL);
	lock(&a);
	unlock(&a);
	memset(&a, 0, sizeof(a));
	lock(&a);
	unlock(&a);
	return 0;
}
