/* annotated.h — the annotations that programs carry, as weak functions. */
#ifndef ANNOTATED_H
#define ANNOTATED_H

#define WEAK __attribute__((weak))

void __tsan_mutex_create(void *o, unsigned flags) WEAK;
void __tsan_mutex_destroy(void *o, unsigned flags) WEAK;
void __tsan_mutex_pre_lock(void *o, unsigned flags) WEAK;
void __tsan_mutex_post_lock(void *o, unsigned flags, int levels) WEAK;
int __tsan_mutex_pre_unlock(void *o, unsigned flags) WEAK;
void __tsan_mutex_post_unlock(void *o, unsigned flags) WEAK;
void __tsan_mutex_pre_signal(void *o, unsigned flags) WEAK;
void __tsan_mutex_post_signal(void *o, unsigned flags) WEAK;
void __tsan_mutex_pre_divert(void *o, unsigned flags) WEAK;
void __tsan_mutex_post_divert(void *o, unsigned flags) WEAK;
void AnnotateRWLockCreate(const char *file, int line, const volatile void *o) WEAK;
void AnnotateRWLockCreateStatic(const char *file, int line, const volatile void *o) WEAK;
void AnnotateRWLockDestroy(const char *file, int line, const volatile void *o) WEAK;
void AnnotateRWLockAcquired(const char *file, int line, const volatile void *o, long writes) WEAK;
void AnnotateRWLockReleased(const char *file, int line, const volatile void *o, long writes) WEAK;
void __itt_sync_create(void *o, const char *type, const char *name, int attribute) WEAK;
void __itt_sync_rename(void *o, const char *name) WEAK;
void __itt_sync_destroy(void *o) WEAK;
void __itt_sync_prepare(void *o) WEAK;
void __itt_sync_cancel(void *o) WEAK;
void __itt_sync_acquired(void *o) WEAK;
void __itt_sync_releasing(void *o) WEAK;

enum {
	LINKER_INIT = 1 << 0,
	WRITE_REENTRANT = 1 << 1,
	READ_LOCK = 1 << 3,
	TRY_LOCK = 1 << 4,
	TRY_LOCK_FAILED = 1 << 5,
	RECURSIVE_LOCK = 1 << 6,
	RECURSIVE_UNLOCK = 1 << 7,
	NOT_STATIC = 1 << 8
};
enum { ITT_BARRIER = 1, ITT_MUTEX = 2 };

#endif
