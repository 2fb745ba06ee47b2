"""Two locks in two orders, with acquire() and release().

EXPECT: lock-order inversion-acquire.py:14 inversion-acquire.py:15
EXPECT-WAITED: nothing
EXPECT-FRAME: a_then_b inversion-acquire.py:20
EXPECT-FRAME: b_then_a inversion-acquire.py:27
EXPECT-TEXT: inversion-acquire.py:20:5: error: 'a' and 'b' are acquired in conflicting orders
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
