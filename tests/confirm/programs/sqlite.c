/*
 * SQLite calls a hook at each commit, under the mutex of the connection; the hook takes a lock of
 * the application, which also queries under this lock.
 * CANNOT: the query comes after the last commit, by an event.
 * NEAR CAN: it comes whenever it does.
 * FLAGS: -l:libsqlite3.so.0
 */
#include "scene.h"

struct sqlite3;
int sqlite3_open(const char *, struct sqlite3 **);
int sqlite3_exec(struct sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
		 char **);
void *sqlite3_commit_hook(struct sqlite3 *, int (*)(void *), void *);

MUTEX(application);
EVENT(written);
static struct sqlite3 *database;
static int commits;

static void sql(const char *text)
{
	if (sqlite3_exec(database, text, NULL, NULL, NULL))
		abort();
}

static int on_commit(void *unused)
{
	(void)unused;
	lock(application);
	commits++;
	unlock(application);
	return 0;
}

static void writer(void)
{
	for (int i = 0; i < 20; i++)
		sql("insert into t values(1)");
	raise_event(&written);
}

static void reader(void)
{
#ifdef NEAR
	ms(30);
#else
	await_event(&written, 1);
#endif
	lock(application);
	sql("select count(*) from t");
	unlock(application);
}

int main(void)
{
	if (sqlite3_open(":memory:", &database))
		return 1;
	sql("create table t(a)");
	sqlite3_commit_hook(database, on_commit, NULL);
	side_by_side(writer, reader);
}
