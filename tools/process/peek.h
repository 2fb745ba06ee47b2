/*
 * peek.h — looks at another process, or at its core dump, without its help.
 *
 * What its threads are blocked in, its memory, its objects, and the stacks of chosen
 * threads. Knows nothing of locks and prints nothing.
 *
 * - Looking at tasks and memory stops nothing. A stack needs a thread's registers: it is
 *   stopped by PTRACE_SEIZE and PTRACE_INTERRUPT, its registers and the used part of its
 *   stack are copied, and it is let go; all unwinding is done on the copy. If we are
 *   killed in between, the kernel lets the thread go on by itself.
 * - Only a thread that will not notice is stopped: one whose system call starts again by
 *   itself. epoll_wait, sigwaitinfo and their like would return EINTR, so they are unwound
 *   from the stack pointer alone, as far as that leads.
 * - Anything may vanish at any moment: then the answer is no, and `why` has one line.
 */
#ifndef LH_PROCESS_PEEK_H
#define LH_PROCESS_PEEK_H

#include "libcheck/ledger.h"
#include "tools/util/arena.h"

#include <stdbool.h>
#include <sys/types.h>

enum { LH_PEEK_REGS = 33, LH_PEEK_FRAMES = LH_FRAMES_MAX, LH_PEEK_ARGS = 6 };

struct lh_peek_frame {
	uint64_t pc;
	bool exact;                          /* stands at the instruction, not behind a call */
	const char *name;                    /* from the object's dynamic symbols, NULL none */
	uint64_t function;                   /* where that symbol begins */
	uint64_t cfa;                        /* end of this frame on the stack, 0 not known */
	const struct lh_peek_module *module; /* NULL: none */
};

struct lh_peek_task {
	pid_t tid;              /* as we see it */
	pid_t own_tid;          /* as it sees itself: what it writes into its locks */
	char name[LH_NAME_MAX]; /* "" not known */
	char state;             /* as in /proc: R S D T t Z X */
	bool blocked;           /* sleeps in `call` with `arg` */
	bool unchanged;         /* and did so without a break between the two looks */
	long call;
	uint64_t arg[LH_PEEK_ARGS], sp, pc;
	uint64_t switches; /* times it went to sleep, ever */
	uint64_t ran_ns;   /* not blocked: processor time it has had, 0 not known */
	bool registers;    /* `reg` is complete; else only sp and pc are there */
	uint64_t reg[LH_PEEK_REGS];
	unsigned char *stack; /* copy of what is in use of it */
	uint64_t stack_at;
	size_t stack_n;
	struct lh_peek_frame *frame; /* innermost first */
	uint32_t frames;
	bool unwound, cut;
	bool moved; /* on since its stack was copied */
};

struct lh_peek_map {
	uint64_t start, end, offset, inode;
	const char *path; /* "" none */
	uint64_t dev;
	bool shared; /* what is written into it others can see */
};

struct lh_peek_module {
	uint64_t start, end, base;
	uint8_t build_id[20];
	uint8_t build_id_n;
	const char *path; /* as the process calls it */
	const char *file; /* where we can open it, NULL nowhere */
};

struct lh_peek {
	pid_t pid;
	pid_t alive_tid; /* a thread of it that lives: of the first one only its number may be left
			  */
	struct lh_arena *arena;
	char comm[LH_NAME_MAX];
	const char *exe, *command;
	struct lh_peek_task *task;
	uint32_t tasks;
	struct lh_peek_map *map;
	uint32_t maps;
	struct lh_peek_module *module;
	uint32_t modules;
	uint32_t starved;
	bool stopped;   /* by a signal */
	bool forked;    /* came by fork and has not called exec since */
	bool handlers;  /* has signal handlers of its own */
	pid_t tracer;   /* who traces it, 0 nobody */
	bool no_names;  /* functions of frames are not wanted: they take most of an unwinding */
	bool no_access; /* we may not read its memory: `why` tells the remedy */
	char error[600];
	const char *cut; /* a core that is not whole: how much there is; NULL it is */
	const struct lh_peek_source *source; /* NULL: neither memory nor mappings */
	struct lh_peek_core *core;           /* NULL: alive */
	struct lh_peek_unwinder *unwinder;
	char identity[400]; /* changes at exec */
};

/* False: there is nothing to look at, `why` says so. True with `blind`: names and numbers only. */
bool lh_peek_open(struct lh_peek *, pid_t pid);
bool lh_peek_open_core(struct lh_peek *, const char *file);
void lh_peek_close(struct lh_peek *);

/*
 * The first look again, at those that were not blocked: some only wait for a processor to go to
 * sleep on. True: some have gone to sleep meanwhile, or have had no processor to speak of since the
 * last time; `starved` says how many of those.
 */
bool lh_peek_is_starved(struct lh_peek *);

/* A first look anew; and the second look, which sets `still`. False: it ended, or became another
 * program. */
bool lh_peek_scan(struct lh_peek *);
bool lh_peek_rescan(struct lh_peek *);

/* Is it still the program that was opened? False: `why` tells. */
bool lh_peek_same_program(struct lh_peek *);

/* Reads memory; false unless all of it could be had. */
bool lh_peek_read(const struct lh_peek *, uint64_t address, void *out, size_t n);

struct lh_peek_task *lh_peek_find(const struct lh_peek *, pid_t inner);

/* Mappings and objects; needed before stacks. */
void lh_peek_objects(struct lh_peek *);
const struct lh_peek_module *lh_peek_module_at(const struct lh_peek *, uint64_t address);

/* Does one of the objects define this function? */
bool lh_peek_has_symbol(struct lh_peek *, const char *name);

/* Fills task->frame. False: no frame at all. Once only. */
bool lh_peek_unwind(struct lh_peek *, struct lh_peek_task *);

#endif
