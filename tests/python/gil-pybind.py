"""pybind11: a callback under a std::mutex takes the GIL, and a method bound without a guard takes the mutex with the GIL.

EXPECT: lock-order * *
EXPECT-FRAME: Registry::size() gil_pybind.cc:15
EXPECT-FRAME: ask gil-pybind.py:19
EXPECT-FRAME: Registry::add(std::function<void ()> const&) gil_pybind.cc:20
EXPECT-FRAME: register gil-pybind.py:15
"""
import gil_pybind

from steps import in_turn

registry = gil_pybind.Registry()
def register():
    registry.add(lambda: None)


def ask():
    registry.size()


in_turn(register, ask)
