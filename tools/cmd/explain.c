/* explain.c — lockhound explain: prints a rule's meaning, a wrong example and a right one; or what
 * a verdict of lockhound confirm means. */
#include "tools/cmd/commands.h"

#include <errno.h>
#include <string.h>

/* Shortened C: declarations and error checks are left out. */
/* Each line is one printed line. */
/* clang-format off */
static const struct {
	const char *wrong, *right;
} lessons[LH_RULES] = {
	[LH_RULE_LOCK_ORDER] = {
		"thread 1:                      thread 2:\n"
		"  lock(&accounts);               lock(&journal);\n"
		"  lock(&journal);                lock(&accounts);   /* the opposite order */\n",
		"both threads:\n"
		"  lock(&accounts);               /* always first */\n"
		"  lock(&journal);\n"
		"for two locks of the same kind, use a fixed order, such as their addresses:\n"
		"  lock(from < to ? &from->m : &to->m);\n"
		"  lock(from < to ? &to->m : &from->m);\n"
		"an extension module of Python, which is called with the GIL:\n"
		"  Py_BEGIN_ALLOW_THREADS lock(&table); ... unlock(&table); Py_END_ALLOW_THREADS\n" },
	[LH_RULE_DEADLOCK] = {
		"thread 1 holds accounts:       thread 2 holds journal:\n"
		"  lock(&journal);  /* waits */   lock(&accounts);  /* waits: the cycle is complete */\n",
		"as for lock-order: one order everywhere. End the deadlocked program; the report\n"
		"shows which acquisitions to reorder.\n" },
	[LH_RULE_SELF_DEADLOCK] = {
		"void add(int n)  { lock(&m); total += n; unlock(&m); }\n"
		"void twice(int n) { lock(&m); add(n); add(n); unlock(&m); }   /* add waits for this thread */\n",
		"static void add_locked(int n) { total += n; }       /* the caller holds m */\n"
		"void add(int n)  { lock(&m); add_locked(n); unlock(&m); }\n"
		"void twice(int n) { lock(&m); add_locked(n); add_locked(n); unlock(&m); }\n" },
	[LH_RULE_POOL_DEADLOCK] = {
		"sem_init(&pool, 0, 3);\n"
		"void task(void) { sem_wait(&pool); sem_wait(&pool); work(); ... }   /* two permits each */\n"
		"three tasks take one permit each; all three wait for a second one\n",
		"lock(&take_two); sem_wait(&pool); sem_wait(&pool); unlock(&take_two);\n"
		"   /* only one task at a time holds a permit and acquires another */\n"
		"or a task that needs two permits acquires one pair: sem_init(&pairs, 0, 1);\n" },
	[LH_RULE_COND_WAIT_HOLDING] = {
		"waiter, holds config:          signaller:\n"
		"  lock(&config);                 lock(&config);    /* waits for the waiter */\n"
		"  lock(&m);                      lock(&m);\n"
		"  while (!ready)                 ready = 1;\n"
		"    wait(&c, &m);                signal(&c);       /* never reached */\n",
		"waiter:\n"
		"  unlock(&config);               /* before the wait, not after it */\n"
		"  while (!ready) wait(&c, &m);\n" },
	[LH_RULE_COND_WAIT_UNLOCKED] = {
		"if (!ready)\n"
		"  pthread_cond_wait(&c, &m);     /* m is not held: the signal can come just before */\n",
		"pthread_mutex_lock(&m);\n"
		"while (!ready)\n"
		"  pthread_cond_wait(&c, &m);\n"
		"pthread_mutex_unlock(&m);\n" },
	[LH_RULE_UNLOCK_NOT_OWNER] = {
		"thread 1:                      thread 2:\n"
		"  lock(&m);                      ...\n"
		"  start_work();                  unlock(&m);   /* to report that the work is done */\n",
		"thread 1:                      thread 2:\n"
		"  start_work();                  ...\n"
		"  sem_wait(&done);               sem_post(&done);\n" },
	[LH_RULE_UNLOCK_NOT_HELD] = {
		"lock(&m);\n"
		"if (empty()) { unlock(&m); report(); }   /* no return here */\n"
		"unlock(&m);                              /* a second time */\n",
		"lock(&m);\n"
		"bool none = empty();\n"
		"unlock(&m);\n"
		"if (none) report();\n" },
	[LH_RULE_DESTROY_HELD] = {
		"void session_free(struct session *s)\n"
		"{\n"
		"  pthread_mutex_destroy(&s->m);   /* a worker is still inside */\n"
		"  free(s);\n"
		"}\n",
		"remove the session from every list, wait until its last user has finished\n"
		"(count users, or join the workers), then destroy and free the session\n" },
	[LH_RULE_EXIT_HOLDING] = {
		"void *worker(void *arg)\n"
		"{\n"
		"  lock(&m);\n"
		"  if (stop) return NULL;          /* or pthread_exit, or a cancelled read() */\n"
		"  ...\n",
		"  lock(&m);\n"
		"  if (stop) { unlock(&m); return NULL; }\n"
		"and where the thread can be cancelled:\n"
		"  pthread_cleanup_push(unlock, &m); ... pthread_cleanup_pop(1);\n" },
	[LH_RULE_FORK_HOLDING] = {
		"thread 1:                      thread 2:\n"
		"  lock(&log);                    if (fork() == 0)\n"
		"  ...                              log_line(\"child\");  /* log stays locked forever */\n",
		"exec at once in the child (posix_spawn does), or fork before threads start, or\n"
		"  pthread_atfork(lock_log, unlock_log, unlock_log);\n" },
	[LH_RULE_ORDER_POLICY] = {
		"declared: accounts before journal\n"
		"  lock(&journal);\n"
		"  lock(&accounts);               /* breaks the declared order, even if this is the only place */\n",
		"  lock(&accounts);\n"
		"  lock(&journal);\n" },
	[LH_RULE_LONG_HOLD] = {
		"lock(&cache);\n"
		"value = ask_the_server(key);     /* a second */\n"
		"put(key, value);\n"
		"unlock(&cache);\n",
		"value = ask_the_server(key);     /* no thread waits for this */\n"
		"lock(&cache);\n"
		"put(key, value);\n"
		"unlock(&cache);\n" },
	[LH_RULE_BLOCKING_CALL] = {
		"lock(&queue);\n"
		"read(fd, buffer, sizeof(buffer));   /* until another process sends data */\n"
		"unlock(&queue);\n",
		"read(fd, buffer, sizeof(buffer));\n"
		"lock(&queue);\n"
		"append(buffer);\n"
		"unlock(&queue);\n" },
	[LH_RULE_LOST_SIGNAL] = {
		"waiter:                        signaller, a moment earlier:\n"
		"  lock(&m);                      signal(&c);         /* no thread waits yet: it is lost */\n"
		"  wait(&c, &m);                                      /* and no other will come */\n",
		"waiter:                        signaller:\n"
		"  lock(&m);                      lock(&m);\n"
		"  while (!ready)                 ready = 1;\n"
		"    wait(&c, &m);                signal(&c);\n"
		"  unlock(&m);                    unlock(&m);\n" },
	[LH_RULE_SIGNAL_LOCK] = {
		"void on_signal(int n) { lock(&m); count++; unlock(&m); }\n"
		"main: lock(&m); ... unlock(&m);  /* a signal here: the handler waits for this thread */\n",
		"volatile sig_atomic_t flag;\n"
		"void on_signal(int n) { flag = 1; }   /* test the flag outside, or use signalfd */\n"
		"or block the signal while m is held\n" },
	[LH_RULE_INVALID_LOCK] = {
		"pthread_mutex_destroy(&q->m);\n"
		"...\n"
		"lock(&q->m);                     /* a late user: fails with EINVAL */\n"
		"push(q, job);                    /* unprotected */\n",
		"join the users, or count them; the last one destroys the lock and frees q\n"
		"initialise: pthread_mutex_init, PTHREAD_MUTEX_INITIALIZER or zeroed memory for\n"
		"a mutex, rwlock or condition; always an init call for a barrier or spinlock\n" },
	[LH_RULE_LIVELOCK] = {
		"thread 1:                      thread 2:\n"
		"  lock(&a);                      lock(&b);\n"
		"  while (trylock(&b) != 0)       while (trylock(&a) != 0)\n"
		"    sched_yield();                 sched_yield();    /* forever */\n",
		"thread 1:\n"
		"  lock(&a);\n"
		"  while (trylock(&b) != 0) { unlock(&a); sched_yield(); lock(&a); }\n"
		"or one order for both threads, as std::scoped_lock needs none\n" },
	[LH_RULE_COND_TWO_MUTEXES] = {
		"thread 1:                      thread 2:\n"
		"  lock(&a);                      lock(&b);\n"
		"  while (!ready)                 while (!ready)\n"
		"    wait(&c, &a);                  wait(&c, &b);   /* at the same time */\n",
		"both threads, and the one that signals:\n"
		"  lock(&a);\n"
		"  while (!ready) wait(&c, &a);\n" },
};
static const struct {
	const char *title, *meaning, *help;
} verdicts[LH_VERDICTS] = {
	[LH_VERDICT_CONFIRMED] = {
		"the predicted deadlock happened",
		"lockhound confirm paused the threads of the cycle so that they met, and they deadlocked.\n"
		"Nothing else counts as a confirmation.",
		"The command after 'again:' shows it again; with --on-deadlock=stop it leaves the deadlocked\n"
		"process for a debugger." },
	[LH_VERDICT_CONTRADICTED] = {
		"the threads of the cycle exclude each other",
		"In at least three attempts, and in every one that reached both places, a thread came to its\n"
		"place only after another one had left its own. The reason names both places, and what orders\n"
		"them where that is known. The finding is a note.",
		"Keep that order: if what orders the threads changes, the deadlock may become possible. This\n"
		"was seen on the paths that the program took in these attempts." },
	[LH_VERDICT_NOT_REACHED] = {
		"no thread came to a place of the cycle again",
		"The run that predicted the cycle reached the place that the reason names, and no attempt did.\n"
		"The finding is as certain as before.",
		"Run the program with an input that reaches the place, or with more --runs." },
	[LH_VERDICT_OPEN] = {
		"the attempts tell nothing certain",
		"The deadlock did not happen, and nothing shows that it cannot. The finding is as certain as\n"
		"before; the reason says what happened.",
		"Allow more attempts (--runs) and more time (--budget)." },
};
/* clang-format on */

