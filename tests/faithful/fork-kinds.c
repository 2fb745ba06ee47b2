/*
 * fork-kinds.c — six ways to create a child; each child locks, unlocks what its parent held, starts
 * a thread, forks again; afterwards the parent's locks are as before.
 * STEERED: yes
 */
#include "observe.h"
#include <spawn.h>

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;

static void *thread(void *arg)
{
	return (void *)(long)(pthread_mutex_lock(&other) + pthread_mutex_unlock(&other) + 3 +
			      (arg != NULL));
}

static int child_body(int with_thread)
{
	int rc = pthread_mutex_trylock(&held) == EBUSY ? 0 : 1;
	rc |= pthread_mutex_unlock(&held) ? 2 : 0; /* the forking thread is the owner here too */
	rc |= pthread_mutex_lock(&other) + pthread_mutex_unlock(&other) ? 4 : 0;
	rc |= pthread_rwlock_unlock(&rw) ? 8 : 0;
	rc |= pthread_rwlock_wrlock(&rw) + pthread_rwlock_unlock(&rw) ? 16 : 0;
	if (with_thread && (long)in_thread(thread, NULL) != 3)
		rc |= 32;
	return rc;
}

static void ended(const char *how, pid_t pid)
{
	int status = -1;
	if (pid > 0)
		waitpid(pid, &status, 0);
	say("%s: %s status %x, still held %d\n", how, pid > 0 ? "made" : "not made", status,
	    pthread_mutex_trylock(&held));
}

/* vfork's child runs on its parent's memory: it may lock and unlock, but must restore the locks. */
static __attribute__((noinline)) pid_t by_vfork(void)
{
	pid_t pid = vfork();
	if (!pid) {
		int rc = pthread_mutex_lock(&other) + pthread_mutex_unlock(&other);
		_exit(rc ? 1 : 0);
	}
	return pid;
}

static __attribute__((noinline)) pid_t by_vfork_exec(void)
{
	pid_t pid = vfork();
	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	return pid;
}

static void grandchild(void)
{
	pid_t pid = fork();
	if (!pid) {
		pid_t second = fork();
		if (!second)
			_exit(child_body(1));
		int status;
		waitpid(second, &status, 0);
		_exit(WEXITSTATUS(status) + child_body(1));
	}
	ended("grandchild", pid);
}

int main(void)
{
	extern pid_t _Fork(void);
	observe("start");
	pthread_mutex_lock(&held);
	pthread_rwlock_rdlock(&rw);
	pid_t pid = fork();
	if (!pid)
		_exit(child_body(1));
	ended("fork", pid);
	pid = _Fork();
	if (!pid)
		_exit(child_body(0));
	ended("_Fork", pid);
	pid = (pid_t)syscall(SYS_fork);
	if (!pid)
		_exit(child_body(0));
	ended("raw fork", pid);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(child_body(0));
	ended("raw clone", pid);
	ended("vfork", by_vfork());
	ended("vfork and exec", by_vfork_exec());
	char *args[] = {"sh", "-c", "exit 6", NULL};
	int rc = posix_spawn(&pid, "/bin/sh", NULL, NULL, args, environ);
	ended("spawn", rc ? -1 : pid);
	show(posix_spawn(&pid, "/no/such", NULL, NULL, args, environ));
	show(system("exit 7"));
	FILE *p = popen("echo from the child", "r");
	char line[80] = "";
	fgets(line, sizeof(line), p);
	say("%s", line);
	show(pclose(p));
	grandchild();
	show(pthread_rwlock_unlock(&rw));
	show(pthread_mutex_unlock(&held));
	observe("end");
	return 0;
}
