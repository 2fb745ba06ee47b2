"""Sub-interpreters, the interpreter's dump of all stacks, and the statistics of its allocator.

EXPECT: nothing
"""
import faulthandler
import os
import threading
import tracemalloc

import _xxsubinterpreters as interpreters

with open(os.devnull, "w", encoding="utf-8") as nowhere:
    faulthandler.dump_traceback_later(0.005, repeat=True, file=nowhere)
    lock = threading.Lock()

    tracemalloc.start()
    with lock:
        kept = [str(n) for n in range(1000)]
    tracemalloc.take_snapshot()
    tracemalloc.stop()  # together with a sub-interpreter the program hangs, also without lockhound

    other = interpreters.create()
    for _ in range(3):
        interpreters.run_string(other, "import _thread\nl = _thread.allocate_lock()\n"
                                       "with l: x = 1\nwith l: [n for n in range(9)]")
        with lock:
            threading.Event().wait(0.005)
    interpreters.destroy(other)
    faulthandler.cancel_dump_traceback_later()
