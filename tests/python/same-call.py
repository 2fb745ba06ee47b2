"""Takes a lock at one line again and again, and then at another line of the function: the C functions are the same.

EXPECT: lock-order same-call.py:13 same-call.py:14
EXPECT-WAITED: nothing
EXPECT-FRAME: take same-call.py:21
EXPECT-NO-FRAME: take same-call.py:19
"""
import threading

from steps import in_turn

# the locks are made at two lines
a = threading.Lock()
b = threading.Lock()


def take():
    for _ in range(5):
        with a:
            pass
    with a:
        with b:
            pass


def b_then_a():
    with b:
        with a:
            pass


in_turn(take, b_then_a)
