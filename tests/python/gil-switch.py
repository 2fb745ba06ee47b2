"""Python code that runs with a mutex of an extension: the interpreter releases the GIL in it, and takes it again.

EXPECT: lock-order * *
EXPECT-FRAME: call_under_table gil_locks.c:75
EXPECT-FRAME: until_another_ran gil-switch.py:18
"""
import threading

import gil_locks

from steps import in_turn

asked, seen, over = [0], [0], []


def until_another_ran():
    asked[0] += 1
    while seen[0] < asked[0]:
        pass


def another():
    while not over:
        seen[0] = asked[0]


def work():
    gil_locks.call_under_table(until_another_ran)


thread = threading.Thread(target=another)
thread.start()
in_turn(work, work)
over.append(None)
thread.join()
