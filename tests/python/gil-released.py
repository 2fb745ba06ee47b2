"""An extension releases the GIL before it waits for its mutex, so a thread may wait for the GIL with the mutex.

EXPECT: nothing
"""
import gil_locks

from steps import in_turn

in_turn(gil_locks.without_gil, gil_locks.then_gil)
in_turn(gil_locks.then_gil, gil_locks.without_gil)
