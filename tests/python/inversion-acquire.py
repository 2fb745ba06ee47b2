"""Two locks in two orders, with acquire() and release().

EXPECT: lock-order inversion-acquire.py:13 inversion-acquire.py:14
EXPECT-WAITED: nothing
EXPECT-FRAME: a_then_b inversion-acquire.py:19
EXPECT-FRAME: b_then_a inversion-acquire.py:26
"""
import threading

from steps import in_turn


a = threading.Lock()
b = threading.Lock()


def a_then_b():
    a.acquire()
    b.acquire()
    b.release()
    a.release()


def b_then_a():
    b.acquire()
    a.acquire()
    a.release()
    b.release()


in_turn(a_then_b, b_then_a)
