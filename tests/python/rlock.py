"""A recursive lock taken again inside another one that was taken inside it: no new wait.

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
