/*
 * main uses one lock order before it creates the thread that uses the other.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void a_b(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

static void b_a(void)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
}

int main(void)
{
	a_b();
	in_thread(b_a);
	return 0;
}
