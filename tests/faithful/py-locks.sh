# py-locks — CPython's locks, conditions, queues, events, barriers, executors, subprocesses and
# fork: output and status of a script that uses them all.
# NEEDS: /usr/bin/python3
# LIMIT: 40
cat > s.py <<'P'
import concurrent.futures, os, queue, subprocess, sys, threading
a, b = threading.Lock(), threading.Lock()
def ab():
    with a:
        with b: pass
def ba():
    with b:
        with a: pass
for f in (ab, ba):
    t = threading.Thread(target=f); t.start(); t.join()
print(a.acquire(timeout=0.01), a.acquire(False), a.acquire(timeout=0.01)); a.release()
try: a.release()
except RuntimeError as e: print(e)
r = threading.RLock()
with r:
    with r: print("reentrant")
q = queue.Queue(3); got = []
def consume():
    while (x := q.get()) is not None: got.append(x)
t = threading.Thread(target=consume); t.start()
for i in range(2000): q.put(i)
q.put(None); t.join(); print(sum(got))
e = threading.Event(); print(e.wait(0.01)); e.set(); print(e.wait())
bar = threading.Barrier(3); n = []
ts = [threading.Thread(target=lambda: n.append(bar.wait() >= 0)) for _ in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]; print(n)
with concurrent.futures.ThreadPoolExecutor(4) as x:
    print(sum(x.map(lambda i: i * i, range(500))))
with concurrent.futures.ProcessPoolExecutor(2) as x:
    print(sum(x.map(abs, range(50))))
s = threading.BoundedSemaphore(2)
with s, s: print(s.acquire(blocking=False))
pid = os.fork()
if pid == 0:
    with a: os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(subprocess.run([sys.executable, "-c", "import threading; print(threading.active_count())"], capture_output=True))
import asyncio
async def main(): return await asyncio.to_thread(sum, [1, 2, 3])
print(asyncio.run(main()))
print(sorted(os.listdir("/proc/self/fd")) == sorted(os.listdir("/proc/self/fd")))
sys.exit(3)
P
$WATCH /usr/bin/python3 s.py; echo $?
