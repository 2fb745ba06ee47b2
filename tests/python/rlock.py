"""A recursive lock is acquired again under another lock: no wait is possible.

EXPECT: nothing
"""
import threading

from steps import in_turn

a = threading.RLock()
b = threading.Lock()


def work():
    with a:
        with b:
            with a:
                pass


in_turn(work, work)
