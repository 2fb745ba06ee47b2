/* solver.c — a rank of an MPI job.
 *   solver         ranks 0 to 2 acquire 'state' before 'log'; the last rank has a thread that does,
 * too, and another one that acquires them in the opposite order: a finding of that rank alone
 *   solver dead    those two threads of the last rank wait for each other, the other ranks for a
 * message from it solver fails   rank 2 returns 3 Each rank prints a line; rank 0 reads a line from
 * stdin, which the launcher gives to it alone. */
#include <mpi.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER, log_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both_hold;
static int turn, dead;

static void *computes(void *wait)
{
	while (wait && !__atomic_load_n(&turn, __ATOMIC_ACQUIRE))
		usleep(100);
	pthread_mutex_lock(&state);
	if (dead)
		pthread_barrier_wait(&both_hold);
	pthread_mutex_lock(&log_lock);
	pthread_mutex_unlock(&log_lock);
	pthread_mutex_unlock(&state);
	return NULL;
}

static void *writes_log(void *unused)
{
	pthread_mutex_lock(&log_lock);
	if (dead)
		pthread_barrier_wait(&both_hold);
	pthread_mutex_lock(&state);
	pthread_mutex_unlock(&state);
	pthread_mutex_unlock(&log_lock);
	__atomic_store_n(&turn, 1, __ATOMIC_RELEASE);
	return unused;
}

static void last_rank(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, writes_log, NULL);
	pthread_create(&t[1], NULL, computes, dead ? NULL : &turn);
	if (dead) {
		puts("dead"); /* the launcher passes it on */
		fflush(stdout);
	}
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
}

int main(int argc, char **argv)
{
	char line[80] = "";
	int rank, n, sum;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &n);
	dead = argc > 1 && strcmp(argv[1], "dead") == 0;
	pthread_barrier_init(&both_hold, NULL, 2);
	if (rank == 0 && fgets(line, sizeof(line), stdin))
		line[strcspn(line, "\n")] = 0;
	if (rank == n - 1)
		last_rank();
	else
		computes(NULL);
	MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	printf("rank %d of %d: %d%s%s\n", rank, n, sum, *line ? " " : "", line);
	fflush(stdout);
	MPI_Finalize();
	return rank == 2 && argc > 1 && strcmp(argv[1], "fails") == 0 ? 3 : 0;
}
