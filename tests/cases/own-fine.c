/*
 * Locks of the program's own, used as they may be: a try and a wait with a limit do not wait for
 * ever, a wait that was given up is over, readers share, a recursive lock is acquired again, and a
 * lock is handed over to another thread, with a word about it and without.
 * FLAGS: -Ilibcheck
 * EXPECT: nothing
 */
#include "own.h"

static own a, b, c, d, e, f, g, h, handed, unsaid;
static own *reader = &e, *nested = &f, *declared = &g;

static void a_then_b(void)
{
	own_lock(&a);
	own_lock(&b);
	own_unlock(&b);
	own_unlock(&a);
}

static void b_then_try_a(void)
{
	own_lock(&b);
	own_try(&a);
	own_unlock(&a);
	own_unlock(&b);
}

static void c_then_d(void)
{
	own_lock(&c);
	own_lock(&d);
	own_unlock(&d);
	own_unlock(&c);
}

static void d_then_c_timed(void)
{
	own_lock(&d);
	own_lock_as(&c, LOCKHOUND_TIMED);
	own_unlock(&c);
	lockhound_wants(&c, LOCKHOUND_TIMED);
	lockhound_quits(&c, LOCKHOUND_TIMED);
	own_unlock(&d);
}

static void again(void)
{
	lockhound_wants(reader, LOCKHOUND_SHARED);
	lockhound_got(reader, LOCKHOUND_SHARED);
	lockhound_wants(reader, LOCKHOUND_SHARED);
	lockhound_got(reader, LOCKHOUND_SHARED);
	lockhound_gives(reader);
	lockhound_gives(reader);

	lockhound_wants(nested, LOCKHOUND_RECURSIVE);
	lockhound_got(nested, LOCKHOUND_RECURSIVE);
	lockhound_wants(nested, LOCKHOUND_RECURSIVE);
	lockhound_got(nested, LOCKHOUND_RECURSIVE);
	own_lock(&h); /* nested is held once more when it has been released once */
	lockhound_gives(nested);
	own_unlock(&h);
	lockhound_gives(nested);

	lockhound_makes(declared, LOCKHOUND_RECURSIVE, NULL);
	for (int i = 0; i < 2; i++) {
		lockhound_wants(declared, 0);
		lockhound_got(declared, 0);
	}
	lockhound_gives(declared);
	lockhound_gives(declared);
	lockhound_ends(declared);
}

static void hand_over(void)
{
	own_lock(&a);
	own_lock(&handed);
	lockhound_gives(&handed);
	own_unlock(&a);
}

static void take_over(void)
{
	lockhound_got(&handed, LOCKHOUND_TRY);
	own_lock(&h); /* not handed -> a */
	own_unlock(&h);
	own_unlock(&handed);
	own_unlock(&unsaid);
}

/* main handed `unsaid` over: it no longer holds the lock, and orders through the lock say nothing
 */
static void later(void)
{
	own_lock(&b);
	own_lock(&unsaid);
	own_unlock(&unsaid);
	own_unlock(&b);
	own_lock(&unsaid);
	own_lock(&b);
	own_unlock(&b);
	own_unlock(&unsaid);
}

static void later_too(void)
{
	later();
}

int main(void)
{
	in_turn(a_then_b, b_then_try_a, c_then_d, d_then_c_timed, again);
	own_lock(&unsaid);
	in_turn(hand_over, take_over, later, later_too);
	return 0;
}
