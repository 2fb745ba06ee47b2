/*
 * gil_locks.c — an extension module with a mutex of its own, for the programs gil-*.py: takes the
 * mutex while it holds the GIL, and the GIL while it holds the mutex.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER, gate = PTHREAD_MUTEX_INITIALIZER;
static sem_t has_table, has_gil;

/* Waits for the mutex and keeps the GIL. */
static PyObject *under_gil(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	pthread_mutex_lock(&table);
	pthread_mutex_unlock(&table);
	Py_RETURN_NONE;
}

/* Lets the GIL go before it waits for the mutex, and the mutex before it waits for the GIL. */
static PyObject *without_gil(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	PyThreadState *mine = PyEval_SaveThread();
	pthread_mutex_lock(&table);
	pthread_mutex_unlock(&table);
	PyEval_RestoreThread(mine);
	Py_RETURN_NONE;
}

/* Waits for the GIL and keeps the mutex. */
static PyObject *then_gil(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	PyThreadState *mine = PyEval_SaveThread();
	pthread_mutex_lock(&table);
	PyEval_RestoreThread(mine);
	pthread_mutex_unlock(&table);
	Py_RETURN_NONE;
}

/* As then_gil, but holds another mutex around both. */
static PyObject *then_gil_gated(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	PyThreadState *mine = PyEval_SaveThread();
	pthread_mutex_lock(&gate);
	pthread_mutex_lock(&table);
	PyEval_RestoreThread(mine);
	pthread_mutex_unlock(&table);
	pthread_mutex_unlock(&gate);
	Py_RETURN_NONE;
}

/* Takes the gate without the GIL, keeps it, and takes the mutex with the GIL. */
static PyObject *under_gil_gated(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	PyThreadState *mine = PyEval_SaveThread();
	pthread_mutex_lock(&gate);
	PyEval_RestoreThread(mine);
	pthread_mutex_lock(&table);
	pthread_mutex_unlock(&table);
	pthread_mutex_unlock(&gate);
	Py_RETURN_NONE;
}

/* Takes the mutex with the GIL and calls a Python function that runs until another thread has had
 * the GIL: the interpreter lets the GIL go and takes it again. */
static PyObject *call_under_table(PyObject *self, PyObject *function)
{
	(void)self;
	pthread_mutex_lock(&table);
	PyObject *result = PyObject_CallNoArgs(function);
	pthread_mutex_unlock(&table);
	return result;
}

/* Threads that Python does not know: one asks for the GIL with the mutex, one without. */
static void *foreign(void *mutex)
{
	if (mutex)
		pthread_mutex_lock(mutex);
	PyGILState_STATE state = PyGILState_Ensure();
	PyGILState_Release(state);
	if (mutex)
		pthread_mutex_unlock(mutex);
	return NULL;
}

static PyObject *run_foreign(void *mutex)
{
	pthread_t thread;

	pthread_create(&thread, NULL, foreign, mutex);
	PyThreadState *mine = PyEval_SaveThread();
	pthread_join(thread, NULL);
	PyEval_RestoreThread(mine);
	Py_RETURN_NONE;
}

static PyObject *foreign_with_table(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	return run_foreign(&table);
}

static PyObject *foreign_thread(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	return run_foreign(NULL);
}

/* Joins, with the GIL, a thread that needs the GIL: hangs. */
static PyObject *join_under_gil(PyObject *self, PyObject *args)
{
	pthread_t thread;

	(void)self, (void)args;
	pthread_create(&thread, NULL, foreign, NULL);
	pthread_join(thread, NULL);
	Py_RETURN_NONE;
}

/* These two, in two threads, deadlock. */
static PyObject *meet_with_table(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	PyThreadState *mine = PyEval_SaveThread();
	pthread_mutex_lock(&table);
	sem_post(&has_table);
	while (sem_wait(&has_gil))
		;
	PyEval_RestoreThread(mine);
	pthread_mutex_unlock(&table);
	Py_RETURN_NONE;
}

static PyObject *meet_with_gil(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	while (sem_wait(&has_table))
		;
	sem_post(&has_gil);
	pthread_mutex_lock(&table);
	pthread_mutex_unlock(&table);
	Py_RETURN_NONE;
}

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;

/* Takes the mutex, and perhaps the door under it, without the GIL, or before it lets the GIL go. */
static PyObject *without_or_before(PyObject *self, PyObject *args)
{
	int without, with_door;
	PyThreadState *mine = NULL;

	(void)self;
	if (!PyArg_ParseTuple(args, "pp", &without, &with_door))
		return NULL;
	if (without)
		mine = PyEval_SaveThread();
	pthread_mutex_lock(&table);
	if (with_door) {
		pthread_mutex_lock(&door);
		pthread_mutex_unlock(&door);
	}
	pthread_mutex_unlock(&table);
	if (!without)
		mine = PyEval_SaveThread();
	PyEval_RestoreThread(mine);
	Py_RETURN_NONE;
}

static PyObject *table_under_door(PyObject *self, PyObject *args)
{
	(void)self, (void)args;
	PyThreadState *mine = PyEval_SaveThread();
	pthread_mutex_lock(&door);
	pthread_mutex_lock(&table);
	pthread_mutex_unlock(&table);
	pthread_mutex_unlock(&door);
	PyEval_RestoreThread(mine);
	Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"under_gil", under_gil, METH_NOARGS, NULL},
				{"without_gil", without_gil, METH_NOARGS, NULL},
				{"then_gil", then_gil, METH_NOARGS, NULL},
				{"then_gil_gated", then_gil_gated, METH_NOARGS, NULL},
				{"under_gil_gated", under_gil_gated, METH_NOARGS, NULL},
				{"call_under_table", call_under_table, METH_O, NULL},
				{"without_or_before", without_or_before, METH_VARARGS, NULL},
				{"table_under_door", table_under_door, METH_NOARGS, NULL},
				{"foreign_with_table", foreign_with_table, METH_NOARGS, NULL},
				{"foreign_thread", foreign_thread, METH_NOARGS, NULL},
				{"join_under_gil", join_under_gil, METH_NOARGS, NULL},
				{"meet_with_table", meet_with_table, METH_NOARGS, NULL},
				{"meet_with_gil", meet_with_gil, METH_NOARGS, NULL},
				{NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "gil_locks", .m_size = -1,
				    .m_methods = methods};

PyMODINIT_FUNC PyInit_gil_locks(void)
{
	sem_init(&has_table, 0, 0);
	sem_init(&has_gil, 0, 0);
	return PyModule_Create(&module);
}
