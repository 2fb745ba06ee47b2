/*
 * modes.h — the modes that all programs here have, for any lock L with lock() and unlock():
 *   abba    two threads acquire two such locks in both orders, and really wait for each other
 *   mixed   the same with one such lock, for which both have waited before, and a mutex of pthread; main does
 *           not wait
 *   ends    the same, but the wait ends after a while
 */
#pragma once
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

static std::atomic<int> tid, step;
static std::atomic<bool> over;
static pthread_mutex_t of_c = PTHREAD_MUTEX_INITIALIZER;

static inline void until(int n)
{
	while (step < n)
		std::this_thread::yield();
}

/* Returns once the thread sleeps in a futex call. */
static inline void asleep(int of)
{
	char path[64], text[64] = "";
	int nr;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", of);
	for (int i = 0; i < 20000; i++, usleep(200)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		if (sscanf(text, "%d", &nr) == 1 && nr == SYS_futex)
			return;
	}
}

/* A thread waits in f; `end` ends that. */
template <typename F, typename E> static void waits(F f, E end)
{
	std::thread t([&] { tid = gettid(); f(); });
	while (!tid)
		std::this_thread::yield();
	asleep(tid.exchange(0));
	end();
	t.join();
}

template <typename L> static void abba(L &a, L &b)
{
	std::thread t([&] {
		a.lock();
		step++;
		until(2);
		b.lock();
	});
	b.lock();
	step++;
	until(2);
	a.lock();
	t.join();
}

template <typename L> static void mixed(L &l, bool ends)
{
	std::thread([&l, ends] { // holds l, wants the mutex of C
		l.lock();
		step = 1;
		while (!tid)
			std::this_thread::yield();
		asleep(tid);
		l.unlock(); // wakes the other thread
		until(2);
		l.lock();
		step = 3;
		until(4);
		asleep(tid);
		if (ends) {
			usleep(1500000);
			l.unlock();
		} else {
			pthread_mutex_lock(&of_c);
		}
	}).detach();
	std::thread([&l] {
		until(1);
		tid = gettid();
		l.lock();
		l.unlock();
		step = 2;
		until(3);
		pthread_mutex_lock(&of_c);
		step = 4;
		l.lock();
		pthread_mutex_unlock(&of_c);
		over = true;
	}).detach();
	while (!over)
		usleep(10000);
}

/* Runs the program's mode. */
template <typename L> static int run(const char *mode, L &a, L &b, void (*right)())
{
	printf("pid %d\n", getpid());
	fflush(stdout);
	if (!strcmp(mode, "abba"))
		abba(a, b);
	else if (!strcmp(mode, "mixed") || !strcmp(mode, "ends"))
		mixed(a, !strcmp(mode, "ends"));
	else
		right();
	pthread_mutex_lock(&of_c);
	pthread_mutex_unlock(&of_c);
	return 0;
}
