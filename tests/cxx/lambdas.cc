/*
 * Locks that are local variables of one function, and lambdas that capture them: nested and generic
 * ones, and two whose code is the same. Each pair of lambdas is a deadlock of its own.
 * RUN: one lock-order
 * RUN: two lock-order lock-order
 * RUN: generic lock-order
 * RUN: nested lock-order
 * RUN: alike-one lock-order
 * RUN: alike lock-order lock-order
 * RUN: ordered nothing
 * WITHOUT: gcc-O2 alike, its compiler makes one function of two that are alike
 * WITHOUT: gcc-O3 alike, its compiler makes one function of two that are alike
 * WITHOUT: gcc-flto alike, its compiler makes one function of two that are alike
 * GATE: one two
 * GATE: alike-one alike
 * GATE: one generic
 * GATE: generic nested
 */
#include "turn.h"

#include <cstdio>
#include <mutex>
#include <thread>

static int total;

int main(int, char **argv)
{
	const char *run = argv[1];
	std::mutex a, b, c, d;
	int n = 0;
	auto start = [](int i, auto &&work) {
		return std::thread([i, &work] {
			turn mine(i);
			work();
		});
	};

	auto a_b = [&] {
		std::lock_guard x(a); // AT one two: holds main::a in main::{lambda#2}
		std::lock_guard y(b); // AT one two: wants main::b in main::{lambda#2}
		n += 1;
	};
	auto b_a = [&] {
		std::lock_guard x(b); // AT one two: holds main::b in main::{lambda#3}
		std::lock_guard y(a); // AT one two: wants main::a in main::{lambda#3}
		n -= 2;
	};
	auto c_d = [&] {
		std::lock_guard x(c); // AT two: holds main::c in main::{lambda#4}
		std::lock_guard y(d); // AT two: wants main::d in main::{lambda#4}
		n += 3;
		std::puts("c, d");
	};
	auto d_c = [&] {
		std::lock_guard x(d); // AT two: holds main::d in main::{lambda#5}
		std::lock_guard y(c); // AT two: wants main::c in main::{lambda#5}
		n -= 4;
		std::puts("d, c");
	};

	auto both = [&](auto &first, auto &second, auto by) {
		// AT generic: holds main::a, main::b in main::{lambda#6}<std::mutex, std::mutex, int>
		// AT generic: holds main::a, main::b in main::{lambda#6}<std::mutex, std::mutex, long>
		std::scoped_lock x(first);
		// AT generic: wants main::b, main::a in main::{lambda#6}<std::mutex, std::mutex, int>
		// AT generic: wants main::b, main::a in main::{lambda#6}<std::mutex, std::mutex, long>
		std::scoped_lock y(second);
		n += static_cast<int>(by);
	};

	auto nested = [&](std::mutex &first, std::mutex &second) {
		std::lock_guard x(first); // AT nested: holds main::c, main::d in main::{lambda#7}
		auto inner = [&] {
			// AT nested: wants main::d, main::c in main::{lambda#7}::{lambda#1}
			std::lock_guard y(second);
			total++;
		};
		inner();
	};

	/* g++ -O2 makes one function of these two. */
	auto alike_1 = [](std::mutex &first, std::mutex &second) {
		// AT alike alike-one: holds main::a, main::b in main::{lambda#8}
		std::lock_guard x(first);
		// AT alike alike-one: wants main::b, main::a in main::{lambda#8}
		std::lock_guard y(second);
		total++;
	};
	auto alike_2 = [](std::mutex &first, std::mutex &second) {
		std::lock_guard x(first);  // AT alike: holds main::c, main::d in main::{lambda#9}
		std::lock_guard y(second); // AT alike: wants main::d, main::c in main::{lambda#9}
		total++;
	};

	std::thread t[4];
	auto run_all = [&](auto... work) {
		int i = 0;
		((t[i] = start(i, work), i++), ...);
		for (auto &one : t)
			if (one.joinable())
				one.join();
	};
	if (is(run, "one"))
		run_all(a_b, b_a);
	else if (is(run, "two"))
		run_all(a_b, b_a, c_d, d_c);
	else if (is(run, "generic"))
		run_all([&] { both(a, b, 1); }, [&] { both(b, a, 2L); });
	else if (is(run, "nested"))
		run_all([&] { nested(c, d); }, [&] { nested(d, c); });
	else if (is(run, "alike-one"))
		run_all([&] { alike_1(a, b); }, [&] { alike_1(b, a); });
	else if (is(run, "alike"))
		run_all([&] { alike_1(a, b); }, [&] { alike_1(b, a); }, [&] { alike_2(c, d); },
			[&] { alike_2(d, c); });
	else if (is(run, "ordered"))
		run_all(a_b, a_b, c_d, c_d);
	else
		return 3;
}
