"""Threads that wait in Python functions, called through C and from a generator; prints "ready" when they are blocked."""
import os
import sys
import threading
import time

a, b = threading.Lock(), threading.Lock()
done = threading.Event()


def wait_for(lock):
    with lock:
        pass


def through_c(lock):
    return sorted([1], key=lambda _: wait_for(lock))


def from_generator(lock):
    def each():
        yield wait_for(lock)
    return list(each())


def busy():
    def deep(n):
        return deep(n - 1) if n else None
    while not done.is_set():
        deep(30)


def calls(thread):
    """The number of the call in which the thread sleeps."""
    with open(f"/proc/self/task/{thread.native_id}/syscall", encoding="ascii") as file:
        return file.read().split()[0]


def main():
    threads = [threading.Thread(target=through_c, args=(a,), name="pay-bob"),
               threading.Thread(target=from_generator, args=(b,), name="ThreadPoolExecutor-0_12")]
    with a, b:
        for thread in threads:
            thread.start()
        while any(calls(thread) == "running" for thread in threads):
            time.sleep(0.001)
        if sys.argv[1:] == ["busy"]:
            threading.Thread(target=busy).start()
        print("ready", flush=True)
        while os.path.exists("alive"):
            time.sleep(0.05)
        done.set()


main()
print("done", flush=True)
