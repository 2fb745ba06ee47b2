"""bank: deposits, withdrawals and transfers between accounts that have a lock each.

RUN: bank.py deposit-racy
EXPECT-MATCH: balance [0-9]+ of 200000, lost [1-9][0-9]*

RUN: bank.py deposit-safe
EXPECT-OUTPUT: balance 200000 of 200000, lost 0

RUN: bank.py withdraw-carefully
EXPECT-OUTPUT: the other customer waited less than half a second
EXPECT-OUTPUT: balance 400

RUN: bank.py withdraw-poorly
EXPECT-OUTPUT: the other customer waited half a second or more
EXPECT-OUTPUT: balance 400
WITH: --long-hold=100ms
EXPECT-FINDING: long-hold *

RUN: bank.py transfer-opposite
EXPECT-OUTPUT: total 2000
EXPECT-FINDING: lock-order * *
EXPECT-STATUS: 66

RUN: bank.py transfer-opposite --hang
EXPECT-OUTPUT: both hold one account and want the other
EXPECT-HANG: yes
EXPECT-FINDING: deadlock * *
EXPECT-STATUS: 66

RUN: bank.py cure-sorted
EXPECT-OUTPUT: total 2000

RUN: bank.py cure-timeout
EXPECT-MATCH: gave up and tried again [1-9][0-9]* times
EXPECT-OUTPUT: total 2000

RUN: bank.py cure-no-nesting
EXPECT-OUTPUT: total 2000

RUN: bank.py cure-hierarchy
EXPECT-OUTPUT: refused: rank 1 while holding rank 2
EXPECT-OUTPUT: total 2000

RUN: bank.py cure-both
EXPECT-OUTPUT: total 2000

RUN: bank.py --help
EXPECT-MATCH: usage: bank.py .*
"""
import threading
import time

from show import Meeting, Turn, main, run_threads, say


class Account:
    def __init__(self, balance, rank=0):
        self.lock = threading.Lock()  # guards balance
        self.balance = balance
        self.rank = rank


# Deposits: the race and its cure.

def deposits(deposit, times):
    account, first = Account(0), Meeting(2)
    run_threads(*[lambda: deposit(account, times, first)] * 2)
    say(f"balance {account.balance} of {2 * times}, lost {2 * times - account.balance}")


def deposit_racy(account, times, first):
    for i in range(times):
        seen = account.balance
        if i == 0:
            first.come()  # both have read 0: one deposit is lost for certain
        elif i % 1000 == 0:
            time.sleep(0)
        account.balance = seen + 1


def deposit_safe(account, times, _):
    for _ in range(times):
        with account.lock:
            account.balance += 1


# Withdrawals: what is done under the lock, and what is not.

def head_office_agrees(amount):
    time.sleep(1)
    return amount < 1000


def withdraw_poorly(account, amount, turn):
    with account.lock:
        turn.next()
        if account.balance >= amount and head_office_agrees(amount):
            account.balance -= amount


def withdraw_carefully(account, amount, turn):
    with account.lock:
        enough = account.balance >= amount
        if enough:
            account.balance -= amount
    turn.next()
    if enough and not head_office_agrees(amount):
        with account.lock:
            account.balance += amount


def withdrawals(withdraw):
    account, turn = Account(1000), Turn()

    def other_customer():
        turn.wait(1)
        start = time.monotonic()
        with account.lock:
            short = time.monotonic() - start < 0.5
            account.balance -= 300
        say("the other customer waited " +
            ("less than half a second" if short else "half a second or more"))

    run_threads(lambda: withdraw(account, 300, turn), other_customer)
    say(f"balance {account.balance}")


# Transfers: the wrong one, and the five cures.

def move(source, target, amount):
    source.balance -= amount
    target.balance += amount


def transfer_opposite(settings):
    a, b = Account(1000), Account(1000)
    turn, both = Turn(), Meeting(2)

    def transfer(source, target):
        with source.lock:
            if settings.hang:
                both.come()
                if source is a:
                    say("both hold one account and want the other")
            with target.lock:
                move(source, target, 100)

    def a_to_b():
        transfer(a, b)
        turn.next()

    def b_to_a():
        if not settings.hang:
            turn.wait(1)
        transfer(b, a)

    run_threads(a_to_b, b_to_a)
    say(f"total {a.balance + b.balance}")


