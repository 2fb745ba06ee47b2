"""Both orders of the GIL and the mutex, in a thread that is joined before the other starts.

EXPECT: nothing
"""
import threading

import gil_locks

for body in gil_locks.under_gil, gil_locks.then_gil:
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
