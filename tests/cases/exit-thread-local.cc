/*
 * The destructor of a thread_local releases the lock.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;

struct holder {
	bool has = false;
	~holder()
	{
		if (has)
			unlock(&a);
	}
};
static thread_local holder mine;

static void takes()
{
	lock(&a);
	mine.has = true;
}

int main()
{
	in_thread(takes);
	in_thread(takes);
}
