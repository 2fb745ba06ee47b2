"""Two orders of two pairs of locks, which one function makes and one function acquires: two findings.

EXPECT: lock-order two-members.py:13 two-members.py:13
EXPECT: lock-order two-members.py:14 two-members.py:14
"""
import threading

from steps import in_turn


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.journal = threading.Lock()


def take(first, second):
    with first:
        with second:
            pass


def take_all(first, second):
    take(first.lock, second.lock)
    take(first.journal, second.journal)


x, y = Account(), Account()
in_turn(lambda: take_all(x, y), lambda: take_all(y, x))
