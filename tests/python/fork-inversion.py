"""Two orders in a forked child, with a lock that was made before the fork.

EXPECT: lock-order fork-inversion.py:11 fork-inversion.py:20
"""
import os
import sys
import threading

from steps import in_turn

a = threading.Lock()


def take(first, second):
    with first, second:
        pass


def child():
    b = threading.Lock()
    in_turn(lambda: take(a, b), lambda: take(b, a))
    sys.exit(0)


with a:
    pass
child_pid = os.fork()
if not child_pid:
    child()
os.waitpid(child_pid, 0)
