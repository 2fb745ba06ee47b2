/* header.c — every macro of lockhound.h, in a program that links nothing for it. */
#include "lockhound.h"

static int lock;

int main(void)
{
	lockhound_makes(&lock, LOCKHOUND_RECURSIVE, "the name of a lock");
	lockhound_name(&lock, "another name");
	lockhound_wants(&lock, LOCKHOUND_TIMED | LOCKHOUND_COVERS);
	lockhound_got(&lock, LOCKHOUND_TIMED | LOCKHOUND_COVERS);
	lockhound_gives(&lock);
	lockhound_gave(&lock);
	if (lock)
		lockhound_quits(&lock, LOCKHOUND_TRY | LOCKHOUND_SHARED);
	else
		lockhound_ends(&lock);
	return lock;
}