def cured(transfer):
    """Thread 0 moves money from a to b, thread 1 from b to a, both at the same time."""
    a, b = Account(1000, rank=1), Account(1000, rank=2)
    run_threads(lambda: [transfer(a, b, 1) for _ in range(200)],
                lambda: [transfer(b, a, 1) for _ in range(200)])
    say(f"total {a.balance + b.balance}")


def transfer_sorted(source, target, amount):
    """Acquires the lock with the lower address first; id() is the address."""
    first, second = sorted((source, target), key=id)
    with first.lock, second.lock:
        move(source, target, amount)


def cure_timeout(_):
    """Wait for the second lock with a limit; on time-out release the first lock."""
    met, given_up, first = set(), [], Meeting(2)

    def transfer(source, target, amount):
        while True:
            with source.lock:
                if source.rank not in met:
                    met.add(source.rank)
                    first.come()  # both hold a lock: at least one must give up once
                # two threads that give up after the same time can collide forever
                if target.lock.acquire(timeout=0.001 if source.rank == 1 else 0.02):
                    move(source, target, amount)
                    target.lock.release()
                    return
            given_up.append(None)
            time.sleep(0)

    a, b = Account(1000, rank=1), Account(1000, rank=2)
    run_threads(lambda: [transfer(a, b, 1) for _ in range(200)],
                lambda: [transfer(b, a, 1) for _ in range(200)])
    say(f"gave up and tried again {len(given_up)} times")
    say(f"total {a.balance + b.balance}")


def transfer_no_nesting(source, target, amount):
    """Never hold two locks: in between the money is in no account."""
    with source.lock:
        source.balance -= amount
    with target.lock:
        target.balance += amount


class Ladder(threading.local):
    """The highest rank that this thread holds; a lock of the same or a lower rank is refused."""
    rank = 0
    reported = False

    def lock(self, account):
        if account.rank <= self.rank:
            return False
        account.lock.acquire()
        self.rank = account.rank
        return True


ladder = Ladder()


def transfer_hierarchy(source, target, amount):
    ladder.lock(source)
    if not ladder.lock(target):
        if not ladder.reported:
            say(f"refused: rank {target.rank} while holding rank {ladder.rank}")
            ladder.reported = True
        source.lock.release()
        ladder.rank = 0
        ladder.lock(target)
        ladder.lock(source)
    move(source, target, amount)
    target.lock.release()
    source.lock.release()
    ladder.rank = 0


def lock_both(one, other):
    """Waits for one lock, tries the other; if that is busy, starts over with the busy lock."""
    while True:
        one.lock.acquire()
        if other.lock.acquire(blocking=False):
            return
        one.lock.release()
        time.sleep(0)
        one, other = other, one


def transfer_both(source, target, amount):
    lock_both(source, target)
    move(source, target, amount)
    source.lock.release()
    target.lock.release()


if __name__ == "__main__":
    main("accounts with a lock each", {
        "deposit-racy": (lambda s: deposits(deposit_racy, s.times), "no lock: money is lost"),
        "deposit-safe": (lambda s: deposits(deposit_safe, s.times), "with the account's lock"),
        "withdraw-carefully": (lambda s: withdrawals(withdraw_carefully),
                               "the slow question without the lock"),
        "withdraw-poorly": (lambda s: withdrawals(withdraw_poorly),
                            "the slow question under the lock"),
        "transfer-opposite": (transfer_opposite, "a to b and b to a (--hang)"),
        "cure-sorted": (lambda s: cured(transfer_sorted), "always the lower address first"),
        "cure-timeout": (cure_timeout, "wait with a limit, release, try again"),
        "cure-no-nesting": (lambda s: cured(transfer_no_nesting), "never hold two locks"),
        "cure-hierarchy": (lambda s: cured(transfer_hierarchy),
                           "acquire locks in rising rank only"),
        "cure-both": (lambda s: cured(transfer_both), "one call that acquires both or neither"),
    }, times=100000)
