"""A pool of processes forks under its own lock, and logging acquires and remakes locks around every fork:
a child that holds its copy of a lock cannot deadlock with a thread of the parent.
EXPECT: nothing
"""
import concurrent.futures
import multiprocessing

if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=fork) as pool:
        print(list(pool.map(abs, range(-4, 4))))
