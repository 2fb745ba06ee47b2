"""asyncio: to_thread, run_in_executor, call_soon_threadsafe, and a lock that both sides acquire.

EXPECT: nothing
"""
import asyncio
import threading

lock = threading.Lock()


def work(n):
    with lock:
        return n


async def main():
    loop = asyncio.get_running_loop()
    print(sum(await asyncio.gather(*(asyncio.to_thread(work, n) for n in range(30)))))
    await loop.run_in_executor(None, work, 1)
    event = asyncio.Event()
    with lock:
        threading.Thread(target=loop.call_soon_threadsafe, args=(event.set,)).start()
    await event.wait()

asyncio.run(main())
