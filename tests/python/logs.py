"""logging from several threads, with a lock of the program around some calls; prints too.

EXPECT: nothing
"""
import io
import logging
import threading

lock = threading.Lock()
stream = io.StringIO()
logging.basicConfig(stream=stream, level=logging.INFO)
log = logging.getLogger("app")


def work(n):
    for i in range(20):
        log.info("thread %d step %d", n, i)
        with lock:
            log.warning("inside")
            print(n, file=stream)
        logging.getLogger(f"app.{n}.{i}").debug("not shown")


threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
logging.shutdown()
