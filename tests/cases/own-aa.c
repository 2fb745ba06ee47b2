/*
 * A thread waits for a lock of the program's own that it holds; it waits for it shared and holds it
 * exclusively. (It gives the waits up.)
 * FLAGS: -Ilibcheck
 * EXPECT: self-deadlock a
 * EXPECT: self-deadlock b
 */
#include "own.h"

static own a, b;

int main(void)
{
	own_lock(&a);
	lockhound_wants(&a, 0);
	lockhound_quits(&a, 0);
	own_unlock(&a);

	own_lock(&b);
	lockhound_wants(&b, LOCKHOUND_SHARED);
	lockhound_quits(&b, LOCKHOUND_SHARED);
	own_unlock(&b);
	return 0;
}
