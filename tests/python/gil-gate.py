"""Both orders of the GIL and the mutex, but under another mutex, which lets one thread in.

EXPECT: nothing
"""
import gil_locks

from steps import in_turn

in_turn(gil_locks.under_gil_gated, gil_locks.then_gil_gated)
