"""Two locks in two orders, one thread after the other: nothing hangs in this run.

EXPECT: lock-order inversion.py:13 inversion.py:14
EXPECT-WAITED: nothing
EXPECT-FRAME: a_then_b inversion.py:18
EXPECT-FRAME: a_then_b inversion.py:19
EXPECT-FRAME: b_then_a inversion.py:25
"""
import threading

from steps import in_turn

a = threading.Lock()
b = threading.Lock()


def a_then_b():
    with a:
        with b:
            pass


def b_then_a():
    with b:
        with a:
            pass


in_turn(a_then_b, b_then_a)
