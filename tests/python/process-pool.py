"""A pool of processes forks under its own lock, and logging takes and remakes locks around every fork:
what a child does under its copy of a lock that was held at the fork meets nobody.
EXPECT: nothing
"""
import concurrent.futures
import multiprocessing

if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=fork) as pool:
        print(list(pool.map(abs, range(-4, 4))))
