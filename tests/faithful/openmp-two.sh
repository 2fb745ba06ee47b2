# openmp-two.sh — the program of openmp.c from clang, whose library is libomp, and from both compilers: the program from
# one and its plugin from the other. And a program whose references to OpenMP are weak: with the library they
# are not NULL, and the calls do nothing.
# NEEDS: clang
cat > weak.c <<'END'
extern void omp_init_lock(void *), omp_set_lock(void *), omp_unset_lock(void *), omp_destroy_lock(void *);
extern int omp_test_lock(void *);
#pragma weak omp_init_lock
#pragma weak omp_set_lock
#pragma weak omp_unset_lock
#pragma weak omp_destroy_lock
#pragma weak omp_test_lock
int main(void)
{
	long lock = 42;
	if (omp_init_lock) {
		omp_init_lock(&lock), omp_set_lock(&lock), omp_unset_lock(&lock);
		if (!omp_test_lock(&lock))
			return 1;
		omp_destroy_lock(&lock);
	}
	return lock != 42;
}
END
build() { # COMPILER PROGRAM PLUGIN
	$1 -D_GNU_SOURCE -O1 -g -pthread -fopenmp -w "-I$HERE" "-DPLUGIN_PATH=\"$BIN/openmp-$3.so\"" -o "$BIN/$2" "$HERE/openmp.c" -ldl
}
for compiler in gcc clang; do
	[ "$BIN/openmp-$compiler.so" -nt "$HERE/openmp.c" ] ||
		$compiler -D_GNU_SOURCE -O1 -fopenmp -w "-I$HERE" -DPLUGIN -fPIC -shared -o "$BIN/openmp-$compiler.so" "$HERE/openmp.c" || exit 1
done
for pair in gcc-clang clang-gcc clang-clang; do
	[ "$BIN/openmp-$pair" -nt "$HERE/openmp.c" ] || build ${pair%-*} openmp-$pair ${pair#*-} || exit 1
	echo "$pair"
	OMP_CANCELLATION=true $WATCH "$BIN/openmp-$pair"
	echo "status $?"
done
$ONCE gcc -w -o weak weak.c || exit 1
$WATCH ./weak
echo "weak $?"