static enum lh_verdict find_verdict(const char *name)
{
	for (enum lh_verdict v = LH_VERDICT_CONFIRMED; v < LH_VERDICTS; v++)
		if (strcmp(lh_name_verdict(v), name) == 0)
			return v;
	return LH_VERDICT_NONE;
}

static void indent(const char *text)
{
	while (*text) {
		int n = (int)strcspn(text, "\n");

		printf("    %.*s\n", n, text);
		text += n + (text[n] == '\n');
	}
}

static void explain(enum lh_rule r)
{
	const struct lh_rule_row *row = lh_rule_row(r);

	printf("%s: %s\n\n%s\n", row->name, row->title, row->meaning);
	if (lessons[r].wrong) {
		puts("\nWrong:\n");
		indent(lessons[r].wrong);
		puts("\nRight:\n");
		indent(lessons[r].right);
	}
	printf("\n%s\n", row->help);
}

static void list(void)
{
	for (enum lh_rule r = 1; r < LH_RULES; r++)
		printf("  %-20s %s\n", lh_name_rule(r), lh_rule_row(r)->title);
	puts("verdicts of lockhound confirm:");
	for (enum lh_verdict v = LH_VERDICT_CONFIRMED; v < LH_VERDICTS; v++)
		printf("  %-20s %s\n", lh_name_verdict(v), verdicts[v].title);
}

