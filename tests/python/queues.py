"""All queues, with a lock held around put and get in some threads.

EXPECT: nothing
"""
import queue
import threading

lock = threading.Lock()
tasks, answers = queue.Queue(maxsize=2), queue.SimpleQueue()
stack, heap = queue.LifoQueue(), queue.PriorityQueue()


def worker():
    while True:
        task = tasks.get()
        try:
            if task is None:
                return
            with lock:
                answers.put(task)
                stack.put(task)
                heap.put(-task)
        finally:
            tasks.task_done()


def impatient():
    for q in tasks, answers, stack:
        try:
            q.get(timeout=0.001)
        except queue.Empty:
            pass
    try:
        answers.get_nowait()
    except queue.Empty:
        pass
    with lock:
        pass


impatient()
threads = [threading.Thread(target=worker) for _ in range(3)]
for thread in threads:
    thread.start()
for number in range(30):
    tasks.put(number)
tasks.join()
for _ in threads:
    tasks.put(None)
got = [answers.get() for _ in range(30)]
while not stack.empty():
    stack.get()
    with lock:
        heap.get()
for thread in threads:
    thread.join()
print(len(got))
