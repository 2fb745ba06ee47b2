"""Two orders; in one of them the thread waits for the second lock, with the same stack.

EXPECT: lock-order inversion-waited.py:13 inversion-waited.py:14
EXPECT-FRAME: take_both inversion-waited.py:19
EXPECT-FRAME: a_then_b inversion-waited.py:23
"""
import threading
import time

from steps import in_turn


a = threading.Lock()
b = threading.Lock()


def take_both(first, second):
    with first:
        with second:
            pass

def a_then_b():
    take_both(a, b)


def b_held():
    """Holds b until a_then_b waits for b, after its try has failed."""
    with b:
        waiter = threading.Thread(target=a_then_b)
        waiter.start()
        while not a.locked():
            time.sleep(0)
        time.sleep(0.02)
    waiter.join()


in_turn(b_held, lambda: take_both(b, a))
