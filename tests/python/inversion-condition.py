"""Two conditions in two orders, whose locks are RLocks made by threading.

EXPECT: lock-order inversion-condition.py:10 inversion-condition.py:11
EXPECT-WAITED: nothing
"""
import threading

from steps import in_turn

a = threading.Condition()
b = threading.Condition()


def take(first, second):
    with first:
        with second:
            second.notify_all()


in_turn(lambda: take(a, b), lambda: take(b, a))
