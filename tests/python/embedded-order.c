/*
 * embedded-order.c — a program with an interpreter and a mutex of its own: the main thread acquires
 * the mutex with the GIL, another thread the GIL with the mutex, in turn. With LOADED, the
 * interpreter is a library that is loaded while the program runs; "close" unloads it.
 */
#include <Python.h>
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static sem_t visited, leave;

struct python {
	void (*initialize)(void);
	int (*finalize)(void);
	PyThreadState *(*save)(void);
	void (*restore)(PyThreadState *);
	PyGILState_STATE (*ensure)(void);
	void (*release)(PyGILState_STATE);
	int (*run)(const char *, PyCompilerFlags *);
};

#ifdef LOADED
static struct python py;
#define FIND(member, name) *(void **)&py.member = dlsym(handle, name)

static void *load(void)
{
	void *handle = dlopen("libpython3.11.so.1.0", RTLD_NOW | RTLD_GLOBAL);

	FIND(initialize, "Py_Initialize");
	FIND(finalize, "Py_FinalizeEx");
	FIND(save, "PyEval_SaveThread");
	FIND(restore, "PyEval_RestoreThread");
	FIND(ensure, "PyGILState_Ensure");
	FIND(release, "PyGILState_Release");
	FIND(run, "PyRun_SimpleStringFlags");
	return handle;
}
#else
static const struct python py = {Py_Initialize,          Py_FinalizeEx,     PyEval_SaveThread,
				 PyEval_RestoreThread,   PyGILState_Ensure, PyGILState_Release,
				 PyRun_SimpleStringFlags};

static void *load(void)
{
	return NULL;
}
#endif

static void *visit(void *unused)
{
	pthread_mutex_lock(&table);
	PyGILState_STATE state = py.ensure();
	py.run("sum([1])", NULL);
	py.release(state);
	pthread_mutex_unlock(&table);
	sem_post(&visited);
	sem_wait(&leave);
	return unused;
}

static void lock_with_gil(void)
{
	pthread_mutex_lock(&table);
	pthread_mutex_unlock(&table);
}

int main(int argc, char **argv)
{
	void *handle = load();
	pthread_t thread;

	sem_init(&visited, 0, 0);
	sem_init(&leave, 0, 0);
	py.initialize();
	PyThreadState *mine = py.save();
	pthread_create(&thread, NULL, visit, NULL);
	sem_wait(&visited);
	py.restore(mine);
	lock_with_gil();
	mine = py.save();
	sem_post(&leave);
	pthread_join(thread, NULL);
	py.restore(mine);
	if (py.finalize() != 0)
		return 1;
	if (handle && argc > 1 && strcmp(argv[1], "close") == 0)
		dlclose(handle);
	return 0;
}
