"""Several threads acquire the mutex, always with the GIL.

EXPECT: nothing
"""
import gil_locks

from steps import in_turn

in_turn(gil_locks.under_gil, gil_locks.under_gil)
gil_locks.without_gil()
