"""Calls an extension that takes its mutex with the GIL, again and again, and then at another line.

EXPECT: lock-order * *
EXPECT-FRAME: take gil-same-call-held.py:16
EXPECT-NO-FRAME: take gil-same-call-held.py:15
"""
import gil_locks

from steps import in_turn


def take():
    # the C functions of all calls are the same
    for _ in range(5):
        gil_locks.without_or_before(False, False)
    gil_locks.without_or_before(False, True)


in_turn(take, gil_locks.table_under_door)
