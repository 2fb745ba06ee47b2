"""Two recursive locks in two orders, each acquired twice.

EXPECT: lock-order inversion-rlock.py:10 inversion-rlock.py:11
EXPECT-WAITED: nothing
"""
import threading

from steps import in_turn

a = threading.RLock()
b = threading.RLock()


def take(first, second):
    with first, first:
        with second, second:
            pass


in_turn(lambda: take(a, b), lambda: take(b, a))