static int explain_name(const char *name)
{
	enum lh_rule r = lh_name_find_rule(name);
	enum lh_verdict v = find_verdict(name);

	if (v != LH_VERDICT_NONE) {
		printf("%s: %s\n\n%s\n\n%s\n", name, verdicts[v].title, verdicts[v].meaning,
		       verdicts[v].help);
		return 0;
	}
	if (r == LH_NO_RULE) {
		const char *near = lh_name_nearest_rule(name);

		lh_log("explain: rule '%s' is not known%s%s%s 'lockhound explain' lists them", name,
		       near ? ", did you mean " : "", near ? near : "", near ? "?" : ";");
		return LH_STATUS_REPORT_ERROR;
	}
	explain(r);
	return 0;
}

static int explain_all(struct lh_settings *s, char **rule, int rules)
{
	int status = 0;

	(void)s;
	if (!rules)
		list();
	for (int i = 0; i < rules && status == 0; i++) {
		if (i)
			puts("\n");
		status = explain_name(rule[i]);
	}
	if ((fflush(stdout) || ferror(stdout)) && status == 0) {
		lh_log("explain: cannot write: %s", strerror(errno));
		status = LH_STATUS_REPORT_ERROR;
	}
	return status;
}

const struct lh_command lh_cmd_explain = {
	.name = "explain",
	.purpose = "explain a rule and its fix, or a verdict of confirm",
	.synopsis = "[RULE|VERDICT...]\n",
	.examples = "  lockhound explain lock-order\n"
		    "  lockhound explain contradicted\n"
		    "  lockhound explain               the list of rules and verdicts\n",
	.status = "  0, or 2 if a name is not known\n",
	.run = explain_all,
};
