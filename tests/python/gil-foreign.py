"""A thread that Python does not know asks for the GIL with the mutex.

EXPECT: lock-order * *
EXPECT-FRAME: foreign gil_locks.c:86
EXPECT-FRAME: gil_then_table gil-foreign.py:13
"""
import gil_locks

from steps import in_turn


def gil_then_table():
    gil_locks.under_gil()


in_turn(gil_locks.foreign_with_table, gil_then_table)
