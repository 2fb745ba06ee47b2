/* gil_pybind.cc — an extension module of pybind11 with a std::mutex: callbacks under the mutex. */
#include <mutex>
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <thread>

namespace py = pybind11;

struct Registry {
	std::mutex mutex;
	int entries = 0;

	int size() /* bound without a guard: called with the GIL */
	{
		std::lock_guard<std::mutex> lock(mutex);
		return entries;
	}
	void add(const std::function<void()> &callback) /* bound with gil_scoped_release */
	{
		std::lock_guard<std::mutex> lock(mutex);
		entries++;
		callback(); /* takes the GIL */
	}
	void add_from_thread(const std::function<void()> &callback)
	{
		std::thread([&] { add(callback); }).join();
	}
};

PYBIND11_MODULE(gil_pybind, m)
{
	using released = py::call_guard<py::gil_scoped_release>;
	py::class_<Registry>(m, "Registry")
		.def(py::init<>())
		.def("size", &Registry::size)
		.def("size_released", &Registry::size, released())
		.def("add", &Registry::add, released())
		.def("add_from_thread", &Registry::add_from_thread, released());
}
