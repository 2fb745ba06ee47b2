"""multiprocessing: forked workers with queues, locks and a pool.

EXPECT: nothing
"""
import multiprocessing
import threading


def square(n):
    with threading.Lock():
        return n * n


def child(queue, lock):
    with lock:
        queue.put(1)


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    queue, lock = context.Queue(), context.Lock()
    children = [context.Process(target=child, args=(queue, lock)) for _ in range(2)]
    for process in children:
        process.start()
    print(sum(queue.get() for _ in children))
    for process in children:
        process.join()
    with context.Pool(2) as pool:
        print(sum(pool.map(square, range(10))))
