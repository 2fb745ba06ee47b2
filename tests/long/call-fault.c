/* Near miss: a page fault that lasts. The report has it as a part of the long hold, not as a blocking call.
 * REPORTS: while it held 'canary_lock' \[blocking-call\]
 * REPORTS: has held 'accounts' for .*\[long-hold\]
 * REPORTS: waiting for memory \(a page fault\)
 * NOT: held 'accounts' \[blocking-call\] */
#include "long.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static char *page;

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	is_ready();
	*(volatile char *)page;
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = {.api = UFFD_API};
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register r = {.range = {(unsigned long)page, 4096},
				    .mode = UFFDIO_REGISTER_MODE_MISSING};
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &r))
		return 77; /* not allowed on this machine */
	pthread_t a = in_thread(holder);
	canary(1);
	struct uffdio_zeropage zero = {.range = {(unsigned long)page, 4096}};
	ioctl(fd, UFFDIO_ZEROPAGE, &zero);
	pthread_join(a, NULL);
}
