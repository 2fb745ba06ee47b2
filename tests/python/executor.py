"""concurrent.futures: results, callbacks, wait, cancel, and a lock that tasks acquire.

EXPECT: nothing
"""
import concurrent.futures as futures
import threading

lock = threading.Lock()


def task(n):
    with lock:
        return n * n


def called(future):
    with lock:
        future.result()


with futures.ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(task, range(50))))
    several = [pool.submit(task, n) for n in range(50)]
    for future in several[:-1]:  # a cancelled future's callbacks run here, under the lock
        future.add_done_callback(called)
    futures.wait(several, return_when=futures.FIRST_COMPLETED)
    with lock:
        several[-1].cancel()
    for future in futures.as_completed(several[:-1]):
        future.result()
