/*
 * python.h — reads what the CPython of this process is executing, without calling CPython.
 *
 * threading.Lock is a semaphore that is tried first, whether the program would wait or not; only
 * the current instruction shows which. The same frames give a stack its Python lines. Supports
 * CPython 3.11 on x86-64 (python_311.h); for any other, and wherever the data does not match, the
 * answer is "not known".
 *
 * - Frames are read only by their own thread and only while it holds the GIL, that is, while its
 *   thread state is the runtime's current one; then no other thread changes or frees them. A thread
 *   in a sub-interpreter is not recognized, and a thread that is being torn down has no state.
 * - A thread without the GIL is where it was when it released the GIL: its frames are read then,
 *   and their places kept. Nothing of CPython is read for it until it has the GIL again.
 * - Takes no lock, allocates nothing, calls nothing but pthread_getspecific.
 * - The CPython is the program itself, or a library that it is linked with; or a libpython3 that is
 *   loaded later, from the first stack on that goes through it.
 *
 * Does not know stacks, rows or threads.
 */
#ifndef LH_STACK_PYTHON_H
#define LH_STACK_PYTHON_H

#include "libcheck/base/sys.h"
#include "libcheck/stack/python_lines.h"

enum {
	LH_PYTHON_FRAMES = 16, /* innermost frames that are read */
	LH_PYTHON_FILE = 272,
	LH_PYTHON_FUNCTION = 120,
	LH_PYTHON_GIL = 208, /* bytes of CPython's record of the GIL */
};

enum lh_python_kind {
	LH_PYTHON_NONE,
	LH_PYTHON_READ,
	LH_PYTHON_UNREAD /* there is one that cannot be read */
};

#define LH_PYTHON_NO_GIL ((uintptr_t)1 << 63) /* no object of a process is there */

struct lh_python {
	bool on; /* stays false in every process that is no CPython 3.11 */
	bool proven;
	uint8_t depth; /* frames to read */
	uint8_t kind;  /* enum lh_python_kind, as found at the start */
	uintptr_t gil; /* CPython's record of the GIL; LH_PYTHON_NO_GIL: not known */
};
extern struct lh_python lh_python LH_HIDDEN;

struct lh_python_frame {
	uintptr_t code, instruction;
	/* an address in the C frame of the interpreter that runs the frame */
	uintptr_t activation;
};

struct lh_python_chain {
	uintptr_t identity; /* distinguishes chains of frames; 0: no frames */
	unsigned n;
	bool cut;
	/* not 0: the thread has no GIL, so nothing may be read; a stack with these frames */
	uint32_t stack;
	struct lh_python_frame at[LH_PYTHON_FRAMES]; /* innermost first */
};
/* The frames of the calling thread when it released the GIL; NULL or no frames: it has the GIL, or
 * they are not known. */
extern __thread struct lh_python_chain *lh_python_away __attribute__((tls_model("initial-exec")))
LH_HIDDEN;

struct lh_python_location {
	char file[LH_PYTHON_FILE], function[LH_PYTHON_FUNCTION];
	struct lh_python_place place;
	size_t read; /* of the table of lines, to find the place */
};

void lh_python_init(bool full); /* at the start; full: all frames, otherwise the innermost */
/* An object has been loaded that contains the address; under the internal lock. */
void lh_python_look_for(const char *path, uintptr_t address);
void lh_python_after_dlclose(void);

/* The frames of the calling thread; and their identity alone. */
void lh_python_read_frames(struct lh_python_chain *c);
uintptr_t lh_python_frames_id(void);

/*
 * Is the object a part of CPython's record of the GIL? Its mutex: a thread that has the mutex takes
 * or releases the GIL. Its condition: a thread waits for the GIL.
 */
static inline bool lh_python_in_gil(const void *object)
{
	return (uintptr_t)object - lh_python.gil < LH_PYTHON_GIL;
}
bool lh_python_is_gil_mutex(const void *object);
bool lh_python_is_gil_cond(const void *object);
/* Has a thread the GIL? The caller has the GIL's mutex. */
bool lh_python_gil_is_held(void);
/* The caller has released the GIL and has the GIL's mutex: reads its frames into *c, for
 * lh_python_away. While it has the mutex, lh_python_locate may read them too. */
void lh_python_read_last_frames(struct lh_python_chain *c);

/* File, function and place of a frame that was read in the same hook of the same thread. */
bool lh_python_locate(const struct lh_python_frame *f, struct lh_python_location *out);
/* A hash of all that lh_python_locate reads if it reads so much of the table of lines; 0: of
 * nothing. The code of a frame may be freed, and other code made at its address. */
uint64_t lh_python_content(const struct lh_python_frame *f, size_t read);

/* An address inside the object file of the interpreter. */
uintptr_t lh_python_object(void);

/* The name that the program gave to the threading.Thread that this thread starts. False: none. */
bool lh_python_thread_name(char *to, size_t capacity);

/* How the instruction that this thread executes acquires the lock that it tries. */
enum lh_python_intent {
	LH_PYTHON_TRY,      /* does not wait, or not known */
	LH_PYTHON_BLOCKING, /* waits without limit */
	/* holds it until the thread ends: join() waits for that */
	LH_PYTHON_UNTIL_THREAD_END,
};
enum lh_python_intent lh_python_read_intent(void);
/* The same, and keeps the identity of the frames for the hook with this frame, until
 * lh_python_kept.frame is 0. */
enum lh_python_intent lh_python_read_intent_once(uintptr_t frame);

/* What lh_python_frames_id returns in the hook with this frame. */
struct lh_python_kept {
	uintptr_t frame, identity;
};
extern __thread struct lh_python_kept lh_python_kept __attribute__((tls_model("initial-exec")))
LH_HIDDEN;

static inline uintptr_t lh_python_identity(uintptr_t frame)
{
	if (LH_LIKELY(!lh_python.on))
		return 0;
	return lh_python_kept.frame == frame ? lh_python_kept.identity : lh_python_frames_id();
}

#endif
