# A thread waits for the result of a Future that a worker of an executor computes.
# CANNOT: the worker has released its locks when its result is there.
# NEAR CAN: the thread waits for the result of another job.
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

a, b = threading.Lock(), threading.Lock()


def compute():
    time.sleep(0.004)
    with a:
        with b:
            return 1


def other():
    return 2


def use(future):
    future.result()
    time.sleep(0.008)
    with b:
        with a:
            pass


with ThreadPoolExecutor(2) as pool:
    first, second = pool.submit(compute), pool.submit(other)
    user = threading.Thread(target=use, args=[second if sys.argv[1:] == ["near"] else first])
    user.start()
    user.join()
