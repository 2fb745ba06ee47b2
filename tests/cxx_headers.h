/*
 * cxx_headers.h — the headers of the C++ library that take long to read; build_as (lib.sh) compiles them once in each
 * configuration.
 */
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
