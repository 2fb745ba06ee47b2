/*
 * bank — deposits, withdrawals and transfers between accounts that have a lock each.
 *
 * `transfer-opposite` is the classic: one thread moves money from a to b, another from b to
 * a, and each locks the account it takes from first. Here the second starts only when the
 * first is done, so nothing hangs today; the checker reports what can happen tomorrow. With
 * --hang both take their first lock before either asks for its second: it hangs for certain.
 * The hand-over is by a number that the threads watch, not by create or join, which
 * would forbid the two from ever running at the same time. (125 of `lockhound check`: it has
 * seen no lock.)
 *
 * RUN: bank deposit-racy
 * EXPECT-MATCH: balance [0-9]+ of 200000, lost [1-9][0-9]*
 * EXPECT-STATUS: 125
 *
 * RUN: bank deposit-safe
 * EXPECT-OUTPUT: balance 200000 of 200000, lost 0
 *
 * RUN: bank withdraw-carefully
 * EXPECT-OUTPUT: the other customer waited less than half a second
 * EXPECT-OUTPUT: balance 400
 *
 * RUN: bank withdraw-poorly
 * EXPECT-OUTPUT: the other customer waited half a second or more
 * EXPECT-OUTPUT: balance 400
 * WITH: --long-hold=100ms --blocking=10ms
 * EXPECT-FINDING: long-hold account
 * EXPECT-FINDING: blocking-call account
 *
 * RUN: bank transfer-opposite
 * EXPECT-OUTPUT: total 2000
 * EXPECT-FINDING: lock-order account_a account_b
 * EXPECT-STATUS: 66
 *
 * RUN: bank transfer-opposite --hang
 * EXPECT-OUTPUT: both hold one account and want the other
 * EXPECT-HANG: yes
 * EXPECT-FINDING: deadlock account_a account_b
 * EXPECT-STATUS: 66
 *
 * RUN: bank cure-sorted
 * EXPECT-OUTPUT: total 2000
 *
 * RUN: bank cure-timeout
 * EXPECT-MATCH: gave up and tried again [1-9][0-9]* times
 * EXPECT-OUTPUT: total 2000
 *
 * RUN: bank cure-no-nesting
 * EXPECT-OUTPUT: total 2000
 *
 * RUN: bank cure-hierarchy
 * EXPECT-OUTPUT: refused: rank 1 while holding rank 2
 * EXPECT-OUTPUT: total 2000
 *
 * RUN: bank cure-both
 * EXPECT-OUTPUT: total 2000
 *
 * RUN: bank --help
 * EXPECT-MATCH: usage: bank MODE.*
 */
#include "show.h"

struct account {
	pthread_mutex_t lock; /* guards balance */
	atomic_long balance;  /* atomic only for the racy deposit, see counter.c */
	int rank;             /* cure-hierarchy: locks are taken in rising rank */
};

static struct account account = {PTHREAD_MUTEX_INITIALIZER, 0, 0};
static struct account account_a = {PTHREAD_MUTEX_INITIALIZER, 1000, 1};
static struct account account_b = {PTHREAD_MUTEX_INITIALIZER, 1000, 2};

static atomic_int here; /* threads that have come to the meeting */
static atomic_int turn;
static atomic_long given_up;

static long balance_of(struct account *a)
{
	return atomic_load_explicit(&a->balance, memory_order_relaxed);
}

static void set_balance(struct account *a, long money)
{
	atomic_store_explicit(&a->balance, money, memory_order_relaxed);
}

/* Deposits: the race and its cure. */

static void *deposit_racy(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++) {
		long seen = balance_of(&account);

		if (i == 0)
			meet(&here, 2); /* both have read 0: one deposit is lost for certain */
		else if (i % 1000 == 0)
			sched_yield();
		set_balance(&account, seen + 1);
	}
	return NULL;
}

static void *deposit_safe(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++) {
		pthread_mutex_lock(&account.lock);
		set_balance(&account, balance_of(&account) + 1);
		pthread_mutex_unlock(&account.lock);
	}
	return NULL;
}

static void deposits(void *(*deposit)(void *))
{
	long wanted = 2 * set.times;

	run_threads(2, deposit);
	say("balance %ld of %ld, lost %ld", balance_of(&account), wanted,
	    wanted - balance_of(&account));
}

static void run_deposit_racy(void)
{
	deposits(deposit_racy);
}

static void run_deposit_safe(void)
{
	deposits(deposit_safe);
}

/* Withdrawals: what is done under the lock, and what is not. */

/* Asks the head office whether the customer may have the money; it takes a second. */
static NOINLINE bool head_office_agrees(long amount)
{
	sleep_ms(1000);
	return amount < 1000;
}

