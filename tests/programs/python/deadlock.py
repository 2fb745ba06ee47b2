"""deadlock: threads that wait in a cycle: two, a ring of them, one alone, five philosophers.

A Python lock is a POSIX semaphore underneath, and any thread may release a semaphore.
So when one thread acquires a lock twice (`self`), the checker cannot know that no other thread
will ever release the lock: it reports no deadlock, and the time limit ends the program.
For the same reason a cycle of waits is reported only after it has been unchanged for a second.

RUN: deadlock.py two
EXPECT-OUTPUT: thread 0 has both
EXPECT-OUTPUT: thread 1 has both
EXPECT-FINDING: lock-order * *
EXPECT-STATUS: 66

RUN: deadlock.py two --hang
EXPECT-OUTPUT: each of 2 threads holds one lock and wants the next
EXPECT-HANG: yes
EXPECT-FINDING: deadlock * *
EXPECT-STATUS: 66

RUN: deadlock.py ring
EXPECT-OUTPUT: thread 2 has both
EXPECT-FINDING: lock-order * * *
EXPECT-STATUS: 66

RUN: deadlock.py ring --hang --threads 6
EXPECT-OUTPUT: each of 6 threads holds one lock and wants the next
EXPECT-HANG: yes
EXPECT-FINDING: deadlock * * * * * *
EXPECT-STATUS: 66

RUN: deadlock.py self
WITH: --timeout=2s
EXPECT-OUTPUT: the audit asks for the balance
EXPECT-HANG: yes
EXPECT-STATUS: 124

RUN: deadlock.py philosophers-wrong
EXPECT-OUTPUT: 5 philosophers have eaten
EXPECT-FINDING: lock-order * * * * *
EXPECT-STATUS: 66

RUN: deadlock.py philosophers-right
EXPECT-OUTPUT: 5 philosophers have eaten

RUN: deadlock.py --help
EXPECT-MATCH: usage: deadlock.py .*
"""
import threading

from show import Meeting, Turn, main, run_threads, say

PHILOSOPHERS = 5


def wait_cycle(pairs, hang):
    """Thread i acquires the two locks of pairs[i]: in its turn, or with all the others."""
    turn, all_here = Turn(), Meeting(len(pairs))

    def take_both(me, first, second):
        if not hang:
            turn.wait(me)
        with first:
            if hang:
                all_here.come()
                if me == 0:
                    say(f"each of {len(pairs)} threads holds one lock and wants the next")
            with second:
                say(f"thread {me} has both")
        turn.next()

    run_threads(*[lambda me=me, pair=pair: take_both(me, *pair) for me, pair in enumerate(pairs)])


def neighbours(n):
    locks = [threading.Lock() for _ in range(n)]
    return [(locks[i], locks[(i + 1) % n]) for i in range(n)]


def two(settings):
    lock_a, lock_b = threading.Lock(), threading.Lock()
    wait_cycle([(lock_a, lock_b), (lock_b, lock_a)], settings.hang)


def ring(settings):
    wait_cycle(neighbours(settings.threads), settings.hang)


def audit_self(_):
    lock, money = threading.Lock(), 100

    def balance():
        with lock:
            return money

    with lock:
        say("the audit asks for the balance")
        say(f"balance {balance()}")


def philosophers_wrong(settings):
    wait_cycle(neighbours(PHILOSOPHERS), settings.hang)
    say(f"{PHILOSOPHERS} philosophers have eaten")


def philosophers_right(_):
    """The fork with the lower number first: the last philosopher takes the right fork first."""
    forks = [threading.Lock() for _ in range(PHILOSOPHERS)]

    def eat(left):
        low, high = sorted((left, (left + 1) % PHILOSOPHERS))
        for _ in range(1000):
            with forks[low], forks[high]:
                pass

    run_threads(*[lambda left=left: eat(left) for left in range(PHILOSOPHERS)])
    say(f"{PHILOSOPHERS} philosophers have eaten")


if __name__ == "__main__":
    main("cycles of waits", {
        "two": (two, "A then B, B then A (--hang)"),
        "ring": (ring, "each holds its own and wants the next (--threads, --hang)"),
        "self": (audit_self, "one thread, one plain lock, twice: hangs"),
        "philosophers-wrong": (philosophers_wrong, "left fork first (--hang)"),
        "philosophers-right": (philosophers_right, "fork with the lower number first"),
    }, threads=3)
