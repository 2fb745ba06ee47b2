# openmp-copies.sh — plugins that are each bound to an OpenMP library of their own: libgomp, a copy of it under another
# name, as Python packages bring, and libomp. Each plugin's calls must reach its own library.
# NEEDS: clang
cat > plugin.c <<'END'
#include <omp.h>
long work(void)
{
	long n = 0, ids = 0;
	omp_lock_t lock;
	omp_init_lock(&lock);
#pragma omp parallel num_threads(4)
	{
#pragma omp for schedule(dynamic, 2) nowait
		for (int i = 0; i < 1000; i++) {
#pragma omp critical(count)
			n++;
		}
#pragma omp barrier
		omp_set_lock(&lock);
		ids |= 1l << omp_get_thread_num();
		omp_unset_lock(&lock);
#pragma omp single
		n += 1000000;
#pragma omp critical
		n++;
	}
	omp_destroy_lock(&lock);
	return n * 100 + ids;
}
END
cat > main.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int n, char **plugin)
{
	long (*work[8])(void);
	for (int i = 1; i < n; i++) {
		void *library = dlopen(plugin[i], RTLD_NOW | RTLD_LOCAL);
		if (!library)
			return puts(dlerror());
		work[i] = (long (*)(void))dlsym(library, "work");
	}
	for (int k = 0; k < 3; k++)
		for (int i = 1; i < n; i++)
			printf("%s %ld\n", plugin[i], work[i]());
	return 0;
}
END
$ONCE gcc -O1 -fopenmp -fPIC -shared -o gomp.so plugin.c &&
	$ONCE clang -O1 -fopenmp -fPIC -shared -o omp.so plugin.c && $ONCE gcc -w -o main main.c -ldl || exit 1
sed 's/libgomp\.so\.1/libgomq.so.1/g' gomp.so > copy.so
sed 's/libgomp\.so\.1/libgomq.so.1/g' "$(ldd ./gomp.so | awk '/libgomp/ { print $3 }')" > libgomq.so.1
export LD_LIBRARY_PATH=$PWD
for plugins in "./gomp.so ./copy.so" "./copy.so ./gomp.so" "./omp.so ./gomp.so" "./gomp.so ./omp.so ./copy.so"; do
	$WATCH ./main $plugins
	echo "status $?"
done
