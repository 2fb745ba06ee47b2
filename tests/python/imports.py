"""Threads that import: two packages in two orders, each of which imports the other.

EXPECT: nothing
"""
import importlib
import os
import sys
import tempfile
import threading

with tempfile.TemporaryDirectory() as folder:
    for name, other in ("left_side", "right_side"), ("right_side", "left_side"):
        with open(os.path.join(folder, name + ".py"), "w", encoding="utf-8") as file:
            file.write(f"import threading, time\ntime.sleep(0.001)\nimport {other}\n")
    sys.path.insert(0, folder)
    names = ["left_side", "right_side", "json", "decimal", "sqlite3", "xml.dom.minidom", "email.message"]
    for round in range(2):
        threads = [threading.Thread(target=importlib.import_module, args=(name,))
                   for name in (names if round else reversed(names))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
