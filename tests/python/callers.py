"""One function that acquires a lock is called from two lines: the stacks tell the lines apart.

EXPECT: lock-order callers.py:12 callers.py:13
EXPECT-FRAME: outer_a callers.py:22
EXPECT-FRAME: outer_b callers.py:28
EXPECT-NO-FRAME: outer_a callers.py:23
"""
import threading

from steps import in_turn

a = threading.Lock()
b = threading.Lock()


def take(lock):
    return lock.acquire()


def outer_a():
    with a:
        take(b) and b.release()
    take(b) and b.release()


def outer_b():
    with b:
        take(a) and a.release()


def warm():
    take(a) and a.release()


in_turn(warm, outer_a, outer_b)
