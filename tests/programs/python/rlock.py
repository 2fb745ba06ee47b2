"""rlock: a function that takes a lock and calls itself.

threading.RLock counts in the interpreter, so the semaphore below it is acquired once.
With threading.Lock the second step waits forever; deadlock.py explains why the checker cannot
report a deadlock.

RUN: rlock.py recursive
EXPECT-OUTPUT: depth 3
EXPECT-OUTPUT: depth 2
EXPECT-OUTPUT: depth 1
EXPECT-OUTPUT: depth 0
EXPECT-OUTPUT: free again

RUN: rlock.py plain
WITH: --timeout=2s
EXPECT-OUTPUT: depth 3
EXPECT-HANG: yes
EXPECT-STATUS: 124

RUN: rlock.py --help
EXPECT-MATCH: usage: rlock.py .*
"""
import threading

from show import main, run_threads, say


def count_down(lock, depth):
    with lock:
        say(f"depth {depth}")
        if depth > 0:
            count_down(lock, depth - 1)


def depth_three(lock):
    """Another thread tries the lock: the owner would get a recursive lock even if not free."""
    def try_it():
        got = lock.acquire(blocking=False)
        say("free again" if got else "still taken")
        if got:
            lock.release()

    count_down(lock, 3)
    run_threads(try_it)


if __name__ == "__main__":
    main("a function that takes a lock and calls itself", {
        "recursive": (lambda s: depth_three(threading.RLock()), "depth 3, 2, 1, 0 on an RLock"),
        "plain": (lambda s: depth_three(threading.Lock()), "the same on a Lock: hangs"),
    })
