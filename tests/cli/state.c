/* Prints all that a program inherits from its parent: the front end may change none of it. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void signals(void)
{
	sigset_t mask;
	struct sigaction a;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int s = 1; s < 65; s++) {
		if (sigaction(s, NULL, &a))
			continue;
		if (sigismember(&mask, s) || a.sa_handler != SIG_DFL)
			printf("signal %d:%s%s\n", s, sigismember(&mask, s) ? " blocked" : "",
			       a.sa_handler == SIG_IGN ? " ignored" : "");
	}
}

static void limits(void)
{
	struct rlimit l;
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (!getrlimit(i, &l))
			printf("limit %d: %llu %llu\n", i, (unsigned long long)l.rlim_cur,
			       (unsigned long long)l.rlim_max);
}

static void descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(dir))
			printf("descriptor %s\n", e->d_name);
	closedir(dir);
}

int main(int argc, char **argv)
{
	int reaper = 0, death = 0;
	signals();
	limits();
	descriptors();
	prctl(PR_GET_CHILD_SUBREAPER, &reaper, 0, 0, 0);
	prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	mode_t mask = umask(0);
	umask(mask);
	printf("umask %o nice %d reaper %d death signal %d dumpable %d slack %d\n", (unsigned)mask,
	       getpriority(PRIO_PROCESS, 0), reaper, death, prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
	       prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	printf("group %d session %d\n", (int)getpgrp(), (int)getsid(0));
	for (int i = 0; i < argc; i++)
		printf("argument %s\n", argv[i]);
	return 0;
}
