"""Two orders, but the second lock is only tried: a thread that does not get it continues without.

EXPECT: nothing
"""
import functools
import threading

from steps import in_turn

a = threading.Lock()
b = threading.RLock()


def keyword(lock):
    return lock.acquire(blocking=False)


def positional(lock):
    return lock.acquire(False)


def listed(lock):
    return lock.acquire(*[0])


def partial(lock):
    try_it = functools.partial(lock.acquire, False)
    return try_it()


def take(first, second):
    for how in keyword, positional, listed, partial:
        with first:
            if how(second):
                second.release()


in_turn(lambda: take(a, b), lambda: take(b, a))
