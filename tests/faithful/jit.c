/*
 * jit.c — code generated at run time, without unwind tables, calls lock functions with every odd
 * value in the frame pointer register; then it is unmapped, and other code is mapped there.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

/* push rbp; mov rbp, imm64; sub rsp, 16; mov rax, imm64; call rax; add rsp, 16; pop rbp; ret */
static int (*make(void *page, uintptr_t rbp, void *target))(pthread_mutex_t *)
{
	unsigned char *p = page;
	*p++ = 0x55;
	*p++ = 0x48, *p++ = 0xbd;
	memcpy(p, &rbp, 8), p += 8;
	memcpy(p, "\x48\x83\xec\x10\x48\xb8", 6), p += 6;
	memcpy(p, &target, 8), p += 8;
	memcpy(p, "\xff\xd0\x48\x83\xc4\x10\x5d\xc3", 8);
	return (int (*)(pthread_mutex_t *))page;
}

int main(void)
{
	int wrong = 0;
	observe("start");
	char *guard = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t odd[] = {0,
			   1,
			   8,
			   (uintptr_t)&wrong,
			   (uintptr_t)guard,
			   0xdead000000000000ul,
			   ~0ul,
			   ~7ul,
			   (uintptr_t)&m,
			   (uintptr_t)main};
	for (int round = 0; round < 20; round++) {
		char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (unsigned i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
			wrong += make(pages, odd[i], (void *)pthread_mutex_lock)(&m);
			wrong += make(pages + 4096, odd[i], (void *)pthread_mutex_unlock)(&m);
		}
		munmap(pages, 8192);
	}
	show(wrong);
	observe("end");
	return 0;
}
