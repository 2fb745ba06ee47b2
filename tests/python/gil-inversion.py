"""An extension waits for its mutex with the GIL, and for the GIL with its mutex: nothing hangs in this run.

EXPECT: lock-order * *
EXPECT-FRAME: under_gil gil_locks.c:17
EXPECT-FRAME: gil_then_table gil-inversion.py:19
EXPECT-FRAME: then_gil gil_locks.c:38
EXPECT-FRAME: then_gil gil_locks.c:39
EXPECT-FRAME: table_then_gil gil-inversion.py:23
EXPECT-LOCK: GIL
EXPECT-TEXT: help: Release the GIL before you wait (Py_BEGIN_ALLOW_THREADS
EXPECT-TEXT: 'GIL' and 'table' are acquired in conflicting orders
"""
import gil_locks

from steps import in_turn


def gil_then_table():
    gil_locks.under_gil()


def table_then_gil():
    gil_locks.then_gil()


in_turn(gil_then_table, table_then_gil)
