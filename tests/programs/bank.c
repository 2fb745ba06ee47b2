/*
 * bank — deposits, withdrawals and transfers between accounts that have a lock each.
 *
 * `transfer-opposite` is the classic: one thread moves money from a to b, another from b to
 * a, and each first locks the account that loses the money. Here the second thread starts only
 * when the first is done, so nothing hangs; the checker reports that the program can hang. With
 * --hang both acquire their first lock before either tries to acquire its second: the program
 * certainly hangs. The second thread waits for a number, not for a create or a join, which would
 * order the threads, so that they could never run at the same time. (Status 125 of
 * `lockhound check`: no lock was seen.)
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
 * EXPECT-FINDING: long-hold account.lock
 * EXPECT-FINDING: blocking-call account.lock
 *
 * RUN: bank transfer-opposite
 * EXPECT-OUTPUT: total 2000
 * EXPECT-FINDING: lock-order account_a.lock account_b.lock
 * EXPECT-STATUS: 66
 *
 * RUN: bank transfer-opposite --hang
 * EXPECT-OUTPUT: both hold one account and want the other
 * EXPECT-HANG: yes
 * EXPECT-FINDING: deadlock account_a.lock account_b.lock
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
	int rank;             /* cure-hierarchy: locks are acquired in rising rank */
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

/* Asks the slow question with the lock held: every other customer waits for the head office. */
static NOINLINE void withdraw_poorly(long amount)
{
	pthread_mutex_lock(&account.lock);
	next_turn(&turn);
	if (balance_of(&account) >= amount && head_office_agrees(amount))
		set_balance(&account, balance_of(&account) - amount);
	pthread_mutex_unlock(&account.lock);
}

/* Reserves the money under the lock, asks without the lock, and puts the money back on a no. */
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
	wait_turn(&turn, 1); /* the slow customer's withdrawal has begun */
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

/* Both threads hold their first lock when they return from here: the hang is certain. The pause
 * is only for the report: the second thread always closes the cycle. */
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
	wait_turn(&turn, 1); /* the first thread holds its first lock, or is done */
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

/* Cure 1: acquire the lock with the lower address first, whatever the direction. */
static NOINLINE void transfer_sorted(struct account *from, struct account *to, long amount)
{
	struct account *first = from < to ? from : to, *second = from < to ? to : from;

	pthread_mutex_lock(&first->lock);
	pthread_mutex_lock(&second->lock);
	move(from, to, amount);
	pthread_mutex_unlock(&second->lock);
	pthread_mutex_unlock(&first->lock);
}

/* Two threads that give up after the same time can collide forever, so the limits differ. */
static bool lock_within_patience(struct account *a, const struct account *holding)
{
	struct timespec limit = in_ms(CLOCK_MONOTONIC, holding == &account_a ? 1 : 20);

	return pthread_mutex_clocklock(&a->lock, CLOCK_MONOTONIC, &limit) == 0;
}

/* Cure 2: wait for the second lock with a limit; on time-out release the first lock. */
static NOINLINE void transfer_timeout(struct account *from, struct account *to, long amount)
{
	static _Thread_local bool met;

	for (;;) {
		pthread_mutex_lock(&from->lock);
		if (!met)
			meet(&here, 2); /* both hold a lock: at least one must give up once */
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

/* Cure 3: never hold two locks. In between the money is in no account: a thread that adds up
 * the balances meanwhile sees too little. The best cure where that is allowed. */
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

/* Acquires the lock only if its rank is above those of all locks that this thread holds. */
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

/* Cure 4: every lock has a rank, and a thread acquires locks in rising rank only. A mistake is
 * refused at once, in the first test run, even without a second thread. */
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

/* Waits for one lock while holding none, tries the other, and starts over with the lock that
 * was busy. std::lock in C++ does this. */
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

/* Cure 5: one call that acquires both locks or neither. */
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
		{"cure-timeout", run_timeout, "wait with a limit, release, try again"},
		{"cure-no-nesting", run_no_nesting, "never hold two locks"},
		{"cure-hierarchy", run_hierarchy, "acquire locks in rising rank only"},
		{"cure-both", run_both, "one call that acquires both or neither"},
		{0}};

	(void)argc;
	return show_main(argv, "accounts with a lock each", modes,
			 (struct settings){.times = 100000});
}
