"""Two locks in two orders, acquired with a flag: True waits, False does not.

EXPECT: lock-order inversion-flag.py:10 inversion-flag.py:11
EXPECT-WAITED: nothing
"""
import threading

from steps import in_turn

a = threading.Lock()
b = threading.Lock()
c = threading.Lock()
d = threading.Lock()


def a_then_b():
    a.acquire(True)
    b.acquire(blocking=True)
    b.release()
    a.release()


def b_then_a():
    b.acquire(blocking=True)
    a.acquire(True)
    a.release()
    b.release()


def tried(first, second):
    first.acquire(True)
    second.acquire(False)
    second.release()
    second.acquire(blocking=False)
    second.release()
    second.acquire(True, 1)
    second.release()
    first.release()


in_turn(a_then_b, b_then_a, lambda: tried(c, d), lambda: tried(d, c))