/* The slow question is asked with the lock held: everyone else waits for the head office. */
static NOINLINE void withdraw_poorly(long amount)
{
	pthread_mutex_lock(&account.lock);
	next_turn(&turn);
	if (balance_of(&account) >= amount && head_office_agrees(amount))
		set_balance(&account, balance_of(&account) - amount);
	pthread_mutex_unlock(&account.lock);
}

/* Sets the money aside under the lock, asks without it, and puts the money back on a no. */
static NOINLINE void withdraw_carefully(long amount)
{
	bool enough;

	pthread_mutex_lock(&account.lock);
	enough = balance_of(&account) >= amount;
	if (enough)
		set_balance(&account, balance_of(&account) - amount);
	pthread_mutex_unlock(&account.lock);
	next_turn(&turn);
	if (!enough || head_office_agrees(amount))
		return;
	pthread_mutex_lock(&account.lock);
	set_balance(&account, balance_of(&account) + amount);
	pthread_mutex_unlock(&account.lock);
}

static void (*withdraw)(long);

static void *slow_customer(void *unused)
{
	(void)unused;
	withdraw(300);
	return NULL;
}

static void *other_customer(void *unused)
{
	double from;

	(void)unused;
	wait_turn(&turn, 1); /* the slow one is in the middle of it */
	from = now();
	pthread_mutex_lock(&account.lock);
	say("the other customer waited %s",
	    now() - from < 0.5 ? "less than half a second" : "half a second or more");
	set_balance(&account, balance_of(&account) - 300);
	pthread_mutex_unlock(&account.lock);
	return NULL;
}

static void withdrawals(void (*how)(long))
{
	pthread_t slow, other;

	withdraw = how;
	set_balance(&account, 1000);
	slow = start(slow_customer, NULL);
	other = start(other_customer, NULL);
	finish(slow);
	finish(other);
	say("balance %ld", balance_of(&account));
}

static void run_withdraw_poorly(void)
{
	withdrawals(withdraw_poorly);
}

static void run_withdraw_carefully(void)
{
	withdrawals(withdraw_carefully);
}

/* Transfers: the wrong one, and the five cures. */

static void move(struct account *from, struct account *to, long amount)
{
	set_balance(from, balance_of(from) - amount);
	set_balance(to, balance_of(to) + amount);
}

/* Both hold their first lock when they leave here: the hang is certain. The pause is only for
 * the report: it is always the second thread that closes the circle. */
static void hold_and_want(bool first)
{
	next_turn(&turn);
	meet(&here, 2);
	if (first)
		say("both hold one account and want the other");
	else
		sleep_ms(50);
}

static NOINLINE void transfer_naive(struct account *from, struct account *to, long amount)
{
	pthread_mutex_lock(&from->lock);
	if (set.hang)
		hold_and_want(from == &account_a);
	pthread_mutex_lock(&to->lock);
	move(from, to, amount);
	pthread_mutex_unlock(&to->lock);
	pthread_mutex_unlock(&from->lock);
}

static void *a_to_b(void *unused)
{
	(void)unused;
	begin(2);
	transfer_naive(&account_a, &account_b, 100);
	next_turn(&turn);
	return NULL;
}

static void *b_to_a(void *unused)
{
	(void)unused;
	begin(2);
	wait_turn(&turn, 1); /* the first has its first lock, or is done with both */
	transfer_naive(&account_b, &account_a, 100);
	return NULL;
}

static void run_opposite(void)
{
	pthread_t first = start(a_to_b, NULL), second = start(b_to_a, NULL);

	begin(2);
	finish(first);
	finish(second);
	say("total %ld", balance_of(&account_a) + balance_of(&account_b));
}

/* Cure 1: whatever the direction, the lock with the lower address is taken first. */
static NOINLINE void transfer_sorted(struct account *from, struct account *to, long amount)
{
	struct account *first = from < to ? from : to, *second = from < to ? to : from;

	pthread_mutex_lock(&first->lock);
	pthread_mutex_lock(&second->lock);
	move(from, to, amount);
	pthread_mutex_unlock(&second->lock);
	pthread_mutex_unlock(&first->lock);
}

/* Two that give up after the same time can collide for ever, so one is more patient. */
static bool lock_within_patience(struct account *a, const struct account *holding)
{
	struct timespec limit = in_ms(CLOCK_MONOTONIC, holding == &account_a ? 1 : 20);

	return pthread_mutex_clocklock(&a->lock, CLOCK_MONOTONIC, &limit) == 0;
}

/* Cure 2: wait for the second lock with a limit; on time-out give the first one back. */
static NOINLINE void transfer_timeout(struct account *from, struct account *to, long amount)
{
	static _Thread_local bool met;

	for (;;) {
		pthread_mutex_lock(&from->lock);
		if (!met)
			meet(&here, 2); /* both hold one: at least one of them must give up once */
		met = true;
		if (lock_within_patience(to, from))
			break;
		pthread_mutex_unlock(&from->lock);
		atomic_fetch_add(&given_up, 1);
		sched_yield();
	}
	move(from, to, amount);
	pthread_mutex_unlock(&to->lock);
	pthread_mutex_unlock(&from->lock);
}

