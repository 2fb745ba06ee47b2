"""Two locks in two orders, with acquire() and release().

EXPECT: lock-order inversion-acquire.py:12 inversion-acquire.py:13
EXPECT-FRAME: a_then_b inversion-acquire.py:18
EXPECT-FRAME: b_then_a inversion-acquire.py:25
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
