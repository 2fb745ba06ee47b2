"""One thread alone acquires the GIL and the mutex in both orders.

EXPECT: nothing
"""
import gil_locks

for _ in range(3):
    gil_locks.under_gil()
    gil_locks.then_gil()
