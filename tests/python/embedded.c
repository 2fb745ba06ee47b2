/*
 * embedded.c — starts and ends an interpreter several times; threads that the interpreter did not
 * create call it, some of them again after their thread state was deleted.
 */
#include <Python.h>
#include <pthread.h>

static const char *const script = "import threading\n"
				  "lock = threading.Lock()\n"
				  "def work():\n"
				  "    with lock:\n"
				  "        pass\n"
				  "threads = [threading.Thread(target=work) for _ in range(3)]\n"
				  "for t in threads: t.start()\n"
				  "for t in threads: t.join()\n";

static void *visit(void *unused)
{
	for (int i = 0; i < 20; i++) {
		PyGILState_STATE s = PyGILState_Ensure();
		PyRun_SimpleString("work()\nthreading.Lock().acquire()\n");
		PyGILState_Release(s);
	}
	return unused;
}

int main(void)
{
	for (int round = 0; round < 4; round++) {
		pthread_t thread[3];
		Py_Initialize();
		if (PyRun_SimpleString(script) != 0)
			return 1;
		PyThreadState *mine = PyEval_SaveThread();
		for (int i = 0; i < 3; i++)
			pthread_create(&thread[i], NULL, visit, NULL);
		for (int i = 0; i < 3; i++)
			pthread_join(thread[i], NULL);
		PyEval_RestoreThread(mine);
		if (Py_FinalizeEx() != 0)
			return 1;
	}
	return 0;
}
