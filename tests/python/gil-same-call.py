"""Calls an extension that takes its mutex without the GIL, again and again, and then at another line.

EXPECT: lock-order * *
EXPECT-FRAME: take gil-same-call.py:16
EXPECT-NO-FRAME: take gil-same-call.py:15
"""
import gil_locks

from steps import in_turn


def take():
    # the C functions of all calls are the same
    for _ in range(5):
        gil_locks.without_or_before(True, False)
    gil_locks.without_or_before(True, True)


in_turn(take, gil_locks.table_under_door)
