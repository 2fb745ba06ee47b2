/*
 * embedded-order.c — a program with an interpreter and a mutex of its own: the main thread acquires
 * the mutex with the GIL, another thread the GIL with the mutex, in turn.
 */
#include <Python.h>
#include <pthread.h>

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static void *visit(void *unused)
{
	pthread_mutex_lock(&table);
	PyGILState_STATE state = PyGILState_Ensure();
	PyRun_SimpleString("sum([1])");
	PyGILState_Release(state);
	pthread_mutex_unlock(&table);
	return unused;
}

static void lock_with_gil(void)
{
	pthread_mutex_lock(&table);
	pthread_mutex_unlock(&table);
}

int main(void)
{
	pthread_t thread;

	Py_Initialize();
	PyThreadState *mine = PyEval_SaveThread();
	pthread_create(&thread, NULL, visit, NULL);
	PyEval_RestoreThread(mine);
	lock_with_gil();
	mine = PyEval_SaveThread();
	pthread_join(thread, NULL);
	PyEval_RestoreThread(mine);
	return Py_FinalizeEx() != 0;
}
