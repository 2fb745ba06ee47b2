/*
 * Locks of the program's own in conflicting orders, with each other and with a mutex; a name of
 * more than 15 bytes.
 * FLAGS: -Ilibcheck
 * EXPECT: lock-order a the-ledger-of-all-accounts
 * EXPECT: lock-order c m
 * EXPECT-STACK: own_lock, a_then_b, b_then_a, c_then_m, m_then_c
 * EXPECT-TEXT: own-abba.c:
 */
#include "own.h"

static own a, b, c;
MUTEX(m);

static void a_then_b(void)
{
	own_lock(&a);
	own_lock(&b);
	own_unlock(&b);
	own_unlock(&a);
}

static void b_then_a(void)
{
	own_lock(&b);
	own_lock(&a);
	own_unlock(&b);
	own_unlock(&a);
}

static void c_then_m(void)
{
	own_lock(&c);
	lock(&m);
	unlock(&m);
	own_unlock(&c);
}

static void m_then_c(void)
{
	lock(&m);
	own_lock(&c);
	own_unlock(&c);
	unlock(&m);
}

int main(void)
{
	lockhound_name(&b, "the-ledger-of-all-accounts");
	in_turn(a_then_b, b_then_a, c_then_m, m_then_c);
	return 0;
}
