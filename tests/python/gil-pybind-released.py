"""pybind11: each method is bound with gil_scoped_release, so only a callback acquires both.

EXPECT: nothing
"""
import gil_pybind

from steps import in_turn

registry = gil_pybind.Registry()
in_turn(lambda: registry.add(lambda: None), registry.size_released, lambda: registry.add_from_thread(lambda: None))