/* Cure 3: never hold two. In between the money is in nobody's account: whoever adds up
 * the balances meanwhile sees too little. Good where that is allowed. */
static NOINLINE void transfer_no_nesting(struct account *from, struct account *to, long amount)
{
	pthread_mutex_lock(&from->lock);
	set_balance(from, balance_of(from) - amount);
	pthread_mutex_unlock(&from->lock);
	pthread_mutex_lock(&to->lock);
	set_balance(to, balance_of(to) + amount);
	pthread_mutex_unlock(&to->lock);
}

static _Thread_local int rank_held;

/* Takes the lock only if its rank is above all that this thread holds. */
static bool lock_upwards(struct account *a)
{
	if (a->rank <= rank_held)
		return false;
	pthread_mutex_lock(&a->lock);
	rank_held = a->rank;
	return true;
}

static void unlock_down_to(struct account *a, int rank)
{
	rank_held = rank;
	pthread_mutex_unlock(&a->lock);
}

/* Cure 4: every lock has a rank, and a thread may only climb. A mistake is refused at
 * once, in the first test run, whether or not another thread was near. */
static NOINLINE void transfer_hierarchy(struct account *from, struct account *to, long amount)
{
	static _Thread_local bool tried;

	lock_upwards(from);
	if (!lock_upwards(to)) {
		if (!tried)
			say("refused: rank %d while holding rank %d", to->rank, rank_held);
		tried = true;
		unlock_down_to(from, 0);
		lock_upwards(to);
		lock_upwards(from);
	}
	move(from, to, amount);
	pthread_mutex_unlock(&to->lock);
	pthread_mutex_unlock(&from->lock);
	rank_held = 0;
}

/* Waits for one lock with nothing held, tries the other, and starts over from the one that
 * was busy. What std::lock does in C++. */
static NOINLINE void lock_both(struct account *one, struct account *other)
{
	for (;;) {
		struct account *busy = other;

		pthread_mutex_lock(&one->lock);
		if (pthread_mutex_trylock(&other->lock) == 0)
			return;
		pthread_mutex_unlock(&one->lock);
		sched_yield();
		other = one;
		one = busy;
	}
}

/* Cure 5: one call that takes both or neither. */
static NOINLINE void transfer_both(struct account *from, struct account *to, long amount)
{
	lock_both(from, to);
	move(from, to, amount);
	pthread_mutex_unlock(&from->lock);
	pthread_mutex_unlock(&to->lock);
}

static void (*transfer)(struct account *, struct account *, long);

/* Thread 0 moves money from a to b, thread 1 from b to a, both at the same time. */
static void *move_often(void *direction)
{
	struct account *from = direction ? &account_b : &account_a;
	struct account *to = direction ? &account_a : &account_b;

	for (int i = 0; i < 200; i++)
		transfer(from, to, 1);
	return NULL;
}

static void cured(void (*how)(struct account *, struct account *, long))
{
	transfer = how;
	run_threads(2, move_often);
	if (how == transfer_timeout)
		say("gave up and tried again %ld times", atomic_load(&given_up));
	say("total %ld", balance_of(&account_a) + balance_of(&account_b));
}

static void run_sorted(void)
{
	cured(transfer_sorted);
}

static void run_timeout(void)
{
	cured(transfer_timeout);
}

static void run_no_nesting(void)
{
	cured(transfer_no_nesting);
}

static void run_hierarchy(void)
{
	cured(transfer_hierarchy);
}

static void run_both(void)
{
	cured(transfer_both);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"deposit-racy", run_deposit_racy, "two threads deposit, no lock: money is lost"},
		{"deposit-safe", run_deposit_safe, "the same with the account's lock"},
		{"withdraw-carefully", run_withdraw_carefully,
		 "the slow question without the lock"},
		{"withdraw-poorly", run_withdraw_poorly, "the slow question under the lock"},
		{"transfer-opposite", run_opposite,
		 "a to b and b to a, each locks its own first (--hang)"},
		{"cure-sorted", run_sorted, "always the lower address first"},
		{"cure-timeout", run_timeout, "wait with a limit, give back, try again"},
		{"cure-no-nesting", run_no_nesting, "never hold two locks"},
		{"cure-hierarchy", run_hierarchy, "every lock has a rank, threads only climb"},
		{"cure-both", run_both, "one call that takes both or neither"},
		{0}};

	(void)argc;
	return show_main(argv, "accounts with a lock each", modes,
			 (struct settings){.times = 100000});
}
