/*
 * cycles.cc — cycles that are easily taken for each other, for tests/gate/fingerprints. Usage: cycles
 * NAME...: each name is a cycle of two locks of its own, closed by two threads in turn. Names that
 * differ only in their number are made by code that looks the same.
 */
#include "cycles.h"

#include <cstring>

std::atomic<int> done;

static std::atomic<int> turn;
static std::mutex m[20];

struct work {
	action *does;
	void *with;
	int turn;
};

static void *run(void *p)
{
	work *w = static_cast<work *>(p);

	while (turn != w->turn)
		sched_yield();
	w->does(w->with);
	turn++;
	return nullptr;
}

void both(action *a, action *b, void *with)
{
	work w[2] = {{a, with, 0}, {b, with, 1}};
	pthread_t t[2];

	turn = 0;
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], nullptr, run, &w[i]);
	for (pthread_t x : t)
		pthread_join(x, nullptr);
}

/* A thread for each of two lambdas, which are inlined into it. */
template <class A, class B> static void both_of(A a, B b)
{
	struct lambdas {
		A a;
		B b;
	} two = {a, b};

	both(
		[](void *p) {
			static_cast<lambdas *>(p)->a();
			done++;
		},
		[](void *p) {
			static_cast<lambdas *>(p)->b();
			done++;
		},
		&two);
}

/* ---- a project's guard, and functions that acquire what they are given ---- */

struct guard {
	std::mutex &m;

	explicit guard(std::mutex &m) : m(m)
	{
		m.lock();
	}
	~guard()
	{
		m.unlock();
	}
};

template <int N> KEEP static void take(std::mutex &x, std::mutex &y)
{
	guard a(x), b(y);

	done += N;
}

KEEP static void there(int n, std::mutex *x)
{
	if (n == 1) {
		guard a(x[0]);
		guard b(x[1]);
	} else {
		done += 2;
		guard a(x[0]);
		guard b(x[1]);
		done += 2;
	}
	done++;
}

KEEP static void back(int n, std::mutex *x)
{
	if (n == 1) {
		guard a(x[1]);
		guard b(x[0]);
	} else {
		done += 2;
		guard a(x[1]);
		guard b(x[0]);
		done += 2;
	}
	done++;
}

/* The compiler keeps one of two functions with the same code. */
KEEP static void same_1(std::mutex *x, std::mutex *y)
{
	std::lock_guard a(*x), b(*y);
}

KEEP static void same_2(std::mutex *x, std::mutex *y)
{
	std::lock_guard a(*x), b(*y);
}

static void enter(std::mutex *x)
{
	x->lock();
}

/* ---- an object whose locks one function initializes ---- */

struct book {
	pthread_mutex_t a, b, c, d;
};

KEEP static book *make_book()
{
	book *x = new book;

	pthread_mutex_init(&x->a, nullptr);
	pthread_mutex_init(&x->b, nullptr);
	pthread_mutex_init(&x->c, nullptr);
	pthread_mutex_init(&x->d, nullptr);
	done++;
	return x;
}

KEEP static void pair(pthread_mutex_t *x, pthread_mutex_t *y)
{
	pthread_mutex_lock(x);
	pthread_mutex_lock(y);
	pthread_mutex_unlock(y);
	pthread_mutex_unlock(x);
	done++;
}

static void run_one(const char *name, book *book)
{
	auto is = [name](const char *other) { return std::strcmp(name, other) == 0; };

	if (is("lambda1"))
		both_of(
			[] {
				std::lock_guard x(m[0]);
				std::scoped_lock y(m[1]);
				done++;
			},
			[] {
				std::lock_guard x(m[1]);
				std::scoped_lock y(m[0]);
				done++;
			});
	if (is("lambda2"))
		both_of(
			[] {
				std::lock_guard x(m[2]);
				std::scoped_lock y(m[3]);
				done++;
			},
			[] {
				std::lock_guard x(m[3]);
				std::scoped_lock y(m[2]);
				done++;
			});
	if (is("template1"))
		both_of(
			[] {
				take<1>(m[4], m[5]);
				done++;
			},
			[] {
				take<2>(m[5], m[4]);
				done++;
			});
	if (is("template2"))
		both_of(
			[] {
				take<3>(m[6], m[7]);
				done++;
			},
			[] {
				take<4>(m[7], m[6]);
				done++;
			});
	if (is("line1"))
		both_of(
			[] {
				there(1, &m[8]);
				done++;
			},
			[] {
				back(1, &m[8]);
				done++;
			});
	if (is("line2"))
		both_of(
			[] {
				there(2, &m[10]);
				done++;
			},
			[] {
				back(2, &m[10]);
				done++;
			});
	if (is("same1"))
		both_of(
			[] {
				done++;
				same_1(&m[12], &m[13]);
				done++;
			},
			[] {
				done += 2;
				same_1(&m[13], &m[12]);
				done++;
			});
	if (is("same2"))
		both_of(
			[] {
				done += 3;
				same_2(&m[14], &m[15]);
				done++;
			},
			[] {
				done += 4;
				same_2(&m[15], &m[14]);
				done++;
			});
	if (is("enter1"))
		both_of(
			[] {
				enter(&m[16]);
				enter(&m[17]);
				m[17].unlock();
				m[16].unlock();
			},
			[] {
				enter(&m[17]);
				enter(&m[16]);
				m[16].unlock();
				m[17].unlock();
			});
	if (is("enter2"))
		both_of(
			[] {
				enter(&m[18]);
				enter(&m[19]);
				m[19].unlock();
				m[18].unlock();
			},
			[] {
				enter(&m[19]);
				enter(&m[18]);
				m[18].unlock();
				m[19].unlock();
			});
	if (is("member1"))
		both(
			[](void *p) {
				pair(&static_cast<struct book *>(p)->a,
				     &static_cast<struct book *>(p)->b);
				done++;
			},
			[](void *p) {
				pair(&static_cast<struct book *>(p)->b,
				     &static_cast<struct book *>(p)->a);
				done++;
			},
			book);
	if (is("member2"))
		both(
			[](void *p) {
				pair(&static_cast<struct book *>(p)->c,
				     &static_cast<struct book *>(p)->d);
				done++;
			},
			[](void *p) {
				pair(&static_cast<struct book *>(p)->d,
				     &static_cast<struct book *>(p)->c);
				done++;
			},
			book);
	if (is("file1"))
		file1();
	if (is("file2"))
		file2();
}

int main(int argc, char **argv)
{
	book *book = make_book();

	for (int i = 1; i < argc; i++)
		run_one(argv[i], book);
}
