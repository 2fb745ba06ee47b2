/*
 * spawn-storm.c — four threads start children by posix_spawn while others lock, with attributes and
 * file actions; statuses and output arrive, no descriptor is lost.
 */
#include "observe.h"
#include <spawn.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *spawns(void *arg)
{
	long bad = 0;
	for (int i = 0; i < 15; i++) {
		char *args[] = {"sh", "-c", i % 2 ? "exit 3" : "kill -9 $$", NULL};
		posix_spawnattr_t attr;
		posix_spawn_file_actions_t files;
		sigset_t all;
		pid_t pid;
		int status = 0;
		posix_spawnattr_init(&attr);
		posix_spawn_file_actions_init(&files);
		sigfillset(&all);
		posix_spawnattr_setsigdefault(&attr, &all);
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
		posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
		pthread_mutex_lock(&m);
		bad += posix_spawn(&pid, "/bin/sh", &files, &attr, args, environ) != 0;
		pthread_mutex_unlock(&m);
		waitpid(pid, &status, 0);
		bad += i % 2 ? WEXITSTATUS(status) != 3 : WTERMSIG(status) != SIGKILL;
	}
	(void)arg;
	return (void *)bad;
}

int main(void)
{
	pthread_t t[4];
	observe("start");
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, spawns, NULL);
	for (int i = 0; i < 4; i++) {
		void *got;
		pthread_join(t[i], &got);
		show(got);
	}
	observe("end");
	return 0;
}
