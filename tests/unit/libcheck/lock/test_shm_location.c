/*
 * test_shm_location.c — tests the location of shared memory: from the kernel, and from the text of
 * /proc/self/maps that arrives in pieces.
 * LINKS: libcheck/lock/shm_location.c libcheck/base/sys.c libcheck/base/text.c
 */
#include "tests/unit/unit.h"
#include "libcheck/lock/shm_location.h"

#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 3 * 4096 };

static bool same_location(struct lh_shm_location a, struct lh_shm_location b)
{
	return a.kind == b.kind && a.dev == b.dev && a.ino == b.ino && a.off == b.off;
}

static void *map(int flags, int fd, off_t off)
{
	return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, off);
}

static void test_private(void)
{
	int local = 0, fd = memfd_create("where", MFD_CLOEXEC);
	char *private;

	CHECK_EQ(ftruncate(fd, SIZE), 0);
	private = map(MAP_PRIVATE, fd, 0);
	CHECK_EQ(lh_shm_locate(&local).kind, LH_SHM_PRIVATE);
	CHECK_EQ(lh_shm_locate(test_private).kind, LH_SHM_PRIVATE);
	CHECK_EQ(lh_shm_locate(private).kind, LH_SHM_PRIVATE);
	CHECK_EQ(lh_shm_locate(NULL).kind, LH_SHM_UNKNOWN);
	munmap(private, SIZE);
	CHECK_EQ(lh_shm_locate(private).kind, LH_SHM_UNKNOWN);
	close(fd);
}

/* One file mapped at two addresses and from two offsets gives one location. */
static void test_file(void)
{
	int fd = memfd_create("where", MFD_CLOEXEC);
	char *a, *b;
	struct stat st;
	struct lh_shm_location w;

	CHECK_EQ(ftruncate(fd, 2 * SIZE), 0);
	a = map(MAP_SHARED, fd, 0);
	b = map(MAP_SHARED, fd, 4096);
	close(fd);
	CHECK(same_location(lh_shm_locate(a + 5000), lh_shm_locate(b + 904)));
	CHECK(!same_location(lh_shm_locate(a + 5000), lh_shm_locate(b + 5000)));
	fd = memfd_create("where", MFD_CLOEXEC);
	CHECK_EQ(ftruncate(fd, SIZE), 0);
	b = map(MAP_SHARED, fd, 0);
	w = lh_shm_locate(b + 4097);
	CHECK(!same_location(lh_shm_locate(a + 4097), w));
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(w.ino, st.st_ino);
	CHECK_EQ(w.dev, st.st_dev);
	CHECK_EQ(w.off, 4097);
	close(fd);
}

/* Anonymous shared memory has one location per mapping, the same one in a forked child. */
static void test_anonymous(void)
{
	struct lh_shm_location *shared = map(MAP_SHARED | MAP_ANONYMOUS, -1, 0),
			       local = lh_shm_locate(shared);
	void *another = map(MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child = fork();

	if (!child) {
		*shared = lh_shm_locate(shared);
		_exit(0);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(local.kind, LH_SHM_SHARED);
	CHECK(same_location(local, *shared));
	CHECK(!same_location(local, lh_shm_locate(another)));
}

static void test_sysv(void)
{
	int id = shmget(IPC_PRIVATE, SIZE, 0600 | IPC_CREAT);
	void *at = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	if (at == (void *)-1)
		return; /* not available in every container */
	CHECK_EQ(lh_shm_locate(at).ino, id | LH_SHM_SYSV);
	shmdt(at);
}

static const char maps[] =
	"55d0c0000000-55d0c0002000 r--p 00000000 fe:01 1234    /usr/bin/some thing-1 s\n"
	"7f0000000000-7f0000003000 rw-s 00001000 00:1f 77                 /dev/shm/a:b-c s\n"
	"7f0000003000-7f0000004000 ---p 00000000 00:00 0 \n"
	"7f0000004000-7f0000005000 rw-s 00000000 00:01 9      /SYSV00000000 (deleted)\n"
	"7f0000006000-7f0000007000 -w-s 00000000 00:01 9      /dev/zero (deleted)\n"
	"7f0000008000-7f0000009000 rw-s 00000000 00:01 0      nonsense\n";

static struct lh_shm_location locate_in_text(uint64_t at, size_t chunk)
{
	struct lh_maps_scan t = {.at = at};

	for (size_t i = 0; i < sizeof(maps) - 1; i += chunk)
		if (!lh_maps_scan_add(&t, maps + i,
				      i + chunk < sizeof(maps) - 1 ? chunk : sizeof(maps) - 1 - i))
			break;
	return t.found;
}

static void test_text(size_t chunk)
{
	struct lh_shm_location w = locate_in_text(0x7f0000000010, chunk),
			       sysv = locate_in_text(0x7f0000004008, chunk),
			       anonymous = locate_in_text(0x7f0000006008, chunk);

	CHECK_EQ(w.kind, LH_SHM_SHARED);
	CHECK_EQ(w.ino, 77);
	CHECK_EQ(w.off, 0x1010);
	CHECK_EQ(w.dev, makedev(0, 0x1f));
	CHECK_EQ(locate_in_text(0x7f0000002fff, chunk).off, 0x3fff);
	CHECK_EQ(locate_in_text(0x7f0000003000, chunk).kind, LH_SHM_PRIVATE);
	CHECK_EQ(locate_in_text(0x55d0c0000000, chunk).kind, LH_SHM_PRIVATE);
	CHECK_EQ(locate_in_text(0x7f0000005000, chunk).kind, LH_SHM_UNKNOWN);
	CHECK_EQ(locate_in_text(0x7f0000008000, chunk).kind, LH_SHM_UNKNOWN);
	CHECK_EQ(anonymous.kind, LH_SHM_SHARED);
	CHECK_EQ(anonymous.dev, makedev(0, 1));
	CHECK_EQ(sysv.ino, 9 | LH_SHM_SYSV);
	CHECK(!same_location(sysv, anonymous));
}

int main(void)
{
	test_private();
	test_file();
	test_anonymous();
	test_sysv();
	for (size_t chunk = 1; chunk < 200; chunk += 7)
		test_text(chunk);
	return unit_done();
}
