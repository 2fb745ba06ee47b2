/* fsync of a file in a slow file system (made here). After a signal the call continues in an uninterruptible
 * sleep; it is reported all the same, because its purpose is to wait for the disk. If the first of the two calls
 * comes second, it waits for the kernel's lock of the file, also in an uninterruptible sleep.
 * REPORTS: in fsync \(.+slow.file\)(, waiting for a device)? while it held 'accounts' \[blocking-call\]
 * REPORTS: in fdatasync \(.+slow.file\), waiting for a device while it held 'journal' \[blocking-call\] */
#include "long.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static int file;

/* ---- the file system: a folder with one file ---- */

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node, .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0644, .nlink = 1};
}

static void answer(int fuse, uint64_t unique, int error, const void *what, size_t n)
{
	struct {
		struct fuse_out_header head;
		char body[256];
	} out = {.head = {.len = (uint32_t)(sizeof(out.head) + n), .error = error, .unique = unique}};
	memcpy(out.body, what, n);
	if (write(fuse, &out, out.head.len) < 0)
		return; /* the request was interrupted */
}

static void serve_one(int fuse, const struct fuse_in_header *in)
{
	const struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
	const struct fuse_attr_out attr = {.attr = attr_of(in->nodeid)};
	const struct fuse_entry_out entry = {.nodeid = 2, .attr = attr_of(2)};
	const struct fuse_open_out opened = {.fh = 1};

	switch (in->opcode) {
	case FUSE_INIT:
		answer(fuse, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_GETATTR:
		answer(fuse, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_LOOKUP:
		answer(fuse, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_OPEN:
		answer(fuse, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: /* no answer: the caller continues to wait, now in state D */
	case FUSE_FSYNC:     /* no answer until this process ends */
		break;
	default:
		answer(fuse, in->unique, -ENOSYS, NULL, 0);
	}
}

static void serve(int fuse)
{
	static char request[FUSE_MIN_READ_BUFFER * 2];
	while (read(fuse, request, sizeof(request)) > 0)
		serve_one(fuse, (struct fuse_in_header *)request);
	_exit(0);
}

static pid_t file_system(void)
{
	char options[100];
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0 || unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		exit(77);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	mkdir("slow", 0755);
	if (mount("slow", "slow", "fuse", MS_NOSUID | MS_NODEV, options))
		exit(77);
	pid_t server = fork();
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fuse);
	}
	close(fuse);
	return server;
}

/* ---- the threads that wait for it ---- */

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	fsync(file);
	pthread_mutex_unlock(&accounts);
	return none;
}

static volatile pid_t other_tid;
static void *other(void *none)
{
	other_tid = (pid_t)syscall(SYS_gettid);
	pthread_mutex_lock(&journal);
	fdatasync(file);
	pthread_mutex_unlock(&journal);
	return none;
}

static char state_of(pid_t tid)
{
	char name[64], state = '?';
	snprintf(name, sizeof(name), "/proc/self/task/%d/stat", tid);
	FILE *f = fopen(name, "r");
	if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		exit(3);
	fclose(f);
	return state;
}

int main(void)
{
	pid_t server = file_system();
	file = open("slow/file", O_RDWR);
	if (file < 0)
		return 3;
	let_wake();
	pthread_t a = in_thread(holder), b = in_thread(other);
	for (int turn = 0; !other_tid || state_of(other_tid) != 'D'; turn++) {
		if (other_tid)
			pthread_kill(b, SIGUSR1);
		usleep(1000);
		if (turn > 20000)
			exit(3);
	}
	until_go();
	kill(server, SIGKILL); /* the waiting calls then return an error */
	waitpid(server, NULL, 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	umount2("slow", MNT_DETACH);
}
